# secrets are freed
import ctypes, mmap, os, sys
# Spelled so that this text does not have it.
secret = bytes(range(200, 210))
left = globals().setdefault("left", [])
def keep(address, size):
    left.append((address, size))
def content(value):
    # where an object's own bytes end
    keep(id(value), sys.getsizeof(value))
for size in (600, 5000, 300_000, 1_600_000, 9_000_000):
    content((secret * (size // 10 + 1))[:size])
# one that grows, and one that shrinks
for sizes in ((2_000, 900_000, 4_000_000), (3_000_000, 5_000), (700, 1_500)):
    libc = ctypes.CDLL(None)
    libc.malloc.restype = libc.realloc.restype = ctypes.c_void_p
    block = None
    for size in sizes:
        block = libc.realloc(ctypes.c_void_p(block), ctypes.c_size_t(size))
        keep(block, size)
        ctypes.memmove(block, secret * (size // 10), size // 10 * 10)
    libc.free(ctypes.c_void_p(block))
# a mapping
for size in (4096, 400_000, 9_000_000):
    mapping = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    mapping.write(secret * (size // 10))
    view = (ctypes.c_char * size).from_buffer(mapping)
    keep(ctypes.addressof(view), size)
    del view
    mapping.close()
# small objects, so many that whole arenas are given back
many = [secret * 10 + b"%d" % index for index in range(100_000)]
arena = id(many[50_000]) & ~0xFFFFF
keep(arena, 1 << 20)
del many
