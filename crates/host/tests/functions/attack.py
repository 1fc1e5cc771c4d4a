"""What attacks share: where the victim keeps its secrets, and how to tell what came of an attempt."""

import ctypes
import errno
import json
import os
import tempfile

PLACES = os.path.join(tempfile.gettempdir(), "places-%d" % os.getpid())

libc = ctypes.CDLL("libc.so.6", use_errno=True)
libc.syscall.restype = ctypes.c_long


def place(name):
    with open(PLACES) as file:
        return json.load(file)[name]


def tell(name, data):
    print("%s: %s" % (name, "LEAK" if b"TOP SECRET" in data else "NOTHING"), flush=True)


def refused(name, number):
    print("%s: REFUSED %s" % (name, errno.errorcode[number]), flush=True)


def call(number, *arguments):
    """A system call; raises what the kernel says."""
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    if result == -1:
        raise OSError(ctypes.get_errno(), "system call %d" % number)
    return result


def attempt(name, deed):
    """`deed` returns what it could read."""
    try:
        data = deed()
    except OSError as error:
        refused(name, error.errno)
    else:
        tell(name, data)


def code(bytes_, fd=-1, flags=0x22):
    """Maps machine code (private and anonymous) and returns a function that runs it."""
    libc.mmap.restype = ctypes.c_void_p
    at = libc.mmap(None, ctypes.c_size_t(4096), 7 if fd < 0 else 5, flags, fd, ctypes.c_long(0))
    if at == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    if fd < 0:
        ctypes.memmove(at, bytes_, len(bytes_))
    return ctypes.CFUNCTYPE(None)(at)


# xor eax, eax; xor ecx, ecx; xor edx, edx; wrpkru; ret
ALL_RIGHTS = bytes.fromhex("31c031c931d20f01efc3")
