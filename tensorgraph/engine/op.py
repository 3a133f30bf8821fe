"""The op record: one declaration per primitive operation, and everything derived from it.

A record holds the kernel, the gradient rules, the domain, an independent reference and the symbol
of one operation. The eager call, the graph, backward, pictures, formulas and tests all read it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.domain import Domain
from tensorgraph.engine.explain import explain
from tensorgraph.engine.quiet import ERRORS, IGNORE
from tensorgraph.engine.rule import NONDIFF, ZERO_RULE, CompiledRule, Rule, Word, compile_rule

FAMILIES = ("elementwise", "reduce", "shape", "contract", "index", "random", "fused")


FACT_WORDS = {
    "positive": "above 0",
    "nonnegative": "not below 0",
    "binary": "0 or 1",
    "between": "strictly between two numbers: (low, high)",
    "one_hot": "1 at one place along an axis, 0 elsewhere: the static parameter that names it",
    "zero_sum": "sums to 0 along the axes that a static parameter names: that parameter",
    "sums_to_one": "sums to 1 along the axes that a static parameter names: that parameter",
}
"""What a record may state of its results, and the value that says it (otherwise True)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one pattern of inputs that want a gradient asks of a node."""

    keep: tuple[int, ...]
    """Positions to save; the number of inputs stands for the result."""
    rules: tuple[tuple[int, Callable[..., Any]], ...]
    """The inputs that a gradient flows to, with their rules: ``rule(g, saved, node, i)``."""


# ------------------------------------------------------------------------------------ the record

REGISTRY: dict[str, Op] = {}
"""All declared ops of the engine by name, in order of declaration."""

HANDLERS: dict[type, Callable[[Op, tuple[Any, ...], dict[str, Any]], Any]] = {}
"""Operand types that take over a call. A tensor among the operands decides; else the first whose
type stands here."""

KERNEL_ERRORS = (ValueError, TypeError, IndexError)
"""What a kernel raises for operands that do not fit."""


class Op:
    """The record of one primitive operation; ``call`` is the operation as a function.

    Fed with plain arrays, that function just runs the kernel. Fed with a :class:`Tensor` it also
    records a node, if a gradient may be wanted.

    Example:
        >>> import tensorgraph as tg
        >>> tanh = tg.tanh.op
        >>> tanh, tanh.symbol, tanh.family
        (<op tanh(x)>, 'tanh', 'elementwise')
    """

    name: str
    """NumPy's or the Array API standard's name, where they have one."""
    kernel: Callable[..., Any]
    """``kernel(*arrays, **static)``: computes the result; the only place that calls NumPy."""
    vjp: Mapping[str, Rule]
    """Gradient rule by input name, in the order of the kernel's arguments."""
    domain: Mapping[str, Domain]
    """Where each input may lie; an input not listed is :class:`Real`."""
    ref: str | Callable[..., Any] | None
    """Independent implementation on scalars: a function, or the dotted name of one."""
    symbol: str
    """How pictures and formulas write the operation."""
    family: str
    """One of ``FAMILIES``: tells the shape rule and the colour."""
    body: Callable[..., Any] | None
    """For a fused op, its definition in ordinary ops; kernel and rules may only be faster."""
    facts: Mapping[str, Any]
    """What always holds of the result, by the words of ``FACT_WORDS``; for formulas."""
    add_into: Callable[..., None] | None
    """Where the gradient by the first input is 0 almost everywhere (what ``x[i]`` passes back),
    ``add_into(total, g, *others, **static)`` adds it to an array in place. To make and to add all
    of it for each step of a loop over i would take the square of the time."""
    shape: Callable[..., tuple[int, ...]] | None
    """``shape(*operands, **static)`` returns the result's shape, of operands that have a ``shape``
    and a ``dtype``. Elementwise operations and reductions have it by their family, a fused one by
    its body."""
    dtype: Callable[..., Any] | None
    """``dtype(*operands, **static)`` returns the result's dtype, where the family does not."""
    prepare: Callable[..., dict[str, Any]] | None
    """``prepare(*inputs, **static)`` checks the call; returns the static parameters in one form."""
    call: Callable[..., Any]
    """The operation as a plain function (fast to call, and a method where a class holds it)."""

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        vjp: Mapping[str, Rule],
        *,
        domain: Mapping[str, Domain] | None = None,
        ref: str | Callable[..., Any] | None = None,
        symbol: str | None = None,
        family: str = "elementwise",
        doc: str = "",
        body: Callable[..., Any] | None = None,
        prepare: Callable[..., dict[str, Any]] | None = None,
        add_into: Callable[..., None] | None = None,
        shape: Callable[..., tuple[int, ...]] | None = None,
        dtype: Callable[..., Any] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        _check_kinds(name, kernel, vjp, domain or {}, family, facts or {})
        self.name, self.kernel, self.vjp = name, kernel, dict(vjp)
        self.domain, self.ref, self.body = dict(domain or {}), ref, body
        self.facts = dict(facts or {})
        self.symbol, self.family, self.prepare = symbol or name, family, prepare
        self.add_into, self.shape, self.dtype = add_into, shape, dtype
        self.starred = any(key.startswith("*") for key in vjp)
        self.inputs = tuple(key.lstrip("*") for key in vjp)
        self.arity = len(self.inputs)
        self.defaults = _static_defaults(self)
        self.required = {k for k, v in self.defaults.items() if v is inspect.Parameter.empty}
        self.__name__, self.__doc__ = name, doc
        self.__signature__ = _signature(self)
        _check_declaration(self)
        self._rules = tuple(
            ZERO_RULE if isinstance(rule, Word) else self._compiled(key, rule)
            for key, rule in self.vjp.items()
        )
        self._plans: dict[int, Plan] = {}
        self.call = Op.make_call(self)

    def _compiled(self, key: str, rule: Callable[..., Any]) -> CompiledRule:
        try:
            return compile_rule(rule, key, self.inputs, self.starred, self.defaults)
        except errors.DeclarationError as error:
            raise errors.DeclarationError(f"op {self.name!r}: {error}") from None

    def __repr__(self) -> str:
        return f"<op {self.name}{self.__signature__}>"

    # ------------------------------------------------------------------------------------ calling

    make_call: ClassVar[Callable[[Op], Callable[..., Any]]]
    """Makes ``call``; set in ``dispatch.py``, where tensors are known."""

    def __call__(self, *args: Any, **static: Any) -> Any:
        """Apply the operation, as ``call`` does: inputs, then static parameters."""
        return self.call(*args, **static)

    def compute(
        self, arrays: Sequence[Any], static: dict[str, Any], given: Sequence[Any] = ()
    ) -> Any:
        """Run the kernel; a failure is explained in terms of this op and the operands given."""
        token = ERRORS.set(IGNORE)
        try:
            return self.kernel(*arrays, **static)
        except KERNEL_ERRORS as error:
            raise explain(self, given or arrays, error, static) from error
        finally:
            ERRORS.reset(token)

    def bind(
        self, args: tuple[Any, ...], static: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort a call's arguments into inputs and static parameters.

        Raises:
            TypeError: an argument is missing, unknown or one too many.
        """
        known = self.required <= static.keys() <= self.defaults.keys()
        if known and (self.starred or len(args) == self.arity):
            return args, static
        try:
            bound = self.__signature__.bind(*args, **static).arguments
        except TypeError as error:
            raise TypeError(f"{self.name}{self.__signature__}: {error}") from None
        if self.starred:
            return args, static
        return tuple(bound.pop(key) for key in self.inputs), bound

    def prepared(self, args: tuple[Any, ...], static: dict[str, Any]) -> dict[str, Any]:
        """Return all static parameters of a call, checked and in their one form."""
        static = {**self.defaults, **static}
        if self.prepare is None:
            return static
        try:
            return self.prepare(*args, **static)
        except (ValueError, TypeError) as error:
            raise explain(self, args, error, static) from error

    # ------------------------------------------------------------------------------------ gradient

    def plan(self, pattern: int, count: int) -> Plan:
        """Return what a node of ``count`` operands keeps, and the rules it will run.

        Args:
            pattern: a bit for each operand that wants a gradient, and bit ``count`` set, so that
                patterns of different lengths differ.
            count: the number of operands.
        """
        plan = self._plans.get(pattern)
        if plan is None:
            wanted = tuple(
                i for i in range(count) if pattern >> i & 1 and self.rule_word(i) is not NONDIFF
            )
            rules = {i: self._rules[min(i, self.arity - 1)] for i in wanted}
            keep = {p for i, rule in rules.items() for p in rule.needs(i, count)}
            calls = tuple((i, rule.call) for i, rule in rules.items())
            plan = self._plans[pattern] = Plan(tuple(sorted(keep)), calls)
        return plan

    def rule_word(self, i: int) -> Rule:
        """Return the declared rule of the ``i``-th operand."""
        return self.vjp[self.input_key(i)]

    def input_key(self, i: int) -> str:
        """Return the key in ``vjp`` under which the ``i``-th operand falls."""
        return tuple(self.vjp)[min(i, self.arity - 1)]

    def operand_name(self, i: int) -> str:
        """Return what messages call the ``i``-th operand: ``x``, or ``arrays[2]``."""
        name, first = self.inputs[min(i, self.arity - 1)], self.arity - 1
        return f"{name}[{i - first}]" if self.starred and i >= first else name


def _static_defaults(op: Op) -> dict[str, Any]:
    """Return the kernel's keyword-only parameters; those without a default are required."""
    parameters = _parameters(op.kernel) or ()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def _parameters(kernel: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Return a kernel's parameters; ``None`` for a function of NumPy that does not tell them."""
    if isinstance(inspect.unwrap(kernel), np.ufunc):
        return None
    try:
        return list(inspect.signature(kernel).parameters.values())
    except ValueError:
        return None


def _signature(op: Op) -> inspect.Signature:
    """Return the public signature: inputs by position, then static parameters."""
    kind = inspect.Parameter
    inputs = [
        kind(name, kind.VAR_POSITIONAL if key.startswith("*") else kind.POSITIONAL_OR_KEYWORD)
        for key, name in zip(op.vjp, op.inputs, strict=True)
    ]
    static_kind = kind.KEYWORD_ONLY if op.starred else kind.POSITIONAL_OR_KEYWORD
    # A parameter that must be given may not follow one that has a default: keyword-only then.
    optional_seen = False
    static = []
    for name, default in op.defaults.items():
        optional_seen = optional_seen or default is not kind.empty
        required_late = default is kind.empty and optional_seen
        static.append(
            kind(name, kind.KEYWORD_ONLY if required_late else static_kind, default=default)
        )
    return inspect.Signature([*inputs, *static])


def _check_kinds(name: Any, kernel: Any, vjp: Any, domain: Any, family: Any, facts: Any) -> None:
    """Raise where a field of a record is of the wrong kind."""

    def fail(problem: str) -> None:
        raise errors.DeclarationError(f"op {name!r}: {problem}")

    if not isinstance(name, str):
        fail("the name is a string")
    if not callable(kernel):
        fail(f"the kernel is a function of arrays, not {errors.describe(kernel)}")
    if not isinstance(vjp, Mapping):
        fail('vjp is a dict of gradient rules by input name: {"x": lambda g, x: …}')
    if any(key.startswith("*") for key in list(vjp)[:-1]):
        fail("only the last input may be starred")
    if family not in FAMILIES:
        fail(f"family {family!r} is none of {', '.join(FAMILIES)}")
    for word in facts:
        if word not in FACT_WORDS:
            fail(f"the fact {word!r} is none of {', '.join(FACT_WORDS)}")
    for key, value in domain.items():
        if not isinstance(value, Domain):
            fail(f"the domain of {key!r} is Real, Integer, Boolean or Simplex, not {value!r}")


def _check_declaration(op: Op) -> None:
    """Raise where a record contradicts itself, at import rather than in use."""

    def fail(problem: str) -> None:
        raise errors.DeclarationError(f"op {op.name!r}: {problem}")

    for name in op.domain:
        if name not in op.inputs:
            fail(f"domain given for {name!r}, inputs are {errors.listing(op.inputs)}")
    for key, rule in op.vjp.items():
        if not (callable(rule) or isinstance(rule, Word)):
            fail(
                f"the gradient rule for {key!r} is {rule!r}; write a function of g, NONDIFF (no"
                " derivative) or ZERO (derivative zero)"
            )
    core = inspect.unwrap(op.kernel)
    if isinstance(core, np.ufunc):
        if core.nin != op.arity:
            fail(f"the kernel takes {core.nin} arrays, vjp lists {op.arity}")
    parameters = _parameters(op.kernel)
    if parameters is None:
        return
    kinds = inspect.Parameter
    positional = tuple(
        "*" + p.name if p.kind is kinds.VAR_POSITIONAL else p.name
        for p in parameters
        if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD, kinds.VAR_POSITIONAL)
    )
    if positional != tuple(op.vjp):
        fail(
            f"the kernel takes ({errors.listing(positional)}), vjp has rules for"
            f" ({errors.listing(list(op.vjp))}); every input needs one rule, in the same order"
        )


def op(
    name: str, kernel: Callable[..., Any], vjp: Mapping[str, Rule], **fields: Any
) -> Callable[..., Any]:
    """Declare an operation and return it as a function, whose ``.op`` is the record.

    See :class:`Op` for the fields.

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
    """
    if callable(kernel) and not isinstance(kernel, np.ufunc):
        kernel = _checked(name, kernel)
    return Op(name, kernel, vjp, **fields).call


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


def register(
    name: str, kernel: Callable[..., Any], vjp: Mapping[str, Rule], **fields: Any
) -> Callable[..., Any]:
    """Declare an operation of the engine itself: also enters it in the registry."""
    if name in REGISTRY:
        raise errors.DeclarationError(f"op {name!r} is declared twice")
    REGISTRY[name] = record = Op(name, kernel, vjp, **fields)
    return record.call
