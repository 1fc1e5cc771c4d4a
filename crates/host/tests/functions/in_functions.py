# in the folder of the code
import os
assert os.getcwd().endswith("functions"), os.getcwd()
open("group.py").close()
