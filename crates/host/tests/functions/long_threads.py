# waiting for a thread
import threading, time
thread = threading.Thread(target=time.sleep, args=(1000,))
thread.start()
thread.join()
