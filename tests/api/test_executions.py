"""Executions: started, described, listed, stopped, redriven; their histories."""

import json

from conftest import FAIL, PASS, WAIT, task
from serving import wait_for


def test_one_execution(api):
    arn = api.machine(PASS)
    name = api.name("run")
    execution = api.start(arn, {"a": [1, 2.50]}, name=name)
    assert execution == arn.replace(":stateMachine:", ":execution:") + ":" + name
    ended = api.ended(execution)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"a": [1, 2.5]})
    assert (ended["stateMachineArn"], ended["name"], ended["redriveCount"]) == (arn, name, 0)
    assert ended["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert ended["stopDate"] >= ended["startDate"]
    assert ended["inputDetails"] == ended["outputDetails"] == {"included": True}
    bare = api.sfn.describe_execution(executionArn=execution, includedData="METADATA_ONLY")
    assert "input" not in bare and "output" not in bare


def test_names_make_starts_idempotent(api):
    arn = api.machine(WAIT)
    first = api.sfn.start_execution(stateMachineArn=arn, name="once", input="{}")
    again = api.sfn.start_execution(stateMachineArn=arn, name="once", input="{}")
    assert (again["executionArn"], again["startDate"]) == (first["executionArn"], first["startDate"])
    message = f"Execution Already Exists: '{first['executionArn']}'"
    start = dict(stateMachineArn=arn, name="once")
    assert api.refused("ExecutionAlreadyExists", "start_execution", **start, input="[1]") == message
    running = api.sfn.describe_execution(executionArn=first["executionArn"])
    assert running["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven"
    api.sfn.stop_execution(executionArn=first["executionArn"])
    assert api.refused("ExecutionAlreadyExists", "start_execution", **start, input="{}") == message


def test_what_is_not_started(api):
    arn = api.machine(PASS)
    api.refused("InvalidExecutionInput", "start_execution", stateMachineArn=arn, input="{")
    api.refused("InvalidName", "start_execution", stateMachineArn=arn, name="a b")
    api.refused("InvalidArn", "start_execution", stateMachineArn="nonsense")
    api.refused("StateMachineDoesNotExist", "start_execution", stateMachineArn=arn + "x")
    for text in ("[]", "null", '"text"', "1"):
        assert api.ended(api.sfn.start_execution(stateMachineArn=arn, input=text)["executionArn"])["output"] == text


def test_failures(api):
    failed = api.run(api.machine(FAIL))
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "E", "as wanted")
    assert failed["redriveStatus"] == "REDRIVABLE" and "output" not in failed
    declined = api.run(api.machine(task("fail")))
    assert declined["error"] == "Declined"
    assert json.loads(declined["cause"])["errorMessage"] == "card 7"


def test_stopping(api):
    execution = api.start(api.machine(WAIT))
    stopped = api.sfn.stop_execution(executionArn=execution, error="Cancelled", cause="by hand")
    ended = api.ended(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Cancelled", "by hand")
    # It is over already, which is no error.
    assert api.sfn.stop_execution(executionArn=execution)["stopDate"] == ended["stopDate"] == stopped["stopDate"]
    api.refused("ExecutionDoesNotExist", "stop_execution", executionArn=execution + "x")
    api.refused("InvalidArn", "stop_execution", executionArn="nonsense")
    api.refused("ExecutionDoesNotExist", "describe_execution", executionArn=execution + "x")
    assert api.types(execution)[-1] == "ExecutionAborted"


def test_lists(api):
    arn = api.machine(PASS)
    started = [api.start(arn, name=f"n{n}") for n in range(5)]
    for execution in started:
        api.ended(execution)
    pages = list(api.sfn.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 2}))
    assert [len(page["executions"]) for page in pages] == [2, 2, 1]
    found = [execution for page in pages for execution in page["executions"]]
    assert [e["executionArn"] for e in found] == started[::-1]
    assert {e["status"] for e in found} == {"SUCCEEDED"}
    assert api.sfn.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"] == []
    assert api.sfn.list_executions(stateMachineArn=arn, redriveFilter="REDRIVEN")["executions"] == []
    api.refused("InvalidToken", "list_executions", stateMachineArn=arn, nextToken="nonsense")
    api.refused("StateMachineDoesNotExist", "list_executions", stateMachineArn=arn + "x")
    api.refused("ValidationException", "list_executions")
    api.refused("ValidationException", "list_executions", stateMachineArn=arn, maxResults=1001)
    express = api.machine(PASS, type="EXPRESS")
    api.refused("StateMachineTypeNotSupported", "list_executions", stateMachineArn=express)


def test_history(api):
    execution = api.start(api.machine(PASS, task("echo")), {"a": 1})
    api.ended(execution)
    history = api.sfn.get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in history] == [
        "ExecutionStarted", "PassStateEntered", "PassStateExited", "TaskStateEntered", "LambdaFunctionScheduled",
        "LambdaFunctionStarted", "LambdaFunctionSucceeded", "TaskStateExited", "ExecutionSucceeded"]
    assert [event["id"] for event in history] == list(range(1, 10))
    assert [event["previousEventId"] for event in history] == [0, 0, 2, 3, 4, 5, 6, 7, 8]
    paginator = api.sfn.get_paginator("get_execution_history")
    pages = paginator.paginate(executionArn=execution, reverseOrder=True, PaginationConfig={"PageSize": 4})
    assert [event["id"] for page in pages for event in page["events"]] == list(range(9, 0, -1))
    bare = api.sfn.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert "input" not in bare[0]["executionStartedEventDetails"]
    assert bare[1]["stateEnteredEventDetails"] == {"name": "S0", "inputDetails": {"truncated": True}}
    api.refused("InvalidToken", "get_execution_history", executionArn=execution, nextToken="nonsense")
    api.refused("ExecutionDoesNotExist", "get_execution_history", executionArn=execution + "x")


