# reading an object
import attack, ctypes
attack.tell("read_object", ctypes.string_at(attack.place("small"), 100))
