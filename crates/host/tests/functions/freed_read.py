# what was freed is gone
import ctypes
secret = bytes(range(200, 207))
for address, size in left:
    found = ctypes.string_at(address, size).find(secret)
    assert found < 0, (size, found)
