"""The baseline of a fork: this process, which has loaded the handlers, forks a child that ends at once.

`fork.py CODE`. Each line of input is a time in nanoseconds, the answer a line with the nanoseconds of
each fork until its child has ended.
"""

import json
import os
import sys
import time

sys.path.insert(0, sys.argv[1])
import handlers  # noqa: F401  (it makes the process as warm as the lanes)


def measure(budget, clock=time.perf_counter_ns):
    forks = []
    until = clock() + budget
    while not forks or clock() < until:
        begun = clock()
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        forks.append(clock() - begun)
    return forks


for line in sys.stdin:
    print(json.dumps(measure(int(line))), flush=True)
