"""Learning rates that change: functions of the step, to be passed as an optimizer's ``lr``.

An optimizer calls its schedule with the number of steps taken before: 0 for the first step.
``per_epoch`` makes a schedule count epochs instead. Schedules are small frozen classes that are
used like functions, as ``functools.partial`` is: so they can be read, compared and pickled. Any
function of the step does as well.

=====================================  =============================================
schedule                               α after t steps or epochs
=====================================  =============================================
``constant(α₀)``                       α₀
``inverse_time(α₀, rate)``             α₀ / (1 + rate · t)
``exponential(α₀, base)``              α₀ · baseᵗ
``inverse_sqrt(k)``                    k / √(t + 1)
``staircase(α₀, factor, every)``       α₀ · factor^⌊t / every⌋
``cosine(α₀, steps, final)``           half a wave from α₀ down to ``final``
``cosine_restarts(α₀, steps, factor)``  the same again and again
``linear(α₀, steps, final)``           a straight line from α₀ to ``final``
``polynomial(α₀, steps, power)``       a power of what is left of the steps
``cyclic(low, peak, steps)``           up and down, again and again
``one_cycle(peak, steps)``             up to ``peak``, back, and down to 0
``warmup(schedule, steps)``            a straight line up, then the schedule
``join(schedules, boundaries)``        one schedule after the other
``per_epoch(schedule, n)``             the schedule at ⌊t / n⌋
``Manual(α₀)``                         what was set by hand
``Plateau(α₀, factor, patience)``      α₀, less when a metric no longer improves
=====================================  =============================================

The first five are those of the Deep Learning Specialization, course 2, week 2, "Learning rate
decay".

To be read in this order: ``base`` (what a schedule is), ``decay``, ``cycles``, ``compose``,
``manual``, ``plateau``.
"""

from typing import TYPE_CHECKING

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.optim.schedules.compose import join, per_epoch, warmup
from tensorgraph.optim.schedules.cycles import cosine_restarts, cyclic
from tensorgraph.optim.schedules.decay import (
    constant,
    cosine,
    exponential,
    inverse_sqrt,
    inverse_time,
    linear,
    one_cycle,
    polynomial,
    staircase,
)
from tensorgraph.optim.schedules.manual import Manual
from tensorgraph.optim.schedules.plateau import Plateau

__all__ = [
    "Manual", "Plateau", "constant", "cosine", "cosine_restarts", "cyclic", "exponential",
    "inverse_sqrt", "inverse_time", "join", "linear", "one_cycle", "per_epoch", "polynomial",
    "staircase", "warmup",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
