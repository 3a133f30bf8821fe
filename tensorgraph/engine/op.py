"""The op record: one declaration per primitive operation, and everything derived from it.

A record holds the kernel, the gradient rules, the domain, an independent reference and the symbol
of one operation. The eager call, the graph, backward, pictures, formulas and tests all read it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, ParamSpec, Protocol

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.declaration_checks import (
    NAMING_AXES,
    check_agreement,
    check_kinds,
    check_statements,
    numpy_name,
    signature,
    static_defaults,
)
from tensorgraph.engine.domain import Domain
from tensorgraph.engine.explain import cause, explain
from tensorgraph.engine.float_warnings import ERRORS, IGNORE
from tensorgraph.engine.notation import BODY, NAMING, Notation, function
from tensorgraph.engine.rule import (
    NONDIFF,
    ZERO_RULE,
    CompiledRule,
    Rule,
    WholeRule,
    Word,
    compile_rule,
)
from tensorgraph.leads.calls import unknown_keyword

Q = ParamSpec("Q")


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

KERNEL_ERRORS = (ValueError, TypeError, IndexError, OverflowError)
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
    """What pictures call the operation: by default the sign of its notation, or its name."""
    family: str
    """One of ``FAMILIES``: tells the shape rule and the colour."""
    states_family: bool
    """Whether the declaration says so, rather than leaving it at elementwise."""
    body: Callable[..., Any] | None
    """For a fused op, its definition in ordinary ops; kernel and rules may only be faster."""
    lowering: Callable[..., Any] | None
    """``lowering(*inputs, **static)`` computes the same in ordinary ops by the kernel's algorithm,
    where the kernel is no loop over elements; the body may say it as textbooks do. A compiler takes
    it apart; where there is none, it runs the kernel."""
    combine: np.ufunc | None
    """Of a reduction, how it combines two elements, if that is all it does."""
    notation: Notation
    """How formulas write it: by default as its body says, or as a function of its name."""
    code: str | None
    """The same in NumPy alone, over the names of the inputs and static parameters: a function's
    name (``"np.hypot"``), an operator (``"+"``), a method (``".astype"``), an expression, or the
    lines of a function. By default the kernel's name, if that is a function of NumPy's."""
    letter: str
    """What textbooks call the result: Z for products, A for activations, Y for labels."""
    facts: Mapping[str, Any]
    """What always holds of the result, by the words of ``FACT_WORDS``; for formulas."""
    facts_along: tuple[tuple[str, str], ...]
    """Those that hold along axes, each with the static parameter that tells which."""
    recomputes: bool
    """Whether its rules run a function again, whose operations are watched like any others."""
    add_into: Callable[..., None] | None
    """``add_into(total, g, *others, **static)`` adds the gradient by the first input to an array in
    place. For gradients that are 0 almost everywhere, as what ``x[i]`` passes back: to make and to
    add all of it for each step of a loop over i would take the square of the time."""
    shape: Callable[..., tuple[int, ...]] | None
    """``shape(*operands, **static)`` returns the result's shape, of operands that have a ``shape``
    and a ``dtype``. Elementwise operations and reductions have it by their family, a fused one by
    its body."""
    dtype: Callable[..., Any] | None
    """``dtype(*operands, **static)`` returns the result's dtype, where the family does not."""
    jvp: Mapping[str, Rule]
    """How a tangent of an input is pushed forward, by input name: a rule like those of ``vjp``, in
    which ``g`` is that tangent; or ``LINEAR``. Where there is none it is derived from ``vjp``."""
    batch: Callable[..., Any] | None
    """``batch(op, size, operands, static)`` computes many examples at once, see ``batching.py``.
    Elementwise operations and reductions have it by their family."""
    prepare: Callable[..., dict[str, Any]] | None
    """``prepare(*inputs, **static)`` checks the call; returns the static parameters in one form."""
    call: OpFunction
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
        family: str | None = None,
        doc: str = "",
        body: Callable[..., Any] | None = None,
        lowering: Callable[..., Any] | None = None,
        combine: np.ufunc | None = None,
        jvp: Mapping[str, Rule] | None = None,
        batch: Callable[..., Any] | None = None,
        prepare: Callable[..., dict[str, Any]] | None = None,
        recomputes: bool = False,
        add_into: Callable[..., None] | None = None,
        shape: Callable[..., tuple[int, ...]] | None = None,
        dtype: Callable[..., Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        notation: Notation | None = None,
        code: str | None = None,
        letter: str = "",
    ) -> None:
        self.states_family = family is not None
        family = family or "elementwise"
        check_kinds(
            name, kernel, vjp,
            {"domain": domain, "facts": facts, "symbol": symbol, "code": code, "letter": letter,
             "doc": doc, "body": body, "lowering": lowering, "combine": combine, "shape": shape,
             "dtype": dtype, "jvp": jvp, "batch": batch, "prepare": prepare, "add_into": add_into,
             "family": family, "notation": notation},
        )  # fmt: skip
        self.name, self.kernel, self.vjp = name, kernel, dict(vjp)
        self.domain, self.ref, self.body = dict(domain or {}), ref, body
        self.lowering, self.combine, self.batch = lowering, combine, batch
        self.jvp = dict(jvp or {})
        self.facts = dict(facts or {})
        self.facts_along = tuple((w, key) for w, key in self.facts.items() if w in NAMING_AXES)
        self.notation = notation or (function() if body is None else BODY)
        self.code, self.letter = code or numpy_name(kernel), letter
        own = self.notation.sign if self.notation.kind in NAMING else ""
        self.symbol, self.family, self.prepare = symbol or own or name, family, prepare
        self.add_into, self.shape, self.dtype = add_into, shape, dtype
        self.recomputes = recomputes
        self.starred = any(key.startswith("*") for key in vjp)
        self.inputs = tuple(key.lstrip("*") for key in vjp)
        self.arity = len(self.inputs)
        self.defaults = static_defaults(kernel)
        self.required = {k for k, v in self.defaults.items() if v is inspect.Parameter.empty}
        self.__name__, self.__doc__ = name, _with_example(doc)
        self.__signature__ = signature(vjp, self.defaults)
        check_agreement(name, kernel, vjp, self.domain, self.jvp)
        check_statements(name, vjp, self.defaults, body, self.notation, self.code, self.facts)
        self._rules = tuple(
            ZERO_RULE if isinstance(rule, Word) else self._compiled(key, rule)
            for key, rule in self.vjp.items()
        )
        self._forward_rules = {
            key: rule if isinstance(rule, Word) else self._compiled(key, rule)
            for key, rule in self.jvp.items()
        }
        self._plans: dict[int, Plan] = {}
        self.call = Op.make_call(self)

    def _compiled(self, key: str, rule: Callable[..., Any]) -> CompiledRule:
        if isinstance(rule, WholeRule):
            return rule.compiled()
        try:
            return compile_rule(rule, key, self.inputs, self.starred, self.defaults)
        except errors.DeclarationError as error:
            raise errors.DeclarationError(f"op {self.name!r}: {error}") from None

    def __repr__(self) -> str:
        numeric = any(isinstance(rule, WholeRule) for rule in self.vjp.values())
        return f"<op {self.name}{self.__signature__}{', numeric gradient' * numeric}>"

    # ------------------------------------------------------------------------------------ calling

    make_call: ClassVar[Callable[[Op], OpFunction]]
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
            __tracebackhide__ = True
            raise explain(self, given or arrays, error, static) from cause(self, error)
        finally:
            ERRORS.reset(token)

    def bind(
        self, args: tuple[Any, ...], static: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort a call's arguments into inputs and static parameters.

        Raises:
            ArgumentTypeError: an argument is missing, unknown or one too many.
        """
        known = self.required <= static.keys() <= self.defaults.keys()
        if known and (self.starred or len(args) == self.arity):
            return args, static
        try:
            bound = self.__signature__.bind(*args, **static).arguments
        except TypeError as error:
            parameters = self.__signature__.parameters.values()
            problem = unknown_keyword([self.name], static, parameters)
            told = f"{self.name}{self.__signature__}: {error}"
            raise problem or errors.ArgumentTypeError(told) from None
        if self.starred:
            return args, static
        return tuple(bound.pop(key) for key in self.inputs), bound

    def prepared(self, args: tuple[Any, ...], static: dict[str, Any]) -> dict[str, Any]:
        """Return all static parameters of a call, checked and in their one form."""
        if len(static) < len(self.defaults):
            static = {**self.defaults, **static}
        if self.prepare is None:
            return static
        try:
            return self.prepare(*args, **static)
        except KERNEL_ERRORS as error:
            __tracebackhide__ = True
            raise explain(self, args, error, static) from cause(self, error)

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

    def backward_rule(self, i: int) -> CompiledRule:
        """Return what takes a gradient of the result to the ``i``-th operand."""
        return self._rules[min(i, self.arity - 1)]

    def forward_rule(self, i: int) -> CompiledRule | Word | None:
        """Return what takes a tangent of the ``i``-th operand to the result, if it is declared."""
        return self._forward_rules.get(self.input_key(i))

    def input_key(self, i: int) -> str:
        """Return the key in ``vjp`` under which the ``i``-th operand falls."""
        return tuple(self.vjp)[min(i, self.arity - 1)]

    def operand_name(self, i: int) -> str:
        """Return what messages call the ``i``-th operand: ``x``, or ``arrays[2]``."""
        name, first = self.inputs[min(i, self.arity - 1)], self.arity - 1
        return f"{name}[{i - first}]" if self.starred and i >= first else name


def _with_example(doc: str) -> str:
    """Return a docstring in which ``>>>`` lines that follow the text are headed as the example."""
    text, shown, example = inspect.cleandoc(doc).partition("\n>>> ")
    if not shown or "Example:" in text:
        return doc
    lines = [">>> import tensorgraph as tg", *f">>> {example}".splitlines()]
    return "\n    ".join([f"{text.rstrip()}\n\nExample:", *lines]) + "\n"


class OpFunction(Protocol):
    """An operation as a function, which knows its record."""

    op: Op
    __name__: str

    def __call__(self, *args: Any, **static: Any) -> Any:
        """Apply the operation: inputs, then static parameters."""


def register(
    name: str, kernel: Callable[..., Any], vjp: Mapping[str, Rule], **fields: Any
) -> OpFunction:
    """Declare an operation of the engine itself: also enters it in the registry.

    Its code is NumPy's function of the same name, if there is one: our names are NumPy's.
    """
    if name in REGISTRY:
        raise errors.DeclarationError(f"op {name!r} is declared twice")
    if callable(getattr(np, name, None)):
        fields.setdefault("code", f"np.{name}")
    REGISTRY[name] = record = Op(name, kernel, vjp, **fields)
    return record.call
