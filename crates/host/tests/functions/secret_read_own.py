# the own one is read
import ctypes, os, tempfile
address = int(open(os.path.join(tempfile.gettempdir(), "secret-%d" % os.getpid())).read())
assert ctypes.string_at(address, 10) == b"TOP SECRET"
