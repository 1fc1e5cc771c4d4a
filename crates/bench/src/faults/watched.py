"""Writes each call of a function into a file, and harms one of them: added to copies of the examples."""

import ctypes
import hashlib
import json
import os
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
# Records are of one length, so that the end of a record tells how many there are.
LENGTH = 66


def watched(handler):
    def call(event, context):
        harm(number_of(event), context)
        return handler(event, context)

    return call


def number_of(event):
    """Writes the call down; which one it is, counted from 1."""
    text = json.dumps(event, sort_keys=True).encode()
    record = f"{HERE.name[:32]:32} {hashlib.md5(text).hexdigest()}\n".encode()
    calls = os.open(PROJECT / "calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(calls, record)
        return os.lseek(calls, 0, os.SEEK_CUR) // LENGTH
    finally:
        os.close(calls)


def harm(number, context):
    try:
        what, at = (PROJECT / "harm").read_text().split()
    except FileNotFoundError:
        return
    if int(at) == number:
        (PROJECT / "harmed").touch()
        HARMS[what](context)


def exits(_):
    os._exit(3)


def aborts(_):
    os.abort()


def crashes(_):
    ctypes.string_at(1)


def closes(_):
    os.closerange(3, 4096)


def spins(_):
    """In C, where no signal of Python's gets in."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def hoards(context):
    """More than the function may have; what it got is given back if nobody minds."""
    megabyte = 1 << 20
    kept = [b"\1" * (16 * megabyte) for _ in range(int(context.memory_limit_in_mb) // 8)]
    del kept


def trespasses(_):
    """Reads whatever can be written in this process. Protection keys stop it at the memory of another lane."""
    try:
        maps = Path("/proc/self/maps").read_text().splitlines()
        starts = [int(line.split("-")[0], 16) for line in maps if line.split()[1].startswith("rw")]
    except PermissionError:
        # A process that is locked down: lanes lie 64 GiB apart.
        starts = [id(HERE) - (64 << 30), id(HERE) + (64 << 30)]
    for start in starts:
        ctypes.string_at(start, 1)


HARMS = {harm.__name__: harm for harm in (exits, aborts, crashes, closes, spins, hoards, trespasses)}
