"""The sentiment workflow in plain Python; `python oracle.py [--machine NAME] EVENT.json` prints its output.

It needs the packages of the functions' requirements.txt files.
"""

import contextlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from plain_python import Failed, Function, main, retry, service  # noqa: E402  (found through the line above)

FUNCTIONS = HERE / "functions"


def handle_one(event):
    """One review; a type that no model knows fails the workflow."""
    return handle_all(event, one_review_of, fail_on_unknown_type)


def handle_day(event):
    """All reviews of the day; a type that no model knows is skipped."""
    return handle_all(event, lambda event: {"day": event["day"]}, skip)


def one_review_of(event):
    return {"day": event["day"], "reviewId": event["reviewId"]}


def handle_all(event, request_of, on_unknown_type):
    try:
        reviews = Function(FUNCTIONS / "read_reviews")(request_of(event))["reviews"]
    except Exception as error:
        if type(error).__name__ != "UnknownReview":
            raise
        return rejected(event, error)
    with outside() as functions:
        handled = [handle(review, functions, on_unknown_type) for review in reviews]
    summarise = Function(FUNCTIONS / "summarise", handler="index.handler")
    return summarise({"day": event["day"], "handled": handled})


@contextlib.contextmanager
def outside():
    """The functions of one review, with the services that they call."""
    with service(HERE / "services" / "topic.py") as topic, service(HERE / "services" / "review_store.py") as store:
        yield {
            "clean_text": Function(FUNCTIONS / "clean_text"),
            "product": Function(FUNCTIONS / "product_sentiment"),
            "service": Function(FUNCTIONS / "service_sentiment"),
            "publish": Function(
                FUNCTIONS / "publish_review", env={"TOPIC_URL": topic, "TOPIC_NAME": "unhappy-customers"}
            ),
            "store": Function(FUNCTIONS / "store_review", env={"REVIEW_STORE_URL": store}),
        }


def handle(review, functions, on_unknown_type):
    text = functions["clean_text"]({"text": review["text"]})["text"]
    if review["type"] not in ("product", "service"):
        return on_unknown_type(review)
    sentiment = functions[review["type"]]({"text": text})
    about = {"reviewId": review["reviewId"], "item": review["item"], "stars": review["stars"], "text": text}
    if sentiment["label"] == "negative" or review["stars"] <= 1:
        message = {**about, "compound": sentiment["compound"]}
        receipt = retry(["TopicUnavailable"], functions["publish"], message)
    else:
        document = {**about, "type": review["type"], "sentiment": sentiment}
        receipt = retry(["StoreUnavailable"], functions["store"], document)
    return {"review": review, "sentiment": sentiment, "receipt": receipt}


def fail_on_unknown_type(review):
    raise Failed("UnknownReviewType", f"No model knows reviews of type {review['type']}.")


def skip(review):
    return {"review": review, "sentiment": None, "receipt": {"action": "SKIPPED"}}


def rejected(event, error):
    return {"outcome": "REJECTED", "day": event["day"], "error": type(error).__name__, "reason": str(error)}


if __name__ == "__main__":
    main({"SentimentMachine": handle_one, "SentimentBatchMachine": handle_day})
