"""Keeps a review in the document store, for the shop's statistics."""

import os

import util


def lambda_handler(event, context):
    return {"action": "STORED", **util.put(os.environ["REVIEW_STORE_URL"], f"reviews/{event['reviewId']}", event)}
