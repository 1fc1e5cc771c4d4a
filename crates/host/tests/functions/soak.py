# a little of everything
import threading
calls = globals().get("calls", 0) + 1
kept = [{"k": i} for i in range(20)]
if calls % 50 == 0:
    threads = [threading.Thread(target=sum, args=([1, 2],)) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
if calls % 100 == 0:
    large = bytes(1_000_000)
try:
    raise ValueError(calls)
except ValueError as error:
    assert error.args == (calls,)
