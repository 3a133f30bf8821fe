"""Marking: one gradient after the other from the loss on, each given what came before it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.teacher.judging.changes import Finder
from tensorgraph.teacher.judging.closeness import LOOSE, STRICT, difference, factor
from tensorgraph.teacher.judging.faults import UNKNOWN, Fault
from tensorgraph.teacher.judging.handed_in import HandedIn
from tensorgraph.teacher.judging.known_numbers import KnownNumbers, averaged_over
from tensorgraph.teacher.judging.looking import About, Clock
from tensorgraph.teacher.judging.mark import Asked, Mark
from tensorgraph.teacher.judging.names import Names
from tensorgraph.teacher.judging.passes import DoesNotFit, Pass
from tensorgraph.teacher.judging.recording import Recording
from tensorgraph.teacher.judging.rounding import Rounding
from tensorgraph.teacher.judging.search import Search
from tensorgraph.teacher.judging.wording import distance_told, elements_told, small_told


class Marking:
    """Marks all that was handed in.

    Args:
        recording: the graph.
        names: what its places are called.
        scope: the caller's variables.
        asked: what was handed in.
        rounding: what rounding may do to each element.
        mentioned: the names in what was handed in.
        size: the bytes of a number in the graph that was given.
        seconds: how long causes are looked for; ``None`` for as long as it takes.
    """

    def __init__(
        self,
        recording: Recording,
        names: Names,
        scope: Scope,
        asked: Sequence[Asked],
        rounding: Rounding,
        mentioned: Collection[str],
        size: int,
        seconds: float | None,
    ) -> None:
        self.recording, self.names, self.size = recording, names, size
        self.rounding = rounding
        self.numbers = numbers = KnownNumbers(scope.numbers, recording, mentioned)
        constants = {
            name: array for each in scope._arrays
            if (array := recording.constant(each.value)) is not None
            for name in [each.name]
        }  # fmt: skip
        finder = Finder(recording, names, constants, numbers)
        self.scales = [1.0, *averaged_over(recording)]
        self.convention = 1.0
        """In which multiple gradients on the way are written, as far as is known."""
        self.true = Pass(recording)
        self.clock = Clock(seconds)
        self.search = Search(
            About(recording, names, numbers, finder, self.scales, self.true, self.clock)
        )  # fmt: skip
        self.current = self.true
        order = self.true.order
        known = [a for a in asked if a.places]
        known.sort(key=lambda a: -max(order.get(p, 0.0) for p in a.places))
        self.waiting = known
        self.order = [a.item.key for a in known]
        self.unknown = [a for a in asked if not a.places]
        self.written = [a.item.key for a in asked]
        self.wrong: list[tuple[Mark, Fault | None]] = []
        self.fine: list[tuple[HandedIn, Any]] = []
        """What was found to be right, and where."""

    def marks(self, steps: bool) -> list[Mark]:
        """Return what is said of each, in the order of the backward pass.

        Args:
            steps: whether to stop at the first that is wrong.
        """
        found = []
        put_off: set[str] = set()
        while self.waiting:
            asked = self.waiting.pop(0)
            key = asked.item.key
            mark = self._mark(asked, last=key in put_off)
            if mark is None:
                put_off.add(key)
                self._put_off(asked)
                continue
            found.append(mark)
            if not mark.ok and mark.verdict != "given" and steps:
                return found
        found.sort(key=lambda mark: self.order.index(mark.key))
        return [*found, *map(self._not_there, self.unknown)]

    def _put_off(self, asked: Asked) -> None:
        """Let what is not explained come again after the other parameters of its layer."""
        nodes = [n for n, a in enumerate(self.waiting) if type(a.places[0]) is Node]
        self.waiting.insert(nodes[0] if nodes else len(self.waiting), asked)

    def _share(self, item: HandedIn, kinds: Any = STRICT) -> float:
        return float(kinds[min(max(item.size, 2), self.size, 8)])

    def _not_there(self, asked: Asked) -> Mark:
        key = asked.item.key
        meant = self.names.meant(key, self.written)
        hint = f"; did you mean {meant}?" if meant else ""
        return Mark(
            key, "unknown", f"not judged: no value in the graph of the loss is called so{hint}"
        )

    # ------------------------------------------------------------------------------------- one

    def _mark(self, asked: Asked, last: bool = True) -> Mark | None:
        item, places = asked.item, asked.places
        if item.failed:
            return Mark(
                item.key, "wrong", f"it cannot be computed: {item.failed}", "formula", places[0],
                right=self.true.grads[places[0]], line=item.line,
            )  # fmt: skip
        if item.array is None:
            right = self.true.grads[places[0]]
            text = "None: no gradient was handed in" if np.any(right) else "None, which counts as 0"
            verdict = "wrong" if np.any(right) else "right"
            return Mark(item.key, verdict, text, "none", places[0], None, right)
        share = self._share(item)
        for place in places:
            mark = self._right(item, place, share) or self._wrong_in_small(item, place, share)
            if mark is not None:
                if mark.ok or mark.verdict == "given":
                    self.fine.append((item, place))
                return mark
        self.clock.share(len(self.waiting))
        found = [(p, self._best(f, p, item)) for p in places if (f := self._faults(item, p, share))]
        place, fault = min(found, key=lambda pair: pair[1].cost) if found else (places[0], None)
        if not last and self.waiting and (fault is None or fault.cost >= UNKNOWN):
            if (
                type(places[0]) is not Node
                and self._right(item, place, self._share(item, LOOSE)) is None
            ):
                return None
        if fault is not None:
            return self._explained(item, place, share, fault)
        for place in places:
            mark = self._right(item, place, self._share(item, LOOSE), "rounding")
            if mark is not None:
                return mark
        return self._unexplained(item, places[0])

    def _right(
        self, item: HandedIn, place: Any, share: float, verdict: str = "right"
    ) -> Mark | None:
        """Return that it is right, if it is so; or right given what else is wrong."""
        for base in (self.true, self.current):
            right = base.grads[place]
            for scale in self._scales(place):
                off = difference(item.array, scale * right, self._noise(base, place, scale, item))
                if off > share or not self._scale_is_meant(item, place, base, scale):
                    continue
                if verdict == "right" and self._off(item, base, place, scale, share).any():
                    continue
                text = "right"
                if verdict == "rounding":
                    text = f"right but for rounding: it differs by {off:.1g} of the largest element"
                if not self.recording.is_parameter(place) and np.any(right):
                    self._prefer(scale)
                if scale != 1:
                    times = self.numbers.recognised(scale, 1e-9)
                    told = times[0].text if times else f"{scale:.6g}"
                    text += f", as {told} ∂J/∂{self.names.of(place)}"
                told = verdict
                if base is self.current and difference(right, self.true.grads[place]) > share:
                    same = self._same_factor(place, right)
                    if same is not None:
                        true = scale * self.true.grads[place]
                        mine = {"mine": item.array, "right": true, "line": item.line}
                        return replace(same, key=item.key, place=place, **mine)
                    told = "given"
                    text = f"right, given {self._wrong_above(place)}"
                elif type(place) is Node and self.current is not self.true:
                    self._go_on(given={place: right})
                return Mark(
                    item.key, told, text, place=place, mine=item.array,
                    right=scale * self.true.grads[place], line=item.line, scale=scale,
                )  # fmt: skip
        return None

    def _same_factor(self, place: Any, right: Any) -> Mark | None:
        """Return the mark of a parameter whose gradient is as many times too large as this one.

        This one does not follow from that one: put right, that leaves it wrong.
        """
        k = factor(right, self.true.grads[place], STRICT[8])
        useful = self.true.useful(place)
        if k is None or any(m.place in useful for m, _ in self.wrong if type(m.place) is Node):
            return None
        for mark, _ in self.wrong:
            if mark.factor is not None and abs(mark.factor - k) < 1e-6 * abs(k):
                said = mark.text.split(", as is all that follows")[0]
                return replace(mark, text=f"{said}, as {mark.key}")
        return None

    def _off(self, item: HandedIn, base: Pass, place: Any, scale: float, share: float) -> Any:
        return self.rounding.wrong(item.array, base, place, scale, item.size, share)

    def _wrong_in_small(self, item: HandedIn, place: Any, share: float) -> Mark | None:
        """Return that small elements are wrong, though the large ones are right."""
        for scale in self._scales(place):
            expected = scale * self.true.grads[place]
            if difference(item.array, expected) > share:
                continue
            wrong = self._off(item, self.true, place, scale, share)
            if not wrong.any():
                return None
            told = small_told(item.array, expected, wrong)
            noise = self.rounding.noise(self.true, place, scale, item.size)
            largest = np.unravel_index(np.abs(expected).argmax(), expected.shape)
            off = np.abs(item.array - expected)
            if not told and off[largest] > np.broadcast_to(noise, off.shape)[largest]:
                # As of a difference quotient, which is off alike everywhere.
                return self._right(item, place, share, "rounding")
            mark = Mark(
                item.key, "wrong" if told else "unexplained",
                f"only {elements_told(wrong)} wrong{told}", "some elements", place, item.array,
                expected, item.line, scale,
            )  # fmt: skip
            self.wrong.append((mark, None))
            return mark
        return None

    def _noise(self, base: Pass, place: Any, scale: float, item: HandedIn) -> float:
        """Return how large what a gradient is summed up from is, in units of double's rounding."""
        coarse = 1.0 if min(item.size, self.size) >= 8 else 1e8
        return scale * base.largest.get(place, 0.0) * coarse

    def _scale_is_meant(self, item: HandedIn, place: Any, base: Pass, scale: float) -> bool:
        """Return whether it is a matter of taste that a gradient is this multiple.

        It is none where what follows was computed from it as if it were in that of others.
        """
        if self.recording.is_parameter(place) or scale == self.convention or not self.waiting:
            return True
        given = {**self.current.given, place: item.array / self.convention}
        as_it_is = self._agreeing(Pass(self.recording, self.current.changes, given))
        return as_it_is - self._agreeing(base) < 2 or 2 * as_it_is <= len(self.waiting)

    def _agreeing(self, after: Pass) -> int:
        """Return how many of those that are not marked yet a pass gives."""
        return sum(
            self._agrees(a.item.array, after.grads[p], p, self._share(a.item))
            for a in self.waiting if a.item.array is not None for p in a.places[:1]
        )  # fmt: skip

    def _scales(self, place: Any) -> Sequence[float]:
        return self.scales[:1] if self.recording.is_parameter(place) else self.scales

    def _prefer(self, scale: float) -> None:
        """Take note in which multiple gradients on the way are written."""
        self.convention = scale
        if self.scales[0] == 1.0 and scale != 1.0:
            rest = [s for s in self.scales if s not in (1.0, scale)]
            self.scales[:] = [1.0, scale, *rest]

    def _wrong_above(self, place: Any) -> str:
        """Return what is wrong that a place's gradient is computed from."""
        useful = self.true.useful(place)
        nodes = [m.key for m, _ in self.wrong if type(m.place) is Node and m.place in useful]
        if nodes:
            return f"your {' and '.join(nodes[-2:])}"
        others = [
            m.key for m, fault in self.wrong
            if fault and any(node.parents[i] in useful for node, i in fault.changes)
        ]  # fmt: skip
        return f"what is wrong in {' and '.join(others[-2:]) or 'others'}"

    def _explained(self, item: HandedIn, place: Any, share: float, fault: Fault) -> Mark:
        right = fault.scale * self.true.grads[place]
        given = (
            self.current is not self.true
            and difference(self.current.grads[place], self.true.grads[place]) > share
        )
        text = fault.text
        if fault.also:
            text = f"either {text}; or {'; or '.join(fault.also)} (these numbers do not tell)"
        if given:
            text = f"given {self._wrong_above(place)}: {text}"
        mark = Mark(
            item.key, "wrong", text, fault.kind, place, item.array, right, item.line, fault.scale,
            fault.factor,
        )  # fmt: skip
        self.wrong.append((mark, fault))
        self._go_on(*self._taken_in(item, place, fault))
        return mark

    def _faults(self, item: HandedIn, place: Any, share: float) -> list[Fault]:
        found = self.search.faults(item.array, place, self.current, share)
        if not found and self.current is not self.true:
            found = self.search.faults(item.array, place, self.true, share)
        digits = -np.log10(share) * max(int(np.count_nonzero(self.true.grads[place])), 1)
        if digits < 7:  # one number of few digits: many things would explain it
            found = [f for f in found if f.cost < 1]
        return found

    def _best(self, found: Sequence[Fault], place: Any, item: HandedIn) -> Fault:
        """Return the fault that explains most of all that was handed in."""
        usual = self.convention
        if not self.recording.is_parameter(place):  # others are written in one multiple
            found = [f if f.scale == usual else replace(f, cost=f.cost + 0.03) for f in found]
        found = sorted(found, key=lambda f: f.cost)[:24]
        least = found[0].cost
        found = [f for f in found if f.cost < least + 1.5]
        others = [a for a in self.waiting if a.item.array is not None]
        scored = [
            (0 if n and self.clock.is_over() else self._score(f, place, item, others), f)
            for n, f in enumerate(found)
        ]
        score, best = max(scored, key=lambda pair: (pair[0], -pair[1].cost))
        alike = [
            f for s, f in scored
            if s == score and f is not best and f.cost < best.cost + 0.06
            and f.kind != best.kind and best.kind not in f.text
        ]  # fmt: skip
        if alike:
            return replace(best, also=tuple(dict.fromkeys(f.text for f in alike[:2])))
        return best

    def _score(self, fault: Fault, place: Any, item: HandedIn, others: Sequence[Asked]) -> int:
        """Return how many others a change explains, less those that are right without it."""
        asked = [(a.item, a.places[0]) for a in others] + self.fine
        changes, given = self._taken_in(item, place, fault)
        if not (changes or given) or not asked:
            return 0
        places = [p for _, p in asked]
        try:
            if given:
                after = self._after(changes, given).grads
            else:
                after = self.current.changed(changes, places)
        except DoesNotFit:
            return -1
        score = 0
        for each, p in asked:
            share = self._share(each)
            was = self._agrees(each.array, self.current.grads[p], p, share)
            was = was or self._agrees(each.array, self.true.grads[p], p, share)
            now = self._agrees(each.array, after[p], p, share)
            score += now and not was
            score -= 2 * (was and not now)
        return score

    def _agrees(self, mine: Any, right: Any, place: Any, share: float) -> bool:
        return any(difference(mine, k * right) <= share for k in self._scales(place))

    def _taken_in(self, item: HandedIn, place: Any, fault: Fault) -> tuple[Any, Any]:
        """Return with which changes, and gradients given, what comes later is judged."""
        given = {}
        if type(place) is Node and item.array.shape == place.shape:
            given[place] = item.array / fault.scale
        changes = {edge: rule for edge, rule in fault.changes.items() if edge[0] not in given}
        return changes, given

    def _after(self, changes: Any, given: Any) -> Pass:
        before = self.current
        return Pass(
            self.recording, {**before.changes, **dict(changes)}, {**before.given, **dict(given)}
        )

    def _go_on(self, changes: Any = (), given: Any = ()) -> None:
        self.current = self._after(changes, given)

    def _unexplained(self, item: HandedIn, place: Any) -> Mark:
        right = self.current.grads[place]
        mine = item.array
        if mine.shape != right.shape:
            text = f"wrong, I cannot say why: it has shape {mine.shape}, it is to be {right.shape}"
        else:
            scale = min(self._scales(place), key=lambda k: difference(mine, k * right))
            right = scale * right
            text = f"wrong, I cannot say why: {distance_told(mine, right)}"
        if self.clock.ran_out:
            text += (
                f"; time was over before all was tried: time_limit={self.clock.seconds:g}, write"
                " more, or None"
            )
        mark = Mark(
            item.key, "unexplained", text, "unexplained", place, mine, self.true.grads[place],
            item.line,
        )  # fmt: skip
        self.wrong.append((mark, None))
        if type(place) is Node and mine.shape == place.shape:
            self._go_on(given={place: mine / self._scale_that_fits(place, mine)})
        return mark

    def _scale_that_fits(self, place: Any, mine: Any) -> float:
        """Return how many times a gradient was written, as far as what follows from it tells."""

        def fitting(scale: float) -> int:
            given = {**self.current.given, place: mine / scale}
            return self._agreeing(Pass(self.recording, self.current.changes, given))

        return max([self.convention, *self.scales], key=fitting)
