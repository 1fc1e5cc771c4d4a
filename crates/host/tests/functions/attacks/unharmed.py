# the victim is unharmed
assert small == b"TOP SECRET" * 10 and large == b"TOP SECRET" * 100000
assert os.environ["CODE"] == "TOP SECRET" and sys.modules["TOP SECRET"] is json
left = 99999
while left:
    left -= len(os.read(read_end, left))
thread.join()
os.remove(attack.PLACES)
