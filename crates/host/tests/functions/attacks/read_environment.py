# reading the environment
import attack, ctypes
attack.tell("read_environment", ctypes.string_at(attack.place("environment"), 10))
