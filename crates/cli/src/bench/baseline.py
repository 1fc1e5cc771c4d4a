"""The calls of an execution in plain Python: what a workflow costs that is run in a well-known way.

`baseline.py WAY`, where the first line of input is JSON:
`{"functions": [{"python", "root", "layers", "names", "env", "name"}], "waves": [[[function, event], …], …]}`.
The calls of a wave run side by side, one wave after the other. Ways:

- `plain`: called one after another in this process.
- `fork`: a child for each call, its result through a pipe.
- `pipes`: warm processes for each function, a line of JSON in and one out.
- `http`: the same with an HTTP server in each of them.

Each further line is `[nanoseconds, executions]`: runs for so long and at least so often, and answers with
a list of `[end to end, functions, blocked]`, all in nanoseconds.
"""

import contextlib
import glob
import http.client
import http.server
import importlib
import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
import types

SIDE_BY_SIDE = 8  # Processes of a function, at most.
FORKS = 200  # Children at a time, at most.
clock = time.monotonic_ns  # The same in all processes.


class Function:
    """A function in this process."""

    def __init__(self, spec):
        self.spec = spec
        os.environ.update(spec["env"])
        packages = os.path.join(os.path.dirname(os.path.dirname(spec["python"])), "lib/python3*/site-packages")
        known, path = set(sys.modules), list(sys.path)
        self.folders = [spec["root"], *spec["layers"], *glob.glob(packages)]
        sys.path[:0] = self.folders
        self.handler = self.find(spec["names"])
        # Others have modules of the same names.
        sys.path[:] = path
        for name in set(sys.modules) - known:
            if self.owns(sys.modules[name]):
                del sys.modules[name]

    def owns(self, module):
        # A package without __init__.py has no file, only the folders that it is made of.
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", [])]
        return any(place.startswith(self.spec["root"] + os.sep) for place in places)

    def find(self, names):
        for name in names:
            module, _, handler = name.replace("/", ".").rpartition(".")
            with contextlib.suppress(AttributeError):
                return getattr(importlib.import_module(module), handler)
        raise AttributeError(f"there is no handler {names}")

    def __call__(self, text):
        """From JSON to JSON, with the begin, the end and the blocked time of the handler."""
        event = json.loads(text)
        context = types.SimpleNamespace(
            function_name=self.spec["name"],
            aws_request_id="00000000-0000-0000-0000-000000000000",
            get_remaining_time_in_millis=lambda: 30000,
        )
        begin, computed = clock(), time.thread_time_ns()
        try:
            result = self.handler(event, context)
        except Exception as error:
            result = {"errorType": type(error).__name__, "errorMessage": str(error)}
        end = clock()
        return json.dumps(result), begin, end, max(0, end - begin - (time.thread_time_ns() - computed))


