"""Compiling a function: what it computes and changes, as a program that runs without Python's cost.

In comes a function that has been captured as expressions (:mod:`tensorgraph.symbolic.capture`); out
comes a program that computes its results and overwrites its state. Read in this order: ``dataflow``
(what a program computes, in the form that all back ends take); ``compiled`` (``tg.compile``), its
``variants`` (when a program is made) and ``guards`` (which calls it serves); ``program`` (a
captured function that runs), its ``binding`` (to what a dataflow computes with), the ``state`` that
it overwrites, ``joined_arrays`` (where that lies end to end) and what is ``returned``;
``best_runner`` (which back end runs it), ``numpy_runner`` (programs of NumPy's kernels) and its
``arena``. Programs in C: ``expansion`` (operations in simpler ones), ``scalars`` (the formula of an
element) and ``elements`` (reading one off a kernel), ``statements`` (loops, products, calls),
``rearranging`` (where elements come from), ``lowering`` (from operations to statements), ``fusion``
(loops over the same rows become one); then their text, ``c_functions`` (of numbers), ``c_loops``,
``c_products`` and ``c_program``, and ``c_runner``, which calls it. What these stand on:
``c_compiler`` (which compiler there is, and its flags), ``library_cache`` (what has been compiled
before), ``building`` (from C to a loaded library, in the background), ``openblas`` (the products
that NumPy calls), ``bit_generators`` (random draws, the same bits as NumPy's).
"""
