"""The AWS CLI, and `faastlane` as a client."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import FAIL, PASS, WAIT, definition, task
from serving import PROGRAM, ROLE, surroundings, wait_for

AWS = Path(sys.executable).with_name("aws")


@pytest.fixture
def aws(server):
    def run(*arguments):
        variables = {
            "AWS_ENDPOINT_URL_SFN": server.url, "AWS_ENDPOINT_URL_LAMBDA": server.url, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_PAGER": "",
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }
        done = subprocess.run([sys.executable, AWS, *arguments], env={**surroundings(), **variables}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")
    return run


@pytest.fixture
def faastlane(server):
    def run(*arguments, code=0):
        variables = {"FAASTLANE_ENDPOINT": server.url}
        done = subprocess.run([PROGRAM, *arguments], env={**surroundings(), **variables}, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr
    return run


def test_the_aws_cli(aws, api, tmp_path):
    sfn = lambda *arguments: aws("stepfunctions", *arguments)  # noqa: E731
    name = api.name("cli")
    arn = sfn("create-state-machine", "--name", name, "--role-arn", ROLE, "--definition", definition(WAIT))["stateMachineArn"]
    assert sfn("describe-state-machine", "--state-machine-arn", arn)["name"] == name
    assert name in [machine["name"] for machine in sfn("list-state-machines")["stateMachines"]]
    execution = sfn("start-execution", "--state-machine-arn", arn, "--input", '{"a": 1}')["executionArn"]
    assert sfn("describe-execution", "--execution-arn", execution)["status"] == "RUNNING"
    assert len(sfn("list-executions", "--state-machine-arn", arn, "--max-items", "1")["executions"]) == 1
    sfn("stop-execution", "--execution-arn", execution, "--error", "E")
    events = sfn("get-execution-history", "--execution-arn", execution, "--reverse-order")["events"]
    assert events[0]["type"] == "ExecutionAborted"
    sfn("tag-resource", "--resource-arn", arn, "--tags", "key=a,value=b")
    assert sfn("list-tags-for-resource", "--resource-arn", arn)["tags"] == [{"key": "a", "value": "b"}]
    sfn("delete-state-machine", "--state-machine-arn", arn)

    express = api.machine(task("echo"), type="EXPRESS")
    done = sfn("start-sync-execution", "--state-machine-arn", express, "--input", '{"a": 1}')
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"a": 1})
    tested = sfn("test-state", "--definition", json.dumps(FAIL), "--role-arn", ROLE)
    assert (tested["status"], tested["error"]) == ("FAILED", "E")
    file = tmp_path / "out.json"
    assert aws("lambda", "invoke", "--function-name", "echo", "--payload", "[1]", str(file))["StatusCode"] == 200
    assert json.loads(file.read_text()) == [1]


def test_faastlane_as_a_client(faastlane, api):
    name = api.name("client")
    arn = api.machine(task("echo"), name=name)
    api.ended(api.start(arn, {"a": 1}, name="first"))
    waiting = api.start(api.machine(WAIT, name=name + "w"), name="second")

    shown = faastlane("executions", "show", "first")
    assert shown.startswith("status   SUCCEEDED\nmachine  " + name) and 'output   {"a":1}' in shown
    assert json.loads(faastlane("executions", "show", f"{name}:first", "--json"))["status"] == "SUCCEEDED"
    rows = faastlane("executions", "list", name).splitlines()
    assert rows[0].split()[:3] == ["STATUS", "MACHINE", "NAME"]
    assert rows[1].split()[:3] == ["SUCCEEDED", name, "first"]
    running = json.loads(faastlane("executions", "list", "--status", "running", "--json"))
    assert waiting in [execution["executionArn"] for execution in running["executions"]]
    faastlane("executions", "stop", "second", "--error", "Cancelled")
    assert api.ended(waiting)["error"] == "Cancelled"

    assert "LambdaFunctionSucceeded" in faastlane("history", "first")
    assert len(json.loads(faastlane("history", "first", "--json"))["events"]) == 7
    assert faastlane("history", "first", "--follow") == '{"a":1}\n'
    assert "ABORTED: Cancelled" in faastlane("history", "second", "--follow", code=130)
    wait_for(lambda: "[echo] echo echo" in faastlane("logs", "echo"))
    assert faastlane("logs", "none") == ""

    assert "there is no execution 'nobody'" in faastlane("executions", "show", "nobody", code=2)
    assert "there is no state machine 'none'" in faastlane("executions", "list", "none", code=2)
    assert "ExecutionNotRedrivable" in faastlane("executions", "redrive", "first", code=2)


def test_following_an_execution_that_runs(faastlane, server, api):
    execution = api.start(api.machine({"Type": "Wait", "Seconds": 1}, PASS), [1])
    assert faastlane("history", execution, "--follow") == "[1]\n"


def test_without_a_server(faastlane):
    told = faastlane("executions", "list", "--endpoint", "http://127.0.0.1:9", code=70)
    assert told.count("\n") == 1 and "`faastlane serve PROJECT`" in told
