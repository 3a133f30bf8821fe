"""Declaring an operation of one's own: ``tg.op``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, overload

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.declaration_checks import check_code, static_defaults
from tensorgraph.engine.numeric_rule import NumericRule
from tensorgraph.engine.op import Op, OpFunction
from tensorgraph.engine.rule import RuleFunction, Word
from tensorgraph.numeric.followed import looks_elementwise

if TYPE_CHECKING:  # tensors stand above the records
    from tensorgraph.engine.function_types import Function, P
    from tensorgraph.engine.operands import MakesTensor, Operand, Plain
    from tensorgraph.engine.tensor import Tensor

Q = ParamSpec("Q")


class DeclaredOp(OpFunction, Protocol):
    """An operation that a user declared, as a function."""

    @overload
    def __call__(self, *args: MakesTensor, **static: Any) -> Tensor: ...
    @overload
    def __call__(self, *args: Plain, **static: Any) -> Any: ...
    @overload
    def __call__(self, *args: Operand, **static: Any) -> Tensor: ...


@overload
def op(
    name: str,
    kernel: Function[Any, P],
    vjp: Mapping[str, RuleFunction[Q] | Word] | None = None,
    **fields: Any,
) -> DeclaredOp: ...
@overload
def op(
    name: str,
    *,
    vjp: Mapping[str, RuleFunction[Q] | Word] | None = None,
    **fields: Any,
) -> Callable[[Function[Any, P]], DeclaredOp]: ...
def op(name: str, kernel: Any = None, vjp: Any = None, **fields: Any) -> Any:
    """Declare an operation and return it as a function, whose ``.op`` is the record.

    Arrays come first; what stands after ``*`` in the kernel are *static parameters*, which are
    given by keyword, and are no operands: no gradient flows to them. Without the kernel it is a
    decorator: ``@tg.op("cube")`` above a function makes that the kernel.

    Only the first two are needed. Without ``vjp`` the gradient is *numeric*: computed from the
    kernel's values, and marked as such in pictures and by ``gradcheck``. A kernel of NumPy's
    functions of single elements is followed on complex numbers (the complex step), which takes one
    more call and is right to the last digits; to find out whether it is one, it is run a few times
    when it is declared, on what is no array. Any other is called some ten to sixty times more, as
    many as for few elements, if each element depends on its own alone, which is found out each
    time; otherwise once for every element of the input, with 20,000 at most, and a rule is worth
    writing. There the complex step is taken where differences of values agree with it to eight
    digits, and else these, extrapolated (Ridders 1982), with many more calls: right to nine digits
    or more, in single precision and beside kinks to three; what does not settle is an error, and so
    is a kernel that gives other values again. At a kink, or where rounding hides on which side of
    one, the gradient is the mean of both sides, or of the side that the kernel takes; where the
    result is not finite it is NaN. Second derivatives are numeric again and have fewer digits;
    there are no third ones, and no :func:`tg.hvp <tensorgraph.hvp>` of a kernel that is not
    followed.

    ``domain`` and ``ref`` let :func:`tg.testing.check_op
    <tensorgraph.testing.check_op>` draw inputs and compare values; the others are for formulas and
    pictures, for speed, or for operations that are not elementwise.

    Args:
        name: what messages, formulas and pictures call it: ``"leaky"``.
        kernel: computes the result of arrays, by NumPy: ``lambda x, *, slope=0.1: np.maximum(x,
            slope * x)``.
        vjp: for each input, in the kernel's order, the function that turns the gradient of the
            result into that of the input, in operators and ``tg`` operations. What it needs is read
            from the names of its parameters: ``g`` is the gradient that arrives, ``out`` the
            result, ``x`` the input of that name, ``x_shape`` its shape, ``slope`` the static
            parameter: ``{"x": lambda g, x, slope: tg.where(x > 0, g, slope * g)}``. An input that
            stands for any number of operands is starred, ``{"*arrays": lambda g, i, shapes: …}``:
            ``arrays`` are all of them, ``i`` the position of the one in question, ``others`` all
            but that one, ``shapes`` their shapes. ``tg.ZERO`` says that the gradient is 0, as for
            ``floor``, ``tg.NONDIFF`` that there is none, as for labels. ``None`` for a numeric one.
        **fields: any of those that follow.
        domain: where inputs may lie: ``{"x": tg.Real(-3, 3, avoid=(0.0,))}`` keeps away from a
            kink, ``tg.Integer(0, 10)``, ``tg.Boolean()`` and ``tg.Simplex()`` draw other kinds.
        ref: the same for one number, computed another way: ``lambda x: x if x > 0 else 0.1 * x``,
            or its place: ``"math.tanh"``.
        symbol: what pictures write in the box: ``"leaky"``.
        family: ``"elementwise"``, from which shape and dtype of the result follow; ``"reduce"``,
            ``"shape"``, ``"contract"``, ``"linalg"``, ``"index"``, ``"random"`` or ``"fused"``. By
            default elementwise; where the gradient is numeric, only if the kernel is seen to be.
        doc: the docstring; lines with ``>>>`` at its end become its example: ``"Return x where it
            is positive, slope · x elsewhere."``.
        body: for a fused operation, what it is in ordinary ones: ``lambda x, *, slope:
            tg.where(x > 0, x, slope * x)``; formulas and tests read it, the kernel is faster.
        jvp: for an input, the function that turns its tangent ``g`` into that of the result, where
            that is cheaper than to transpose ``vjp``: ``{"x": lambda g, x, slope: tg.where(x > 0,
            g, slope * g)}``.
        batch: computes many examples at once for ``tg.vmap``, where the family does not tell:
            ``lambda op, size, operands, static: op(operands[0].spread(size), **static)``.
        lowering: the same in ordinary operations by the kernel's own algorithm, for a compiler,
            where the operation is not elementwise: ``lambda x, *, axis: x - tg.mean(x, axis,
            keepdims=True)``.
        combine: of a reduction, the ufunc by which it combines two elements: ``np.maximum``.
        prepare: checks a call, and returns the static parameters in one form: ``lambda x, *,
            slope: {"slope": float(slope)}``.
        recomputes: whether a gradient rule runs a function again, as ``tg.checkpoint`` does:
            ``False``.
        add_into: adds the gradient by the first input to an array in place, where it is 0 almost
            everywhere, as that of ``x[i]``: ``lambda total, g, *, key: np.add.at(total, key, g)``.
        shape: the shape of the result, where the family does not tell: ``lambda x, *, slope:
            x.shape``.
        dtype: the dtype of the result, where the family does not tell: ``lambda x, *, slope:
            x.dtype``.
        facts: what always holds of the result, for formulas: ``{"nonnegative": True}``.
        notation: how formulas write it, one of ``tg.notation``: ``tg.notation.enclosed("||")``.
        code: the same in NumPy alone, for ``d.python()``: ``"np.maximum(x, slope * x)"``.
        letter: what textbooks call the result: ``"A"``.

    Raises:
        DeclarationError: a rule is missing, asks for something unknown, or a field contradicts
            another.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> cube = tg.op("cube", lambda x: x**3, {"x": lambda g, x: g * 3 * x**2})
        >>> x = tg.tensor(2.0, requires_grad=True)
        >>> cube(x).backward()
        >>> print(x.grad)
        12.0
        >>> leaky = tg.op(
        ...     "leaky",
        ...     lambda x, *, slope=0.1: np.maximum(x, slope * x),
        ...     {"x": lambda g, x, slope: tg.where(x > 0, g, slope * g)},
        ...     domain={"x": tg.Real(-3, 3, avoid=(0.0,))},
        ...     prepare=lambda x, *, slope: {"slope": float(slope)},
        ...     code="np.maximum(x, slope * x)",
        ...     letter="A",
        ... )
        >>> print(leaky(tg.tensor([-4.0, 4.0]), slope=0.25))
        [-1.  4.]

        Without a rule:

        >>> bump = tg.op("bump", lambda x: np.exp(-x * x))
        >>> x = tg.tensor([0.0, 1.0], requires_grad=True)
        >>> bump(x).sum().backward()
        >>> print(x.grad)
        [-0.         -0.73575888]
        >>> bump.op
        <op bump(x), numeric gradient>
    """
    if kernel is None:
        return partial(op, name, vjp=vjp, **fields)
    if callable(kernel) and vjp is None:
        declared = _without_rule(name, kernel, fields)
    else:
        if callable(kernel) and not isinstance(kernel, np.ufunc):
            kernel = _checked(name, kernel)
        declared = Op(name, kernel, vjp, **fields)
    check_code(name, declared.code)
    return declared.call


def _without_rule(name: str, kernel: Callable[..., Any], fields: dict[str, Any]) -> Op:
    """Return the record of an operation whose gradient is numeric."""
    inputs, static = _inputs(name, kernel), static_defaults(kernel)
    family = fields.get("family")
    if family is None:
        # Static parameters may change what a kernel is: of those, nothing is found out here.
        starred = any(key.startswith("*") for key in inputs)
        known = not static and not starred and looks_elementwise(kernel, len(inputs))
        family = "elementwise" if known else "fused"
    checked = _copying(_checked(name, kernel))
    rule = NumericRule(name, kernel, inputs, static, family == "elementwise")
    own = inspect.cleandoc(getattr(kernel, "__doc__", None) or "") if _is_function(kernel) else ""
    text = fields.get("doc") or own or f"Compute ``{name}``, a function of one's own."
    fields = {**fields, "doc": f"{text.rstrip()}\n\n{_SAID}\n", "family": family}
    return Op(name, checked, dict.fromkeys(inputs, rule), **fields)


_SAID = "Its gradient is numeric: the operation was declared without a rule."


def _is_function(kernel: Any) -> bool:
    """Return whether a kernel's docstring is its own: that of NumPy's functions tells of them."""
    return inspect.isfunction(kernel)


def _inputs(name: str, kernel: Callable[..., Any]) -> list[str]:
    """Return what a kernel calls its arrays, the last starred if it takes any number."""

    def fail(problem: str) -> errors.DeclarationError:
        return errors.DeclarationError(f"op {name!r}: {problem}")

    if isinstance(kernel, np.ufunc):
        return ["x", "y", "z"][: kernel.nin] if kernel.nin <= 3 else []
    try:
        parameters = list(inspect.signature(kernel).parameters.values())
    except (TypeError, ValueError):
        raise fail(
            "Python does not know the parameters of the kernel; write a function around it, as"
            " lambda x: kernel(x)"
        ) from None
    found = []
    for p in parameters:
        if p.kind is p.KEYWORD_ONLY:
            continue
        if p.kind is p.VAR_KEYWORD:
            raise fail(f"the kernel takes any keywords (**{p.name}); name those it uses, after *")
        if p.default is not p.empty:
            raise fail(
                f"the kernel's {p.name!r} has a default, which an input has not: a gradient flows"
                f" to it. A static parameter stands after a star: *, {p.name}={p.default!r}; or"
                " leave it out: lambda x: kernel(x)"
            )
        found.append("*" + p.name if p.kind is p.VAR_POSITIONAL else p.name)
    if not found:
        raise fail("the kernel takes no arrays")
    return found


def _copying(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel that is given copies: what it changes in place is its own."""

    @wraps(kernel)
    def copying_kernel(*arrays: Any, **static: Any) -> Any:
        own = [np.array(x) if type(x) is np.ndarray else x for x in arrays]
        return kernel(*own, **static)

    return copying_kernel


def _checked(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a user's kernel, held to what a kernel returns: one array of numbers."""

    @wraps(kernel)
    def checked_kernel(*arrays: Any, **static: Any) -> Any:
        out = kernel(*arrays, **static)
        if isinstance(out, (bool, int, float)):
            return np.asarray(out)
        if not hasattr(out, "dtype") or out.dtype.kind not in "fiubc":
            raise errors.DTypeError(
                f"{name}: its kernel returned {errors.describe(out)}, not one array of numbers"
            )
        return out

    checked_kernel.returns_any_dtype = True  # type: ignore[attr-defined]
    return checked_kernel
