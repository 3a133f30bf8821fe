"""What moving axes means for polynomials: other labels for the same atoms."""

from __future__ import annotations

from collections.abc import Iterable

from tensorgraph.formulas.algebra.branches import aligned
from tensorgraph.formulas.algebra.normal_form import Normaliser
from tensorgraph.formulas.algebra.polynomials import Poly, relabelled
from tensorgraph.symbolic.expr import Expr


def broadcast(nf: Normaliser, e: Expr) -> Poly:
    """What is repeated is constant along new axes."""
    return aligned(nf, e, e.args[0])


def _moved(nf: Normaliser, e: Expr, axes: Iterable[int]) -> Poly:
    """Return an operand whose axis ``axes[i]`` became axis i."""
    return relabelled(nf.normal(e.args[0]), {old: new for new, old in enumerate(axes)})


def reshaped(nf: Normaliser, e: Expr) -> Poly | None:
    """Axes of length 1 come and go; any other reshaping has no rule."""
    (x,) = e.args
    old = [i for i, n in enumerate(x.shape) if n != 1]
    new = [i for i, n in enumerate(e.shape) if n != 1]
    if [x.shape[i] for i in old] != [e.shape[i] for i in new]:
        return None
    return relabelled(nf.normal(x), dict(zip(old, new, strict=True)))


def permuted(nf: Normaliser, e: Expr) -> Poly:
    """Axes in another order."""
    return _moved(nf, e, e.static["axes"])


def transposed(nf: Normaliser, e: Expr) -> Poly:
    """The last two axes change places."""
    return _moved(nf, e, (*range(e.ndim - 2), e.ndim - 1, e.ndim - 2))
