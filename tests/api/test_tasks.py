"""Task tokens and activities."""

import json
import threading

from conftest import task, waits


def test_a_token_is_answered(api):
    execution = api.start(api.machine(waits()))
    token = api.token(execution)
    api.sfn.send_task_heartbeat(taskToken=token)
    api.refused("InvalidOutput", "send_task_success", taskToken=token, output="{")
    api.sfn.send_task_success(taskToken=token, output='{"paid": true}')
    assert api.ended(execution)["output"] == '{"paid":true}'
    types = api.types(execution)
    assert types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    for operation, more in (("send_task_success", {"output": "1"}), ("send_task_failure", {}), ("send_task_heartbeat", {})):
        api.refused("TaskTimedOut", operation, taskToken=token, **more)
        assert api.refused("InvalidToken", operation, taskToken="nonsense", **more).startswith("Invalid Token")


def test_a_token_is_refused(api):
    execution = api.start(api.machine(waits()))
    api.sfn.send_task_failure(taskToken=api.token(execution), error="Declined", cause="no money")
    ended = api.ended(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Declined", "no money")


def test_a_task_without_a_heartbeat_times_out(api):
    execution = api.start(api.machine(waits(HeartbeatSeconds=1)))
    ended = api.ended(execution)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.HeartbeatTimeout")


def test_activities(api):
    name = api.name("activity")
    created = api.sfn.create_activity(name=name)
    arn = created["activityArn"]
    assert arn == f"arn:aws:states:us-east-1:123456789012:activity:{name}"
    assert api.sfn.create_activity(name=name)["creationDate"] == created["creationDate"]
    assert api.sfn.describe_activity(activityArn=arn)["name"] == name
    assert api.refused("InvalidName", "create_activity", name="a b") == "Invalid Name: 'a b'"
    api.sfn.create_activity(name=name + "2")
    pages = api.sfn.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 1})
    assert {arn, arn + "2"} <= {a["activityArn"] for page in pages for a in page["activities"]}
    api.refused("InvalidToken", "list_activities", nextToken="nonsense")

    # A worker that asks before there is work gets it when it comes.
    got = {}
    worker = threading.Thread(target=lambda: got.update(api.sfn.get_activity_task(activityArn=arn, workerName="w1")))
    worker.start()
    machine = api.machine(task(arn))
    execution = api.start(machine, {"a": 1})
    worker.join()
    assert json.loads(got["input"]) == {"a": 1}
    api.sfn.send_task_heartbeat(taskToken=got["taskToken"])
    api.sfn.send_task_success(taskToken=got["taskToken"], output='"done"')
    assert api.ended(execution)["output"] == '"done"'
    assert api.types(execution)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]

    # And one that asks later finds it waiting.
    failing = api.start(machine)
    got = api.sfn.get_activity_task(activityArn=arn)
    api.sfn.send_task_failure(taskToken=got["taskToken"], error="Broken")
    assert api.ended(failing)["error"] == "Broken"

    for each in (arn, arn + "2", arn):
        api.sfn.delete_activity(activityArn=each)
    api.refused("ActivityDoesNotExist", "describe_activity", activityArn=arn)
    api.refused("ActivityDoesNotExist", "get_activity_task", activityArn=arn)
    api.refused("InvalidArn", "describe_activity", activityArn="nonsense")


def test_boto3_in_functions_reaches_this_server(api):
    child = api.machine({"Type": "Pass"})
    output = json.loads(api.run(api.machine(task("caller")), {"machine": child})["output"])
    assert api.ended(output)["output"] == "[1]"
    assert api.run(api.machine(waits("caller")))["output"] == '{"by":"function"}'
