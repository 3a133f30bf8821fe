"""``modules``: random networks, of layers that fit together, with inputs that fit the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tensorgraph import nn, random
from tensorgraph.arguments import one_of, whole
from tensorgraph.engine.arrays import Array
from tensorgraph.errors import ArgumentError
from tensorgraph.nn.module import Module
from tensorgraph.testing.strategies import joints
from tensorgraph.testing.strategies.literals import Printed, made

Shape = tuple[int, ...]
Fitting = tuple[str, "Passed"]
"""A layer's code, and what it passes on."""


@dataclass(frozen=True)
class Passed:
    """What one layer passes to the next: its kind, and the shape of one example."""

    kind: str
    """``"rows"``, ``"series"`` (channels, length), ``"images"`` (channels, height, width),
    ``"sequences"`` (steps, features) or ``"words"`` (steps)."""
    shape: Shape

    @property
    def channels(self) -> int:
        """How many features each place has."""
        return self.shape[-1] if self.kind in ("rows", "sequences") else self.shape[0]


@dataclass(frozen=True, repr=False)
class Network(Printed):
    """A network and inputs that fit it; it prints as the code that makes both.

    It can be taken apart: ``model, inputs = network``.
    """

    module: Module
    inputs: tuple[Array, ...]
    code: str

    def __iter__(self) -> Iterator[Any]:
        return iter((self.module, self.inputs))

    def __repr__(self) -> str:
        return self.code


# ------------------------------------------------------------------------------ layers that fit
# Each takes what was passed to it and two numbers to choose by, and returns the layer's code and
# what it passes on; None where it does not fit.


def _linear(x: Passed, width: int, _: int) -> Fitting | None:
    if x.kind not in ("rows", "sequences"):
        return None
    passed = Passed(x.kind, (*x.shape[:-1], width))
    return f"nn.Linear({x.channels}, {width})", passed


def _same(code: str) -> Callable[[Passed, int, int], Fitting | None]:
    return lambda x, width, n: None if x.kind == "words" else (code, x)


def _dropout(x: Passed, _: int, n: int) -> Fitting | None:
    return _same(f"nn.Dropout(p={(0.5, 0.1, 0.25)[n % 3]})")(x, _, n)


def _batch_norm(x: Passed, _: int, n: int) -> Fitting | None:
    axis = ", axis=-1" if x.kind == "sequences" else ""
    return _same(f"nn.BatchNorm({x.channels}{axis})")(x, _, n)


def _over_features(name: str, least: int) -> Callable[[Passed, int, int], Fitting | None]:
    """Return how a layer that normalises over features fits: over less it gives a constant."""

    def fitting(x: Passed, width: int, n: int) -> Fitting | None:
        fits = x.kind in ("rows", "sequences") and x.channels >= least
        return (f"nn.{name}({x.channels})", x) if fits else None

    return fitting


def _group_norm(x: Passed, _: int, n: int) -> Fitting | None:
    fits = x.kind in ("series", "images") and np.prod(x.shape[1:]) >= 3
    groups = [g for g in range(1, x.channels + 1) if x.channels % g == 0]
    return (f"nn.GroupNorm({groups[n % len(groups)]}, {x.channels})", x) if fits else None


