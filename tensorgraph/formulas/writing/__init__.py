"""Formulas on paper: as text, LaTeX, MathML and NumPy code."""
