"""How each library does what is measured.

A file here answers to ``version()``, ``step(net, variant)``, and as far as the library has them
to ``operation(name, shape)``, ``adam(count, size)`` and ``scalar()``; ``finish(result)`` waits for
what a step returned.
"""


class Missing(Exception):
    """This library, or a part of it, is not here: the message says what."""
