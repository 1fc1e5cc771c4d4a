"""The baseline of a hop: the handlers called one after another in this process, JSON between them.

`plain.py CODE EVENT.json`. Each line of input is a time in nanoseconds, the answer a line with the
nanoseconds of each hop.
"""

import json
import sys
import time

sys.path.insert(0, sys.argv[1])
import handlers

CHAIN = [handlers.step0, handlers.step1, handlers.step2, handlers.step3, handlers.step4]


def measure(event, budget, clock=time.perf_counter_ns):
    hops = []
    until = clock() + budget
    while not hops or clock() < until:
        for handler in CHAIN:
            begun = clock()
            event = handler(json.loads(json.dumps(event)), None)
            hops.append(clock() - begun)
    return hops


with open(sys.argv[2], encoding="utf-8") as file:
    event = json.load(file)
for line in sys.stdin:
    print(json.dumps(measure(event, int(line))), flush=True)
