# a wild read
import ctypes
ctypes.string_at(8)
