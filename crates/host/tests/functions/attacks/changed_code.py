# making memory executable that holds code
import attack, ctypes, mmap
def deed():
    page = mmap.mmap(-1, 4096)
    page.write(attack.ALL_RIGHTS)
    at = ctypes.addressof(ctypes.c_char.from_buffer(page))
    attack.call(10, at, 4096, 5)
    ctypes.CFUNCTYPE(None)(at)()
    return ctypes.string_at(attack.place("small"), 10)
attack.attempt("changed_code", deed)
