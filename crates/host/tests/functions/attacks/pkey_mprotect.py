# taking the key off a page
import attack, ctypes
def deed():
    at = attack.place("small")
    attack.call(329, at & ~4095, 4096, 3, 0)
    return ctypes.string_at(at, 10)
attack.attempt("pkey_mprotect", deed)