def quiet():
    """Keeps what handlers print away from the protocol; where the protocol goes now."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return out


def answer(call):
    result, *times = call
    return json.dumps(times) + "\t" + result


def understood(text):
    times, _, result = text.partition("\t")
    return (result, *json.loads(times))


# --- In this process -------------------------------------------------------------------------------------------


def plain(functions, wave):
    return [functions[at](text) for at, text in wave]


def fork(functions, wave):
    children, calls = [], []
    for at, text in wave:
        if len(children) - len(calls) == FORKS:
            calls.append(collect(*children[len(calls)]))
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            with open(writer, "w") as pipe:
                pipe.write(answer(functions[at](text)))
            os._exit(0)
        os.close(writer)
        children.append((child, reader))
    return calls + [collect(*child) for child in children[len(calls) :]]


def collect(child, reader):
    with open(reader) as pipe:
        call = understood(pipe.read())
    os.waitpid(child, 0)
    return call


# --- In processes of functions ---------------------------------------------------------------------------------


class Pipes:
    """A warm process: a line in, a line out."""

    way = "pipe-worker"

    def __init__(self, spec):
        command = [spec["python"], "-c", SOURCE, self.way]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.process.stdin.write(json.dumps({"spec": spec, "source": SOURCE}) + "\n")

    def ready(self):
        self.process.stdout.readline()
        self.file = self.process.stdout

    def ask(self, text):
        self.process.stdin.write(text + "\n")

    def answer(self):
        return self.process.stdout.readline()


class Http(Pipes):
    """A warm process with a server; the connection stays open, as in a gateway."""

    way = "http-worker"

    def ready(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", int(self.process.stdout.readline()))
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.connection.sock

    def ask(self, text):
        self.connection.request("POST", "/", text.encode(), {"Content-Type": "application/json"})

    def answer(self):
        return self.connection.getresponse().read().decode()


def pipe_worker(function, lines, out):
    print("ready", file=out)
    for line in lines:
        print(answer(function(line)), file=out)


def http_worker(function, lines, out):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self):
            body = answer(function(self.rfile.read(int(self.headers["Content-Length"])))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, file=out)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for _ in lines:
        pass
    os._exit(0)


def spread(pools, wave):
    """The calls of a wave over the processes of their functions."""
    if len(wave) == 1:
        [(at, text)] = wave
        pools[at][0].ask(text)
        return [understood(pools[at][0].answer())]
    left = {}
    for at, text in wave:
        left.setdefault(at, []).append(text)
    calls = []
    with selectors.DefaultSelector() as busy:
        for at, texts in left.items():
            for worker in pools[at][: len(texts)]:
                worker.ask(texts.pop())
                busy.register(worker.file, selectors.EVENT_READ, (worker, texts))
        while len(calls) < len(wave):
            for key, _ in busy.select():
                worker, texts = key.data
                calls.append(understood(worker.answer()))
                if texts:
                    worker.ask(texts.pop())
    return calls


def pools_of(kind, specs, waves):
    widths = [max(sum(at == call[0] for call in wave) for wave in waves) for at in range(len(specs))]
    pools = [[kind(spec) for _ in range(min(width, SIDE_BY_SIDE))] for spec, width in zip(specs, widths)]
    for pool in pools:
        for worker in pool:
            worker.ready()
    return pools


# --- Measuring -------------------------------------------------------------------------------------------------


def covered(calls):
    """How long at least one handler ran."""
    total, until = 0, 0
    for _, begin, end, _ in sorted(calls, key=lambda call: call[1]):
        total += max(0, end - max(begin, until))
        until = max(until, end)
    return total


def execute(run, waves):
    begin = clock()
    done = [run(wave) for wave in waves]
    end_to_end = clock() - begin
    calls = [call for wave in done for call in wave]
    return end_to_end, sum(map(covered, done)), sum(call[3] for call in calls)


def drive(way, specs, waves):
    if way in ("plain", "fork"):
        functions = [Function(spec) for spec in specs]
        # For what handlers import when they are called.
        sys.path += [folder for function in functions for folder in function.folders]
        call = {"plain": plain, "fork": fork}[way]
    else:
        functions = pools_of({"pipes": Pipes, "http": Http}[way], specs, waves)
        call = spread
    return lambda: execute(lambda wave: call(functions, wave), waves)


def measure(run, budget, executions):
    samples, until = [], clock() + budget
    while len(samples) < executions or clock() < until:
        samples.append(run())
    return samples


first = json.loads(sys.stdin.readline())
SOURCE = first["source"]
if sys.argv[1].endswith("-worker"):
    function = Function(first["spec"])
    {"pipe-worker": pipe_worker, "http-worker": http_worker}[sys.argv[1]](function, sys.stdin, quiet())
else:
    run = drive(sys.argv[1], first["functions"], first["waves"])
    out = quiet()
    print("ready", file=out)
    for line in sys.stdin:
        print(json.dumps(measure(run, *json.loads(line))), file=out)
