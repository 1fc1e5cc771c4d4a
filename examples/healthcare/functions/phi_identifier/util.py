"""JSON over HTTP with the standard library only."""

import json
import urllib.request


def post_json(url, value):
    body = json.dumps(value).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def message(http_error):
    return json.load(http_error)["message"]
