"""The real `faastlane serve`, and clients whose every answer is held against the model."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config

import shapes

HERE = Path(__file__).parent
PROJECT = HERE / "project"
PROGRAM = os.environ.get("FAASTLANE", str(HERE.parents[1] / "target/debug/faastlane"))
ROLE = "arn:aws:iam::123456789012:role/test"
PATIENCE = 60

# Operations that were called, by all clients of all tests.
seen = set()


class Server:
    """A server that keeps its store in `folder`. Started again, it goes on there."""

    def __init__(self, folder, variables=None):
        self.folder = Path(folder)
        self.variables = variables or {}
        self.process = None
        self.url = None

    def start(self):
        said = self.folder / "stderr.txt"
        arguments = [
            PROGRAM, "serve", str(PROJECT / "flow.asl.json"), "--functions", str(PROJECT / "functions"),
            "--python", sys.executable, "--port", "0", "--store", str(self.folder / "store.db"),
        ]
        with said.open("w") as stderr:
            environment = {**surroundings(), **self.variables}
            self.process = subprocess.Popen(arguments, stderr=stderr, env=environment, cwd=self.folder)

        def listening():
            assert self.process.poll() is None, said.read_text()
            return re.search(r"listening on (http://\S+)", said.read_text())

        self.url = wait_for(listening).group(1)
        return self

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def client(self, service="stepfunctions", **config):
        config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, **config)
        client = boto3.client(
            service, endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test", config=config,
        )
        if service == "stepfunctions":
            client.meta.events.register("before-call.stepfunctions", note)
            client.meta.events.register("response-received.stepfunctions", shapes.check)
        return client


def note(model, **_):
    seen.add(model.name)


def surroundings():
    """Our variables, without those that would lead a client elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FAASTLANE"))}


def wait_for(condition):
    """What `condition` returns as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)
    return found
