"""``optimizers``: rules with settings that suit them, to be made of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

from hypothesis import strategies as st

from tensorgraph import optim
from tensorgraph.arguments import one_of
from tensorgraph.optim.base import Optimizer
from tensorgraph.testing.strategies.literals import Printed, literal, made, settings_of


@dataclass(frozen=True, repr=False)
class OptimizerFactory(Printed):
    """An optimizer with its settings, to be made of parameters; it prints as a function of them."""

    rule: type[Optimizer]
    settings: dict[str, Any]
    own: dict[str, Any] | None = None
    """The settings of a second group, of all parameters but the first; None for a single group."""

    def __call__(self, params: Any) -> Optimizer:
        """Return the optimizer of parameters."""
        return self.rule(self._grouped(list(params)), **self.settings)

    def _grouped(self, params: list[Any]) -> list[Any]:
        if self.own is None:
            return params
        return [{"params": params[:1]}, {"params": params[1:], **self.own}]

    def __repr__(self) -> str:
        params = "params"
        if self.own is not None:
            own = "".join(f", {literal(k)}: {literal(v)}" for k, v in self.own.items())
            params = f"[{{'params': params[:1]}}, {{'params': params[1:]{own}}}]"
        return f"lambda params: tg.optim.{self.rule.__name__}({params}{settings_of(self.settings)})"


_RATES = {"lr": (0.1, 0.01, 0.003)}
_BETA = {"beta": (0.9, 0.5, 0.0)}
_BETAS = {"betas": ((0.9, 0.999), (0.5, 0.7), (0.0, 0.0))}
_EPS = {"eps": (1e-8, 1e-3)}
_DECAY = {"weight_decay": (0.0, 0.01, 0.1)}
_L2 = {"l2": (0.0, 0.01, 0.1)}
RULES: dict[str, dict[str, Sequence[Any]]] = {
    "SGD": {**_RATES, **_DECAY, "momentum": (0.0, 0.9, 0.5), "nesterov": (False, True), **_L2},
    "HeavyBall": {**_RATES, **_BETA, **_DECAY},
    "Nesterov": {**_RATES, **_BETA, **_DECAY},
    "EWMAMomentum": {**_RATES, **_BETA, "bias_correction": (False, True), **_DECAY},
    "Adagrad": {**_RATES, **_EPS, **_DECAY, **_L2},
    "Adadelta": {"lr": (1.0, 0.1), **_BETA, "eps": (1e-6, 1e-3), **_DECAY, **_L2},
    "RMSprop": {**_RATES, **_BETA, **_EPS, **_DECAY, "momentum": (0.0, 0.9)},
    "Adam": {**_RATES, **_BETAS, **_EPS, "amsgrad": (False, True), **_L2},
    "Adamax": {**_RATES, **_BETAS, **_EPS, **_DECAY},
    "RAdam": {**_RATES, **_BETAS, **_EPS, **_DECAY},
    "AdamW": {**_RATES, **_BETAS, **_EPS, "weight_decay": (0.01, 0.0, 0.1)},
    "NAdam": {**_RATES, **_BETAS, **_EPS, **_DECAY},
    "Lion": {**_RATES, **_BETAS, **_DECAY},
    "Rprop": {**_RATES},
    "LARS": {"lr": (1.0, 10.0), **_BETA, **_L2},
    "LAMB": {**_RATES, **_BETAS, **_EPS, **_DECAY},
    "Adafactor": {**_RATES, "decay": (0.8, 0.5), **_DECAY},
    "Muon": {**_RATES, **_BETA, "weight_decay": (0.1, 0.0), "nesterov": (True, False)},
    "ScheduleFreeSGD": {**_RATES, **_BETA, **_L2},
    "ScheduleFreeAdamW": {**_RATES, **_BETAS, **_EPS, **_DECAY},
}
"""Each rule's settings, and values that suit them; the usual first."""


def optimizers(
    names: Sequence[str] | str = tuple(RULES),
    *,
    groups: bool = True,
    weight_decay: bool = True,
) -> st.SearchStrategy[OptimizerFactory]:
    """Return a strategy for optimizers of ``tg.optim`` with settings that suit them.

    What is drawn is a function of a list of parameters, which prints as a ``lambda``.

    Args:
        names: of rules to choose from.
        groups: whether all parameters but the first may form a group with a rate of its own.
        weight_decay: whether parameters may decay.

    Raises:
        ArgumentError: an unknown rule.

    Example:
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.optimizers())
        ... def test_steps(make):
        ...     w = tg.tensor([1.0, -2.0], requires_grad=True)
        ...     optimizer = make([w])
        ...     before = (w * w).sum().item()
        ...     (w * w).sum().backward()
        ...     optimizer.step()
        ...     assert (w * w).sum().item() < before
        >>> test_steps()
    """
    chosen = [names] if isinstance(names, str) else list(names)
    for name in chosen or [""]:
        one_of(name, "strategies.optimizers: a rule", RULES)
    own = st.sampled_from(_RATES["lr"]).map(lambda lr: {"lr": lr})
    choice = st.integers(0, 5)
    return made(
        _factory,
        st.sampled_from(chosen),
        st.tuples(*[choice] * 5),
        st.none() | own if groups else st.none(),
        weight_decay=weight_decay,
    )


def _factory(
    name: str, choices: Sequence[int], group: dict[str, Any] | None, *, weight_decay: bool
) -> OptimizerFactory:
    """Return a rule with its settings: what is usual is not written, but the rate always is."""
    values = dict(RULES[name])
    if not weight_decay:
        values |= {decay: (0.0,) for decay in ("weight_decay", "l2") if decay in values}
    settings = {
        setting: suited[n % len(suited)]
        for (setting, suited), n in zip(values.items(), choices, strict=False)
    }
    rule = getattr(optim, name)
    usual = {name: one.default for name, one in signature(rule).parameters.items()}
    told = {k: v for k, v in settings.items() if k == "lr" or v != usual[k]}
    return OptimizerFactory(rule, told, group)
