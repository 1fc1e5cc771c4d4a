# a secret is kept
import os, tempfile
def keep():
    here = bytearray(b"TOP SECRET") * 10
    buffer = (ctypes.c_char * 100).from_buffer(here)
    return here, ctypes.addressof(buffer), buffer
import ctypes
secret, address, buffer = keep()
with open(os.path.join(tempfile.gettempdir(), "secret-%d" % os.getpid()), "w") as file:
    print(address, file=file)
