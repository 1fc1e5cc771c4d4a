# os._exit
import os
os._exit(3)