def _conv(x: Passed, width: int, n: int) -> Fitting | None:
    if x.kind not in ("series", "images"):
        return None
    size, stride, padding = ((1, 1, 0), (2, 1, 0), (3, 1, 1), (2, 2, 1))[n % 4]
    places = tuple((k + 2 * padding - size) // stride + 1 for k in x.shape[1:])
    more = f", stride={stride}" * (stride > 1) + f", padding={padding}" * (padding > 0)
    code = f"nn.Conv{len(places)}d({x.channels}, {width}, {size}{more})"
    return (code, Passed(x.kind, (width, *places))) if min(places) > 0 else None


def _conv_transpose(x: Passed, width: int, n: int) -> Fitting | None:
    if x.kind not in ("series", "images") or max(x.shape[1:]) > 5:
        return None
    stride = 1 + n % 2
    places = tuple((k - 1) * stride + 2 for k in x.shape[1:])
    code = f"nn.ConvTranspose{len(places)}d({x.channels}, {width}, 2, stride={stride})"
    return code, Passed(x.kind, (width, *places))


def _pool(name: str) -> Callable[[Passed, int, int], Fitting | None]:
    def fitting(x: Passed, width: int, n: int) -> Fitting | None:
        if x.kind not in ("series", "images") or min(x.shape[1:]) < 2:
            return None
        places = tuple(k // 2 for k in x.shape[1:])
        return f"nn.{name}Pool{len(places)}d(2)", Passed(x.kind, (x.channels, *places))

    return fitting


def _global_pool(name: str) -> Callable[[Passed, int, int], Fitting | None]:
    def fitting(x: Passed, width: int, n: int) -> Fitting | None:
        fits = x.kind in ("series", "images")
        return (f"nn.Global{name}Pool()", Passed("rows", (x.channels,))) if fits else None

    return fitting


def _flatten(x: Passed, width: int, n: int) -> Fitting | None:
    if x.kind in ("rows", "words"):
        return None
    return "nn.Flatten()", Passed("rows", (int(np.prod(x.shape)),))


def _recurrent(name: str) -> Callable[[Passed, int, int], Fitting | None]:
    def fitting(x: Passed, width: int, n: int) -> Fitting | None:
        if x.kind != "sequences":
            return None
        code = f"tg.testing.strategies.FirstOutput(nn.{name}({x.channels}, {width}))"
        return code, Passed(x.kind, (x.shape[0], width))

    return fitting


def _attention(x: Passed, _: int, n: int) -> Fitting | None:
    if x.kind != "sequences":
        return None
    heads = [h for h in range(1, x.channels + 1) if x.channels % h == 0]
    causal = ", causal=True" * (n % 2)
    return f"nn.MultiHeadAttention({x.channels}, {heads[n % len(heads)]}{causal})", x


def _embedding(x: Passed, width: int, n: int) -> Fitting | None:
    if x.kind != "words":
        return None
    return f"nn.Embedding({WORDS}, {width})", Passed("sequences", (*x.shape, width))


WORDS = 5
"""How many words there are."""
Layers = dict[str, Callable[[Passed, int, int], Fitting | None]]
GROUPS: tuple[Layers, ...] = (
    {"Embedding": _embedding},
    {"Conv": _conv, "ConvTranspose": _conv_transpose},
    {
        **{name: _recurrent(name) for name in ("RNN", "GRU", "LSTM")},
        "MultiHeadAttention": _attention,
    },
    {"Linear": _linear},
    {
        name: _same(f"nn.{name}()")
        for name in (
            "Tanh", "ReLU", "Sigmoid", "GELU", "SiLU", "ELU", "LeakyReLU", "Softplus", "LogSigmoid",
            "Identity",
        )
    },
    {"MaxPool": _pool("Max"), "AvgPool": _pool("Avg")},
    {
        "Flatten": _flatten,
        "GlobalAvgPool": _global_pool("Avg"),
        "GlobalMaxPool": _global_pool("Max"),
    },
    {
        "LayerNorm": _over_features("LayerNorm", 3),
        "RMSNorm": _over_features("RMSNorm", 2),
        "BatchNorm": _batch_norm,
        "GroupNorm": _group_norm,
        "Dropout": _dropout,
    },
)  # fmt: skip
"""What a network is made of; of the first group that fits a layer is twice as likely."""
RESIDUAL = "Residual"
LAYERS = (*(name for group in GROUPS for name in group), RESIDUAL)
"""What may be asked for; a residual goes around a layer that keeps the shape."""
KINDS = {"rows": 1, "series": 2, "images": 3, "sequences": 2, "words": 1}
"""What goes in, by how many axes an example has."""
_FOR_BATCH_NORM = 3
"""Of two examples, normalised ones are −1 and 1 whatever they were."""


def modules(
    inputs: Sequence[str] | str = tuple(KINDS),
    layers: Sequence[str] | str = LAYERS,
    *,
    max_layers: int = 5,
    max_width: int = 4,
    max_batch: int = 3,
    dtype: str = "float64",
) -> st.SearchStrategy[Network]:
    """Return a strategy for networks of layers that fit together, with inputs that fit.

    What is drawn holds ``module``, an ``nn.Sequential`` in training mode, and ``inputs``, a tuple
    of arrays to call it with; it prints as the lines that make both. Normalisation layers get
    enough features, and batch norm enough examples, to have a gradient.

    Args:
        inputs: kinds of inputs, of which those are drawn that a layer takes: ``"rows"``,
            ``"series"`` (for convolution along one axis), ``"images"``, ``"sequences"`` (for
            recurrent layers and attention), ``"words"``.
        layers: names of layers to choose from, ``"Linear"``, ``"Conv"``, ``"BatchNorm"``, …
        max_layers: how many layers at most.
        max_width: how many features or channels at most; those of flattened layers may be more.
        max_batch: how many examples at most.
        dtype: of parameters and inputs.

    Raises:
        ArgumentError: an unknown kind of input, layer or dtype, or none of the layers takes any of
            the inputs.

    Example:
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.modules("rows", ["Linear", "Tanh", "LayerNorm"]))
        ... def test_gradients(network):
        ...     model, inputs = network
        ...     tg.testing.gradcheck(model, *inputs)
        >>> test_gradients()
    """
    kinds = [inputs] if isinstance(inputs, str) else list(inputs)
    names = [layers] if isinstance(layers, str) else list(layers)
    for kind in kinds or [""]:
        one_of(kind, "strategies.modules: a kind of input", KINDS)
    for name in names or [""]:
        one_of(name, "strategies.modules: a layer", LAYERS)
    one_of(dtype, "strategies.modules: dtype", ("float64", "float32"))
    width = st.integers(1, whole(max_width, "strategies.modules: max_width", 1))
    taken = [k for k in kinds if _fitting(Passed(k, _first_shape(k, (4, 4, 4))), names, 1, 0)]
    if not taken:
        raise ArgumentError(
            f"strategies.modules: none of the layers {names} takes inputs of the kinds {kinds}"
        )
    # Four numbers a layer: hypothesis takes at most five, with that for the list, away as a whole.
    around = st.integers(0, 7).map(lambda n: n == 7 and RESIDUAL in names)
    layer = st.tuples(st.integers(0, 2**16 - 1), width, st.integers(0, 11), around)
    return made(
        _network,
        st.sampled_from(taken),
        st.tuples(width, st.integers(1, 5), st.integers(1, 5)),
        st.lists(
            layer,
            min_size=1,
            max_size=whole(max_layers, "strategies.modules: max_layers", 1),
        ),
        st.integers(1, whole(max_batch, "strategies.modules: max_batch", 1)),
        st.integers(0, 2**32 - 1),
        names=tuple(names),
        dtype=dtype,
    )


def _network(
    kind: str,
    sizes: Shape,
    choices: Sequence[tuple[int, int, int, bool]],
    batch: int,
    seed: int,
    *,
    names: Sequence[str],
    dtype: str,
) -> Network:
    first = passed = Passed(kind, _first_shape(kind, sizes))
    code: list[str] = []
    for chosen, width, n, around in choices:
        groups = _fitting(passed, names, width, n)
        if groups:
            member, group = divmod(chosen, len(groups) + 1)
            fitting = groups[max(group - 1, 0)]
            layer, after = fitting[member % len(fitting)]
            if around and after == passed:
                layer = f"tg.testing.strategies.Residual({layer})"
            code.append(layer)
            passed = after
    if any("BatchNorm" in layer for layer in code):
        batch = max(batch, _FOR_BATCH_NORM)
    wide = dtype == "float64"
    model = f"nn.Sequential({', '.join(code or ['nn.Identity()'])})" + ".astype('float64')" * wide
    size = (batch, *first.shape)
    if kind == "words":
        drawn = f"integers({WORDS}, size={size})"
    else:
        drawn = f"normal(size={size})" + ".astype('float32')" * (not wide)
    x = f"np.random.default_rng({seed}).{drawn}"
    return Network(
        _seeded(seed, model),
        (eval(x, {"np": np}),),
        f"tg.random.seed({seed})\nmodel = {model}\nx = {x}",
    )


def _fitting(passed: Passed, names: Sequence[str], width: int, n: int) -> list[list[Fitting]]:
    """Return the layers that fit, group by group."""
    groups = [
        [found for name in group if name in names and (found := group[name](passed, width, n))]
        for group in GROUPS
    ]
    return [group for group in groups if group]


def _first_shape(kind: str, sizes: Shape) -> Shape:
    """Return the shape of an example: features or channels, and two lengths."""
    width, length, height = sizes
    if kind in ("sequences", "words"):
        return (length, width)[: KINDS[kind]]
    return (width, length, height)[: KINDS[kind]]


def _seeded(seed: int, code: str) -> Module:
    """Return the network that code makes, its parameters drawn with a seed."""
    default = random.default_generator()
    state = default.state
    random.seed(seed)
    try:
        made: Module = eval(code, dict(_NAMES))
    finally:
        default.state = state
    return made


class _Names:
    """What printed code calls ``tg``."""

    class testing:
        strategies = joints


_NAMES: dict[str, Any] = {"nn": nn, "tg": _Names}
