"""Separates the PHI from a record and keeps both parts in the document store, as two documents.

Whoever may read both can put the record together again; either alone says little.
"""

import os

import util


def lambda_handler(event, context):
    stripped, secrets = separate(event["text"], event["entities"])
    store = util.Store(os.environ["DOCUMENT_STORE_URL"], event["recordId"])
    return {"documents": [store.put("record", {"text": stripped}), store.put("phi", secrets)]}


def separate(text, entities):
    """The text with numbered gaps, and what belongs into each gap."""
    parts, secrets, end = [], {}, 0
    for number, entity in enumerate(entities, start=1):
        gap = f"<{entity['type']} {number}>"
        secrets[gap] = entity["text"]
        parts += [text[end : entity["begin"]], gap]
        end = entity["end"]
    return "".join(parts) + text[end:], secrets
