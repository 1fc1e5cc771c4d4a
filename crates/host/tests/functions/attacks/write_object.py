# writing to an object what is there already
import attack, ctypes
ctypes.memmove(attack.place("small"), b"TOP SECRET", 10)
print("write_object: LEAK", flush=True)
