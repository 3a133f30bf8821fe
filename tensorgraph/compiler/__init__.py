"""Compiling a function: what it computes and changes, as a program that runs without Python's cost.

In comes a function that has been captured as expressions (:mod:`tensorgraph.symbolic.capture`); out
comes a program that computes its results and overwrites its state. Read in this order: ``dataflow``
(what a program computes, in the form that all back ends take); what programs in C stand on:
``c_compiler`` (which compiler there is, and its flags), ``library_cache`` (what has been compiled
before), ``building`` (from C to a loaded library, in the background), ``openblas`` (the products
that NumPy calls), ``bit_generators`` (random draws, the same bits as NumPy's).
"""
