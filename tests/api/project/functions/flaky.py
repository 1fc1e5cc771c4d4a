"""Fails until the file is there that the event names."""

import os


def handler(event, context):
    if not os.path.exists(event["file"]):
        raise RuntimeError("not yet")
    return "done"
