# the libc aborts
import ctypes
ctypes.CDLL("libc.so.6").__assert_fail(b"a condition", b"file", 1, b"function")
