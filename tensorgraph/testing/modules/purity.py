"""Promises of inputs: they are not changed, in any layout, and their precision is the results'."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.modes import MODE, mode
from tensorgraph.engine.observers import Forward, Observer
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import listing
from tensorgraph.nn.module import Module
from tensorgraph.testing.modules.differences import Ran, difference, here, traced, user_line
from tensorgraph.testing.modules.subject import (
    ModuleSubject,
    Results,
    Subject,
    arrays_of,
    parameter_places,
    seeded,
    tensors_of,
)
from tensorgraph.testing.plain_arrays import largest
from tensorgraph.testing.promises import NotAsked


def inputs_stay(subject: Subject) -> str:
    """Arrays that go in are not written to."""
    for training in subject.modes:
        leaves = [np.array(x) if isinstance(x, np.ndarray) else x for x in subject.given()]
        before = [np.array(x) if isinstance(x, np.ndarray) else x for x in leaves]
        f = subject.fresh(training=training)
        try:
            with seeded(0):
                f(*subject.arguments(leaves))
        except Exception as error:  # nobody said that it takes arrays
            first = str(error).partition("\n")[0]
            raise NotAsked(f"of arrays it makes {type(error).__name__}: {first}") from error
        for name, old, new in zip(subject.names, before, leaves, strict=True):
            if isinstance(new, np.ndarray) and not np.array_equal(old, new, equal_nan=True):
                raise AssertionError(
                    f"the input {name} is written to: of {old.size} numbers"
                    f" {int(np.sum(old != new))} are others after a call; write x = x - … for"
                    " x -= …, and give no out= that is an input"
                )
    return ""


def layouts_give_the_same(subject: Subject) -> None:
    """Arrays in any order of memory, and read-only ones, give the same."""
    leaves = subject.given()
    expected = subject.outputs(subject.fresh(), leaves)
    odd = [_odd(x) if isinstance(x, np.ndarray) else x for x in leaves]
    if told := difference(subject.outputs(subject.fresh(), odd), expected):
        raise AssertionError(f"for strided, read-only arrays {told}")


def _odd(array: Array) -> Array:
    """Return the same numbers at every other place, in Fortran's order, not to be written to."""
    if not array.ndim:
        return array
    strided: Array = np.asfortranarray(np.repeat(array, 2, axis=-1))[..., ::2]
    strided.setflags(write=False)
    return strided


def precisions_agree(subject: Subject) -> str:
    """float32 in gives float32 out, gradients too, close to what float64 gives."""
    worst = 0.0
    leaves = subject.given("float32")
    if not subject.floating() and not isinstance(subject, ModuleSubject):
        raise NotAsked("no input is floating-point")
    if isinstance(subject, ModuleSubject):
        _require_single_as_given(subject, leaves)
    for training in subject.modes:
        single, double = (subject.fresh(dtype, training) for dtype in ("float32", "float64"))
        if isinstance(single, Module) and isinstance(double, Module):
            double.load_state_dict(single.state_dict())
        variables = subject.variables(leaves)
        widening = _Widening()
        with mode(observer=widening):
            returned = subject.tensors(single, variables)
        found = arrays_of(returned)
        _require_single(found, widening)
        _require_single_gradients(subject, single, returned, variables)
        wide = [x.astype(np.float64) if _is_real(x) else x for x in leaves]
        expected = subject.outputs(double, wide)
        for place, a in expected.items():
            if a.dtype.kind == "f" and a.dtype != np.float64:
                raise AssertionError(
                    f"{place} is {a.dtype} where all that goes in is float64: does a constant or"
                    f" .astype(…) in the code say so?{_narrowed(subject, wide, training)}"
                )
        if traced(lambda f=single: subject.tensors(f, leaves)).draws:  # type: ignore[misc]
            continue  # in each precision other numbers are drawn
        margins = _rounding(subject, training, wide, expected)
        for place, b in expected.items():
            if told := difference({place: found[place]}, {place: b}, 1e-5, margins[place]):
                raise AssertionError(f"in float32 it differs from float64: {told}")
            if b.dtype.kind == "f" and b.size:
                size = largest(b) or 1.0
                worst = max(worst, largest(found[place] - b) / size)
    return f"to {worst:.0e}" if worst else ""


