"""Formulas on paper: as text, LaTeX, MathML and NumPy code.

In come an expression and the names of values in it; out comes text. Read ``formula`` (an expression
as parts of a formula, by the notations in op records), ``broadcasting`` (what formulas leave out),
``text``, ``latex`` and ``mathml`` (how each kind of part is set), ``latex_lines`` (equations, the
long ones broken) and ``numpy_code`` (an expression as a Python function, by the code in op
records).
"""
