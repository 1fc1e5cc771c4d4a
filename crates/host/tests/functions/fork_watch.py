# a library wants to know of forks
import ctypes
forks = []
Handler = ctypes.CFUNCTYPE(None)
handlers = [Handler(lambda when=when: forks.append(when)) for when in ("before", "parent", "child")]
assert ctypes.CDLL(None).__register_atfork(*handlers, None) == 0
