# the stack of the other one is read
import ctypes, os, tempfile
address = int(open(os.path.join(tempfile.gettempdir(), "secret-%d" % os.getpid())).read())
import maps
theirs = maps.key_at(address)
stack = [mapping for mapping in maps.with_key(theirs.__eq__) if mapping[1] - mapping[0] == 8 << 20]
print(ctypes.string_at(stack[0][1] - 64, 8))
