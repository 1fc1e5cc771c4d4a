"""A local stand-in for a medical language service that finds protected health information (PHI) in English text.

`POST /v1/detect-phi` with `{"text", "language"}` answers `{"entities": [{"type", "begin", "end", "text", "score"}]}`;
offsets count characters. Patterns take the place of a model: the stories of the examples need no more.
A language it does not know is answered with 422.

The first line on stdout is the base URL. Only the standard library is used.
"""

import json
import re
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
PATTERNS = [
    # (type, how sure the service is, pattern; its first group is the entity)
    ("NAME", 0.98, rf"\b(?:Mr|Mrs|Ms|Dr)\. ({CAPITALISED}(?: {CAPITALISED})?)"),
    ("NAME", 0.93, rf"\b(?:Patient|Physician|Next of kin): ({CAPITALISED}(?: {CAPITALISED})+)"),
    ("DATE", 0.99, r"\b(\d{4}-\d{2}-\d{2})\b"),
    ("DATE", 0.97, rf"\b(\d{{1,2}} (?:{MONTHS}) \d{{4}})\b"),
    ("PHONE", 0.96, r"(\(\d{3}\) \d{3}-\d{4}|\b\d{3}-\d{3}-\d{4})\b"),
    ("EMAIL", 0.99, r"\b([\w.+-]+@[\w-]+\.[\w.]+\w)"),
    ("ID", 0.95, r"\bMRN:? (\d{6,})\b"),
    ("ID", 0.41, r"(?<!MRN )(?<!MRN: )\b(\d{6,})\b"),
    ("AGE", 0.94, r"\b(\d{1,3})-year-old\b"),
    ("ADDRESS", 0.88, rf"\b(\d+ {CAPITALISED} (?:Street|Avenue|Road|Lane))\b"),
]


def detect(text):
    found = [
        {"type": kind, "begin": match.start(1), "end": match.end(1), "text": match[1], "score": score}
        for kind, score, pattern in PATTERNS
        for match in re.finditer(pattern, text)
    ]
    return sorted(found, key=lambda entity: (entity["begin"], entity["end"]))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/detect-phi":
            return self.answer(404, {"message": f"nothing at {self.path}"})
        if request["language"] != "en":
            return self.answer(422, {"message": f"language {request['language']} is not supported"})
        return self.answer(200, {"entities": detect(request["text"])})

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
