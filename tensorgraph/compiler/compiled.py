"""``tg.compile``: a function that is captured at its second call, and runs as a program from then on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial, update_wrapper
from threading import RLock
from time import perf_counter
from types import MethodType, TracebackType
from typing import Any
from weakref import WeakSet

import numpy as np

from tensorgraph import errors
from tensorgraph.compiler.best_runner import best_runner
from tensorgraph.compiler.guards import Arguments, Settings, Surroundings, same
from tensorgraph.compiler.program import MakeRunner, Program, Refused, Unrepeated
from tensorgraph.compiler.returned import HasGraph, NoResult, has_graph
from tensorgraph.compiler.state import Unfit
from tensorgraph.engine.backward_pass import run_hooks
from tensorgraph.engine.graph import Node
from tensorgraph.engine.locks import free, in_forked_child
from tensorgraph.engine.modes import MODE, no_grad, user_level
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.random_generator import followed
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.symbolic.capture import Capturing

MOST = 8
"""How many programs are made for one kind of arguments: more would be made anew again and again."""

KINDS = 256
"""For how many kinds of arguments what was seen is kept."""


class Variant:
    """A program, and what it depends on besides the arguments."""

    def __init__(self, program: Program, surroundings: Surroundings, seconds: float) -> None:
        self.program, self.surroundings, self.seconds = program, surroundings, seconds
        self.settings = Settings(program.captured.settings)

    def fits(self) -> bool:
        """Return whether all is as it was."""
        return self.surroundings.changed() is None and self.settings.hold()


class Kind:
    """What is known of calls with one kind of arguments."""

    def __init__(self) -> None:
        self.variants: list[Variant] = []
        self._seen: list[Surroundings] = []
        self._missed: list[Any] = []

    def was_seen(self, surroundings: Surroundings) -> bool:
        """Return whether a call like this one came before; from now on one did."""
        settings = [variant.settings.now() for variant in self.variants]
        known = any(seen.changed() is None for seen in self._seen)
        if known and (not settings or any(same(settings, missed) for missed in self._missed)):
            return True
        self._seen = [*self._seen[-MOST:], surroundings]
        self._missed = [*self._missed[-MOST:], settings]
        return False


class Compiled:
    """A function that runs as a program; see :func:`compile`."""

    def __init__(
        self, f: Callable[..., Any], wait: bool = False, make_runner: MakeRunner | None = None
    ) -> None:
        self.__wrapped__ = f
        self._f = no_grad()(f.__call__) if isinstance(f, Module) else f
        self._wait = wait
        self._make_runner = make_runner or partial(best_runner, wait=wait)
        self._kinds: dict[Any, Kind] = {}
        self._as_it_is = False
        self._told: set[str] = set()
        self._lock = RLock()
        if not isinstance(f, Module):
            update_wrapper(self, f, updated=())
        _LIVE.add(self)

    # ------------------------------------------------------------------------------------ the call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do what the function does."""
        mode = MODE.get()
        if mode.observer is not None or self._as_it_is:
            if not (self._as_it_is or isinstance(mode.observer, Capturing)):
                self._tell("something watches each operation here, as tg.debug and tg.profile do")
            return self._eagerly(args, kwargs)
        arguments = Arguments(args, kwargs)
        with self._lock:
            result = self._by_program((arguments.key, mode.recording), arguments)
            return self._eagerly(args, kwargs) if result is AS_IT_IS else result

    def _by_program(self, key: Any, arguments: Arguments) -> Any:
        """Return what a program returns; where there is none yet, or the program cannot, nothing."""
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kind_of(key)
        for variant in kind.variants:
            if variant.fits() and not (variant.program.draws and followed()):
                try:
                    return variant.program(arguments.arrays)
                except Unfit:
                    continue
                except Refused:
                    return AS_IT_IS
        new = self._variant(kind, arguments)
        try:
            return AS_IT_IS if new is None else new.program(arguments.arrays)
        except (Unfit, Refused):
            return AS_IT_IS

    def _kind_of(self, key: Any) -> Kind:
        if len(self._kinds) >= KINDS:
            del self._kinds[next(iter(self._kinds))]
        return self._kinds.setdefault(key, Kind())

    def _eagerly(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function itself; results come without a graph, as those of programs do."""
        result = self._f(*args, **kwargs)
        leaves, structure = flatten(result)
        if any(map(has_graph, leaves)):
            self._stay("it returns a tensor with a graph. " + WITH_GRAPH)
        elif any(type(x) is Tensor and type(x._node) is Node for x in leaves):
            return unflatten(structure, [x.detach() if type(x) is Tensor else x for x in leaves])
        return result

    # ------------------------------------------------------------------------------------ programs

    def _variant(self, kind: Kind, arguments: Arguments) -> Variant | None:
        """Return a new program for a call that came before in the same way; else nothing."""
        if any(type(x) is not Tensor and type(x) is not np.ndarray for x in arguments.arrays):
            return None
        surroundings = Surroundings(self.__wrapped__)
        if not kind.was_seen(surroundings):
            return None
        if len(kind.variants) == MOST:
            self._stay(f"it depends on something that changes again and again; {MOST} programs")
            return None
        start = perf_counter()
        try:
            f = partial(arguments.call, self._f)
            program = Program(f, arguments.arrays, self._make_runner, surroundings.arrays)
        except errors.GraphError as error:
            surroundings.restore()
            if not _in_hook(error):
                error.add_note(f"while tg.compile captured {self._name}; {WITHOUT_VALUES}")
                raise
            self._stay(f"a hook asks for a value: {error}")
            return None
        except HasGraph:
            self._stay("it returns a tensor with a graph. " + WITH_GRAPH)
        except Unrepeated as error:
            owner, name = error.args
            self._stay(f"it changes {type(owner).__name__}.{name}. {OUTSIDE}")
        except Exception as error:
            self._stay(f"it cannot be captured: {error}")
        else:
            changed = surroundings.changed()
            if changed is None:
                kind.variants.append(Variant(program, surroundings, perf_counter() - start))
                return kind.variants[-1]
            self._stay(f"it changes {changed}. {OUTSIDE}")
        surroundings.restore()
        return None

    # ------------------------------------------------------------------------------ what is said

    @property
    def _name(self) -> str:
        f = self.__wrapped__
        return getattr(f, "__name__", type(f).__name__)

    def _stay(self, reason: str) -> None:
        """Run the function as it is from now on, and say why."""
        self._as_it_is = True
        self._kinds.clear()
        self._tell(reason)

    def _tell(self, reason: str) -> None:
        """Say once why the function runs as it is."""
        if reason not in self._told:
            self._told.add(reason)
            warnings.warn(
                f"tg.compile: {self._name} runs as it is: {reason}",
                errors.UsageWarning,
                stacklevel=user_level() + 1,
            )

    @property
    def source(self) -> str:
        """What the programs consist of, one after the other: their source code."""
        return "\n".join(variant.program.runner.source for variant in self._variants)

    @property
    def _variants(self) -> list[Variant]:
        return [variant for kind in self._kinds.values() for variant in kind.variants]

    def __repr__(self) -> str:
        head = f"compiled {self._name}"
        if self._as_it_is:
            return f"{head}: runs as it is"
        count = len(self._variants)
        programs = f"{count} program" + "s" * (count != 1)
        return "\n  ".join([f"{head}: {programs}", *map(_row, self._variants)])

    # ------------------------------------------------------------------- as a method, and in copies

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        bound = type(self)(MethodType(self.__wrapped__, instance), self._wait, self._make_runner)
        vars(instance)[self._name] = bound  # found first from now on
        return bound

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "__wrapped__" not in vars(self):
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    def __reduce__(self) -> Any:
        return type(self), (self.__wrapped__, self._wait, self._make_runner)


AS_IT_IS = object()
"""Returned where the function has to run as it is."""

WITH_GRAPH = (
    "Nothing is differentiated through a compiled function: call backward() inside it, or compute"
    " what is only looked at under tg.no_grad()"
)
WITHOUT_VALUES = "return what you want to see, and look at it outside"
OUTSIDE = "A program changes tensors only: return what is to be kept, and keep it outside"


def _row(variant: Variant) -> str:
    program = variant.program
    kinds = ", ".join(f"{e.dtype}{list(e.shape)}" for e in program.captured.inputs)
    runner = program.runner
    return (
        f"({kinds}): {getattr(runner, 'calls', 0)} kernels,"
        f" {getattr(runner, 'memory', 0):,} bytes, made in {variant.seconds * 1e3:.0f} ms"
    )


def _in_hook(error: BaseException) -> bool:
    """Return whether an error comes from a hook of a gradient."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is run_hooks.__code__:
            return True
        trace = trace.tb_next
    return False


_LIVE: WeakSet[Compiled] = WeakSet()


@in_forked_child
def _free_compiled() -> None:
    for compiled in tuple(_LIVE):
        free(compiled._lock)


def compile(f: Any = None, *, wait: bool = False) -> Any:
    """Return a function that does what ``f`` does, as a program without Python's cost.

    The first call with arguments of a kind (shapes, dtypes, nesting) runs ``f`` as it is. The
    second one captures what it does: layers, losses, ``backward()``, clipping, ``optimizer.step()``,
    random draws, running statistics. From then on the program runs. It reads and writes the same
    tensors, so a model and its optimizer can be saved, loaded, looked at and trained otherwise
    between calls. Arrays that were handed out do not change.

    Another program is made where ``f`` would do something else: for arguments of another kind, such
    as a smaller last batch, after ``model.eval()``, when a setting or something else that ``f``
    names has another value.

    - What Python does in ``f`` besides, such as to print, happens while it is captured, not in each
      call. If it changes something that can be seen, such as a list, it runs as it is, with a
      warning.
    - Nothing in ``f`` may depend on the value of a tensor: in place of ``if`` there is
      :func:`tg.where`, in place of ``float(loss)`` inside, ``return loss``.
    - Results have no graph; what is to be differentiated is differentiated inside. A compiled
      model predicts, under ``no_grad``.
    - If a gradient is not finite or a label out of range, ``f`` itself raises, and nothing has
      changed. Under ``tg.debug()`` and whatever else watches operations, it runs as it is.

    Args:
        f: a function, a method or a module; without it, what is returned is a decorator.
        wait: whether the second call waits for the compiler. Otherwise it works in the background.

    Raises:
        DTypeError: ``f`` cannot be called.
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
    return Compiled(f, wait)
