"""The baseline of parallel lanes: one of two processes that work at the same time.

`work.py CODE LOOPS`. Each line of input asks for a piece of work, the answer is a line with its nanoseconds.
"""

import sys
import time

sys.path.insert(0, sys.argv[1])
import handlers

event = {"loops": int(sys.argv[2])}
for _ in sys.stdin:
    begun = time.perf_counter_ns()
    handlers.work(event, None)
    print([time.perf_counter_ns() - begun], flush=True)
