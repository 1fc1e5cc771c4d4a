"""Takes its time to find an order right."""
import time


def handler(event, context):
    time.sleep(0.4)
    return event
