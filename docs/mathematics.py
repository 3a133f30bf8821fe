"""A Sphinx extension: formulas written in TeX become MathML, which browsers set without scripts."""

from __future__ import annotations

import re
from typing import Any

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

SPELLINGS = {
    r"\{align\*\}": "{aligned}",
    r"\\(big|Big)(?=[(\[|])": r"\\\1l",
    r"\\(big|Big)(?=[)\]])": r"\\\1r",
    r":=": r"\\coloneqq ",
    r"\\textstyle *(\\\w+)": r"{\\textstyle \1}",
}
"""What mathematicians write in more ways than docutils reads."""

APPLIED = re.compile(r"<mi>(\w\w+)</mi>\s*<mo>&ApplyFunction;</mo>(\s*<mo[^>]*>\()?")
"""A function's name, and the bracket that may follow."""

logger = logging.getLogger(__name__)


def mathml(node: Any, block: bool) -> str:
    """Return a formula as MathML; what cannot be read is a warning, which ends the build."""
    tex = node.astext()
    for spelling, known in SPELLINGS.items():
        tex = re.sub(spelling, known, tex)
    try:
        found = tex2mathml(tex, as_block=block).replace("<mo>‖<", '<mo stretchy="false">‖<')
        return APPLIED.sub(_spaced, found)
    except MathError as error:
        logger.warning("formula %r: %s", tex, error, location=node)
        return f"<code>{tex}</code>"


def _spaced(function: re.Match[str]) -> str:
    """Return a function's name with the space around it that TeX leaves: log a, but log(a)."""
    name, bracket = function.groups(default="")
    after = "0em" if bracket else "0.167em"
    return f'<mo form="prefix" lspace="0.167em" rspace="{after}">{name}</mo>{bracket}'


def setup(app: Any) -> dict[str, Any]:
    """Add the way in which mathematics is written."""

    def inline(writer: Any, node: Any) -> None:
        writer.body.append(mathml(node, block=False))

    def block(writer: Any, node: Any) -> None:
        writer.body.append(f'<div class="math">{mathml(node, block=True)}</div>')

    app.add_html_math_renderer("mathml", (_entered(inline), None), (_entered(block), None))
    return {"parallel_read_safe": True}


def _entered(write: Any) -> Any:
    def visit(writer: Any, node: Any) -> None:
        write(writer, node)
        raise SkipNode

    return visit
