# to /
import os
os.chdir("/")
