"""Checking gradients, layers, losses, optimizers and training: ours, and yours.

================================  ==================================================================
check the gradient of a function  ``tg.testing.gradcheck(f, np.ones(3))``
check that of the gradient, too   ``tg.testing.gradcheck(f, np.ones(3), order=2)``
check an operation of your own    ``tg.testing.check_op(tg.exp)``
check any function of tensors     ``tg.testing.check_function(tg.tanh, x)``
check a layer or a model          ``tg.testing.check_module(tg.nn.ReLU(), x)``
check a loss                      ``tg.testing.check_loss(tg.nn.losses.mse, u, v)``
check an optimizer, or its rule   ``tg.testing.check_optimizer(tg.optim.SGD, lr=0.1)``
check a learning rate schedule    ``tg.testing.check_schedule(tg.optim.schedules.cosine(0.1, 100))``
check a training step             ``tg.testing.check_step(step, x, y)``
check that a model learns         ``tg.testing.check_learning(model, (x, y))``
check another library's function  ``tg.testing.from_autograd(f)``, ``from_torch``, ``from_jax``
compare results, see the worst    ``tg.testing.assert_close(x.exp(), np.exp(x))``
draw inputs in a test             ``tg.testing.strategies``, for hypothesis
================================  ==================================================================

What is wrong is told by an error; what is right, by what is handed back. ``numeric`` compares
gradients with numeric ones, ``ops`` checks operations, ``modules`` layers, models and functions,
``losses`` losses, ``optimizers`` rules and schedules, ``runs`` training steps and runs. ``foreign``
takes functions of other libraries, ``strategies`` draws inputs for hypothesis, ``closeness``
compares results, ``promises`` is what a check of a whole thing hands back, ``plain_arrays`` is what
all ask of arrays. ``plugin`` is for
pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgraph.leads.attributes import missing_from_module as _missing_from_module
from tensorgraph.leads.modules import tell_of_calls as _tell_of_calls
from tensorgraph.testing.closeness import assert_close
from tensorgraph.testing.foreign.libraries import from_autograd, from_jax, from_torch
from tensorgraph.testing.losses.check_loss import check_loss
from tensorgraph.testing.modules.check_function import check_function
from tensorgraph.testing.modules.check_module import check_module
from tensorgraph.testing.numeric.findings import GradcheckResult
from tensorgraph.testing.numeric.gradcheck import gradcheck
from tensorgraph.testing.ops.check_op import check_op
from tensorgraph.testing.optimizers.check_optimizer import check_optimizer
from tensorgraph.testing.optimizers.check_schedule import check_schedule
from tensorgraph.testing.promises import Checked
from tensorgraph.testing.runs.check_learning import check_learning
from tensorgraph.testing.runs.check_step import check_step

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
    "check_function",
    "check_learning",
    "check_loss",
    "check_module",
    "check_op",
    "check_optimizer",
    "check_schedule",
    "check_step",
    "from_autograd",
    "from_jax",
    "from_torch",
    "gradcheck",
]
