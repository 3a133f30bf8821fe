"""Is what a gradient rule returned right? Asked of the kernel, at what it was called with."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.dispatch import apply
from tensorgraph.engine.modes import mode
from tensorgraph.engine.observers import Backward
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.engine.shapes import sum_to
from tensorgraph.errors import DTypeError, GradcheckError
from tensorgraph.ops import where
from tensorgraph.testing.numeric.gradcheck import gradcheck
from tensorgraph.testing.plain_arrays import largest, read_only
from tensorgraph.testing.plugin.recorded_calls import RecordedCall, plain
from tensorgraph.testing.plugin.snippets import of_call
from tensorgraph.transforms.gradients import grad

_STEP = 1e-30
_FEW = 64
"""Of more results than this of an elementwise operation of the engine a sample is judged."""
_SAMPLED = 24
"""So many elements are a sample; each at a kink is looked at by itself, which takes long."""
_LARGE = 256
"""Among more elements than this some are close to kinks; a sample is judged where they are."""
_ROUNDED = 3
"""So often is all rounded at random, to see how far that leads."""
_BESIDE, _NEARBY = 1e-9, 0.01
"""How far elements are moved, in parts of the largest: off ties alone, and off what is close."""


class UnjudgedError(Exception):
    """The numbers do not tell: infinities, a kernel that returns other values, a jump."""


def fault(call: RecordedCall, event: Backward, order: int) -> str:
    """Return what is wrong with what a gradient rule returned, or nothing.

    Args:
        call: the call that its node was recorded by.
        event: its run.
        order: 2 if its own derivative has to be right, too.

    Raises:
        UnjudgedError: nobody knows.
    """
    rule = _Rule(call, event, order)
    with mode(observer=None, recording=True, lines=False):
        found = (
            rule.fed_with_other_values()
            or rule.not_the_same_again()
            or rule.wrong_in_float64()
            or rule.wrong_in_single_precision()
        )
    return found and f"{found}{rule.place()}"


class _Rule:
    """One gradient rule's one run."""

    def __init__(self, call: RecordedCall, event: Backward, order: int) -> None:
        self.call, self.node, self.i = call, event.node, event.i
        self.name = f"{call.op.name!r}: the gradient rule for {call.name(event.i)!r}"
        self.g, self.result = np.asarray(plain(event.g)), np.asarray(plain(event.result))
        self.saved = [plain(value) for value in event.saved]
        self.order = order
        self.rule = dict(self.node.plan.rules)[self.i]

    def place(self) -> str:
        """Return where the operation was called, where its rule stands, and what repeats this."""
        rule = getattr(self.call.op.rule_word(self.i), "__code__", None)
        stands = f"\n  rule at   {rule.co_filename}:{rule.co_firstlineno}" if rule else ""
        return f"{self.call.told()}{stands}\n{of_call(self.call, self.i)}"

    # ------------------------------------------------------------------------------------ promises

    def fed_with_other_values(self) -> str:
        """What was kept in the forward pass is what the rule was fed with."""
        k = self.call.changed(self.saved)
        if k is None:
            return ""
        return (
            f"{self.name} was fed with other values than the forward pass had: {self.call.name(k)}"
            " was written to in between; give tensors copies, by tg.tensor(array), not the"
            " array itself, as tg.asarray(array) does"
        )

    def not_the_same_again(self) -> str:
        """The rule writes to nothing it is given, and returns the same for the same."""
        self._require_finite(self.g, self.result, *self.saved)
        try:
            again = self._pulled(_frozen(self.g), [_frozen(value) for value in self.saved])
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            return (
                f"{self.name} writes to what it is given ({error}), which others use too; write"
                " g * 2 for g *= 2"
            )
        scale = largest(again)
        off = largest(again - self.result)
        if off <= 256 * np.finfo(self.result.dtype).eps * scale:
            return ""
        return (
            f"{self.name} returned other values than it does when it is run again on the same, off"
            f" by {off:.2g} of {scale:.2g}: it depends on something that changes"
        )

    def wrong_in_float64(self) -> str:
        """The rule, computed in float64, is the derivative of the kernel."""
        self._compute_in_float64()
        if self._agrees_with_complex_step(self.operands, self.pulled) and self.order == 1:
            return ""
        if _is_elementwise(self.call.op) and self.out.size > _FEW:
            chosen = self._sample(self.out.shape)
            return self._depends_on_size(chosen) or self._wrong(*self._of_elements(chosen))
        x = self.operands[self.i]
        if np.size(x) <= _LARGE:
            return self._wrong(x, self._as_function(self.operands))
        return self._wrong_nearby() or self._wrong(*self._of_part(self._sample(x.shape)))

    def _wrong(self, x: Array, f: Any) -> str:
        """Let gradcheck judge the rule in a function of an operand, or of some elements of it."""
        rtol = 1e-9 if self.result.dtype == np.float64 else 1e-6
        try:
            gradcheck(f, x, order=self.order, rtol=rtol)
        except GradcheckError as error:
            told = str(error).removeprefix("gradcheck: ")
            if "is wrong" not in told:
                raise UnjudgedError(told) from None
            lines = told.replace("argument 0 (x)", self.call.name(self.i)).split("\n")
            return "\n".join([f"{self.name} is wrong", f"  {lines[0]}", *lines[1:]])
        except (DTypeError, ValueError, ArithmeticError) as error:
            raise UnjudgedError(str(error)) from None
        return ""

    def wrong_in_single_precision(self) -> str:
        """What it returned in a narrower dtype is what it returns in float64, but for rounding."""
        if self.result.dtype == np.float64:
            return ""
        eps = float(np.finfo(self.result.dtype).eps)
        off, scale = largest(self.pulled - self.result), largest(self.pulled)
        if self._explained(off, scale, eps):
            return ""
        return (
            f"{self.name} returned in {self.result.dtype} what is off by {off:.2g} of {scale:.2g}"
            " from what it returns in float64, more than rounding explains"
        )

    # -------------------------------------------------------------------------------- computations

    def _pulled(self, g: Array, saved: Sequence[Any]) -> Array:
        """Return what the rule makes of a gradient, in the shape of the operand."""
        gradient = np.asarray(plain(self.rule(g, saved, self.node, self.i)))
        shape = self.node.parents[self.i].shape
        return gradient if gradient.shape == shape else sum_to(gradient, shape)

    def _compute_in_float64(self) -> None:
        self.operands = [_double(value) for value in self.call.operands]
        self.wide = _double(self.g)
        self.out = self._computed(self.operands)
        if self.out.dtype != np.float64:
            raise UnjudgedError(f"{self.call.op.name} computes in {self.out.dtype}")
        self._require_finite(self.out, *self.operands)
        if not np.allclose(self.out, self._computed(self.operands), 1e-10, 0):
            raise UnjudgedError(f"{self.call.op.name} returns other values each time")
        self.pulled = self._pulled_from(self.operands, self.out)

    def _pulled_from(self, operands: Sequence[Any], out: Array, g: Array | None = None) -> Array:
        keep = self.node.plan.keep
        saved = [v if k in keep else None for k, v in enumerate([*operands, out])]
        return self._pulled(self.wide if g is None else g, saved if keep else ())

    def _computed(self, operands: Sequence[Any]) -> Array:
        return np.asarray(self.call.op.compute(operands, self.call.static))

    def _wrong_nearby(self) -> str:
        """Judge all elements of a large operand where none is at a tie, nor close to one."""
        beside = self._moved(_BESIDE)
        if beside and self.order == 1 and self._agrees_with_complex_step(*beside):
            return ""
        operands, _ = self._moved(_NEARBY) or (self.operands, None)
        return self._wrong(operands[self.i], self._as_function(operands))

    def _moved(self, distance: float) -> tuple[Sequence[Any], Array] | None:
        """Return operands nearby, and the gradient there; nothing where it is not defined."""
        x = self.operands[self.i]
        rng = np.random.default_rng(1)
        moved = x + rng.uniform(-distance, distance, x.shape) * (self._unit() or 1.0)
        operands = [*self.operands[: self.i], moved, *self.operands[self.i + 1 :]]
        out = self._computed(operands)
        return (operands, self._pulled_from(operands, out)) if np.isfinite(out).all() else None

    def _sample(self, shape: tuple[int, ...]) -> Array:
        """Return which elements to look at: of each value one first, those at jumps and repeated.

        A rule that is wrong at one value, as at a kink, jumps there; what is smooth does not.
        """
        x = self.operands[self.i]
        _, beside = self._moved(_BESIDE) or (x, self.pulled)
        jumps = np.broadcast_to(np.abs(beside - self.pulled), shape).reshape(-1)
        values = np.broadcast_to(x, shape).reshape(-1)
        random = np.random.default_rng(0).permutation(values.size)
        order = random[np.lexsort((-jumps[random], values[random]))]
        _, first, counts = np.unique(values[order], return_index=True, return_counts=True)
        distinct = order[first]
        ranked = [
            distinct[np.argsort(-jumps[distinct], kind="stable")][: _SAMPLED // 2],
            distinct[np.argsort(-counts, kind="stable")][: _SAMPLED // 2],
            random,
        ]
        return np.array(list(dict.fromkeys(np.concatenate(ranked).tolist()))[:_SAMPLED])

    def _depends_on_size(self, chosen: Array) -> str:
        """Of some elements alone, an elementwise rule makes what it makes of them among all."""
        g = np.zeros_like(self.wide)
        g.flat[chosen] = self.wide.flat[chosen]
        among_all = self._pulled_from(self.operands, self.out, g)
        x, f = self._of_elements(chosen)
        alone = np.zeros_like(self.wide)
        alone.flat[chosen] = plain(grad(f)(x))
        off, scale = largest(among_all - sum_to(alone, among_all.shape)), largest(alone)
        if self._explained(off, scale, float(np.finfo(np.float64).eps)):
            return ""
        return (
            f"{self.name} is wrong: of {len(chosen)} elements among {g.size} it makes what is off"
            f" by {off:.2g} of {scale:.2g} from what it makes of the same elements alone"
        )

    def _agrees_with_complex_step(self, operands: Sequence[Any], pulled: Array) -> bool:
        """Return whether one derivative, along a random direction, is the kernel's for sure."""
        x = operands[self.i]
        rng = np.random.default_rng(0)
        d = rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape) * (self._unit() or 1)
        moved = list(operands)
        moved[self.i] = x + 1j * _STEP * d
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                out = self._computed(moved)
        except Exception:  # the kernel is not written for complex numbers
            return False
        if out.dtype.kind != "c":
            return False
        terms = (self.wide * out.imag / _STEP).reshape(-1), (pulled * d).reshape(-1)
        slopes = [float(np.sum(part)) for part in terms]
        sizes = [float(np.sum(np.abs(part))) for part in terms]
        lengths = [float(np.linalg.norm(part)) for part in terms]
        margin = 1e-13 * sum(sizes) + 1e-11 * max(lengths)
        return abs(slopes[0] - slopes[1]) <= margin

    def _as_function(self, operands: Sequence[Any], g: Array | None = None) -> Any:
        """Return the number that the gradient is the derivative of, as a function of x."""
        op, i, g = self.call.op, self.i, self.wide if g is None else g

        def f(x: Any) -> Any:
            return (apply(op, (*operands[:i], x, *operands[i + 1 :]), self.call.static) * g).sum()

        return f

    def _of_elements(self, chosen: Array) -> tuple[Array, Any]:
        """Return some elements of an elementwise operation's operand, and a function of these."""
        operands = [_chosen(value, self.out.shape, chosen) for value in self.operands]
        return operands[self.i], self._as_function(operands, self.wide.reshape(-1)[chosen])

    def _of_part(self, chosen: Array) -> tuple[Array, Any]:
        """Return some elements of the operand, and the same of them where the others stay."""
        x, f = self.operands[self.i], self._as_function(self.operands)
        is_chosen, place = np.zeros(x.shape, bool), np.zeros(x.shape, int)
        is_chosen.flat[chosen] = True
        place.flat[chosen] = np.arange(len(chosen))
        return x.reshape(-1)[chosen], lambda part: f(where(is_chosen, part[place], x))

    def _unit(self) -> float:
        return largest(self.operands[self.i])

    def _explained(self, off: float, scale: float, eps: float) -> bool:
        """Return whether rounding explains how far a gradient is off."""
        few = 64 * eps * scale + float(np.finfo(self.result.dtype).tiny)
        return off <= few or off <= few + 30 * self._moved_by_rounding(eps)

    def _moved_by_rounding(self, eps: float) -> float:
        """Return how much the gradient changes where all that it is made of is rounded a little."""
        rng = np.random.default_rng(0)

        def rounded(value: Any) -> Any:
            near = _is_floating(value)
            return value * (1 + eps * rng.uniform(-1, 1, value.shape)) if near else value

        moved = 0.0
        for _ in range(_ROUNDED):
            near = [rounded(value) for value in self.operands]
            pulled = self._pulled_from(near, rounded(self._computed(near)), rounded(self.wide))
            self._require_finite(pulled)
            moved = max(moved, largest(pulled - self.pulled))
        return moved

    def _require_finite(self, *values: Any) -> None:
        for value in values:
            if _is_floating(value) and not np.isfinite(value).all():
                raise UnjudgedError(f"{self.call.op.name} meets values that are not finite")


def _is_elementwise(op: Op) -> bool:
    """Return whether each element is computed by itself; a user's record may only say so."""
    return op.family == "elementwise" and REGISTRY.get(op.name) is op


def _is_floating(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f"


def _double(value: Any) -> Any:
    return _frozen(np.asarray(value, np.float64)) if _is_floating(value) else value


def _frozen(value: Any) -> Any:
    """Return a read-only copy of an array, or another value as it is."""
    return read_only(value.copy()) if isinstance(value, np.ndarray) else value


def _chosen(value: Any, shape: tuple[int, ...], elements: Array) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return _frozen(np.broadcast_to(value, shape).reshape(-1)[elements])
