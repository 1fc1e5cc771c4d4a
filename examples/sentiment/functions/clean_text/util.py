"""Takes HTML tags out of a text."""

import re

TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def strip_markup(text):
    return TAG.sub(" ", text)
