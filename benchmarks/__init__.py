"""Measurements, each library in a process of its own: ``make bench`` or ``python -m benchmarks``.

``__main__`` asks ``processes`` for figures, which starts ``child`` for each library and task in
turn; that finds in ``libraries`` how the library does what ``tasks`` and ``nets`` say. Nothing that
a child imports imports another library. ``table`` prints; ``layout`` and ``explorer`` measure
pictures.
"""
