"""The teacher: what is wrong with a gradient, and why one is as it is.

``explaining`` says why a gradient is missing, zero, tiny, huge or NaN (``tg.explain``).
"""
