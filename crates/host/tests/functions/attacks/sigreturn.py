# returning from a signal that there was not, with all rights
import forging
forging.attempt("sigreturn", None)
