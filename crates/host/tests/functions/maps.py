"""The mappings of this process and their protection keys."""


def with_key(wanted):
    """(start, end) of each mapping for which `wanted(key)` holds."""
    found = []
    with open("/proc/self/smaps") as file:
        for line in file:
            first = line.split()[0]
            if "-" in first:
                start, end = [int(part, 16) for part in first.split("-")]
            elif first == "ProtectionKey:" and wanted(int(line.split()[1])):
                found.append((start, end))
    return found


def key_at(address):
    return [key for key in range(16) for start, end in with_key(key.__eq__) if start <= address < end][0]
