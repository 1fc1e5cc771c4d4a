# reading the heap of the orchestrator
import ctypes, maps
heap = max(maps.with_key((1).__eq__), key=lambda mapping: mapping[1] - mapping[0])
ctypes.string_at(heap[0], 8)
print("read_orchestrator: LEAK", flush=True)
