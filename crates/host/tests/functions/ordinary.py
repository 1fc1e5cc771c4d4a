# text, time, numbers
import datetime, decimal, json, random, re, statistics, time
assert json.loads(json.dumps({"a": [1, 2.5, None, "é"]}))["a"][1] == 2.5
assert re.sub(r"(\w+)", "x", "a b") == "x x"
assert decimal.Decimal("1.1") * 3 == decimal.Decimal("3.3")
assert statistics.mean([1, 2, 3]) == 2
random.random(), datetime.datetime.now(), time.strftime("%c")
####
# OpenSSL
import base64, hashlib, ssl, urllib.parse
assert hashlib.sha256(b"").hexdigest().startswith("e3b0c442")
assert urllib.parse.urlparse("http://a/b?c=d").query == "c=d"
ssl.create_default_context()
####
# logging and output
import logging, sys
logging.warning("a warning")
print("printed", flush=True)
####
# memory, large and small, and its collection
import gc
lists = [{"k": i, "l": [i] * 3} for i in range(3000)]
buffer = bytearray(20_000_000)
buffer[5] = 1
del buffer
buffer = bytearray(20_000_000)
assert buffer[5] == 0
class Node: pass
for _ in range(300):
    a, b = Node(), Node()
    a.other, b.other = b, a
del a, b
gc.collect()
####
# exceptions and their traces
import traceback
def fail(depth):
    if depth == 0:
        raise ValueError("at the bottom")
    fail(depth - 1)
try:
    fail(50)
except ValueError:
    assert "at the bottom" in traceback.format_exc()
####
# recursion without end
def forever(n):
    return forever(n + 1)
try:
    forever(0)
except RecursionError:
    pass
####
# threads
import threading
results = []
threads = [threading.Thread(target=lambda i=i: results.append(sum(range(i * 1000)))) for i in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(results) == 4
assert threading.main_thread().ident not in [thread.ident for thread in threads]
####
# the main thread is who calls
import threading
assert threading.current_thread() is threading.main_thread()
assert threading.main_thread().ident == threading.get_ident()
####
# asyncio
import asyncio
async def wait():
    await asyncio.sleep(0.001)
    return 3
assert asyncio.run(wait()) == 3
####
# extension modules
import bz2, csv, ctypes, lzma, sqlite3, unicodedata, xml.etree.ElementTree, zlib
assert zlib.decompress(zlib.compress(b"x" * 10000)) == b"x" * 10000
database = sqlite3.connect(":memory:")
database.execute("create table t(a)")
database.execute("insert into t values(1)")
assert database.execute("select * from t").fetchall() == [(1,)]
xml.etree.ElementTree.fromstring("<a><b/></a>")
assert ctypes.string_at(ctypes.create_string_buffer(b"own"), 3) == b"own"
import sys
ctypes.pythonapi.Py_GetVersion.restype = ctypes.c_char_p
assert ctypes.pythonapi.Py_GetVersion().decode() == sys.version
####
# files, maps, environment, locale
import locale, mmap, os, tempfile
with tempfile.TemporaryFile() as file:
    file.write(b"x" * 10000)
    file.seek(0)
    assert len(file.read()) == 10000
os.environ["SOME_NAME"] = "1"
assert os.environ["SOME_NAME"] == "1"
shared = mmap.mmap(-1, 8192)
shared[0] = 1
locale.setlocale(locale.LC_ALL, "C")
####
# sockets
import socket
one, other = socket.socketpair()
one.send(b"x")
assert other.recv(1) == b"x"
socket.getaddrinfo("127.0.0.1", 80)
####
# programs
import subprocess
done = subprocess.run(["/bin/echo", "from a program"], stdout=subprocess.PIPE)
assert done.stdout == b"from a program\n", done
status = subprocess.run(["/bin/cat", "/proc/self/status"], stdout=subprocess.PIPE).stdout.decode()
ignored = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigIgn")][0]
import signal
assert ignored & 1 << signal.SIGPIPE - 1 == 0, "a program ends when nobody reads what it writes"
####
# forks that exit, crash and return
import ctypes, os
def child(work):
    process = os.fork()
    if process == 0:
        work()
        os._exit(1)
    return os.waitpid(process, 0)[1]
assert child(lambda: os._exit(7)) == 7 << 8
assert child(lambda: ctypes.string_at(8)) == 11
process = os.fork()
if process != 0:
    assert os.waitpid(process, 0)[1] == 0
####
# multiprocessing
import multiprocessing
context = multiprocessing.get_context("fork")
mine, theirs = context.Pipe()
process = context.Process(target=lambda: theirs.send(3))
process.start()
assert mine.recv() == 3
process.join()
assert process.exitcode == 0
####
# signals to itself
import os, signal
seen = []
signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
os.kill(os.getpid(), signal.SIGUSR1)
assert seen == [signal.SIGUSR1]
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
os.kill(os.getpid(), signal.SIGUSR1)
