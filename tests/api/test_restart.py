"""A server that ends, in order or by SIGKILL, and another one that goes on with what it left."""

import signal

import pytest

from conftest import Api, PASS, task, waits
from serving import Server


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_the_next_server_finds(how, tmp_path):
    server = Server(tmp_path).start()
    api = Api(server.client())
    done = api.start(api.machine(PASS), {"a": 1})
    ended = api.ended(done)
    history = api.sfn.get_execution_history(executionArn=done)["events"]
    calls = tmp_path / "calls"
    machine = api.machine(task("once", ResultPath=None), waits())
    execution = api.start(machine, {"file": str(calls)})
    token = api.token(execution)
    before = api.sfn.get_execution_history(executionArn=execution)["events"]
    server.end(how)

    server.start()
    api = Api(server.client())
    try:
        found = api.sfn.describe_execution(executionArn=done)
        assert (found["status"], found["stopDate"]) == ("SUCCEEDED", ended["stopDate"])
        assert api.sfn.get_execution_history(executionArn=done)["events"] == history
        assert api.sfn.describe_execution(executionArn=execution)["status"] == "RUNNING"
        api.sfn.send_task_success(taskToken=token, output='"after"')
        assert api.ended(execution)["output"] == '"after"'
        after = api.sfn.get_execution_history(executionArn=execution)["events"]
        assert after[:len(before)] == before
        assert [event["id"] for event in after] == list(range(1, len(after) + 1))
        # What had been done is not done again.
        assert calls.read_text() == "called\n"
        arns = [m["stateMachineArn"] for m in api.sfn.list_state_machines()["stateMachines"]]
        assert machine in arns
    finally:
        server.end()
