"""Masks the PHI in a record, so that it may be analysed."""

import util


def lambda_handler(event, context):
    text, masked = event["text"], {}
    # From the back, so that the offsets of what is still to be masked stay true.
    for entity in reversed(event["entities"]):
        text = text[: entity["begin"]] + util.mask(entity) + text[entity["end"] :]
        masked[entity["type"]] = masked.get(entity["type"], 0) + 1
    return {"text": text, "masked": dict(sorted(masked.items()))}
