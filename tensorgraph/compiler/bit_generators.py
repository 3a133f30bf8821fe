"""Random draws of programs in C: from NumPy's own bit generator, the same bits as outside.

A bit generator is handed to C as a pointer to a struct of functions and the state that they
advance. A program that draws from it goes on where NumPy left off, and NumPy goes on after it. The
functions in ``draws/`` draw what the ops of :mod:`tensorgraph.random` draw, number by number; what
is not there is drawn by NumPy.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

_TEXTS = Path(__file__).parent / "draws"

HEADER = (_TEXTS / "bit_generator.h").read_text(encoding="utf-8")
"""What the functions below stand on; once in a source that has any of them."""

C_TEXT = {path.stem: path.read_text(encoding="utf-8") for path in sorted(_TEXTS.glob("*.c"))}
"""By the name of an op that draws, the functions in C that draw the same, after ``HEADER``.

==============  ==================================================================================
``bernoulli``   ``draw_bernoulli(g, p, out, n)`` for one ``p``;
                ``draw_bernoulli_each_float(g, p, out, n)``, ``draw_bernoulli_each_double(…)``
                for ``n`` of them, in the order of the result; ``out`` are bytes, 0 or 1
``uniform``     ``draw_uniform_float(g, out, n)``, ``draw_uniform_double(g, out, n)``
==============  ==================================================================================
"""


def pointer(generator: np.random.Generator) -> int:
    """Return the address of a generator's ``bit_generator`` in C.

    It is good for as long as the generator lives. Other threads go on running while a program draws
    from it, so the caller must hold a lock meanwhile: that of the :class:`tg.random.Generator`
    whose source it is, or of a generator that others draw from by NumPy, too, its
    ``bit_generator.lock``. NumPy takes that in each draw, so under it no draw can be left to NumPy.
    """
    address = generator.bit_generator.ctypes.bit_generator.value
    assert isinstance(address, int)
    return address
