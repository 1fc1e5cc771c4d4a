# a loop in Python
while True:
    pass
