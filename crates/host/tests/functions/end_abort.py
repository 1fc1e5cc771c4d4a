# abort
import os
os.abort()
