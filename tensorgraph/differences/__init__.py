"""Two computations beside each other, operation by operation: ``tg.diff`` and ``tg.precision``.

- digits is what ``tg.precision`` finds: one computation in two precisions, and where digits go.
"""
