"""Compiling a function: what it computes and changes, as a program that runs without Python's cost.

In comes a function that has been captured as expressions (:mod:`tensorgraph.symbolic.capture`); out
comes a program that computes its results and overwrites its state. Read in this order: ``dataflow``
(what a program computes, in the form that all back ends take).
"""
