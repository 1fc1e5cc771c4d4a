# opening the process to debuggers
import attack
def deed():
    attack.call(157, 4, 1, 0, 0, 0)
    return b"TOP SECRET"
attack.attempt("dumpable", deed)
