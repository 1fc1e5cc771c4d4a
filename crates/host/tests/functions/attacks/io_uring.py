# letting the kernel read in the background
import attack, ctypes
def deed():
    parameters = ctypes.create_string_buffer(120)
    attack.call(425, 4, ctypes.addressof(parameters))
    return b"TOP SECRET"  # What it could then be asked to read.
attack.attempt("io_uring", deed)
