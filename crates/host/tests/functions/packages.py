# numpy
try:
    import numpy
except ImportError:
    print("numpy is not installed")
else:
    numpy.linalg.svd(numpy.random.rand(20, 20))
    assert (numpy.array([1.0, 2]) + 1).tolist() == [2, 3]
