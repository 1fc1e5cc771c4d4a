import subprocess
import sys
import unittest

# Without boto3, whatever this Python has.
PROGRAM = """
import os, sys
sys.modules["boto3"] = sys.modules["botocore"] = None
os.environ["FAASTLANE_AWS_SERVICES"] = "sqs,aws-sdk:s3"
from faastlane_services import handler
for service in ("sqs", "aws-sdk:s3"):
    print(handler({"State": "S", "Service": service, "Action": "x", "Parameters": {}}, None))
"""


class Missing(unittest.TestCase):
    def test_it_is_said_that_boto3_is_missing(self):
        found = subprocess.run([sys.executable, "-B", "-c", PROGRAM], capture_output=True, text=True)
        first, second = found.stdout.splitlines()
        self.assertIn("'SQS.SdkClientException', 'Cause': 'boto3 cannot be imported", first)
        self.assertIn("'S3.SdkClientException', 'Cause': 'boto3 cannot be imported", second)
        self.assertEqual(found.stderr, "")
