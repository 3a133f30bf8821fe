"""Optimizers: pure update rules, written with operators and ops.

What comes in are parameters whose ``grad`` is filled; ``step()`` gives them new values, and keeps a
state of its own for each. A rule is a subclass of :class:`Optimizer` with ``start`` and ``update``.

To be read in this order: ``sgd`` and the other rules (``momentum``, ``adaptive``, ``adam``,
``lion``), ``square_root`` (which some of them take), ``base`` (the step and the saved state),
``settings`` (what a rule's settings may be), ``groups`` (parameters with settings of their own) and
``saved_groups``, ``working_dtype`` (how wide a rule computes), ``flat_parameters`` (how many
parameters are stepped at once) and ``recorded_steps`` (steps to differentiate through);
``schedules`` of the learning rate, ``clip``, and ``scipy_minimize`` (L-BFGS, by SciPy) stand by
themselves.
"""

from typing import TYPE_CHECKING

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.optim import schedules
from tensorgraph.optim.adam import Adam, AdamW, NAdam
from tensorgraph.optim.adaptive import Adagrad, RMSprop
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.clip import clip_by_global_norm, clip_by_value
from tensorgraph.optim.groups import Group, decay_groups, path_groups
from tensorgraph.optim.lion import Lion
from tensorgraph.optim.momentum import EWMAMomentum, HeavyBall, Nesterov
from tensorgraph.optim.scipy_minimize import minimize
from tensorgraph.optim.sgd import SGD

__all__ = [
    "SGD", "Adagrad", "Adam", "AdamW", "EWMAMomentum", "Group", "HeavyBall", "Lion", "NAdam",
    "Nesterov", "Optimizer", "RMSprop", "clip_by_global_norm", "clip_by_value",
    "decay_groups", "minimize", "path_groups", "schedules",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
