# the other one is read by a thread
import ctypes, os, tempfile
address = int(open(os.path.join(tempfile.gettempdir(), "secret-%d" % os.getpid())).read())
import threading
thread = threading.Thread(target=lambda: print(ctypes.string_at(address, 10)))
thread.start()
thread.join()
