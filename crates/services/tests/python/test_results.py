import io
import unittest
from datetime import datetime, timedelta, timezone

from faastlane_services import results

from shapes import BLOB, NUMBER, STRING, TIME, array, mapping, structure

SHAPE = structure(
    executionArn=STRING, Count=NUMBER, MD5OfBody=STRING, At=TIME, Body=BLOB, Tags=mapping(STRING), Items=array(structure(name=STRING))
)


class Results(unittest.TestCase):
    def check(self, response, expected, is_sdk=True):
        self.assertEqual(results.convert(SHAPE, response, is_sdk), expected)

    def test_members_begin_with_capitals(self):
        self.check({"executionArn": "a", "MD5OfBody": "m"}, {"ExecutionArn": "a", "Md5OfBody": "m"})
        self.check({"executionArn": "a", "MD5OfBody": "m"}, {"ExecutionArn": "a", "MD5OfBody": "m"}, False)
        self.check({"Items": [{"name": "n"}], "Tags": {"aKey": "v"}}, {"Items": [{"Name": "n"}], "Tags": {"aKey": "v"}})

    def test_what_only_boto3_has_is_left_out(self):
        self.check({"ResponseMetadata": {"RetryAttempts": 0}, "Count": 0}, {"Count": 0})
        self.check({"Count": None}, {})

    def test_dates_are_text(self):
        moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1)))
        self.check({"At": moment}, {"At": "2026-01-02T02:04:05Z"})
        self.check({"At": moment.replace(microsecond=120000)}, {"At": "2026-01-02T02:04:05.120Z"})
        self.check({"At": moment.replace(microsecond=120001)}, {"At": "2026-01-02T02:04:05.120001Z"})
        self.check({"At": moment}, {"At": 1767319445000}, False)

    def test_bytes_are_text(self):
        self.check({"Body": io.BytesIO(b'{"a":1}')}, {"Body": '{"a":1}'})
        self.check({"Body": b"\xff\x00"}, {"Body": "/wA="})

    def test_metadata(self):
        headers = {"x-amzn-requestid": "r", "content-length": "2", "x-amz-crc32": "7"}
        found = results.metadata(
            {"ResponseMetadata": {"HTTPHeaders": headers, "HTTPStatusCode": 200, "RequestId": "r"}}
        )
        every = {"x-amzn-RequestId": ["r"], "Content-Length": ["2"], "x-amz-crc32": ["7"]}
        self.assertEqual(found["SdkHttpMetadata"]["AllHttpHeaders"], every)
        names = list(found["SdkHttpMetadata"]["HttpHeaders"])
        self.assertEqual(names, ["Content-Length", "x-amz-crc32", "x-amzn-RequestId"])
        self.assertEqual(found["SdkResponseMetadata"], {"RequestId": "r"})
