# returning from a signal that there was not
import attack
def deed():
    attack.call(15)
    return b""
attack.attempt("sigreturn", deed)
