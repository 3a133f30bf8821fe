"""Checking gradients: ours, and those of your own operations and models.

================================  ================================================
check the gradient of a function  ``tg.testing.gradcheck(f, np.ones(3))``
check that of the gradient, too   ``tg.testing.gradcheck(f, np.ones(3), order=2)``
check an operation of your own    ``tg.testing.check_op(tg.exp)``
draw its inputs in a test         ``tg.testing.strategies``, for hypothesis
================================  ================================================

In comes a function with arguments, or an operation's record; out comes what was checked, or an
error that says where a derivative is wrong or which promise is broken. ``strategies`` draws inputs
from an operation's domain for hypothesis.

Read ``gradcheck`` first, which compares gradients with numeric ones: ``checked_function`` runs the
function, ``probes`` says along what it is differentiated, ``ridders`` and ``kinks`` how, and
``findings`` what is told. Then ``check_op``: ``op_calls`` says what an operation is called with,
``requirements`` what each call is held to, ``record_requirements`` what a record's fields are.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgraph.leads.attributes import missing_from_module as _missing_from_module
from tensorgraph.leads.modules import tell_of_calls as _tell_of_calls
from tensorgraph.testing.check_op import check_op
from tensorgraph.testing.findings import GradcheckResult
from tensorgraph.testing.gradcheck import gradcheck

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


__all__ = ["GradcheckResult", "check_op", "gradcheck"]
