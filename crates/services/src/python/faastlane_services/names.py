"""What services, their members and their errors are called.

Step Functions speaks to optimized integrations (`dynamodb:putItem`) with the AWS SDK for Java 1, and to the
others (`aws-sdk:dynamodb:putItem`) with version 2. Its results and errors have the names of these SDKs;
botocore's models have those of the services.
"""

import re

# Optimized integrations: the folder of botocore's model, how errors begin, the SDK's error of a service
# that says no more, and the service's name in a cause.
OPTIMIZED = {
    "athena": ("athena", "Athena", "AmazonAthenaException", "AmazonAthena"),
    "batch": ("batch", "Batch", "AWSBatchException", "AWSBatch"),
    "bedrock": ("bedrock-runtime", "Bedrock", "BedrockRuntimeException", "BedrockRuntime"),
    "codebuild": ("codebuild", "CodeBuild", "AWSCodeBuildException", "AWSCodeBuild"),
    "dynamodb": ("dynamodb", "DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"),
    "ecs": ("ecs", "ECS", "AmazonECSException", "AmazonECS"),
    "elasticmapreduce": (
        "emr",
        "ElasticMapReduce",
        "AmazonElasticMapReduceException",
        "AmazonElasticMapReduce",
    ),
    "events": ("events", "EventBridge", "AmazonEventBridgeException", "AmazonEventBridge"),
    "glue": ("glue", "Glue", "AWSGlueException", "AWSGlue"),
    "s3": ("s3", "S3", "AmazonS3Exception", "Amazon S3"),
    "sagemaker": ("sagemaker", "SageMaker", "AmazonSageMakerException", "AmazonSageMaker"),
    "sns": ("sns", "SNS", "AmazonSNSException", "AmazonSNS"),
    "sqs": ("sqs", "SQS", "AmazonSQSException", "AmazonSQS"),
    "states": ("stepfunctions", "StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions"),
}

SDK = "aws-sdk:"


def pascal(name):
    """A name as the SDK for Java 2 has it: `DynamoDB` is `DynamoDb`, `SSEKMSKeyId` is `SsekmsKeyId`.

    Its rules stand in the SDK's `CodegenNamingUtils.splitOnWordBoundaries`.
    """
    words = re.sub(r"[^A-Za-z0-9]+", " ", name)
    words = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", words)
    words = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", words)
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " ", words)
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", words)
    words = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", words)
    return "".join(word[:1].upper() + word[1:].lower() for word in words.split())


def capital(name):
    """A name as optimized integrations show it: that of the model, with a capital."""
    return name[:1].upper() + name[1:]


def exception(shape, is_sdk):
    """The SDK's name for an error of a model: `NoSuchBucket` is `NoSuchBucketException`."""
    stem = shape[: -len("Fault")] if shape.endswith("Fault") else shape
    stem = pascal(stem) if is_sdk else capital(stem)
    return stem if stem.endswith("Exception") else stem + "Exception"


def normal(name):
    """Equal for all spellings of a name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
