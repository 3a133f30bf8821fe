"""``gradcheck``: is the gradient right? Asked of the values alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.function_types import Function, P
from tensorgraph.leads.calls import with_leads
from tensorgraph.testing.numeric.checked_function import (
    Array,
    CheckedFunction,
    NotAnalyticError,
    Scalar,
    projection,
)
from tensorgraph.testing.numeric.findings import (
    Finding,
    GradcheckResult,
    failure,
    relative_difference,
)
from tensorgraph.testing.numeric.kinks import (
    MOST_AMONG_MANY,
    MOST_TOGETHER,
    kinked_elements,
    nearby_slope,
    together,
)
from tensorgraph.testing.numeric.probes import Probe, Space
from tensorgraph.testing.numeric.ridders import SAFETY, Slope, exactly, slope

COMPLEX_STEP, RIDDERS = "complex step", "Ridders extrapolation"
_NOISE = 2.0**-48
"""Rounding in the gradient, relative to what the whole function depends on."""

_UNDERFLOW = 1e-290
"""What no longer counts: numbers so small have fewer digits."""


@with_leads
def gradcheck(
    f: Function[Any, P], *inputs: Any, order: int = 1, rtol: float = 1e-11, seed: int = 0
) -> GradcheckResult:
    """Compare the gradients of ``f`` with numeric ones; raise if they differ.

    The results are projected on random numbers, and the derivative of that is compared by every
    element of an argument (up to 256 elements; along 16 random directions above). Numeric
    derivatives come from the complex step, ∂f = Im f(x + ih) / h, where all operations run on
    complex numbers, confirmed once by extrapolated differences; otherwise from these alone
    (Ridders 1982), whose own error estimate is the tolerance. At a kink the gradient must lie
    between the one-sided derivatives; at several, between the extreme derivatives nearby.

    With the complex step a single element that is wrong by one part in 10¹¹ of the argument's
    largest derivative is found.

    Args:
        f: a function of tensors that returns a tensor, or a container of them. It may use other
            tensors besides its arguments, and ``tg.random``.
        inputs: float64 tensors or arrays, or nested lists, tuples and dicts of these, as for
            ``tg.grad``. Integer and boolean ones are passed on unchecked.
        order: 2 to check second derivatives too, those of a random projection of the gradient.
        rtol: what may be wrong, relative to the largest derivative by that argument.
        seed: of the random projections and directions.

    Raises:
        GradcheckError: a derivative is wrong, infinite, or cannot be judged.
        DTypeError: an argument is float32, or something inside ``f`` is computed in float32.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> tg.testing.gradcheck(lambda x, w: tg.tanh(x @ w), np.ones((2, 3)), np.ones(3), order=2)
        gradcheck passed: order 2, complex step, 9 elements, relative difference ...
        >>> halved = tg.op("halved", lambda x: x * x, {"x": lambda g, x: g * x})
        >>> tg.testing.gradcheck(halved, np.array([1.0, 3.0]))
        Traceback (most recent call last):
        ...
        tensorgraph.errors.GradcheckError: gradcheck: the gradient is wrong at argument 0 (x), ...
          computed   ...
          numeric    ...   (complex step)
          ratio      0.5
          relative difference ‖g−ĝ‖/(‖g‖+‖ĝ‖) = 3.3e-01: a mistake, says the course (above 2e-7)
          2 of 2 checked derivatives are wrong, all by the factor 0.5
    """
    if order not in (1, 2):
        raise errors.ArgumentError(f"gradcheck: order is 1 or 2, not {order!r}")
    rng = np.random.default_rng(seed)
    checked = CheckedFunction(f, inputs)
    cotangents = [_random_weights(rng, shape) for shape in checked.shapes]
    value = projection(checked, cotangents)
    names = _names(f, checked.places)
    first = _Check(value, 1, rtol, rng, names)
    first.run()
    found = first.result()
    if order == 1:
        return found
    if first.kinks:
        remark = "second derivatives were not checked: there are none at a kink"
        return replace(found, remarks=(*found.remarks, remark))
    weights = [_random_weights(rng, array.shape) for array in checked.arrays]
    # What the gradient lost by cancellation is small beside the value, not beside itself.
    reach = first.reach / min(first.space.units)
    second = _Check(value.projected_gradient(weights), 2, rtol, rng, names, reach)
    second.run()
    return found.and_then(second.result())


def _random_weights(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return numbers of either sign, none of them small: each result counts."""
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def _names(f: Callable[..., Any], places: Sequence[tuple[int, str]]) -> list[str]:
    """Return what messages call the checked arguments."""
    try:
        parameters = [
            name
            for name, p in inspect.signature(f).parameters.items()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        parameters = []
    return [
        f"argument {k} ({parameters[k]}{place})" if k < len(parameters) else f"argument {k}{place}"
        for k, place in places
    ]


class _Check:
    """The comparison of one gradient with numeric derivatives."""

    def __init__(
        self,
        scalar: Scalar,
        order: int,
        rtol: float,
        rng: np.random.Generator,
        names: list[str],
        reach: float = 0.0,
    ) -> None:
        self.scalar, self.rtol, self.rng = scalar, rtol, rng
        self.order, self.reach = order, reach
        self.what = "gradient" if order == 1 else "second derivative (of a projected gradient)"
        self.space = Space(scalar.checked.arrays, names)
        self.gradient = scalar.gradient()
        self.method = COMPLEX_STEP
        self.remarks: list[str] = []
        self._forget()

    def _forget(self) -> None:
        self.kinks: list[Probe] = []
        self.elements = self.directions = 0
        self.computed: list[float] = []
        self.numeric: list[float] = []
        self.errors: list[float] = []

    def run(self) -> None:
        """Compare everything; raise for what is wrong."""
        self._require_finite()
        if not self.space.size:
            return
        self.size = self.scalar.size()
        reaches = (
            unit * float(np.max(np.abs(g), initial=0.0))
            for unit, g in zip(self.space.units, self.gradient, strict=True)
        )
        self.reach = max(self.reach, self.size, *reaches)
        self._choose_method()
        try:
            self._compare_all()
        except NotAnalyticError as reason:  # the complex step turned out wrong at one element
            self._without_complex_step(str(reason))
            self._compare_all()
        if len(self.kinks) > 1:
            self._compare_together()

    def result(self) -> GradcheckResult:
        """Return what was found, given that nothing was wrong."""
        doubt = float(np.linalg.norm(self.errors) / (np.linalg.norm(self.numeric) or 1.0))
        if doubt > 1e-8:
            self.remarks.append(f"the numeric derivatives are good to {doubt:.0e} only")
        return GradcheckResult(
            order=self.order,
            method=self.method,
            elements=self.elements,
            directions=self.directions,
            relative_difference=relative_difference(self.computed, self.numeric),
            kinks=tuple(probe.place for probe in self.kinks),
            remarks=tuple(self.remarks),
        )

    # ----------------------------------------------------------------------- numeric derivatives

    def _choose_method(self) -> None:
        """Use the complex step if it works here and agrees with differences of values."""
        probe = self.space.joint(self.rng)
        try:
            found = self.scalar.complex_step(probe.direction)
        except NotAnalyticError as reason:
            self._without_complex_step(str(reason))
            return
        confirmed = self._slope(probe)
        self.reach = max(self.reach, confirmed.steepest)
        scale = max(probe.scale(self.gradient), confirmed.steepest)
        if confirmed.is_kink:
            self._without_complex_step("there is a kink")
        elif not confirmed.error <= max(1e-5 * scale, 1e-9 * self.reach):
            self._without_complex_step("differences of values do not settle")
        elif (
            abs(found - confirmed.value)
            > SAFETY * confirmed.error + 1e-8 * scale + _NOISE * self.reach
        ):
            self._without_complex_step("it disagrees with differences of values: not analytic")

    def _without_complex_step(self, reason: str) -> None:
        self.method = RIDDERS
        self.remarks.append(f"no complex step: {reason}")
        self._forget()

    def _numeric(self, probe: Probe) -> Slope:
        if self.method == RIDDERS:
            return self._slope(probe)
        return exactly(self.scalar.complex_step(probe.direction) / probe.unit)

    def _slope(self, probe: Probe) -> Slope:
        return slope(
            lambda t: self.scalar.value(probe.times(t)),
            probe.scale(self.gradient),
            self.size,
            self.space.finest(probe),
        ).per(probe.unit)

    # ---------------------------------------------------------------------------------- comparing

    def _compare_all(self) -> None:
        for k in range(len(self.space.arrays)):
            probes = self.space.probes(k, self.rng)
            if self.method == RIDDERS and probes and not probes[0].is_element:
                probes = self._without_kinks(k, probes)
            self._compare(probes)

    def _without_kinks(self, k: int, probes: Sequence[Probe]) -> list[Probe]:
        """Return directions that move no element at a kink, and these elements."""
        kinked = kinked_elements(self.space, probes[0], self._slope)
        if len(kinked) > MOST_AMONG_MANY:
            raise errors.GradcheckError(
                f"gradcheck: the {self.what} by {self.space.names[k]} cannot be judged: more than"
                f" {MOST_AMONG_MANY} of its elements stand at a kink; move them a little"
            )
        smooth = np.setdiff1d(np.arange(self.space.arrays[k].size), kinked)
        elements = [self.space.element(k, i) for i in kinked]
        return [*(self.space.part(probe, smooth) for probe in probes), *elements]

    def _compare_together(self) -> None:
        """Move several elements at kinks at once: each may be right by itself, all wrong."""
        for n in range(8):
            count = min(len(self.kinks), MOST_TOGETHER)
            chosen = [self.kinks[i] for i in self.rng.permutation(len(self.kinks))[:count]]
            weights = (self.rng.standard_normal(count) if n else np.ones(count)).tolist()
            probe = together(chosen, weights)
            found = nearby_slope(self.scalar.value, chosen, weights, self.size, self.rng)
            g = probe.along(self.gradient)
            self.directions += 1
            self.computed.append(g)
            self.numeric.append(float(np.clip(g, *found.sides)))
            if not found.allows(g, _NOISE * self.reach):
                finding = Finding(probe.place, g, found)
                raise self._failure((probe, finding), [finding], 1)

    def _compare(self, probes: Sequence[Probe]) -> None:
        """Compare the derivatives along these probes, which share a scale."""
        computed = [probe.along(self.gradient) for probe in probes]
        slopes = [self._numeric(probe) for probe in probes]
        finite = [abs(s.value) for s in slopes if np.isfinite(s.value)]
        scale = max([*map(abs, computed), *finite], default=0.0)
        wrong = []
        for probe, g, s in zip(probes, computed, slopes, strict=True):
            reach = max(self.reach / probe.unit, s.steepest)
            margin = self.rtol * scale + _NOISE * reach + _UNDERFLOW
            if s.is_kink and probe.is_element:
                self.kinks.append(probe)
            if not s.is_kink and not s.error <= max(1e-6 * scale, 1e-9 * reach, _UNDERFLOW):
                raise self._unsettled(probe, s)
            if not s.allows(g, margin):
                wrong.append((probe, Finding(probe.place, g, s)))
            self.computed.append(g)
            self.numeric.append(float(np.clip(g, *s.sides)) if s.is_kink else s.value)
            self.errors.append(0.0 if s.is_kink else s.error)
        elements = sum(probe.is_element for probe in probes)
        self.elements += elements
        self.directions += len(probes) - elements
        if wrong:
            worst = max(wrong, key=lambda pair: pair[1].distance)
            if self.method == COMPLEX_STEP:
                worst = self._confirmed(*worst)
            raise self._failure(worst, [finding for _, finding in wrong], len(probes))

    def _confirmed(self, probe: Probe, finding: Finding) -> tuple[Probe, Finding]:
        """Look at a mismatch of the complex step again, by differences; these are believed.

        Raises:
            NotAnalyticError: they agree with the computed value rather than with the complex step.
        """
        again = self._slope(probe)
        margin = self.rtol * abs(finding.computed) + _NOISE * self.reach / probe.unit
        if again.is_kink:
            raise NotAnalyticError(f"there is a kink at {probe.place}")
        if not np.isfinite(again.error) or again.allows(finding.numeric.value, margin):
            return probe, finding
        if again.allows(finding.computed, margin):
            raise NotAnalyticError(f"at {probe.place} it disagrees with differences of values")
        return probe, finding._replace(numeric=again)

    # ----------------------------------------------------------------------------------- failures

    def _require_finite(self) -> None:
        for name, g in zip(self.space.names, self.gradient, strict=True):
            bad = np.argwhere(~np.isfinite(g))
            if len(bad):
                index = tuple(int(n) for n in bad[0])
                where = f"{name}, index {index}" if index else name
                raise errors.GradcheckError(
                    f"gradcheck: the computed {self.what} is {g[index]} at {where}; run it under"
                    " tg.debug() to see where that is made"
                )

    def _unsettled(self, probe: Probe, s: Slope) -> Exception:
        return errors.GradcheckError(
            f"gradcheck: the {self.what} at {probe.place} cannot be judged: the numeric one does"
            f" not settle ({s.value:.6g} ± {s.error:.1g}); the function jumps there, is noisy, or"
            " is not defined on both sides"
        )

    def _failure(
        self, worst: tuple[Probe, Finding], wrong: Sequence[Finding], checked: int
    ) -> Exception:
        """Return the error for wrong derivatives, showing the worst."""
        probe, shown = worst
        if not probe.is_element and probe.argument is not None:
            element = self._worst_element(probe)
            place = f"{element.place} (found along a random direction)"
            shown = Finding(place, element.along(self.gradient), self._numeric(element))
        difference = relative_difference(self.computed, self.numeric)
        text = failure(shown, wrong, checked, self.what, self.method, difference)
        return errors.GradcheckError(f"gradcheck: {text}")

    def _worst_element(self, probe: Probe) -> Probe:
        """Search by halving for the element that makes a direction's derivative wrong."""
        k = probe.argument or 0
        inside = np.arange(self.space.arrays[k].size)
        while len(inside) > 1:
            halves = np.array_split(inside, 2)
            parts = [self.space.part(probe, half) for half in halves]
            first, second = (
                abs(part.along(self.gradient) - self._numeric(part).value) for part in parts
            )
            inside = halves[0] if first >= second else halves[1]
        return self.space.element(k, int(inside[0]))
