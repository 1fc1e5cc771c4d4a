# fine
pass
