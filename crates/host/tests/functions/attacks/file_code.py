# running code from a file
import attack, ctypes, tempfile
def deed():
    with tempfile.TemporaryFile() as file:
        file.write(attack.ALL_RIGHTS)
        file.flush()
        attack.code(b"", file.fileno(), 2)()
    return ctypes.string_at(attack.place("small"), 10)
attack.attempt("file_code", deed)
