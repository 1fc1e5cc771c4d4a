# small objects leave their content in Python's own pools
import ctypes
secret = bytes(range(200, 210))
pool = [secret * 10 for _ in range(20)]
places = [id(text) for text in pool]
del pool[::2]
####
# which a later call of the same function finds
secret = bytes(range(200, 210))
assert any(secret in ctypes.string_at(place, 100) for place in places[::2])
