# a wild write
import ctypes
ctypes.memset(16, 0, 1)
