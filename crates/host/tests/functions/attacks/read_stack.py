# reading the stack
import attack, ctypes, maps
theirs = maps.key_at(attack.place("small"))
stack = [mapping for mapping in maps.with_key(theirs.__eq__) if mapping[1] - mapping[0] == 8 << 20]
ctypes.string_at(stack[0][1] - 64, 8)
print("read_stack: LEAK", flush=True)
