# a thread exits
import os, threading
thread = threading.Thread(target=lambda: os._exit(5))
thread.start()
thread.join()
