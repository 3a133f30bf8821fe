"""What ``tg.diff`` returns of two graphs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tensorgraph.differences.graph_changes import Change, label_of
from tensorgraph.differences.graph_pairs import Pairs
from tensorgraph.differences.graph_picture import scene_of_both
from tensorgraph.differences.graph_side import Side
from tensorgraph.differences.graph_values import Compared, ValueDifference
from tensorgraph.differences.one_order import Both, in_one_order
from tensorgraph.differences.result import Difference, Line, counted, excerpt
from tensorgraph.drawing.picture import Picture
from tensorgraph.drawing.scene.scene import Box
from tensorgraph.drawing.view.colour import DIFFERENCE
from tensorgraph.drawing.view.fold import MAX_NODES
from tensorgraph.drawing.view.options import TITLE_SIZE, Options
from tensorgraph.drawing.view.wording import SHOWN

MOST = 60
"""So many lines of operations are told at most,"""
SOME = 8
"""and so many of leaves, and of gradients."""


@dataclass(frozen=True)
class Part:
    """An operation that only one of two graphs has."""

    op: str
    settings: str
    shape: tuple[int, ...]
    name: str
    """What its result is called; mostly empty."""
    path: str
    """The module that it runs in."""
    line: str
    """Where in the code, as far as that was recorded: in ``tg.debug()``."""


class GraphDifference(Difference):
    """What two graphs do not have in common: operations, and what these compute.

    It is false where they are the same, so that ``assert not tg.diff(a, b)`` prints what differs.

    Attributes:
        added: the operations that only the second graph has.
        removed: those that only the first one has.
        changed: what is not alike in operations and leaves that match, in words.
        renamed: names of leaves in the first and in the second, which is no difference.
        values: leaves that hold other numbers, results, outputs and gradients that differ, and the
            ``first`` results that do; ``None`` where no values were compared.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> found = tg.diff(tg.relu(x).sum(), tg.tanh(x).sum())
        >>> found.changed, found.added
        (['relu → tanh'], [])
    """

    def __init__(
        self,
        a: Side,
        b: Side,
        pairs: Pairs,
        changes: Sequence[Change],
        renamed: Sequence[tuple[str, str]],
        values: Compared | None,
        structure: bool,
    ) -> None:
        self._a, self._b, self._pairs, self._changes = a, b, pairs, changes
        self._structure = structure
        self.values, self.renamed = values, list(renamed)
        self.added = [_part(b, k) for k in b.ops if k not in pairs.of_b]
        self.removed = [_part(a, k) for k in a.ops if k not in pairs.of_a]
        self.changed = [change.text for change in changes]

    # ----------------------------------------------------------------------------- what is said

    def __bool__(self) -> bool:
        of_structure = self._structure and self._is_other
        return bool(of_structure or self._values_differ)

    @property
    def _is_other(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    @property
    def _values_differ(self) -> bool:
        found = self.values
        if found is None:
            return False
        if self._structure:
            parts = (found.leaves, found.results, found.outputs, found.gradients, found.missing)
            return any(map(bool, parts))
        is_other = found.leaves or found.outputs or self._leaf_gradients() or self._missing(found)
        return bool(is_other) or found.counts[0] != found.counts[1]

    def _leaf_gradients(self) -> list[ValueDifference]:
        found = self.values.gradients if self.values is not None else []
        return [each for each in found if self._b.boxes[each.b].is_leaf]

    def _missing(self, found: Compared) -> list[tuple[int, int]]:
        """Return where a gradient flows in one graph only; of leaves, if structure is none."""
        return [(x, y) for x, y in found.missing if self._structure or self._b.boxes[y].is_leaf]

    def lines(self) -> list[Line]:
        """Return what stands in the text: a headline, operations, values, gradients."""
        found = [Line(self._headline())]
        if self._structure:
            found += self._operations()
        if self.values is not None:
            found += self._values(self.values)
        if self.renamed and self:
            told = ", ".join(f"{x} → {y}" for x, y in self.renamed[:SOME])
            more = f" and {len(self.renamed) - SOME:,} more" if len(self.renamed) > SOME else ""
            found.append(Line(f"renamed, which is no difference: {told}{more}"))
        return found

    def _headline(self) -> str:
        same = sum(1 for k in self._pairs.of_b if not self._b.boxes[k].is_leaf)
        what = " and ".join(filter(None, dict.fromkeys((self._a.scene.title, self._b.scene.title))))
        start = f"{what}: " if what else ""
        if not self:
            values = ", and so are all values" if self.values is not None else ""
            alike = f"the same: {counted(same, 'operation')}{values}"
            if not self._structure and self._is_other:
                alike = "they compute the same, by other operations"
                if self.values is None:
                    alike = "not compared: values are, where operations are not"
            return start + alike
        parts = []
        if self._structure:
            ops = {c.b for c in self._changes if not self._b.boxes[c.b].is_leaf}
            counts = {"added": len(self.added), "removed": len(self.removed), "changed": len(ops)}
            parts = [f"{n:,} {word}" for word, n in counts.items() if n]
            leaves = {c.b for c in self._changes} - ops
            parts += [f"{counted(len(leaves), 'leaf').replace('leafs', 'leaves')} changed"] * bool(
                leaves
            )
            same -= len(ops)
            parts += [f"{counted(same, 'operation')} the same"] if same else []
            parts = [", ".join(parts)]
        if self._values_differ:
            found = self.values
            assert found is not None
            is_result = found.outputs or found.counts[0] != found.counts[1]
            what = "results" if is_result else "values" if found.results else "gradients"
            what = "leaves" if not (is_result or found.results) and found.leaves else what
            parts.append(f"{what} differ")
        return start + "; ".join(parts)

    # -------------------------------------------------------------------------------- operations

    @cached_property
    def _order(self) -> list[Both]:
        return in_one_order(self._a, self._b, self._pairs)

    def _operations(self) -> Iterator[Line]:
        """Yield lines of operations like those of two files, with one around each that differs."""
        texts: dict[int, list[str]] = defaultdict(list)
        for change in self._changes:
            texts[change.b].append(change.text)
        yield from self._leaf_lines(texts)
        ops = [part for part in self._order if not self._box(part).is_leaf]
        lines = [self._line(part, texts) for part in ops]
        yield from excerpt(lines, "operation", MOST)

    def _leaf_lines(self, texts: dict[int, list[str]]) -> Iterator[Line]:
        """Yield what changed of leaves; the same change of many is one line."""
        leaves = {k: said for k, said in texts.items() if self._b.boxes[k].is_leaf}
        counts = Counter(text for said in leaves.values() for text in said)
        told: set[str] = set()
        for k, said in leaves.items():
            for text in said:
                if counts[text] <= 3:
                    one = self._a.boxes[self._pairs.of_b[k]]
                    yield Line(f"{_leaf_name(one, self._b.boxes[k])}: {text}", "~")
                elif text not in told:
                    told.add(text)
                    names = [label_of(self._b.boxes[i]) for i, t in leaves.items() if text in t]
                    some = ", ".join(names[:3])
                    yield Line(f"{len(names):,} leaves: {text} ({some}, …)", "~")

    def _box(self, part: Both) -> Box:
        return self._b.boxes[part.b] if part.b is not None else self._a.boxes[part.a or 0]

    def _sign(self, part: Both, texts: dict[int, list[str]]) -> str:
        if part.b is None:
            return "−"
        return "+" if part.a is None else "~" if part.b in texts else ""

    def _line(self, part: Both, texts: dict[int, list[str]]) -> Line:
        side, k = (self._b, part.b) if part.b is not None else (self._a, part.a)
        assert k is not None
        sign = self._sign(part, texts)
        said = f": {'; '.join(texts[k])}" if sign == "~" else ""
        return Line(f"{_written(side, k)}{said}{_where(side, k)}", sign)

    # ------------------------------------------------------------------------------------- values

    def _values(self, found: Compared) -> Iterator[Line]:
        yield from self._told(found.leaves, "")
        first = found.first
        if first is not None:
            if found.last is not None:
                k = found.last[1]
                yield Line(f"values agree up to {_written(self._b, k)}{_where(self._b, k)}")
            place = f"{_written(self._b, first.b)}{_where(self._b, first.b)}"
            there = f"{_written(self._a, first.a)}{_where(self._a, first.a)}"
            yield Line(f"first differs here: {place}", "≠")
            if there != place:
                yield Line(f"in the first graph: {there}")
            why = "; all it is computed from agrees" if first.starts else ""
            yield Line(f"{first.found}{why}")
        for each in found.outputs:
            if first is None or each.b != first.b:
                yield Line(f"result {label_of(self._b.boxes[each.b])}: {each.found}", "≠")
        before, now = found.counts
        if before != now:
            yield Line(f"results: {before} → {now}", "≠")
        yield from self._gradients(found)
        for one, k in self._missing(found)[:SOME]:
            which = "first" if self._a.boxes[one].differentiable else "second"
            name = _leaf_name(self._a.boxes[one], self._b.boxes[k])
            yield Line(f"∂{name}: a gradient flows in the {which} only", "≠")
        for side, which, ks in zip(
            (self._a, self._b), ("first", "second"), found.alone, strict=True
        ):
            if ks and not self._structure:
                names = ", ".join(label_of(side.boxes[k]) for k in ks[:SOME])
                yield Line(f"nothing to compare with: gradients of {names}, in the {which} only")

    def _gradients(self, found: Compared) -> Iterator[Line]:
        ranked = sorted(found.gradients, key=lambda each: not each.starts)
        if not self._structure:
            ranked = self._leaf_gradients()
        if found.results:  # and so gradients are others, of course
            begun = [each for each in ranked if each.starts]
            count = len(ranked) - len(begun)
            ranked = begun
            if count:
                verb = "gradient follows" if count == 1 else "gradients follow"
                yield Line(f"{count:,} {verb}", "≠")
        yield from self._told(ranked, "∂")

    def _told(self, found: Sequence[ValueDifference], before: str) -> Iterator[Line]:
        for each in found[:SOME]:
            box = self._b.boxes[each.b]
            starts = "; it begins here" if each.starts and before else ""
            yield Line(f"{before}{label_of(box)}: {each.found}{starts}", "≠")
        if len(found) > SOME:
            what = "gradients" if before else "leaves"
            yield Line(f"… {len(found) - SOME:,} more {what} that differ")

    # ------------------------------------------------------------------------------------ picture

    def render(
        self,
        *,
        direction: str = "down",
        depth: int | None = None,
        expand: Any = (),
        max_nodes: int = MAX_NODES,
        engine: str = "own",
        theme: str = "auto",
        font: str = "",
        font_size: float = TITLE_SIZE,
        title: str | None = None,
        show: Any = SHOWN,
        legend: bool = True,
    ) -> Picture:
        """Return both graphs as one picture: added green, removed red and dashed, changed amber.

        Signs say the same as colours: ``+``, ``−``, ``~``. Of large graphs what is far from all
        differences is one box. All options are those of :func:`tg.render`.

        Example:
            >>> import tensorgraph as tg
            >>> x = tg.tensor([1.0, -2.0], requires_grad=True)
            >>> tg.diff(tg.relu(x).sum(), tg.tanh(x).sum()).render()
            <picture: 3 boxes, 2 operations>
        """
        options = Options(
            backward=False,
            depth=depth,
            expand=expand,
            values=False,
            formulas=False,
            max_nodes=max_nodes,
            direction=direction,
            color_by=DIFFERENCE,
            engine=engine,
            theme=theme,
            font=font,
            font_size=font_size,
            title=title,
            show=show,
            legend=legend,
        )
        told = self._labels()
        scene = scene_of_both(self._a, self._b, self._pairs, self._order, told)
        return Picture(scene, None, options)

    def _labels(self) -> dict[int, list[str]]:
        """Return what is written on boxes that match and are not alike."""
        told: dict[int, list[str]] = defaultdict(list)
        for change in self._changes:
            told[change.b].append("~ changed" if change.what == "op" else f"~ {change.text}")
        if self.values is not None:
            for each in self.values.leaves:
                told[each.b].append(f"≠ {each.found.ends}")
            first = self.values.first
            if first is not None:
                told[first.b].append(f"≠ first differs here: {first.found.ends}")
        return told

    def _repr_html_(self) -> str:
        return super()._repr_html_() + (self.render().svg() if self else "")


def _part(side: Side, k: int) -> Part:
    box = side.boxes[k]
    path = "" if box.call is None else side.scene.calls[box.call].path
    return Part(box.op, box.settings, box.shape, box.name or "", path, box.line or "")


def _leaf_name(one: Box, other: Box) -> str:
    """Return what a leaf is called in the second graph, or else in the first."""
    return label_of(other if other.name else one)


def _written(side: Side, k: int) -> str:
    """Return an operation as it is called: ``h = linear(x, weight, bias)``."""
    box = side.boxes[k]
    taken = [label_of(side.boxes[wire.source]) for wire in box.wires]
    inside = ", ".join([*taken, *([box.settings] if box.settings else [])])
    return f"{box.name} = {box.op}({inside})" if box.name else f"{box.op}({inside})"


def _where(side: Side, k: int) -> str:
    """Return in which module an operation runs, and at which line."""
    box = side.boxes[k]
    call = None if box.call is None else side.scene.calls[box.call]
    place = f"  in {call.path} {call.type}".rstrip() if call is not None else ""
    return place + (f"  at {box.line}" if box.line else "")
