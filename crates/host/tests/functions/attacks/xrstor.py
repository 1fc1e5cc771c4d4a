# jumping to the loader's XRSTOR
import ctypes, re
with open("/proc/self/maps") as file:
    lines = [line.split() for line in file]
ranges = [line[0].split("-") for line in lines if "ld-linux" in line[-1] and "x" in line[1]]

def find(pattern):
    for start, end in ranges:
        start, end = int(start, 16), int(end, 16)
        found = re.search(pattern, ctypes.string_at(start, end - start), re.DOTALL)
        if found:
            return start + found.start()

if find(rb"\x0f\xae[\x28-\x2f\x68-\x6f\xa8-\xaf]"):
    print("xrstor: LEAK", flush=True)
else:
    ctypes.CFUNCTYPE(None)(find(rb"\x0f\x0b\x90\x24"))()
