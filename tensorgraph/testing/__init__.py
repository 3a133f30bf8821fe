"""Checking gradients: ours, and those of your own operations and models.

================================  ===========================================================
check the gradient of a function  ``tg.testing.gradcheck(f, np.ones(3))``
check that of the gradient, too   ``tg.testing.gradcheck(f, np.ones(3), order=2)``
check an operation of your own    ``tg.testing.check_op(tg.exp)``
check another library's function  ``tg.testing.from_torch(f)``, ``from_jax``, ``from_autograd``
compare results, see the worst    ``tg.testing.assert_close(x, y)``
draw its inputs in a test         ``tg.testing.strategies``, for hypothesis
================================  ===========================================================

What is wrong is told by an error; what is right, by what is handed back. ``numeric`` compares
gradients with numeric ones, ``ops`` checks operations, ``foreign`` takes functions of other
libraries, ``strategies`` draws inputs for hypothesis; ``closeness`` compares results, ``promises``
is what a check of a whole thing hands back. ``plugin`` is for pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgraph.leads.attributes import missing_from_module as _missing_from_module
from tensorgraph.leads.modules import tell_of_calls as _tell_of_calls
from tensorgraph.testing.closeness import assert_close
from tensorgraph.testing.foreign.libraries import from_autograd, from_jax, from_torch
from tensorgraph.testing.numeric.findings import GradcheckResult
from tensorgraph.testing.numeric.gradcheck import gradcheck
from tensorgraph.testing.ops.check_op import check_op
from tensorgraph.testing.promises import Checked

if TYPE_CHECKING:
    from tensorgraph.testing import strategies as strategies
else:

    def __getattr__(name: str) -> Any:
        """Import ``strategies`` when it is asked for: it needs hypothesis."""
        if name == "strategies":
            return import_module("tensorgraph.testing.strategies")
        raise _missing_from_module(__name__, name)

    def __dir__() -> list[str]:
        return sorted([*__all__, "strategies"])

    _tell_of_calls(__name__)


__all__ = [
    "Checked",
    "GradcheckResult",
    "assert_close",
    "check_op",
    "from_autograd",
    "from_jax",
    "from_torch",
    "gradcheck",
]
