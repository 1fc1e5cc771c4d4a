# reading from a thread of one's own
import attack, ctypes, threading
def read():
    attack.tell("read_thread", ctypes.string_at(attack.place("small"), 100))
thread = threading.Thread(target=read)
thread.start()
thread.join()
