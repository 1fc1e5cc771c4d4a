"""Finds the protected health information (PHI) in a medical record, by asking a trusted language service."""

import os
import urllib.error

import util


class UnreadableRecord(Exception):
    """The service cannot read this record; trying again does not help."""


class NlpUnavailable(Exception):
    """The service cannot answer now; trying again helps."""


# Read once, when the sandbox starts.
MIN_SCORE = float(os.environ["MIN_SCORE"])


def lambda_handler(event, context):
    request = {"text": event["text"], "language": event["language"]}
    try:
        answer = util.post_json(os.environ["MEDICAL_NLP_URL"] + "/v1/detect-phi", request)
    except urllib.error.HTTPError as error:
        if error.code == 422:
            raise UnreadableRecord(util.message(error)) from error
        raise NlpUnavailable(f"the language service answered {error.code}") from error
    except urllib.error.URLError as error:
        raise NlpUnavailable("no answer from the language service") from error
    entities = [entity for entity in answer["entities"] if entity["score"] >= MIN_SCORE]
    print(f"{event['recordId']}: {len(entities)} of {len(answer['entities'])} entities kept")
    return {"entities": entities}
