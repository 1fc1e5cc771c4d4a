"""Calls of HTTP endpoints: `http:invoke` and `apigateway:invoke`."""

import http.client
import json
import socket
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode, urlsplit

from . import clients
from .failure import Failed
from .parameters import text_of
from .results import LONGEST, text

# In seconds; so long an HTTP task waits on AWS.
TIMEOUT = 60

_warned = set()


def invoke_http(parameters):
    """A call of any HTTP API."""
    url = _url(parameters, "States.Http.Socket")
    connection = (parameters.get("Authentication") or {}).get("ConnectionArn")
    if connection and connection not in _warned:
        _warned.add(connection)
        print("http:invoke: the secret of the connection %s is not here, so none is sent" % connection)
    transform = parameters.get("Transform") or {}
    headers = {name: text_of(value) for name, value in (parameters.get("Headers") or {}).items()}
    body = parameters.get("RequestBody")
    if body is not None and transform.get("RequestBodyEncoding") == "URL_ENCODED":
        array_format = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES")
        body = urlencode(list(_fields(body, array_format))).encode()
        _default(headers, "Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
    elif body is not None:
        body = text_of(body).encode()
        _default(headers, "Content-Type", "application/json")
    _default(headers, "User-Agent", "Amazon|StepFunctions|HttpInvoke|" + clients.REGION)
    url = _with_query(url, parameters)
    try:
        answer = _send(parameters.get("Method", "GET"), url, headers, body)
    except (OSError, http.client.HTTPException) as error:
        raise Failed("States.Http.Socket", _reason(error)) from None
    if not 200 <= answer.status < 300:
        raise Failed("States.Http.StatusCode.%d" % answer.status, answer.text)
    shown = answer.shown()
    shown["Headers"] = {name.lower(): values for name, values in shown["Headers"].items()}
    return shown


def invoke_api(parameters):
    """A call of an API of Amazon API Gateway."""
    try:
        endpoint = _api(parameters)
        path = (parameters.get("Path") or "").strip("/")
        url = endpoint + "/" + quote(path, safe="/%:@!$&'()*+,;=~")
        headers = {name: ",".join(map(text_of, _list(value))) for name, value in _items(parameters, "Headers")}
        body = parameters.get("RequestBody")
        if isinstance(body, dict) and not parameters.get("AllowNullValues"):
            body = {name: value for name, value in body.items() if value is not None}
        if body is not None:
            body = text_of(body).encode()
            _default(headers, "Content-Type", "application/json")
        _default(headers, "Accept", "application/json")
        url = _with_query(url, parameters)
        method = parameters.get("Method", "GET")
        if parameters.get("AuthType") == "IAM_ROLE":
            headers = _signed(method, url, headers, body)
        answer = _send(method, url, headers, body)
    except clients.Unusable as why:
        raise Failed("ApiGateway.SdkClientException", str(why)) from None
    except (OSError, http.client.HTTPException) as error:
        cause = "Unable to execute HTTP request: " + _reason(error)
        raise Failed("ApiGateway.SdkClientException", cause) from None
    if not 200 <= answer.status < 300:
        raise Failed("ApiGateway.%d" % answer.status, answer.text)
    return answer.shown()


class _Answer:
    def __init__(self, response):
        self.status, self.reason = response.status, response.reason
        self.headers = {}
        for name, value in response.headers.items():
            self.headers.setdefault(name, []).append(value)
        self.text = text(response.read(LONGEST))

    def shown(self):
        try:
            body = json.loads(self.text)
        except ValueError:
            body = self.text
        status = http.client.responses.get(self.status, self.reason)
        return {
            "Headers": self.headers,
            "ResponseBody": body,
            "StatusCode": self.status,
            "StatusText": status,
        }


def _with_query(url, parameters):
    query = list(_many(parameters.get("QueryParameters")))
    if not query:
        return url
    # Signatures know no +.
    return url + ("&" if urlsplit(url).query else "?") + urlencode(query, quote_via=quote)


def _send(method, url, headers, body):
    request = urllib.request.Request(url, data=body, headers=headers, method=method.upper())
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return _Answer(response)
    except urllib.error.HTTPError as error:
        with error:
            return _Answer(error)


def _url(parameters, error):
    url = parameters.get("ApiEndpoint") or ""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Failed(error, "ApiEndpoint is not a URL that begins with https:// or http://: '%s'" % url)
    return url


def _api(parameters):
    """The URL of a stage. An endpoint that stands in for AWS has it below a path of its own, as LocalStack
    does."""
    given, stage = parameters.get("ApiEndpoint") or "", (parameters.get("Stage") or "").strip("/")
    below = "/" + quote(stage) if stage else ""
    if "://" in given:
        return _url(parameters, "ApiGateway.SdkClientException").rstrip("/") + below
    endpoint = clients.endpoint_of("API Gateway")
    if endpoint and clients.is_aws("https://" + given):
        return "%s/restapis/%s%s/_user_request_" % (endpoint.rstrip("/"), given.split(".")[0], below)
    return "https://" + given.rstrip("/") + below


def _signed(method, url, headers, body):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    if clients.has_named_credentials():
        credentials = clients.session().get_credentials()
    elif clients.is_aws(url):
        raise clients.Unusable(clients.nowhere("API Gateway"))
    else:
        credentials = Credentials("test", "test")
    request = AWSRequest(method, url, headers, body)
    SigV4Auth(credentials, "execute-api", clients.region()).add_auth(request)
    return dict(request.headers.items())


def _default(headers, name, value):
    if not any(given.lower() == name.lower() for given in headers):
        headers[name] = value


def _items(parameters, name):
    return (parameters.get(name) or {}).items()


def _list(value):
    return value if isinstance(value, list) else [value]


def _many(given):
    """Pairs for a query, of which a name may have several values."""
    for name, values in (given or {}).items():
        for value in _list(values):
            if value is not None:
                yield name, text_of(value)


def _fields(body, array_format):
    """The fields of a form; arrays are written as `Transform` asks."""
    for name, value in body.items() if isinstance(body, dict) else []:
        if not isinstance(value, list):
            yield name, text_of(value)
        elif array_format == "COMMAS":
            yield name, ",".join(map(text_of, value))
        else:
            for place, item in enumerate(value):
                mark = {"INDICES": "[%d]" % place, "BRACKETS": "[]"}.get(array_format, "")
                yield name + mark, text_of(item)


def _reason(error):
    reason = getattr(error, "reason", error)
    if isinstance(reason, socket.timeout):
        return "The endpoint did not answer within %d s" % TIMEOUT
    return str(reason)
