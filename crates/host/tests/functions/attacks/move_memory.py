# moving a page to where one may read
import attack, ctypes
page = attack.place("large") + 8192 & ~4095
at = attack.call(25, page, 4096, 4096, 1)
attack.tell("move_memory", ctypes.string_at(at, 100))
