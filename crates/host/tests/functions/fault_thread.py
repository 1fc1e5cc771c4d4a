# a wild read on a thread
import ctypes, threading
thread = threading.Thread(target=lambda: ctypes.string_at(8))
thread.start()
thread.join()
