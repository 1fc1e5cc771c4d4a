"""From what boto3 returns to a state's result, by the model of the operation.

Results of the SDK for Java 2 have dates as text. Where optimized integrations have any, they are
milliseconds since 1970, as the SDK for Java 1 writes them. Bytes are text where they are UTF-8 and base64
elsewhere; AWS documents neither.
"""

import base64
from datetime import timezone

from .names import capital, pascal

# Longest body of a response that is read, in bytes; results are limited to 256 KiB on AWS.
LONGEST = 16 << 20

# How servers write the headers that they all have; botocore has lost that.
_HEADERS = ("Content-Length", "Content-Type", "Connection", "Date", "Server", "x-amzn-RequestId")
_WRITTEN = {name.lower(): name for name in _HEADERS}


def convert(shape, response, is_sdk):
    """The result of an operation whose output has this shape; none has no output."""
    if shape is None:
        return {}
    response = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    return _structure(shape, response, is_sdk)


def metadata(response):
    """What results of optimized integrations have besides: headers, status and id of the request."""
    about = response.get("ResponseMetadata", {})
    sent = about.get("HTTPHeaders", {})
    headers = {_WRITTEN.get(name, name): value for name, value in sent.items()}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": {name: headers[name] for name in sorted(headers, key=str.lower)},
            "HttpStatusCode": about.get("HTTPStatusCode", 200),
        },
        "SdkResponseMetadata": {"RequestId": about.get("RequestId")},
    }


def _structure(shape, value, is_sdk):
    if not isinstance(value, dict) or getattr(shape, "is_document_type", False):
        return value
    spelled = pascal if is_sdk else capital
    members = ((name, value[name]) for name in value if name in shape.members)
    return {
        spelled(name): _value(shape.members[name], member, is_sdk)
        for name, member in members
        if member is not None
    }


def _value(shape, value, is_sdk):
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, value, is_sdk)
    if kind == "list":
        return [_value(shape.member, item, is_sdk) for item in value]
    if kind == "map":
        return {str(key): _value(shape.value, item, is_sdk) for key, item in value.items()}
    if kind == "timestamp":
        return _instant(value) if is_sdk else round(value.timestamp() * 1000)
    if kind == "blob" or isinstance(value, (bytes, bytearray)):
        return text(value.read(LONGEST) if hasattr(value, "read") else bytes(value))
    return value


def text(body):
    """Bytes as text."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()


def _instant(moment):
    """A date as Java's `Instant` writes it: `2026-11-22T19:42:00.120Z`, without zeros for no fraction."""
    if not hasattr(moment, "astimezone"):
        return str(moment)
    moment = moment.astimezone(timezone.utc)
    digits = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    shown = moment.replace(tzinfo=None).isoformat(timespec=digits if moment.microsecond else "seconds")
    return shown + "Z"
