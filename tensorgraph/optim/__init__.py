"""Optimizers: pure update rules, written with operators and ops.

==============================  ===================================================================
forget gradients, take a step   ``optimizer.zero_grad()``, ``optimizer.step()``
descend along the gradient      ``tg.optim.SGD(model.parameters(), lr=0.1)``
add momentum, as in the course  ``tg.optim.EWMAMomentum(model.parameters(), lr=0.1)``
add momentum, as in PyTorch     ``tg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)``
adapt to each parameter         ``tg.optim.Adam(model.parameters())``
the same with weight decay      ``tg.optim.AdamW(tg.optim.decay_groups(model, weight_decay=0.01))``
read or change the rate         ``optimizer.lr``
let the rate change by itself   ``tg.optim.Adam([w], lr=tg.optim.schedules.cosine(0.1, 100))``
give parts rates of their own   ``tg.optim.path_groups(model, {"layers.0": {"lr": 0.01}})``
go without a schedule           ``tg.optim.ScheduleFreeAdamW(model.parameters())``
take the mean of the weights    ``ema = tg.optim.EMA(model.parameters())``, ``ema.update()``
minimise at once, by L-BFGS     ``tg.optim.LBFGS([w], max_iter=100).step(lambda: cost(w))``
the same by SciPy               ``tg.optim.minimize(lambda: cost(w), [w])``
bound the gradients             ``tg.optim.clip_by_global_norm(model.parameters(), 1.0)``
keep and restore the state      ``optimizer.state_dict()``
write a rule of your own        ``tg.optim.Optimizer``: ``start`` and ``update``
see a rule as a formula         ``tg.update_rule(optimizer)``
see where rules go              ``tg.optim.descent_paths(np.hypot, (1, 2), tg.optim.Adam)``
==============================  ===================================================================

What comes in are parameters whose ``grad`` is filled; ``step()`` gives them new values, and keeps a
state of its own for each. A rule is a subclass of :class:`Optimizer` with ``start`` and ``update``.

To be read in this order: ``sgd`` and the other rules that treat each element by itself
(``momentum``, ``adaptive``, ``adam``, ``adam_kin``, ``lion``, ``rprop``), those that take a
parameter as a whole (``layerwise``, ``adafactor``, ``muon``, ``schedule_free``), ``square_root``
(which some of them take), ``base`` (the step and the saved state), ``settings`` (what a rule's
settings may be), ``groups`` (parameters with settings of their own) and ``saved_groups``,
``working_dtype`` (how wide a rule computes), ``flat_parameters`` (how many parameters are stepped
at once), ``whole_parameters`` (one by one) and ``recorded_steps`` (steps to differentiate through);
``schedules`` of the learning rate, ``clip``, ``ema`` and ``averaged`` (means of the weights),
``lbfgs`` with its ``line_search``, ``scipy_minimize`` and what both search in,
``cost_of_parameters``, and ``descent`` (rules compared on a function of two variables) stand by
themselves.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.optim.adafactor import Adafactor
from tensorgraph.optim.adam import Adam, AdamW, NAdam
from tensorgraph.optim.adam_kin import Adamax, RAdam
from tensorgraph.optim.adaptive import Adadelta, Adagrad, RMSprop
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.clip import clip_by_global_norm, clip_by_value
from tensorgraph.optim.ema import EMA
from tensorgraph.optim.groups import Group, decay_groups, path_groups
from tensorgraph.optim.layerwise import LAMB, LARS
from tensorgraph.optim.lbfgs import LBFGS, LBFGSResult
from tensorgraph.optim.lion import Lion
from tensorgraph.optim.momentum import EWMAMomentum, HeavyBall, Nesterov
from tensorgraph.optim.muon import Muon
from tensorgraph.optim.rprop import Rprop
from tensorgraph.optim.schedule_free import ScheduleFreeAdamW, ScheduleFreeSGD
from tensorgraph.optim.scipy_minimize import minimize
from tensorgraph.optim.sgd import SGD

__all__ = [
    "EMA", "LAMB", "LARS", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW",
    "Adamax", "DescentPaths", "EWMAMomentum", "Group", "HeavyBall", "LBFGSResult", "Lion", "Muon",
    "NAdam", "Nesterov", "Optimizer", "RAdam", "RMSprop", "Rprop", "ScheduleFreeAdamW",
    "ScheduleFreeSGD", "clip_by_global_norm", "clip_by_value", "decay_groups", "descent_paths",
    "minimize", "path_groups", "schedules",
]  # fmt: skip

if TYPE_CHECKING:
    from tensorgraph.optim import schedules as schedules
    from tensorgraph.optim.descent import (
        DescentPaths as DescentPaths,
        descent_paths as descent_paths,
    )
else:
    _missing, __dir__ = _module_hooks(__name__, __all__)

    def __getattr__(name: str) -> Any:
        """Import what few programs need when it is asked for: to make its classes takes long."""
        if name == "schedules":
            return import_module("tensorgraph.optim.schedules")
        if name in ("DescentPaths", "descent_paths"):
            return getattr(import_module("tensorgraph.optim.descent"), name)
        return _missing(name)
