# leaving a core dump
import attack, os, resource, tempfile
def deed():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    child = os.fork()
    if child == 0:
        os.chdir(tempfile.mkdtemp())
        attack.libc.syscall(62, os.getpid(), 11)
        os._exit(0)
    dumped = os.WCOREDUMP(os.waitpid(child, 0)[1])
    return b"TOP SECRET" if dumped else b""
try:
    attack.attempt("core_dump", deed)
except ValueError:
    print("core_dump: REFUSED ValueError", flush=True)
