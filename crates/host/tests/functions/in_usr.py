# in /usr
import os
assert os.getcwd() == "/usr", os.getcwd()
