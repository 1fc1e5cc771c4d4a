"""Says what became of each review, and how the reviews were on the whole."""

import util


def handler(event, context):
    handled = event["handled"]
    judged = [review for review in handled if review["sentiment"]]
    return {
        "day": event["day"],
        "reviews": [line(review) for review in handled],
        "labels": util.tally(review["sentiment"]["label"] for review in judged),
        "actions": util.tally(review["receipt"]["action"] for review in handled),
        "meanCompound": util.mean([review["sentiment"]["compound"] for review in judged]),
    }


def line(review):
    return {
        "reviewId": review["review"]["reviewId"],
        "item": review["review"]["item"],
        "stars": review["review"]["stars"],
        "sentiment": review["sentiment"],
        "receipt": review["receipt"],
    }
