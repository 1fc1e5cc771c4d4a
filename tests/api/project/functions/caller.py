"""Uses boto3 as on AWS: it starts an execution, or answers the task it is called for."""

import boto3

sfn = boto3.client("stepfunctions")


def handler(event, context):
    if "token" in event:
        sfn.send_task_success(taskToken=event["token"], output='{"by": "function"}')
        return "is not read"
    return sfn.start_execution(stateMachineArn=event["machine"], input="[1]")["executionArn"]
