"""Clients of boto3: where their service is, and with whose credentials.

The endpoint is that of `AWS_ENDPOINT_URL_<SERVICE>`, of `AWS_ENDPOINT_URL`, or of the user's profile. A server
that stands in for AWS needs no credentials; made-up ones are given to it. AWS itself is called only if the
user's variables name credentials (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, ...). Those that lie in a file do not
count by themselves: a workflow that is tried out should not delete what it finds in an account that
nobody has named.
"""

import gzip
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

try:
    import boto3
    import botocore
    from botocore.config import Config
except ImportError as error:
    boto3, MISSING = None, error

REGION = "us-east-1"

# Each of them says that AWS is meant, and who calls it.
NAMING = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)

_AWS = re.compile(r"\.(amazonaws\.com(\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$")

_clients = {}
_state = {}


class Unusable(Exception):
    """No client can be made, and what to do about it."""


def client(name):
    """The client of a service by botocore's name of it; kept for the next call."""
    if name not in _clients:
        _clients[name] = _make(name)
    return _clients[name]


def session():
    if boto3 is None:
        raise Unusable(
            "boto3 cannot be imported (%s); install it for the Python that runs the functions, "
            "or put it into their requirements.txt" % MISSING
        )
    if "session" not in _state:
        _state["session"] = boto3.Session()
    return _state["session"]


def region():
    return session().region_name or REGION


def find(service):
    """botocore's name of a service that Task states call by its id in small letters: `sfn` is
    `stepfunctions`. None for one that this botocore does not know."""
    if service in session().get_available_services():
        return service
    if "ids" not in _state:
        _state["ids"] = {}
        for folder in sorted(Path(botocore.__file__).with_name("data").glob("*/")):
            model = max(folder.glob("*/service-2.json*"), default=None)
            found = model and re.search(r'"serviceId"\s*:\s*"([^"]*)"', _beginning(model))
            if found:
                identifier = re.sub("[ -]", "", found.group(1).lower())
                _state["ids"].setdefault(identifier, folder.name)
    return _state["ids"].get(service)


def _beginning(model):
    """The part of a model in which its metadata stand."""
    opened = gzip.open(model) if model.suffix == ".gz" else model.open("rb")
    with opened as file:
        return file.read(4096).decode(errors="replace")


def _make(name):
    model = botocore_model(name)
    endpoint = endpoint_of(model.service_id)
    arguments = {"region_name": region(), "config": Config(retries={"mode": "standard"})}
    if endpoint:
        arguments["endpoint_url"] = endpoint
    if endpoint and not is_aws(endpoint):
        # It is there at once, or not at all.
        arguments["config"] = Config(
            retries={"total_max_attempts": 1}, connect_timeout=5, s3={"addressing_style": "path"}
        )
        if not has_named_credentials():
            key = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
            return session().client(name, **key, **arguments)
    elif not has_named_credentials():
        # A profile may have an endpoint.
        made = session().client(name, **arguments)
        if is_aws(made.meta.endpoint_url):
            raise Unusable(nowhere(model.service_id))
        return made
    return session().client(name, **arguments)


def botocore_model(name):
    """The model of a service."""
    loader = session()._session
    return loader.get_service_model(name)


def endpoint_of(service_id):
    """The endpoint that the user's variables name for a service."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return os.environ.get(variable(service_id)) or os.environ.get("AWS_ENDPOINT_URL") or None


def variable(service_id):
    """The variable that names the endpoint of one service, as AWS's SDKs have it."""
    return "AWS_ENDPOINT_URL_" + re.sub("[ -]", "_", service_id.upper())


def is_aws(endpoint):
    return bool(_AWS.search(urlsplit(endpoint).hostname or ""))


def has_named_credentials():
    return any(os.environ.get(name) for name in NAMING)


def nowhere(service_id):
    """What is said where there is neither an endpoint nor credentials."""
    return (
        "It is not known which %s to call: set AWS_ENDPOINT_URL (or %s) to a server such as LocalStack or "
        "moto, or AWS_PROFILE to call AWS itself, or mock the state; docs/services.md says more"
        % (service_id, variable(service_id))
    )
