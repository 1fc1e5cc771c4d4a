"""Service integrations, with moto in AWS's place."""

import json

import boto3
import pytest
from moto.server import ThreadedMotoServer

from conftest import Api, task
from serving import Server

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def calling(moto, tmp_path_factory):
    """An API whose executions call moto."""
    variables = {"AWS_ENDPOINT_URL": moto, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                 "AWS_DEFAULT_REGION": "us-east-1"}
    server = Server(tmp_path_factory.mktemp("services"), variables).start()
    yield Api(server.client())
    server.end()


def test_sqs(calling, moto):
    sqs = boto3.client("sqs", endpoint_url=moto, **KEYS)
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    parameters = {"QueueUrl": queue, "MessageBody": {"hello": "world"}}
    sent = calling.run(calling.machine(task("arn:aws:states:::sqs:sendMessage", Parameters=parameters)))
    assert sent["status"] == "SUCCEEDED" and "MessageId" in sent["output"]
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == {"hello": "world"}

    # The message has the token, and whoever gets it answers.
    parameters["MessageBody"] = {"token.$": "$$.Task.Token"}
    waiting = calling.start(calling.machine(task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters=parameters)))
    messages = []
    while not messages:
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
    token = json.loads(messages[0]["Body"])["token"]
    calling.sfn.send_task_success(taskToken=token, output='"got it"')
    assert calling.ended(waiting)["output"] == '"got it"'


def test_dynamodb(calling, moto):
    table = dict(TableName="t", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
                 AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    boto3.client("dynamodb", endpoint_url=moto, **KEYS).create_table(**table)
    key = {"id": {"S": "1"}}
    put = task("arn:aws:states:::dynamodb:putItem", Parameters={"TableName": "t", "Item": key}, ResultPath=None)
    get = task("arn:aws:states:::aws-sdk:dynamodb:getItem", Parameters={"TableName": "t", "Key": key})
    done = calling.run(calling.machine(put, get))
    assert json.loads(done["output"])["Item"]["id"]["S"] == "1"


def test_errors_have_the_services_names(calling):
    parameters = {"TableName": "none", "Key": {"id": {"S": "1"}}}
    failed = calling.run(calling.machine(task("arn:aws:states:::dynamodb:getItem", Parameters=parameters)))
    assert failed["error"] == "DynamoDB.ResourceNotFoundException"
