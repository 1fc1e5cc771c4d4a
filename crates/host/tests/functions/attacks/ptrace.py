# a child that debugs its parent
import attack, ctypes, os
small, parent = attack.place("small"), os.getpid()
child = os.fork()
if child == 0:
    def deed():
        attack.call(101, 0x4206, parent, 0, 0)
        attack.call(101, 0x4207, parent, 0, 0)
        os.waitpid(parent, 0x40000000)
        word = ctypes.c_long()
        attack.call(101, 2, parent, small, ctypes.addressof(word))
        attack.call(101, 17, parent, 0, 0)
        return b"TOP SECRET" if bytes(word) == b"TOP SECR" else b""
    attack.attempt("ptrace", deed)
    os._exit(0)
os.waitpid(child, 0)
