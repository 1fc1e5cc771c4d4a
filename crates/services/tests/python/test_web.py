import os
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest import mock

from faastlane_services import handler, web


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got; below `/fail`, with 422."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        kept = [self.command, self.path, self.headers.get("Content-Type"), self.headers.get("A"), body]
        self.send_response(422 if self.path.startswith("/fail") else 200)
        self.send_header("X-Two", "1")
        self.send_header("X-Two", "2")
        self.end_headers()
        self.wfile.write(web.json.dumps(kept).encode())

    do_GET = do_POST

    def log_message(self, *_):
        pass


class Web(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = HTTPServer(("127.0.0.1", 0), Echo)
        cls.url = "http://127.0.0.1:%d" % cls.server.server_port
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def call(self, service, parameters):
        event = {"State": "S", "Service": service, "Action": "invoke", "Parameters": parameters}
        return handler(event, None)

    def check(self, service, parameters, expected):
        output = self.call(service, parameters)["Output"]
        self.assertEqual(output["ResponseBody"], expected)
        self.assertEqual((output["StatusCode"], output["StatusText"]), (200, "OK"))
        return output

    def test_http(self):
        given = {"ApiEndpoint": self.url + "/a", "Method": "POST", "RequestBody": {"x": 1}, "Headers": {"A": "b"}}
        output = self.check("http", given, ["POST", "/a", "application/json", "b", '{"x":1}'])
        self.assertEqual(output["Headers"]["x-two"], ["1", "2"])
        given = {"ApiEndpoint": self.url + "/a?q=1", "Method": "GET", "QueryParameters": {"b": ["2", 3], "c": None}}
        self.check("http", given, ["GET", "/a?q=1&b=2&b=3", None, None, ""])

    def test_forms(self):
        for array_format, expected in (
            ("INDICES", "a=x+y&b%5B0%5D=1&b%5B1%5D=2"),
            ("BRACKETS", "a=x+y&b%5B%5D=1&b%5B%5D=2"),
            ("REPEAT", "a=x+y&b=1&b=2"),
            ("COMMAS", "a=x+y&b=1%2C2"),
        ):
            transform = {
                "RequestBodyEncoding": "URL_ENCODED",
                "RequestEncodingOptions": {"ArrayFormat": array_format},
            }
            body = {"a": "x y", "b": [1, 2]}
            given = {"ApiEndpoint": self.url, "Method": "POST", "RequestBody": body, "Transform": transform}
            output = self.call("http", given)["Output"]
            self.assertEqual(output["ResponseBody"][4], expected)

    def test_an_api_of_api_gateway(self):
        given = {"ApiEndpoint": self.url, "Method": "POST", "Stage": "s", "Path": "/p/q", "Headers": {"A": ["b", "c"]}}
        given["RequestBody"] = {"x": None, "y": 1}
        self.check("apigateway", given, ["POST", "/s/p/q", "application/json", "b,c", '{"y":1}'])
        given["AllowNullValues"] = True
        given["QueryParameters"] = {"k": ["1", "2"]}
        body = '{"x":null,"y":1}'
        self.check("apigateway", given, ["POST", "/s/p/q?k=1&k=2", "application/json", "b,c", body])

    def test_an_api_behind_an_endpoint(self):
        given = {"ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com", "Method": "GET", "Stage": "s", "Path": "p"}
        with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": self.url}):
            self.check("apigateway", given, ["GET", "/restapis/abc/s/_user_request_/p", None, None, ""])

    def test_failures(self):
        def check(service, url, error, cause):
            found = self.call(service, {"ApiEndpoint": url, "Method": "GET"})
            self.assertEqual(found["Error"], error)
            self.assertIn(cause, found["Cause"])

        check("http", self.url + "/fail", "States.Http.StatusCode.422", '"/fail"')
        check("http", "http://127.0.0.1:1", "States.Http.Socket", "refused")
        check("http", "file:///etc/passwd", "States.Http.Socket", "not a URL that begins with")
        check("apigateway", self.url + "/fail", "ApiGateway.422", '"/fail/"')
        check("apigateway", "http://127.0.0.1:1", "ApiGateway.SdkClientException", "refused")

    def test_what_is_not_done_here_asks_for_a_mock(self):
        for service, action in (("batch", "submitJob.sync"), ("eks", "call")):
            found = handler({"State": "S", "Service": service, "Action": action, "Parameters": {}}, None)
            self.assertEqual(found["Error"], "States.TaskFailed")
            self.assertIn("the state 'S' (%s:%s) needs a mock" % (service, action), found["Cause"])
