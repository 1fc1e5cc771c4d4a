"""A client of the message service."""

import json
import urllib.error
import urllib.request


class TopicUnavailable(Exception):
    """The service did not take the message; trying again helps, since a message sent twice is one message."""


class Topic:
    def __init__(self, url, name):
        self.url = f"{url}/v1/topics/{name}/messages"

    def publish(self, message):
        """Sends one message; gives the topic and the message's id."""
        body = json.dumps(message, sort_keys=True).encode()
        request = urllib.request.Request(self.url, data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise TopicUnavailable(f"{error.code} from {self.url}") from error
        except urllib.error.URLError as error:
            raise TopicUnavailable(f"no answer from {self.url}") from error
