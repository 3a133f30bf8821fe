"""Text as it is shown: what stands in HTML and SVG, and rates in percent."""

from __future__ import annotations

import re

# As html.escape does, which is slow to import.
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
# Compiled at its first use, which takes 10 ms.
_NOT_IN_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def encodable(text: str) -> str:
    r"""Return a text with U+FFFD in the place of halves of surrogate pairs, which no file can hold.

    Python has them in the names of files in another encoding. Text goes through here, or through
    :func:`printable`, on its way to a file, a page or a formula; keys of what is saved are written
    as JSON, which escapes them.

    Example:
        >>> encodable("caf\udce9")
        'caf�'
    """
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def printable(text: str) -> str:
    r"""Return a text with U+FFFD in the place of characters that XML cannot hold.

    Example:
        >>> printable("a\x00b")
        'a�b'
    """
    return re.sub(_NOT_IN_XML, "\ufffd", text)


def escaped(text: object) -> str:
    """Return a text as it stands in HTML and SVG, in an attribute too: none of it is markup.

    Example:
        >>> escaped("</script>")
        '&lt;/script&gt;'
    """
    return printable(str(text)).translate(_MARKUP)


def percent(rate: float) -> str:
    """Return a rate in percent, to three digits.

    Example:
        >>> percent(0.015), percent(-0.1)
        ('1.5 %', '−10 %')
    """
    return f"{100 * rate:.3g} %".replace("-", "−")
