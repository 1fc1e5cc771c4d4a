"""Functions called through the Lambda API."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from serving import wait_for


@pytest.fixture(scope="session")
def functions(server):
    return server.client("lambda")


def test_a_result(functions):
    answer = functions.invoke(FunctionName="echo", Payload=b'{"a": 1.50}', LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert json.load(answer["Payload"]) == {"a": 1.5}
    assert "FunctionError" not in answer
    assert "echo echo" in base64.b64decode(answer["LogResult"]).decode()
    arn = "arn:aws:lambda:us-east-1:123456789012:function:echo"
    for name in (arn, arn + ":$LATEST", "123456789012:function:echo"):
        assert json.load(functions.invoke(FunctionName=name, Payload=b"[1]")["Payload"]) == [1]
    assert json.load(functions.invoke(FunctionName="echo")["Payload"]) == {}


def test_an_error(functions):
    answer = functions.invoke(FunctionName="fail", Payload=b"{}")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    error = json.load(answer["Payload"])
    assert (error["errorType"], error["errorMessage"]) == ("Declined", "card 7")


def test_a_call_that_nobody_waits_for(functions, tmp_path):
    file = tmp_path / "called"
    event = json.dumps({"file": str(file)}).encode()
    dry = functions.invoke(FunctionName="once", InvocationType="DryRun", Payload=event)
    assert dry["StatusCode"] == 204
    answer = functions.invoke(FunctionName="once", InvocationType="Event", Payload=event)
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    wait_for(file.exists)
    assert file.read_text() == "called\n"


def test_what_is_not_called(functions):
    def check(code, **request):
        with pytest.raises(ClientError) as caught:
            functions.invoke(**request)
        assert caught.value.response["Error"]["Code"] == code

    check("ResourceNotFoundException", FunctionName="none")
    check("ResourceNotFoundException", FunctionName="none", InvocationType="DryRun")
    check("InvalidRequestContentException", FunctionName="echo", Payload=b"{")
