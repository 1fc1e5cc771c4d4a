"""One server for all tests but those that end it; a machine of its own for each test."""

import itertools
import json

import pytest
from botocore.exceptions import ClientError

from serving import ROLE, Server, wait_for

numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server")).start()
    yield server
    server.end()


@pytest.fixture(scope="session")
def sfn(server):
    return server.client()


@pytest.fixture
def api(sfn):
    return Api(sfn)


class Api:
    """Short words for what most tests do."""

    def __init__(self, sfn):
        self.sfn = sfn

    def name(self, start="m"):
        return f"{start}-{next(numbers)}"

    def machine(self, *states, name=None, **settings):
        """A machine of these states, one after the other; its ARN."""
        created = self.sfn.create_state_machine(
            name=name or self.name(), roleArn=ROLE, definition=definition(*states), **settings)
        return created["stateMachineArn"]

    def start(self, machine, input=None, **more):
        text = {} if input is None else {"input": json.dumps(input)}
        return self.sfn.start_execution(stateMachineArn=machine, **text, **more)["executionArn"]

    def ended(self, execution):
        """DescribeExecution as soon as it no longer runs."""
        def over():
            found = self.sfn.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None
        return wait_for(over)

    def run(self, machine, input=None):
        return self.ended(self.start(machine, input))

    def types(self, execution):
        events = self.sfn.get_execution_history(executionArn=execution)["events"]
        return [event["type"] for event in events]

    def token(self, execution):
        """The token of the task that waits, which its parameters tell."""
        def scheduled():
            events = self.sfn.get_execution_history(executionArn=execution)["events"]
            if "TaskSubmitted" not in [event["type"] for event in events]:
                return None
            asked = [e["taskScheduledEventDetails"] for e in events if e["type"] == "TaskScheduled"][-1]
            return json.loads(asked["parameters"])["Payload"]["token"]
        return wait_for(scheduled)

    def refused(self, code, operation, **request):
        """The message of the error `code`, which the request must get."""
        with pytest.raises(ClientError) as caught:
            getattr(self.sfn, operation)(**request)
        error = caught.value.response["Error"]
        assert error["Code"] == code, error
        return error["Message"]


def definition(*states):
    states = [dict(state) for state in states]
    for at, state in enumerate(states):
        if state["Type"] not in ("Succeed", "Fail"):
            state.update({"Next": f"S{at + 1}"} if at + 1 < len(states) else {"End": True})
    return json.dumps({"StartAt": "S0", "States": {f"S{at}": state for at, state in enumerate(states)}})


PASS = {"Type": "Pass"}
WAIT = {"Type": "Wait", "Seconds": 3600}
FAIL = {"Type": "Fail", "Error": "E", "Cause": "as wanted"}


def task(resource, **more):
    return {"Type": "Task", "Resource": resource, **more}


def waits(function="echo", **more):
    """A task that waits for its token, which the function gets."""
    return task("arn:aws:states:::lambda:invoke.waitForTaskToken", Parameters={
        "FunctionName": function, "Payload": {"token.$": "$$.Task.Token"}}, **more)


def pytest_collection_modifyitems(items):
    # It looks at what all others have called.
    items.sort(key=lambda item: item.path.name == "test_model.py")
