"""Bytes and seconds as people read them: in tables, in pictures, and in the explorer's page."""

from __future__ import annotations

Units = tuple[tuple[str, float], ...]

BYTES: Units = (("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12))
SECONDS: Units = (("µs", 1e-6), ("ms", 1e-3), ("s", 1.0))


def bytes_text(count: float) -> str:
    """Return a number of bytes: ``1.5 MB``.

    Example:
        >>> bytes_text(999), bytes_text(1500), bytes_text(999_999)
        ('999 B', '1.5 kB', '1 MB')
    """
    return amount_text(count, BYTES)


def amount_text(amount: float, units: Units) -> str:
    """Return three digits of an amount, in the largest unit of which it is one or more.

    Example:
        >>> amount_text(0.0015, SECONDS), amount_text(75, SECONDS)
        ('1.5 ms', '75 s')
    """
    rounded = float(f"{amount:.3g}")
    name, size = next((unit for unit in reversed(units) if rounded >= unit[1]), units[0])
    return f"{float(f'{amount / size:.3g}'):g} {name}"
