"""What values are called in formulas, and the shortest form that these names allow.

In come the caller's variables, the recorded graph and a polynomial; out come a name for each value,
and the forms to choose from. Read ``caller_variables`` (the names where ``derive`` is called),
``constants`` (what constants are in terms of these) with ``numbers``, ``occurrences`` (which of
several numbers of equal value), ``computations`` (numbers as
statements compute them), ``sources`` and ``forms`` (arrays that NumPy made of others) and ``masks``
(which of them are conditions),
``parameters`` (symbols for those of modules), ``distinct`` (no two values share a symbol), ``ends``
(which variable a product of matrices ends in), ``letters`` (the names in formulas, those that
textbooks use among them, as of ``attention``), ``substitute`` (putting names of values back into a
polynomial).
"""
