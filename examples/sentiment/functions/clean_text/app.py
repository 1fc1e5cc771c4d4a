"""Makes plain text of what a browser sent: no markup, no entities, single spaces."""

import html

import util


def lambda_handler(event, context):
    # Markup first: an escaped `&lt;` is the customer's own character.
    text = html.unescape(util.strip_markup(event["text"]))
    return {"text": " ".join(text.split())}
