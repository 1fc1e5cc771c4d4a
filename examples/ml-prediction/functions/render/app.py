"""Renders what the model saw: words with their probability and their place in the photograph."""

import os

import util

MIN_PROBABILITY = float(os.environ["MIN_PROBABILITY"])


def lambda_handler(event, context):
    pixels_per_column = event["width"] / event["columns"]
    words = [render(word, pixels_per_column) for word in util.words(util.characters(event["marks"]))]
    return {
        "outcome": "READ",
        "imageId": event["imageId"],
        "text": " ".join(word["label"] for word in words),
        "words": words,
        "doubtful": [word["label"] for word in words if word["probability"] < MIN_PROBABILITY],
    }


def render(word, pixels_per_column):
    """A word is as certain as its least certain character."""
    return {
        "label": "".join(character["label"] for character in word),
        "probability": round(min(character["probability"] for character in word), 2),
        "left": round(word[0]["first"] * pixels_per_column),
        "right": round((word[-1]["last"] + 1) * pixels_per_column),
    }
