# reading memory as a file
import attack
def deed():
    with open("/proc/self/mem", "rb", 0) as file:
        file.seek(attack.place("small"))
        return file.read(100)
attack.attempt("proc_self_mem", deed)
