"""``tg.precision``: one computation in a narrow precision and in double, and where digits go.

In come a function and its arguments; out comes what each operation loses, forward and backward.
Read in this order: ``precision`` (the public function), ``tape`` (the computation as it runs in
narrow precision), ``double`` (the same in double precision, operation by operation), ``losses``
(what each operation loses by itself, and what becomes of that), ``ranges`` (what is too large or
too small for the narrow precision), ``remedies`` (what is written instead, tried before it is
said) with ``patterns`` and ``report`` (what is told). ``rounded`` are the small things they share:
rounding, and how wrong an array is.
"""
