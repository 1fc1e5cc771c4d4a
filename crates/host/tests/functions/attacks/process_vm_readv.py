# asking the kernel for memory of a process, one's own
import attack, ctypes, os
def deed():
    class Part(ctypes.Structure):
        _fields_ = [("start", ctypes.c_void_p), ("size", ctypes.c_size_t)]
    copy = ctypes.create_string_buffer(100)
    here, there = Part(ctypes.addressof(copy), 100), Part(attack.place("small"), 100)
    attack.call(310, os.getpid(), ctypes.addressof(here), 1, ctypes.addressof(there), 1, 0)
    return copy.raw
attack.attempt("process_vm_readv", deed)
