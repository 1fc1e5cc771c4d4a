# the victim keeps its secrets
import ctypes, json, os, sys, threading
import attack

own = ctypes.CDLL("libc.so.6")
own.getenv.restype = own.pthread_self.restype = ctypes.c_void_p
small = bytearray(b"TOP SECRET") * 10
large = bytearray(b"TOP SECRET") * 100000
view_of_small = (ctypes.c_char * len(small)).from_buffer(small)
view_of_large = (ctypes.c_char * len(large)).from_buffer(large)
os.environ["CODE"] = "TOP SECRET"
sys.modules["TOP SECRET"] = json

# A thread with a secret on its stack, which gets stuck: nobody empties the pipe.
class Secret(ctypes.Structure):
    _fields_ = [("text", ctypes.c_char * 40)]

places, (read_end, write_end) = {}, os.pipe()

def hand_over():
    places["thread"] = own.pthread_self()
    own.write(write_end, bytes(100000), ctypes.c_size_t(100000), Secret(b"TOP SECRET" * 4))

thread = threading.Thread(target=hand_over, daemon=True)
thread.start()
os.read(read_end, 1)
places.update(small=ctypes.addressof(view_of_small), large=ctypes.addressof(view_of_large))
places.update(environment=own.getenv(b"CODE"), modules=id(sys.modules))
with open(attack.PLACES, "w") as file:
    json.dump(places, file)
