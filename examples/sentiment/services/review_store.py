"""A local stand-in for a cloud document store.

`PUT /v1/documents/NAME` keeps the body and answers its name and a fingerprint; `GET` gives the body back.

The first line on stdout is the base URL. Only the standard library is used.
"""

import hashlib
import json
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

DOCUMENTS = "/v1/documents/"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    documents = {}

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.path.startswith(DOCUMENTS):
            return self.answer(404, {"message": f"nothing at {self.path}"})
        self.documents[self.path] = body
        return self.answer(200, {"name": self.path[len(DOCUMENTS) :], "etag": hashlib.sha256(body).hexdigest()[:16]})

    def do_GET(self):
        if self.path not in self.documents:
            return self.answer(404, {"message": f"no document at {self.path}"})
        return self.answer(200, json.loads(self.documents[self.path]))

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Silent: the caller's own log says what went wrong."""


class Server(ThreadingTCPServer):
    # Not http.server's own class: that one looks up the machine's name, which can be slow without a network.
    daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()
