"""A client of the document store."""

import json
import urllib.error
import urllib.parse
import urllib.request


class StoreUnavailable(Exception):
    """The store did not keep the document; trying again helps, since a write replaces."""


def put(url, name, document):
    """Keeps one document; gives its name and fingerprint."""
    request = urllib.request.Request(
        f"{url}/v1/documents/{urllib.parse.quote(name)}",
        data=json.dumps(document, sort_keys=True).encode(),
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise StoreUnavailable(f"the store answered {error.code} for {name}") from error
    except urllib.error.URLError as error:
        raise StoreUnavailable(f"no answer from the store for {name}") from error
