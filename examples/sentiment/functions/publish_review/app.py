"""Publishes a negative review to the topic that people watch, who then write to the customer."""

import os

import util


def lambda_handler(event, context):
    topic = util.Topic(os.environ["TOPIC_URL"], os.environ["TOPIC_NAME"])
    message = {"subject": f"{event['stars']} of 5 for {event['item']}", "text": event["text"]}
    receipt = topic.publish({"reviewId": event["reviewId"], "compound": event["compound"], **message})
    return {"action": "PUBLISHED", **receipt}
