# the working directory
import os, tempfile
before = os.getcwd()
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    assert os.getcwd() == os.path.realpath(folder)
    os.chdir(before)
