# the other one is read
import ctypes, os, tempfile
address = int(open(os.path.join(tempfile.gettempdir(), "secret-%d" % os.getpid())).read())
print(ctypes.string_at(address, 10))
