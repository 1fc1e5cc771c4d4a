# the other one is written to
import ctypes, os, tempfile
address = int(open(os.path.join(tempfile.gettempdir(), "secret-%d" % os.getpid())).read())
ctypes.memset(address, 0, 10)
