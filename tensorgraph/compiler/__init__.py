"""Compiling a function: what it computes and changes, as a program that runs without Python's cost.

In comes a function that has been captured as expressions (:mod:`tensorgraph.symbolic.capture`); out
comes a program that computes its results and overwrites its state. Read in this order: ``dataflow``
(what a program computes, in the form that all back ends take); ``compiled`` (``tg.compile``), its
``variants`` (when a program is made), ``guards`` (which calls it serves), the ``surroundings`` that
are watched, the ``things_read`` (a walk through them) and ``code_names`` (what code reads), the
``conditions`` (what must be as it was before each run);
``program`` (a captured function that runs), its ``binding`` (to what a dataflow computes with), the
``state`` that it overwrites, ``joined_arrays`` (where that lies end to end), what is ``returned``;
``best_runner`` (which back end runs it), ``numpy_runner`` (programs of NumPy's kernels), its
``numpy_plan`` and its ``arena``; ``loops`` (from operations on arrays to loops over elements),
``c_functions`` (of numbers), ``bit_generators`` (random draws, the same bits as NumPy's) and ``c``
(programs in C). People read of programs as ``works``: in a ``summary``, and by ``timing`` them.
"""
