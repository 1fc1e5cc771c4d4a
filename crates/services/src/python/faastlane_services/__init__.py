"""Calls AWS services for the Task states of a machine, over the user's boto3.

The event is `{"State": ..., "Service": ..., "Action": ..., "Parameters": ...}`: the name of the state and the
parts of its resource, such as `aws-sdk:dynamodb` and `putItem.waitForTaskToken`. Of the patterns behind
an action nothing is done here; what waits for tokens or jobs is the engine's.

It returns `{"Output": ...}`, or `{"Error": ..., "Cause": ...}` as the history shows them.
"""

import os

from .failure import Failed

# The variables of the user; the others that begin with AWS_ are those that every function sees.
GIVEN = "FAASTLANE_AWS_VARIABLES"
# Services that the machine calls: their clients are made before the first call.
SERVICES = "FAASTLANE_AWS_SERVICES"

_given = os.environ.pop(GIVEN, "").split(",")
for _name in [name for name in os.environ if name.startswith("AWS_") and name not in _given]:
    del os.environ[_name]

# A server that stands in for AWS mostly runs on this machine, where no proxy leads.
_direct = [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), "127.0.0.1,localhost"]
os.environ["no_proxy"] = ",".join(filter(None, _direct))

from . import aws, web  # noqa: E402  They read the variables.

for _service in filter(None, os.environ.pop(SERVICES, "").split(",")):
    aws.warm_up(_service)


def handler(event, context):
    service, parameters = event["Service"], event["Parameters"]
    action, _, pattern = event["Action"].partition(".")
    try:
        if pattern.startswith("sync"):
            raise not_here(event, "Faastlane does not wait for jobs of other services")
        if not isinstance(parameters, dict):
            parameters = {}
        if (service, action) == ("http", "invoke"):
            return {"Output": web.invoke_http(parameters)}
        if (service, action) == ("apigateway", "invoke"):
            return {"Output": web.invoke_api(parameters)}
        if (service, action) == ("eks", "call"):
            raise not_here(event, "Faastlane does not speak to Kubernetes")
        return {"Output": aws.call(service, action, parameters)}
    except aws.Unknown as unknown:
        failed = not_here(event, str(unknown))
    except Failed as why:
        failed = why
    return {"Error": failed.error, "Cause": failed.cause}


def not_here(event, why):
    """The failure of a task that cannot be done here at all, and what to do."""
    resource = "%s:%s" % (event["Service"], event["Action"])
    return Failed(
        "States.TaskFailed",
        "%s, so the state '%s' (%s) needs a mock: run with --mock FILE --case NAME, as docs/testing.md says."
        % (why, event["State"], resource),
    )
