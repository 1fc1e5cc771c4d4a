# asking libc for all rights
import attack, ctypes
for key in range(2, 16):
    attack.libc.pkey_set(key, 0)
attack.tell("pkey_set", ctypes.string_at(attack.place("small"), 10))