def _rounding(
    subject: Subject, training: bool, leaves: list[Any], expected: Results
) -> dict[str, float]:
    """Return how much results may change by rounding: measured by moving all that goes in."""
    changed = dict.fromkeys(expected, 0.0)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        f = subject.fresh(training=training)
        if isinstance(f, Module):
            for parameter in f.parameters():
                parameter.assign(_nudged(parameter.numpy(), rng))
        moved = [_nudged(x, rng) if _is_real(x) else x for x in leaves]
        with np.errstate(all="ignore"):
            for place, a in subject.outputs(f, moved).items():
                if place in expected and a.shape == expected[place].shape and a.size:
                    distance = largest(a.astype(float) - expected[place])
                    changed[place] = max(changed[place], distance)
    return {place: 100 * distance for place, distance in changed.items()}


def _nudged(array: Array, rng: np.random.Generator) -> Array:
    return np.asarray(array * (1 + 2.0**-24 * rng.choice([-1.0, 1.0], array.shape)), array.dtype)


def _is_real(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


class _Widening(Observer):
    """Keeps the first operation that makes float64 of float32, and what did it."""

    def __init__(self) -> None:
        self.first = ""

    def forward(self, event: Forward) -> None:
        if self.first or event.out.dtype != np.float64:
            return
        kinds = [getattr(a, "dtype", None) for a in event.arrays]
        wide = [np.shape(a) for a, kind in zip(event.arrays, kinds, strict=True) if _wide(kind)]
        what = f", which meets {_a_wide(wide[0])}" if wide else ""
        ran = Ran(event.op.name, MODE.get().scope, user_line(), event.out)
        self.first = f"\nfirst in {ran}{what}"


def _a_wide(shape: tuple[int, ...]) -> str:
    return f"a float64 array of shape {shape}" if shape else "a single float64 of NumPy's"


def _wide(kind: Any) -> bool:
    return kind is not None and kind.itemsize >= 8


def _require_single_as_given(subject: ModuleSubject, leaves: list[Any]) -> None:
    """Ask it of the module as it is, not brought to float32, if its parameters are float32."""
    if {p.dtype for p in subject.module.parameters()} != {np.dtype(np.float32)}:
        return
    module = copy.deepcopy(subject.module).eval()
    where = parameter_places(module)
    wide = [where[path] for path, t in module.named_buffers() if t.dtype == np.float64]
    widening = _Widening()
    with mode(observer=widening):
        found = arrays_of(subject.tensors(module, subject.variables(leaves)))
    held = f"\nfloat64 is {listing(wide)}" if wide else ""
    _require_single(found, widening, held)


def _require_single(found: Results, widening: _Widening, held: str = "") -> None:
    for place, a in found.items():
        if a.dtype.kind == "f" and a.dtype != np.float32:
            raise AssertionError(
                f"{place} is {a.dtype} where all that goes in is float32{held}{widening.first};"
                " write numbers as Python has them, 0.1 or math.sqrt(2) for np.sqrt(2), and arrays"
                " by .astype(x.dtype)"
            )


def _require_single_gradients(
    subject: Subject, f: Callable[..., Any], returned: Any, variables: list[Any]
) -> None:
    results = tensors_of(returned)
    if not results:
        return
    named = {subject.names[i]: x for i, x in enumerate(variables) if type(x) is Tensor}
    named = {f"the input {name}": x for name, x in named.items()}
    if isinstance(f, Module):
        where = parameter_places(f)
        named |= {where[path]: tensor for path, tensor in f.named_parameters()}
    sum((r.sum() for r in results[1:]), results[0].sum()).backward()
    for name, tensor in named.items():
        if tensor.grad is not None and tensor.grad.dtype != np.float32:
            raise AssertionError(f"the gradient by {name} is {tensor.grad.dtype}, not float32")


def _narrowed(subject: Subject, leaves: list[Any], training: bool) -> str:
    narrowing = _Narrowing()
    with mode(observer=narrowing):
        subject.tensors(subject.fresh(training=training), subject.variables(leaves))
    return narrowing.first


class _Narrowing(Observer):
    """Keeps the first operation that makes float32 of float64."""

    def __init__(self) -> None:
        self.first = ""

    def forward(self, event: Forward) -> None:
        narrow = event.out.dtype.kind == "f" and event.out.dtype != np.float64
        if not self.first and narrow:
            self.first = f"\nfirst in {event.op.name}, {here()}"
