"""Programs in C: their text, and from text to functions that run.

In come statements; out comes a runner. Read in this order: ``loop_functions`` (loops that run
together), ``products`` (of matrices) and ``convolutions``, ``program_text`` (all of a program),
``runner`` (which calls it); and what these stand on: ``compilers`` (which one there is, and its
flags), ``library_cache`` (what has been compiled before), ``building`` (from C to a loaded library,
in the background) and ``openblas`` (the products that NumPy calls).
"""
