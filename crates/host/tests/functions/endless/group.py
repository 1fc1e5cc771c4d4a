"""A handler that never is loaded."""

while True:
    pass
