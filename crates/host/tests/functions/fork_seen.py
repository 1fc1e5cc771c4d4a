# it knows of the one of the host, and of one of its own
assert forks == ["before", "child"], forks
import os
process = os.fork()
if process == 0:
    os._exit(0 if forks[2:] == ["before", "child"] else 1)
assert forks[2:] == ["before", "parent"], forks
assert os.waitpid(process, 0)[1] == 0
