# the heap of the orchestrator is read
import ctypes, maps
heap = max(maps.with_key((1).__eq__), key=lambda mapping: mapping[1] - mapping[0])
print(ctypes.string_at(heap[0], 8))
