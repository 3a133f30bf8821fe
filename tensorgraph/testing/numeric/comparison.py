"""One gradient, compared with numeric derivatives: in groups first, element by element in doubt.

With the complex step there is no difference to cancel, so that one number computed along a random
direction in all elements of an argument shows one that is wrong by little. Only where it does are
elements looked at one by one, and an element is called wrong only by more than rounding explains.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.complex_step import NotAnalyticError
from tensorgraph.numeric.ridders import SAFETY, Slope, exactly
from tensorgraph.testing.numeric.checked_function import Scalar
from tensorgraph.testing.numeric.derivatives import UNDERFLOW, Derivatives
from tensorgraph.testing.numeric.findings import (
    Finding,
    GradcheckResult,
    failure,
    relative_difference,
    require_finite,
    unsettled,
)
from tensorgraph.testing.numeric.kinks import (
    MOST,
    MOST_TOGETHER,
    nearby_slope,
    rough_elements,
    together,
)
from tensorgraph.testing.numeric.probes import Probe, Space, length

COMPLEX_STEP, RIDDERS = "complex step", "Ridders extrapolation"
EVERY_ELEMENT = 256
"""Arguments with up to so many elements are looked at element by element where that is needed."""
_GROUPS = 3
"""So many random directions show, by the complex step, whether any element is wrong."""
_DIRECTIONS = 16
"""So many stand for the elements of a large argument where there is no complex step."""
_SHOWN = 16
"""After so many wrong elements no more are looked for."""

Judged = tuple[Probe, Finding]


class Comparison:
    """The comparison of one gradient with numeric derivatives.

    Args:
        scalar: what is differentiated.
        gradient: its gradient, as the engine computes it.
        order: 1, or 2 if the number is a gradient itself.
        rtol: what may be wrong, relative to the largest derivative by an argument.
        rng: chooses the directions.
        space: the arguments.
        held: elements that are not moved, by argument.
        reach: how large what the number is computed from may be.
    """

    def __init__(
        self,
        scalar: Scalar,
        gradient: Sequence[Array],
        order: int,
        rtol: float,
        rng: np.random.Generator,
        space: Space,
        held: Sequence[Array],
        reach: float = 0.0,
    ) -> None:
        self.gradient, self.order, self.rtol = gradient, order, rtol
        self.rng, self.space = rng, space
        self.what = "gradient" if order == 1 else "second derivative (of a projected gradient)"
        require_finite(gradient, held, space.names, self.what)
        self.numeric = Derivatives(scalar, gradient, space, rng, reach)
        self.smooth = [~part for part in held]
        """What is compared in groups."""
        self.rough: list[Probe] = []
        """Elements at kinks, which are compared one by one."""
        self.method = COMPLEX_STEP
        self.remarks: list[str] = []
        self._forget()

    def _forget(self) -> None:
        self.kinks: list[Probe] = []
        self.near_kinks: list[Probe] = []
        self.jumps: list[Probe] = []
        self.elements = self.directions = 0
        self.pairs: list[tuple[float, float]] = []
        """Each computed derivative, and the numeric one."""
        self.doubts: list[float] = []
        """How far the numeric ones may be off."""

    def run(self) -> GradcheckResult:
        """Compare everything; raise for what is wrong."""
        if any(np.any(part) for part in self.smooth):
            self._choose_method()
            try:
                self._compare_all()
            except NotAnalyticError as reason:  # it turned out wrong at one element
                self._without_complex_step(str(reason))
                self._compare_all()
            if len(self.kinks) > 1:
                self._compare_together()
        return self._result()

    @property
    def held(self) -> list[Array]:
        """The elements that no derivative of the next order can be taken by."""
        return [~part for part in self.smooth]

    def _result(self) -> GradcheckResult:
        right = length([numeric for _, numeric in self.pairs]) or 1.0
        doubt = length(self.doubts) / right
        if doubt > 1e-8:
            self.remarks.append(f"the numeric derivatives are good to {doubt:.0e} only")
        if self.jumps:
            self.remarks.append(
                "second derivatives were not checked where the gradient jumps: "
                + "; ".join(probe.place for probe in self.jumps[:4])
            )
        return GradcheckResult(
            order=self.order,
            method=self.method,
            elements=self.elements,
            directions=self.directions,
            relative_difference=self._relative_difference(),
            kinks=tuple(probe.place for probe in (*self.kinks, *self.near_kinks)),
            remarks=tuple(self.remarks),
        )

    def _relative_difference(self) -> float:
        return relative_difference([g for g, _ in self.pairs], [n for _, n in self.pairs])

    # ------------------------------------------------------------------------------- how to compare

    def _choose_method(self) -> None:
        """Set aside the elements at kinks; use the complex step if differences agree with it."""
        reason, stepped = "", 0.0
        joint = self.space.joint(self.smooth, self.rng)
        try:
            stepped = self.numeric.stepped_with_care(joint)
        except NotAnalyticError as error:
            reason = str(error)
        seen = self.numeric.look(joint)
        if self.numeric.is_rough(joint, seen):
            self._set_aside(joint)
            joint = self.space.joint(self.smooth, self.rng)
            seen = self.numeric.look(joint)
            stepped = 0.0 if reason else self.numeric.stepped(joint)
        if not reason and seen.is_kink:
            reason = "there is a kink"
        elif not reason and not self.numeric.settles(joint, seen):
            reason = "differences of values do not settle"
        elif not reason and not self.numeric.agree(joint, stepped, seen):
            reason = "it disagrees with differences of values: not analytic"
        if reason:
            self._without_complex_step(reason)

    def _without_complex_step(self, reason: str) -> None:
        self.method = RIDDERS
        self.remarks.append(f"no complex step: {reason}")
        self._forget()

    def _set_aside(self, joint: Probe) -> None:
        """Take elements at kinks out of those that are compared in groups."""
        found, left = rough_elements(
            self.space,
            joint,
            self.smooth,
            lambda part: self.numeric.is_rough(part, self.numeric.look(part)),
        )
        for k, i in (*found, *left):
            self.smooth[k].reshape(-1)[i] = False
        self.rough = [self.space.element(k, i) for k, i in found]
        if left:
            self.remarks.append(
                f"{len(left)} elements were not checked: more than {MOST} stand at kinks"
            )

    # ---------------------------------------------------------------------------------- comparing

    def _compare_all(self) -> None:
        for k, part in enumerate(self.smooth):
            elements = np.flatnonzero(part)
            if len(elements) <= _GROUPS:
                self._compare(self.space.element(k, i) for i in elements.tolist())
            elif self.method == COMPLEX_STEP:
                self._compare_groups(k, elements)
            elif self._agree_in_groups(k, elements):
                self.elements += len(elements)
            elif len(elements) <= EVERY_ELEMENT:
                self._compare(self.space.element(k, i) for i in elements.tolist())
            else:
                self._compare(self.space.random(k, part, self.rng) for _ in range(_DIRECTIONS))
        self._compare(self.rough, by_values=True)

    def _compare_groups(self, k: int, elements: Array) -> None:
        """Compare along random directions; look at the elements where that shows a difference."""
        for _ in range(_GROUPS):
            probe = self.space.random(k, self.smooth[k], self.rng)
            computed, found = probe.along(self.gradient), self.numeric.stepped(probe)
            if abs(computed - found) <= self._group_margin(k, elements):
                self.pairs.append((computed, found))
            elif len(elements) <= EVERY_ELEMENT:
                return self._compare(self.space.element(k, i) for i in elements.tolist())
            elif not self._is_rounding(
                probe, abs(computed - found), self._group_margin(k, elements)
            ):
                self._compare([self._worst_element(k, probe, elements)])
        self.elements += len(elements)

    def _agree_in_groups(self, k: int, elements: Array) -> bool:
        """Return whether extrapolated differences along random directions settle all elements."""
        margin = self._group_margin(k, elements)
        pairs: list[tuple[float, float]] = []
        while not pairs or abs(pairs[-1][0]) < margin / self.rtol:
            # Where the elements' derivatives cancel, an error that all share is not seen.
            probe = self.space.random(k, self.smooth[k], self.rng)
            computed, found = probe.along(self.gradient), self.numeric.slope(probe)
            known = SAFETY * found.error <= margin and not found.is_kink
            if not known or abs(computed - found.value) > margin:
                return False
            pairs.append((computed, found.value))
            if len(pairs) == _GROUPS:
                break
        self.pairs += pairs
        return True

    def _group_margin(self, k: int, elements: Array) -> float:
        """Return the difference along a random direction that one wrong element makes at least."""
        largest = float(np.max(np.abs(self.gradient[k].reshape(-1)[elements])))
        return self.rtol * largest / 2 + UNDERFLOW

    def _is_rounding(self, probe: Probe, difference: float, margin: float) -> bool:
        """Return whether rounding explains that a derivative differs from the complex step's."""
        numeric = self.numeric
        floor = 0.0
        if extended := numeric.extended(probe):
            computed, found, blur = extended
            if abs(computed - found) <= margin + blur:
                return True
            if not probe.is_element:
                return False  # its elements are looked at
        else:
            floor = numeric.haze(probe)
        floor += numeric.gradient_floor(probe) + numeric.step_floor(probe)
        return difference <= margin + floor

    def _worst_element(self, k: int, probe: Probe, inside: Array) -> Probe:
        """Search by halving for the element that makes a direction's derivative wrong."""
        while len(inside) > 1:
            halves = np.array_split(inside, 2)
            parts = [self.space.part(probe, k, half) for half in halves]
            first, second = (
                abs(part.along(self.gradient) - self._slope(part).value) for part in parts
            )
            inside = halves[0] if first >= second else halves[1]
        return self.space.element(k, int(inside[0]))

    def _slope(self, probe: Probe, by_values: bool = False) -> Slope:
        if by_values or self.method == RIDDERS:
            return self.numeric.slope(probe)
        return exactly(self.numeric.stepped(probe))

    def _compare(self, probes: Iterable[Probe], by_values: bool = False) -> None:
        """Compare the derivatives along these probes one by one; raise if any are wrong.

        Args:
            probes: what to compare.
            by_values: whether only differences of values count, as at a kink.
        """
        suspicious: list[Judged] = []
        checked = 0
        for probe in probes:
            checked += 1
            finding = Finding(
                probe.place, probe.along(self.gradient), self._slope(probe, by_values)
            )
            g, s = finding.computed, finding.numeric
            if s.is_kink and probe.is_element:
                self.kinks.append(probe)
            elif not self.numeric.settles(probe, s):
                if self.order == 1:
                    raise unsettled(self.what, probe.place, s)
                self.jumps.append(probe)
                continue
            self.elements += probe.is_element
            self.directions += not probe.is_element
            if s.allows(g, self._margin(probe, finding)):
                self._note(finding, 0.0 if s.is_kink else s.error)
            else:
                suspicious.append((probe, finding))
            if len(suspicious) == _SHOWN:
                self._judge(suspicious, checked)
                suspicious = []
        self._judge(suspicious, checked)

    def _margin(self, probe: Probe, finding: Finding) -> float:
        """Return what a derivative may be wrong by, but for what rounding inside may do."""
        largest = max(float(np.max(np.abs(self.gradient[k]))) for k in probe.direction)
        if not finding.numeric.is_kink:
            largest = max(largest, abs(finding.numeric.value))
        by_values = self.method == RIDDERS or finding.numeric.is_kink
        return self.rtol * largest + UNDERFLOW + (self.numeric.blur(probe) if by_values else 0.0)

    def _note(self, finding: Finding, doubt: float) -> None:
        """Remember what was compared, and how far the numeric derivative may be off."""
        g, s = finding.computed, finding.numeric
        self.pairs.append((g, float(np.clip(g, *s.sides)) if s.is_kink else s.value))
        self.doubts.append(doubt)

    def _judge(self, suspicious: Sequence[Judged], checked: int) -> None:
        """Look at mismatches again, the worst first; raise for what rounding does not explain."""
        pending = sorted(suspicious, key=lambda pair: -pair[1].distance)
        while pending:
            seen = self._seen_again(*pending[0])
            if seen is not None:
                findings = [seen[1], *(finding for _, finding in pending[1:])]
                for finding in findings:
                    self._note(finding, 0.0)
                raise self._failure(seen, findings, checked)
            del pending[0]

    def _seen_again(self, probe: Probe, finding: Finding) -> Judged | None:
        """Return what is wrong with a derivative, or nothing."""
        if not finding.numeric.is_kink and probe.is_element:
            explain = self._of_step if self.method == COMPLEX_STEP else self._of_values
            finding, explained = explain(probe, finding)
            if explained:
                self._note(finding, finding.distance)
                return None
        nearby = self.numeric.nearby(probe) if probe.is_element else None
        if nearby is not None and nearby.allows(finding.computed, self._margin(probe, finding)):
            self.near_kinks.append(probe)
            self._note(finding._replace(numeric=nearby), 0.0)
            return None
        return probe, finding

    def _of_step(self, probe: Probe, finding: Finding) -> tuple[Finding, bool]:
        """Return a mismatch of the complex step, and whether rounding explains it.

        Raises:
            NotAnalyticError: differences agree with the computed value rather than with it.
        """
        margin = self._margin(probe, finding)
        if self._is_rounding(probe, finding.distance, margin):
            return finding, True
        again = self.numeric.finer_slope(probe, self.numeric.slope(probe))
        margin += self.numeric.blur(probe)
        if again.is_kink:
            raise NotAnalyticError(f"there is a kink at {probe.place}")
        if not again.allows(finding.numeric.value, margin) and again.allows(
            finding.computed, margin
        ):
            raise NotAnalyticError(f"at {probe.place} it disagrees with differences of values")
        return finding, False

    def _of_values(self, probe: Probe, finding: Finding) -> tuple[Finding, bool]:
        """Return a mismatch of differences of values, and whether their errors explain it."""
        self.numeric.measure_noise()
        again = self.numeric.finer_slope(probe, self.numeric.slope(probe))
        finding = finding._replace(numeric=again)
        margin = self._margin(probe, finding) + self.numeric.gradient_floor(probe)
        return finding, again.allows(finding.computed, margin)

    def _compare_together(self) -> None:
        """Move several elements at kinks at once: each may be right by itself, all wrong."""
        for n in range(8):
            count = min(len(self.kinks), MOST_TOGETHER)
            chosen = [self.kinks[i] for i in self.rng.permutation(len(self.kinks))[:count]]
            weights = (self.rng.standard_normal(count) if n else np.ones(count)).tolist()
            probe = together(chosen, weights)
            g = probe.along(self.gradient)
            numeric = self.numeric
            found = nearby_slope(numeric.scalar.change, chosen, weights, g, numeric.size, self.rng)
            self.directions += 1
            self.pairs.append((g, float(np.clip(g, *found.sides))))
            if not found.allows(g, numeric.blur(probe)):
                nearby = numeric.nearby(probe)
                if nearby is not None and nearby.allows(g, numeric.blur(probe)):
                    continue
                finding = Finding(probe.place, g, found)
                raise self._failure((probe, finding), [finding], 1)

    # ----------------------------------------------------------------------------------- failures

    def _failure(self, worst: Judged, wrong: Sequence[Finding], checked: int) -> Exception:
        """Return the error for wrong derivatives, showing the worst."""
        probe, shown = worst
        if not probe.is_element and probe.argument is not None:
            element = self._worst_element(
                probe.argument, probe, np.flatnonzero(self.smooth[probe.argument])
            )
            place = f"{element.place} (found along a random direction)"
            shown = Finding(place, element.along(self.gradient), self._slope(element))
        text = failure(shown, wrong, checked, self.what, self.method, self._relative_difference())
        return errors.GradcheckError(f"gradcheck: {text}")
