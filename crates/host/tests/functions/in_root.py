# in /
import os
assert os.getcwd() == "/", os.getcwd()
