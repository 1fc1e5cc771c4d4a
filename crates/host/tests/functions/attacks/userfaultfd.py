# handling page faults of others
import attack
def deed():
    attack.call(323, 0)
    return b"TOP SECRET"
attack.attempt("userfaultfd", deed)
