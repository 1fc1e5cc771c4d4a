"""Calls an example's handlers from plain Python: what each `oracle.py` is built on.

A workflow must give the same output wherever its functions run. An oracle is that workflow written as a Python
program: the handlers' own code, called one after the other, with JSON text between them and no engine at all.
"""

import argparse
import contextlib
import importlib
import json
import os
import subprocess
import sys
import time
import types
from pathlib import Path


class Function:
    """One function of the workflow: `function(event)` calls its handler with copies, never references."""

    def __init__(self, folder, handler="app.lambda_handler", env=None):
        self.folder = Path(folder).resolve()
        self.env = env or {}
        self.modules = {}  # This function's own `app`, `util`, ...; others have modules of the same names.
        module, _, name = handler.rpartition(".")
        with self._view():
            self.handler = getattr(importlib.import_module(module), name)

    def __call__(self, event):
        with self._view():
            result = self.handler(json.loads(json.dumps(event)), self._context())
        return json.loads(json.dumps(result))

    @contextlib.contextmanager
    def _view(self):
        """The imports and the environment this function sees; afterwards nothing of them is left."""
        saved_path, saved_env, shared = list(sys.path), dict(os.environ), set(sys.modules)
        sys.path.insert(0, str(self.folder))
        sys.modules.update(self.modules)
        os.environ.update(self.env)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        finally:
            for name in set(sys.modules) - shared:
                if self._owns(sys.modules[name]):
                    self.modules[name] = sys.modules.pop(name)
            sys.path[:] = saved_path
            os.environ.clear()
            os.environ.update(saved_env)

    def _owns(self, module):
        # A package without __init__.py has no file, only the folders it is made of.
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", [])]
        return any(self.folder in Path(place).resolve().parents for place in places if place)

    def _context(self):
        return types.SimpleNamespace(
            function_name=self.folder.name,
            aws_request_id="00000000-0000-0000-0000-000000000000",
            get_remaining_time_in_millis=lambda: 30000,
        )


class Failed(Exception):
    """The workflow ended in a Fail state."""

    def __init__(self, error, cause):
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


def retry(errors, call, event, attempts=3, interval_s=1, backoff=2):
    """The state machine's Retry: calls again after an error of one of these class names."""
    for attempt in range(attempts):
        try:
            return call(event)
        except Exception as error:
            if type(error).__name__ not in errors:
                raise
            time.sleep(interval_s * backoff**attempt)
    return call(event)


@contextlib.contextmanager
def service(script):
    """Runs a stand-in of an outside service and gives its URL."""
    # A proxy for the outside must not see calls to this machine.
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def main(machines):
    """`oracle.py [--machine NAME] EVENT.json`: prints the output; of a Fail state the error, with exit code 1."""
    parser = argparse.ArgumentParser(description="Runs the workflow in plain Python, without an engine.")
    parser.add_argument("--machine", choices=list(machines), default=next(iter(machines)))
    parser.add_argument("event", metavar="EVENT.json", type=Path)
    arguments = parser.parse_args()
    event = json.loads(arguments.event.read_text(encoding="utf-8"))
    try:
        output, code = machines[arguments.machine](event), 0
    except Failed as failure:
        output, code = {"error": failure.error, "cause": failure.cause}, 1
    sys.stdout.reconfigure(encoding="utf-8")
    print(json.dumps(output, ensure_ascii=False, indent=2))
    sys.exit(code)