def test_redrive(api, tmp_path):
    calls, there = tmp_path / "calls", tmp_path / "there"
    machine = api.machine(task("once", ResultPath=None), task("flaky", InputPath="$.flaky"))
    execution = api.start(machine, {"file": str(calls), "flaky": {"file": str(there)}})
    assert api.ended(execution)["status"] == "FAILED"
    there.touch()
    api.sfn.redrive_execution(executionArn=execution)
    ended = wait_for(lambda: found if (found := api.ended(execution))["status"] == "SUCCEEDED" else None)
    assert (ended["redriveCount"], ended["output"]) == (1, '"done"')
    assert calls.read_text() == "called\n"
    assert "ExecutionRedriven" in api.types(execution)
    listed = api.sfn.list_executions(stateMachineArn=machine, redriveFilter="REDRIVEN")["executions"]
    assert [e["executionArn"] for e in listed] == [execution]
    api.refused("ExecutionNotRedrivable", "redrive_execution", executionArn=execution)
    api.refused("ExecutionDoesNotExist", "redrive_execution", executionArn=execution + "x")


def test_synchronous_express_executions(api):
    arn = api.machine(task("echo"), type="EXPRESS")
    done = api.sfn.start_sync_execution(stateMachineArn=arn, name="run1", input='{"a": 1}')
    assert (done["status"], json.loads(done["output"]), done["name"]) == ("SUCCEEDED", {"a": 1}, "run1")
    assert done["executionArn"].startswith(arn.replace(":stateMachine:", ":express:") + ":run1:")
    billing = done["billingDetails"]
    assert billing["billedDurationInMilliseconds"] % 100 == 0 and billing["billedMemoryUsedInMB"] % 64 == 0
    # A failure is an answer too.
    failed = api.sfn.start_sync_execution(stateMachineArn=api.machine(task("fail"), type="EXPRESS"))
    assert (failed["status"], failed["error"]) == ("FAILED", "Declined")
    # An execution of the same name is another one.
    again = [api.start(arn, {}, name="same") for _ in range(2)]
    assert again[0] != again[1]
    api.refused("StateMachineTypeNotSupported", "start_sync_execution", stateMachineArn=api.machine(PASS))
    api.refused("InvalidExecutionInput", "start_sync_execution", stateMachineArn=arn, input="{")
    api.refused("StateMachineDoesNotExist", "start_sync_execution", stateMachineArn=arn + "x")
    for operation in ("describe_execution", "stop_execution", "get_execution_history"):
        api.refused("InvalidArn", operation, executionArn=done["executionArn"])


def test_children(api):
    child = api.machine({"Type": "Pass", "Result": {"x": 1}})
    start = "arn:aws:states:::states:startExecution"
    parameters = {"StateMachineArn": child, "Input": {"a": 1}}
    plain = json.loads(api.run(api.machine(task(start, Parameters=parameters)))["output"])
    assert set(plain) >= {"ExecutionArn", "StartDate"}
    text = json.loads(api.run(api.machine(task(start + ".sync", Parameters=parameters)))["output"])
    assert (text["Status"], text["Output"]) == ("SUCCEEDED", '{"x":1}')
    parsed = json.loads(api.run(api.machine(task(start + ".sync:2", Parameters=parameters)))["output"])
    assert (parsed["Output"], parsed["Input"]["a"]) == ({"x": 1}, 1)
    failing = {"StateMachineArn": api.machine(FAIL)}
    failed = api.run(api.machine(task(start + ".sync", Parameters=failing)))
    assert failed["error"] == "States.TaskFailed" and json.loads(failed["cause"])["Error"] == "E"


def test_map_runs(api):
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
             "StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}}
    execution = api.start(api.machine({"Type": "Map", "ItemProcessor": inner, "MaxConcurrency": 2}), [1, 2, 3])
    assert api.ended(execution)["output"] == "[1,2,3]"
    runs = api.sfn.list_map_runs(executionArn=execution)["mapRuns"]
    assert [run["executionArn"] for run in runs] == [execution]
    arn = runs[0]["mapRunArn"]
    run = api.sfn.describe_map_run(mapRunArn=arn)
    assert (run["status"], run["itemCounts"]["succeeded"], run["maxConcurrency"]) == ("SUCCEEDED", 3, 2)
    children = api.sfn.list_executions(mapRunArn=arn)["executions"]
    assert len(children) == 3 and {child["mapRunArn"] for child in children} == {arn}
    api.refused("ValidationException", "update_map_run", mapRunArn=arn)
    for operation in ("describe_map_run", "update_map_run"):
        more = {} if operation == "describe_map_run" else {"maxConcurrency": 1}
        api.refused("ResourceNotFound", operation, mapRunArn=arn[:-1] + ("0" if arn[-1] != "0" else "1"), **more)
    api.refused("ExecutionDoesNotExist", "list_map_runs", executionArn=execution + "x")
