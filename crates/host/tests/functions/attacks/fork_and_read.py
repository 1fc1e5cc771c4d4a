# forking and reading in the child
import attack, ctypes, os
small = attack.place("small")
child = os.fork()
if child == 0:
    attack.tell("fork_and_read", ctypes.string_at(small, 100))
    os._exit(0)
status = os.waitpid(child, 0)[1]
if os.WIFSIGNALED(status):
    print("fork_and_read: SIGNAL", os.WTERMSIG(status), flush=True)
