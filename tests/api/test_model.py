"""The list of operations, held against the model."""

import pytest
import requests

import shapes
from serving import seen


def test_every_operation_is_called_by_some_test(request):
    files = {item.path.name for item in request.session.items}
    if len(files) < len(list(request.path.parent.glob("test_*.py"))) or request.config.option.keyword:
        pytest.skip("only some tests were chosen")
    assert seen == set(shapes.MODEL.operation_names)


def test_requests_that_no_sdk_makes(server):
    def check(target, body, status, code):
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
        answer = requests.post(server.url, data=body, headers=headers, timeout=60)
        assert (answer.status_code, answer.json()["__type"].rpartition("#")[2]) == (status, code)

    check("AWSStepFunctions.Explode", "{}", 400, "UnknownOperationException")
    check("AWSStepFunctions.ListStateMachines", "{", 400, "SerializationException")
    check("AWSStepFunctions.ListStateMachines", '{"maxResults": "x"}', 400, "SerializationException")
    check("AWSStepFunctions.StartExecution", "{}", 400, "ValidationException")


def test_the_model_is_kept_strictly():
    shape = shapes.MODEL.operation_model("StartExecution").output_shape
    wrong = {"executionArn": 3, "extra": 1}
    assert sorted(shapes.compare(wrong, shape)) == [
        "answer.executionArn is no string: 3", "answer.extra is not known", "answer.startDate is missing"]
