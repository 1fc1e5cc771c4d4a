import unittest

from faastlane_services import parameters
from faastlane_services.failure import Failed

from shapes import BLOB, NUMBER, STRING, array, mapping, structure

ENTRY = structure(Detail=STRING, Data=BLOB)
SHAPE = structure(
    QueueUrl=STRING, MaxItems=NUMBER, Entries=array(ENTRY), Item=mapping(structure(S=STRING, N=STRING)), SSEKeyId=STRING
)


class Parameters(unittest.TestCase):
    def check(self, given, expected):
        self.assertEqual(parameters.convert(SHAPE, given), expected)

    def test_members_are_those_of_the_model(self):
        self.check({"QueueUrl": "u"}, {"QueueUrl": "u"})
        self.check({"queueUrl": "u", "SseKeyId": "k"}, {"QueueUrl": "u", "SSEKeyId": "k"})
        self.check({"Item": {"queueUrl": {"S": "x"}}}, {"Item": {"queueUrl": {"S": "x"}}})
        self.check({"QueueUrl": None}, {})

    def test_objects_become_text_where_the_model_has_text(self):
        self.check({"QueueUrl": {"a": [1, "ü", None]}}, {"QueueUrl": '{"a":[1,"ü",null]}'})
        self.check({"Item": {"id": {"N": 5}}}, {"Item": {"id": {"N": "5"}}})
        self.check({"Entries": [{"Detail": {"a": 1}}]}, {"Entries": [{"Detail": '{"a":1}'}]})

    def test_bytes_are_given_as_text(self):
        self.check({"Entries": [{"Data": "ü"}]}, {"Entries": [{"Data": "ü".encode()}]})
        self.check({"Entries": [{"Data": {"a": 1}}]}, {"Entries": [{"Data": b'{"a":1}'}]})

    def test_whole_numbers_are_integers(self):
        self.check({"MaxItems": 5.0}, {"MaxItems": 5})

    def test_what_is_wrong_is_left_to_boto3(self):
        self.check({"Entries": "x", "MaxItems": "many"}, {"Entries": "x", "MaxItems": "many"})

    def test_other_members_are_refused(self):
        for shape, given in ((SHAPE, {"Url": "u"}), (SHAPE, {"Entries": [{"Url": 1}]}), (None, {"Url": 1})):
            with self.assertRaises(Failed) as raised:
                parameters.convert(shape, given)
            self.assertEqual(raised.exception.error, "States.Runtime")
            self.assertIn('[The field "Url" is not supported', raised.exception.cause)
