"""The strength of the tests, judged from outside: ``make mutants``; see ``__main__.py``.

``mutate.py`` draws small changes of the code, ``reach.py`` finds out which tests reach which code,
``judge.py`` runs them, and ``equivalent.py`` lists changes that change nothing, with the reasons.

Why a tool of our own: mutmut 3 changes functions only, so none of the gradient rules, which are
lambdas in records; renames what it changes, which code that reads frames and names trips over; and
draws no sample. Cosmic Ray starts the whole suite anew for each mutant, minutes each. A mutant is a
``Fault`` of ``tests/faults``, so one that survives can be planted there as it is printed.
"""
