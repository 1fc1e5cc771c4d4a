"""The baselines of a fan-out in plain Python, JSON through pipes.

`fan.py CODE WAY:WIDTH:HANDLER:MILLISECONDS`. The way is `fork`: a child for each branch, all at once; or
`pool`: warm processes, as many as processors, that take one branch after another. Each line of input is
a time in nanoseconds, the answer a line with the nanoseconds of each fan-out.
"""

import json
import os
import selectors
import sys
import time

sys.path.insert(0, sys.argv[1])
import handlers

way, width, name, milliseconds = sys.argv[2].split(":")
width, handler, event = int(width), getattr(handlers, name), {"ms": int(milliseconds)}


def fork():
    pipes = []
    for _ in range(width):
        reader, writer = os.pipe()
        if os.fork() == 0:
            result = handler(json.loads(json.dumps(event)), None)
            os.write(writer, json.dumps(result).encode())
            os._exit(0)
        os.close(writer)
        pipes.append(open(reader, "rb"))
    results = []
    for pipe in pipes:
        with pipe:
            results.append(json.load(pipe))
    for _ in range(width):
        os.wait()
    return results


class Worker:
    """A warm process: a line of JSON in, a line of JSON out."""

    def __init__(self):
        requests, self.requests = os.pipe()
        self.replies, replies = os.pipe()
        if os.fork() == 0:
            # With the ends of others open, it would never see that this program has ended.
            first, last = sorted((requests, replies))
            for begin, end in (3, first), (first + 1, last), (last + 1, 100):
                os.closerange(begin, end)
            for line in open(requests, "rb"):
                os.write(replies, json.dumps(handler(json.loads(line), None)).encode() + b"\n")
            os._exit(0)
        self.replies = open(self.replies, "rb")

    def ask(self):
        os.write(self.requests, json.dumps(event).encode() + b"\n")


def pool():
    if not workers:
        workers.extend(Worker() for _ in range(len(os.sched_getaffinity(0))))
    results, left = [], width
    with selectors.DefaultSelector() as ready:
        for worker in workers:
            ready.register(worker.replies, selectors.EVENT_READ, worker)
            worker.ask()
            left -= 1
        while len(results) < width:
            for key, _ in ready.select():
                results.append(json.loads(key.data.replies.readline()))
                if left > 0:
                    key.data.ask()
                    left -= 1
    return results


workers = []
run = {"fork": fork, "pool": pool}[way]


def measure(budget, clock=time.perf_counter_ns):
    times = []
    until = clock() + budget
    while not times or clock() < until:
        begun = clock()
        assert len(run()) == width
        times.append(clock() - begun)
    return times


for line in sys.stdin:
    print(json.dumps(measure(int(line))), flush=True)
