# a stack that is used up
import ctypes
REG_EXTENDED = 1
# The libc compiles each bracket by a call of itself.
ctypes.CDLL("libc.so.6").regcomp(ctypes.create_string_buffer(1000), b"(" * 1000000, REG_EXTENDED)
