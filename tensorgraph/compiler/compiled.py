"""``tg.compile``: a function is captured at its second call, and runs as a program from then on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial, update_wrapper
from threading import RLock
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload
from weakref import WeakSet

from tensorgraph import errors
from tensorgraph.compiler.best_runner import best_runner
from tensorgraph.compiler.guards import Arguments
from tensorgraph.compiler.program import MakeRunner, Program, Refused
from tensorgraph.compiler.returned import WITH_GRAPH, AsItIs, has_graph, kinds_of
from tensorgraph.compiler.summary import html_of, line_of, text_of, trace_text
from tensorgraph.compiler.surroundings import Surroundings
from tensorgraph.compiler.timing import timed
from tensorgraph.compiler.variants import NEW_VALUES, OUTSIDE, UNFIT, Kind, Variant
from tensorgraph.display.text import escaped
from tensorgraph.engine.decorating import runs_later
from tensorgraph.engine.graph import Node
from tensorgraph.engine.locks import free, in_forked_child
from tensorgraph.engine.modes import MODE, Mode, no_grad, user_level
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import HasForward, Module
from tensorgraph.symbolic.capture import Capturing

KINDS = 256
"""For how many kinds of arguments what was seen is kept."""
MANY = 32
"""So many kinds that differ in numbers alone are told, as each may become a program."""


P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")


class Compiled(Generic[P, R]):
    """A function that runs as a program; see :func:`compile`."""

    def __init__(
        self,
        f: Callable[P, R],
        wait: bool = False,
        make_runner: MakeRunner | None = None,
        at_once: bool = False,
    ) -> None:
        """Wrap a function.

        Args:
            f: the function, or a module.
            wait: whether a program is waited for while it is compiled.
            make_runner: the back end; the best there is.
            at_once: whether there is a program for the first call of a kind too.
        """
        self.__wrapped__ = f
        self._f: Callable[..., Any] = no_grad()(f.__call__) if isinstance(f, Module) else f
        self._wait = wait
        self._make_runner = make_runner or partial(best_runner, wait=wait)
        self._at_once = at_once
        self._last: Variant | None = None
        self._kinds: dict[Any, Kind] = {}
        self._changing: set[str] = set()
        self._as_it_is = False
        self._told: set[str] = set()
        self._lock = RLock()
        if not isinstance(f, Module):
            update_wrapper(self, f, updated=())
        _LIVE.add(self)

    # ------------------------------------------------------------------------------------ the call

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do what the function does."""
        mode = MODE.get()
        if mode.observer is not None or self._as_it_is:
            return self._watched(args, kwargs, mode)
        with self._lock:
            try:
                last = self._last
                if last is not None and not kwargs and last.serves(args, mode.recording):
                    result: R = last.run(args)
                    if result is not UNFIT:
                        return result
                return self._by_kind(args, kwargs, mode.recording)
            except Refused:
                pass
            return self._eagerly(args, kwargs)

    def _watched(self, args: tuple[Any, ...], kwargs: dict[str, Any], mode: Mode) -> R:
        """Do what the function does where an observer is told of it."""
        observer = mode.observer
        if self._as_it_is or observer is None or not observer.sees_works:
            if not (self._as_it_is or isinstance(observer, Capturing)):
                self._tell("something watches each operation here, as tg.debug does")
            return self._eagerly(args, kwargs)
        runners = [variant.program.runner for variant in self._variants]
        with self._lock, suppress(Refused), timed(runners, observer, self.name):
            return self._by_kind(args, kwargs, mode.recording)
        return self._eagerly(args, kwargs)

    def _by_kind(self, args: tuple[Any, ...], kwargs: dict[str, Any], recording: bool) -> R:
        """Let a program for arguments of this kind run, if there is one or comes to be one."""
        arguments = Arguments(args, kwargs)
        kind = self._kinds.get((arguments.key, recording))
        if kind is None:
            kind = self._kind_of((arguments.key, recording))
        for variant in kind.variants:
            result: R = variant.run(arguments.arrays)
            if result is not UNFIT:
                self._last = variant
                return result
        return self._in_a_new_way(kind, arguments, args, kwargs)

    def _kind_of(self, key: Any) -> Kind:
        if len(self._kinds) >= KINDS:
            del self._kinds[next(iter(self._kinds))]
        alike = [_without_numbers(other) for other in self._kinds]
        if alike.count(_without_numbers(key)) == MANY:
            self._tell(
                f"{MANY} calls differed in numbers alone, each of which is a kind of its own; give"
                " those that change as tensors: step(x, tg.tensor(lr))"
            )
        return self._kinds.setdefault(key, Kind())

    def _in_a_new_way(
        self, kind: Kind, arguments: Arguments, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> R:
        """Do what no program does: by a new one, if a call like this came before."""
        before = Surroundings(self.__wrapped__, arguments.rest)
        if self._at_once or kind.was_seen(before):
            try:
                new = kind.make(self._f, self.name, arguments, before, self._make_runner)
                with timed([new.program.runner], MODE.get().observer, self.name):
                    result: R = new.run(arguments.arrays)
                if result is not UNFIT:
                    return result
                why = None
            except AsItIs as reason:
                why = reason
            result = self._eagerly(args, kwargs)  # if that raises too, nothing else is to be said
            if why is not None and not self._as_it_is:
                self._stay(str(why))
            return result
        contents = arguments.contents()
        result = self._eagerly(args, kwargs)
        kind.results = kinds_of(result)
        changed = before.overwritten()
        if arguments.contents() != contents:
            self._stay(f"it writes into an array of NumPy's that is an argument. {NEW_VALUES}")
        elif changed in self._changing:
            self._stay(f"it changes {changed}. {OUTSIDE}")
        elif changed is not None:  # what happens in the first call may happen only there
            self._changing.add(changed)
        return result

    def _eagerly(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        """Call the function itself; results come without a graph, as those of programs do."""
        result: R = self._f(*args, **kwargs)
        leaves, structure = flatten(result)
        if any(map(has_graph, leaves)):
            self._stay(f"it returns a tensor with a graph. {WITH_GRAPH}")
        elif any(_without_graph(x) is not x for x in leaves):
            result = unflatten(structure, [_without_graph(x) for x in leaves])
        return result

    # ------------------------------------------------------------------------------ what is said

    @property
    def name(self) -> str:
        """What the function is called."""
        f = self.__wrapped__
        return getattr(f, "__name__", type(f).__name__)

    def _stay(self, reason: str) -> None:
        """Run the function as it is from now on, and say why."""
        self._as_it_is = True
        self._last = None
        self._kinds.clear()
        self._tell(reason)

    def _tell(self, reason: str) -> None:
        """Say once why the function runs as it is."""
        if reason not in self._told:
            self._told.add(reason)
            warnings.warn(
                f"tg.compile: {self.name} runs as it is: {reason}",
                errors.UsageWarning,
                stacklevel=user_level(),
            )

    @property
    def program(self) -> Program:
        """The program that ran last.

        Raises:
            GraphError: there is none yet.
        """
        found = [self._last] if self._last is not None else self._variants[-1:]
        if not found:
            why = "it runs as it is" if self._as_it_is else "call it twice with arguments of a kind"
            raise errors.GraphError(f"{self.name} has no compiled program: {why}")
        return found[0].program

    @property
    def source(self) -> str:
        """What the programs consist of, one after the other: their source code."""
        return "\n".join(variant.program.runner.source for variant in self._variants)

    @property
    def _variants(self) -> list[Variant]:
        return [variant for kind in self._kinds.values() for variant in kind.variants]

    @property
    def trace(self) -> str:
        """What the programs compute, one after the other: an operation a line."""
        return "\n\n".join(map(trace_text, self._variants))

    def __repr__(self) -> str:
        return "\n  ".join([self._headline, *map(line_of, self._variants)])

    def __str__(self) -> str:
        return "\n\n".join([self._headline, *map(text_of, self._variants)])

    def _repr_html_(self) -> str:
        return "".join([f"<p>{escaped(self._headline)}</p>", *map(html_of, self._variants)])

    @property
    def _headline(self) -> str:
        if self._as_it_is:
            return f"compiled {self.name}: runs as it is"
        count = len(self._variants)
        return f"compiled {self.name}: {count} program" + "s" * (count != 1)

    # ------------------------------------------------------------------- as a method, and in copies

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(
        self: Compiled[Concatenate[Any, Q], R], instance: object, owner: Any = None
    ) -> Compiled[Q, R]: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        bound = type(self)(MethodType(self.__wrapped__, instance), self._wait, self._make_runner)
        vars(instance)[self.name] = bound  # found first from now on
        return bound

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "__wrapped__" not in vars(self):
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    def __reduce__(self) -> Any:
        return type(self), (self.__wrapped__, self._wait, self._make_runner)


def _without_numbers(key: Any) -> Any:
    """Return what is left of a kind of arguments, if the numbers among them may be any."""
    (structure, *kinds), recording = key
    return structure, *(kind[0] if kind[0] in (int, float) else kind for kind in kinds), recording


def _without_graph(value: Any) -> Any:
    """Return a tensor without the graph it came from, which a backward pass has gone through."""
    graph = type(value) is Tensor and type(value._node) is Node
    return value.detach() if graph else value


_LIVE: WeakSet[Compiled[..., Any]] = WeakSet()


def running_here() -> bool:
    """Return whether this thread is in a compiled function, which no other can enter meanwhile."""
    return any(compiled._lock._is_owned() for compiled in tuple(_LIVE))  # type: ignore[attr-defined]


@in_forked_child
def _free_compiled() -> None:
    for compiled in tuple(_LIVE):
        free(compiled._lock)


@overload
def compile(f: HasForward[P, R], *, wait: bool = False) -> Compiled[P, R]: ...
@overload
def compile(f: Callable[P, R], *, wait: bool = False) -> Compiled[P, R]: ...
@overload
def compile(
    f: None = None, *, wait: bool = False
) -> Callable[[Callable[P, R]], Compiled[P, R]]: ...
def compile(f: Any = None, *, wait: bool = False) -> Any:
    """Return a function that does what ``f`` does, as a program without Python's cost.

    The first call with arguments of a kind (shapes, dtypes, nesting) runs ``f`` as it is. The
    second one captures what it does: layers, losses, ``backward()``, clipping, the step of an
    optimizer, random draws, running statistics. From then on the program runs. It reads and writes
    the same tensors, so a model and its optimizer can be saved, loaded, looked at and trained
    otherwise between calls. Arrays that were handed out do not change.

    Another program is made where ``f`` would do something else: for arguments of another kind, such
    as a smaller last batch, after ``model.eval()``, when a setting or something else that ``f``
    names has another value.

    - Watched before each run is what ``f`` and the functions that it calls name: globals, closure
      cells, defaults, attributes of objects, to any depth of containers, dataclasses and other
      objects. An array of NumPy's that is an operand as it is (``x * a``) is read anew in each run;
      where more is read of it (``a[:3]``, ``a.mean()``), what is in it is compared.
    - What cannot be watched runs as it is, with a warning: iterators, queues, draws from ``random``
      and ``np.random`` (those of ``tg.random`` are compiled), more than 2,000 things or 1 MiB of
      arrays. So does a function that changes a list, an attribute or the like.
    - Not seen is what libraries and ``__getattr__`` read: ``os.environ``, files, the time; nor what
      Python does besides, such as to print, or a text that is made of tensors: it happens while
      ``f`` is captured, not in each call.
    - While it is captured, arguments are tensors, arrays of NumPy's too; results are what ``f``
      returns by itself. Where it writes into an argument, it runs as it is, with a warning.
    - Nothing in ``f`` may depend on the value of a tensor: in place of ``if`` there is
      :func:`tg.where`, in place of ``float(loss)`` inside, ``return loss``.
    - Results have no graph; what is to be differentiated is differentiated inside. A compiled
      model predicts, under ``no_grad``.
    - If a gradient is not finite or a label out of range, ``f`` itself raises, and nothing has
      changed. Under ``tg.debug()`` and whatever else watches operations, it runs as it is;
      ``tg.profile()`` measures the program's own parts.

    Args:
        f: a function, a method or a module; without it, what is returned is a decorator.
        wait: whether the second call waits for the compiler. Otherwise it works in the background.

    Raises:
        DTypeError: ``f`` cannot be called, or is asynchronous, or a generator.
        GraphError: at the second call: ``f`` asks for the value of a tensor.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = tg.optim.SGD([w], lr=0.25)
        >>> @tg.compile
        ... def step(x):
        ...     optimizer.zero_grad()
        ...     loss = ((w * x) ** 2).sum()
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss
        >>> [step(tg.ones(2)).item() for _ in range(3)]
        [5.0, 1.25, 0.3125]
    """
    if f is None:
        return partial(compile, wait=wait)
    if not callable(f):
        raise errors.DTypeError(f"compile takes a function or a module, not {errors.describe(f)}")
    if runs_later(f):
        raise errors.DTypeError(
            f"compile takes a function that has done all when it returns, and"
            f" {getattr(f, '__name__', 'this one')} is asynchronous or yields; compile a function"
            " of its own for what it computes in between"
        )
    return Compiled(f, wait)
