# handling faults in place of the host
import attack, ctypes
def deed():
    action = (ctypes.c_long * 4)()
    attack.call(13, 11, ctypes.addressof(action), 0, 8)
    return b"TOP SECRET"
attack.attempt("fault_handler", deed)
