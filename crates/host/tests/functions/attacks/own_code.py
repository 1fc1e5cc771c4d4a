# running code of one's own
import attack, ctypes
def deed():
    attack.code(attack.ALL_RIGHTS)()
    return ctypes.string_at(attack.place("small"), 10)
attack.attempt("own_code", deed)
