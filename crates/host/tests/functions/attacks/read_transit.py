# reading what is in transit: the exchange slot is at the beginning of a lane's memory
import attack, ctypes
heap = attack.place("modules")
blocks = []
with open("/proc/self/smaps") as file:
    for line in file:
        first = line.split()
        if "-" in first[0]:
            start, end = [int(part, 16) for part in first[0].split("-")]
            rights, key = first[1], "0"
        elif first[0] == "ProtectionKey:":
            key = first[1]
        elif first[0] == "VmFlags:":
            if blocks and blocks[-1][1:] == (start, rights + key):
                start = blocks.pop()[0]
            blocks.append((start, end, rights + key))
start = [start for start, end, _ in blocks if start <= heap < end][0]
ctypes.string_at(start, 64)
print("read_transit: LEAK", flush=True)
