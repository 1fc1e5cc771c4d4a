# a loop in C
sum(range(10**13))
