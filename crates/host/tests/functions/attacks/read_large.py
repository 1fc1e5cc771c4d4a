# reading a large buffer
import attack, ctypes
attack.tell("read_large", ctypes.string_at(attack.place("large"), 1000000))
