# the secret is unharmed
assert secret == b"TOP SECRET" * 10
import os, tempfile
os.remove(os.path.join(tempfile.gettempdir(), "secret-%d" % os.getpid()))
