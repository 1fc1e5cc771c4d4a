"""A local stand-in for a cloud message service.

`POST /v1/topics/NAME/messages` takes a JSON message and answers its id, which follows from its bytes: a message sent
twice is one message. The very first message is answered with 503, as a service that is busy does.

The first line on stdout is the base URL. Only the standard library is used.
"""

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    was_busy = False
    lock = threading.Lock()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        topic = re.fullmatch(r"/v1/topics/([\w-]+)/messages", self.path)
        if not topic:
            return self.answer(404, {"message": f"nothing at {self.path}"})
        if self.is_first_message():
            return self.answer(503, {"message": "busy, try again"})
        return self.answer(200, {"topic": topic[1], "messageId": hashlib.sha256(body).hexdigest()[:16]})

    def is_first_message(self):
        with self.lock:
            first, Handler.was_busy = not Handler.was_busy, True
        return first

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
