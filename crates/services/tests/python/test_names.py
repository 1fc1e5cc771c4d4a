import unittest

from faastlane_services import names


class Names(unittest.TestCase):
    def test_names_of_the_sdk(self):
        for name, expected in (
            ("DynamoDB", "DynamoDb"),
            ("SFN", "Sfn"),
            ("S3", "S3"),
            ("EC2", "Ec2"),
            ("Secrets Manager", "SecretsManager"),
            ("Elastic Load Balancing v2", "ElasticLoadBalancingV2"),
            ("EventBridge", "EventBridge"),
            ("executionArn", "ExecutionArn"),
            ("ETag", "ETag"),
            ("KMSKeyArn", "KmsKeyArn"),
            ("TableName", "TableName"),
        ):
            self.assertEqual(names.pascal(name), expected)

    def test_names_of_errors(self):
        for shape, is_sdk, expected in (
            ("NoSuchBucket", True, "NoSuchBucketException"),
            ("ConditionalCheckFailedException", False, "ConditionalCheckFailedException"),
            ("DBInstanceNotFoundFault", True, "DbInstanceNotFoundException"),
            ("StateMachineDoesNotExist", False, "StateMachineDoesNotExistException"),
        ):
            self.assertEqual(names.exception(shape, is_sdk), expected)

    def test_spellings_are_equal(self):
        for one, other in (("sendMessage", "SendMessage"), ("SseKmsKeyId", "SSEKMSKeyId")):
            self.assertEqual(names.normal(one), names.normal(other))
