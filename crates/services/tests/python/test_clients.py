import os
import unittest
from unittest import mock

from faastlane_services import clients


class Clients(unittest.TestCase):
    def test_endpoints_of_the_variables(self):
        def check(variables, service, expected):
            with mock.patch.dict(os.environ, variables, clear=True):
                self.assertEqual(clients.endpoint_of(service), expected)

        every, own = {"AWS_ENDPOINT_URL": "http://all"}, {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://own"}
        check({}, "SQS", None)
        check(every, "SQS", "http://all")
        check({**every, **own}, "Secrets Manager", "http://own")
        check({**every, **own}, "SQS", "http://all")
        check({**every, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "SQS", None)

    def test_what_aws_is(self):
        for url, expected in (
            ("https://sqs.us-east-1.amazonaws.com", True),
            ("https://sqs.cn-north-1.amazonaws.com.cn/x", True),
            ("https://lambda.us-east-1.api.aws", True),
            ("http://127.0.0.1:4566", False),
            ("http://amazonaws.com.example.org", False),
            ("http://localhost/.amazonaws.com", False),
        ):
            self.assertEqual(clients.is_aws(url), expected, url)

    def test_who_names_credentials(self):
        for variables, expected in (
            ({}, False),
            ({"AWS_REGION": "eu-west-1", "AWS_CONFIG_FILE": "x"}, False),
            ({"AWS_PROFILE": "dev"}, True),
            ({"AWS_PROFILE": ""}, False),
        ):
            with mock.patch.dict(os.environ, variables, clear=True):
                self.assertEqual(clients.has_named_credentials(), expected, variables)
