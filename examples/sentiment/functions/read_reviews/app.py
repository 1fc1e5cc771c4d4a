"""Reads a day's customer reviews, or one of them, from the files packed with this function."""

from pathlib import Path

import util

INBOX = Path(__file__).parent / "inbox"


class UnknownReview(Exception):
    """No review has this id, or none came on this day."""


def lambda_handler(event, context):
    day, review_id = event["day"], event.get("reviewId")
    # The day is compared with the names that exist and never made into a path.
    known = {path.stem: path for path in INBOX.glob("*.csv")}
    if day not in known:
        raise UnknownReview(f"no reviews came on {day}")
    reviews = util.read_reviews(known[day])
    if review_id is not None:
        reviews = [review for review in reviews if review["reviewId"] == review_id]
        if not reviews:
            raise UnknownReview(f"no review {review_id} on {day}")
    print(f"{day}: {len(reviews)} reviews")
    return {"reviews": reviews}
