# reading after the victim has ended
import attack, ctypes
attack.tell("read_ended", ctypes.string_at(attack.place("small"), 100))
