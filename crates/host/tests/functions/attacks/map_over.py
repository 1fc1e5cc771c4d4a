# mapping other memory over the victim's
import attack
def deed():
    attack.call(9, attack.place("large") + 8192 & ~4095, 4096, 3, 0x32, -1, 0)
    return b"TOP SECRET"
attack.attempt("map_over", deed)
