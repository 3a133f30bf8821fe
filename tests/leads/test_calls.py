"""What is said of a keyword that a call does not take."""

import inspect
import re
from dataclasses import is_dataclass

import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentTypeError
from tensorgraph.leads.calls import too_many, unknown_keyword, with_leads
from tensorgraph.leads.table import ANYWHERE, keyword_leads
from tensorgraph.ops import OPS
from tests.leads.samples import variables

CALLS = {
    "tg.sum(x, dim=0)": "sum has no keyword 'dim'; write axis=0 for dim=0",
    "x.mean(axis=0, keepdim=True)": "write keepdims=True for keepdim=True",
    "x.permute_dims(dims=(0, 2, 1))": "write axes=(0, 2, 1) for dims=(0, 2, 1)",
    "tg.concat([x, y], dim=1)": "concat has no keyword 'dim'; write axis=1 for dim=1",
    "tg.concat(tensors=[x, y])": "write arrays=… for tensors=…",
    "x.std(unbiased=True)": "write tg.std(x, axis=0, correction=1)",
    "tg.var(x, unbiased=True)": "write tg.var(x, axis=0, correction=1)",
    "tg.nn.losses.mse(u, v, sample_weight=w)": 'write (loss(logits, labels, reduction="none") * w',
    "tg.train.fit(model, loss, optimizer, (X, Y), epochs=1, sample_weight=w)": '"w": weights}',
    "tg.clip(x, a_min=0.0, max=1.0)": "write min=0.0 for a_min=0.0",
    "tg.zeros((2, 3), device='cpu')": "all is computed by NumPy, on the CPU: leave it out",
    "tg.diff(u)": "diff lacks b; write tg.increments(u)",
    "tg.diff(u, n=2)": "write tg.increments(u) (NumPy's diff, with n, axis",
    "tg.std(x, eps=1e-5)": "std has no keyword 'eps'; it takes x, axis, correction",
    "np.linalg.matrix_rank(A, tol=0.1)": "write tg.sum(tg.linalg.svdvals(A) > 0.1)",
    "np.linalg.eigh(A, UPLO='U')": "write tg.linalg.eigh(tg.triu(A) + tg.triu(A, k=1).mT)",
    "tg.testing.gradcheck(f, np.ones(3), atol=1.0)": "write tg.testing.gradcheck(f, np.ones(3), rt",
    "tg.sum(x, axsi=0)": "did you mean 'axis'?",
    "tg.sum(x, widget=0)": "sum has no keyword 'widget'; it takes x, axis, keepdims",
    "tg.nn.Softmax(dim=1)": "Softmax has no keyword 'dim'; write axis=1 for dim=1",
    "tg.nn.LeakyReLU(negative_slope=0.2)": "write slope=0.2 for negative_slope=0.2",
    "tg.nn.ReLU(inplace=True)": "tensors do not change: leave it out",
    "tg.nn.Flatten(start_dim=1)": "write x.reshape((2, -1))",
    "tg.nn.BatchNorm(4, momentum=0.1)": "write tg.nn.BatchNorm(4, keep_old=0.9)",
    "tg.nn.LSTM(2, 4, batch_first=True)": "leave it out: arrays are (batch, time, features) here",
    "tg.nn.LSTM(2, 4, proj_size=2)": "write proj_features=2 for proj_size=2",
    "tg.nn.Linear(units=4)": "Linear has no keyword 'units'; write out_features=4 for units=4",
    "model.load_state_dict(state, strict=False)": "write tg.nn.load_matching(model, state)",
    "tg.optim.Adam(model.parameters(), lr=0.1, momentum=0.9)": "write tg.optim.SGD(",
    "tg.optim.SGD(model.parameters(), lr=0.1, dampening=0.1)": "write tg.optim.EWMAMomentum(",
    "tg.optim.LBFGS(model.parameters(), history_size=10)": "write history=10 for history_size=10",
    "tg.optim.Adam(model.parameters(), learning_rate=1.0)": "write lr=1.0 for learning_rate=1.0",
    "tg.optim.Adam(model.parameters(), weight_decay=0.1)": "write tg.optim.AdamW(",
    "optimizer.zero_grad(set_to_none=True)": "write optimizer.zero_grad()",
    "tg.train.fit(model, loss, optimizer, X, validation_data=None)": "write dev=None for",
    "tg.data.Batches(X, num_workers=2)": "write workers=2 for num_workers=2",
    "tg.nn.losses.mse(u, v, size_average=True)": 'write tg.nn.losses.mse(u, v, reduction="sum")',
    "optimizer.step(closure=f)": "write optimizer.step() (after zero_grad and cost.backward())",
    "tg.linspace(0, 1, 5, requires_grad=True)": "write tg.tensor(tg.linspace(0, 1, 5), requires",
    "tg.random.normal((2,), requires_grad=True)": "write tg.tensor(tg.random.normal((2, 3)), req",
    "tg.optim.schedules.cosine(0.1, T_max=10)": "write steps=10 for T_max=10",
    "tg.optim.schedules.cosine(0.1, 10, warmup_steps=2)": "write tg.optim.schedules.warmup(",
    "tg.optim.schedules.warmup(f, warmup_steps=2)": "write steps=2 for warmup_steps=2",
    "tg.optim.schedules.staircase(0.1, step_size=3)": "write every=3 for step_size=3",
    "tg.optim.schedules.staircase(0.1, gamma=0.5)": "write factor=0.5 for gamma=0.5",
    "tg.optim.schedules.Manual(lr=0.1)": "Manual has no keyword 'lr'; ",
    "tg.optim.schedules.exponential(0.1, gamma=0.5)": "write base=0.5 for gamma=0.5",
    "tg.optim.schedules.inverse_time(0.1, decay_rate=2.0)": "write rate=2.0 for decay_rate=2.0",
    "tg.diagnose.accuracy(y_true=0, y_pred=0)": "write labels=0 for y_true=0",
}


@pytest.mark.parametrize("line", CALLS)
def test_keywords_from_elsewhere(line):
    with pytest.raises(TypeError) as caught:
        eval(line, variables())
    assert isinstance(caught.value, ArgumentTypeError)
    assert CALLS[line] in str(caught.value) and "\n" not in str(caught.value)


PLACES = (
    tg, tg.nn, tg.nn.losses, tg.nn.init, tg.random, tg.data, tg.data.augment, tg.train,
    tg.diagnose, tg.testing,
)  # fmt: skip
RENAMED = [lead for lead in keyword_leads() if lead.keyword]
MADE_BY_OTHERS = {"Op", "Split", "TargetSplit", "fans"}


def public_calls():
    """Return what is public and called by users, by its name."""
    found = [getattr(place, name) for place in PLACES for name in dir(place)]
    calls = [f for f in found if isinstance(f, type) or inspect.isroutine(f)]
    ours = [f for f in calls if f.__module__.startswith("tensorgraph")]  # dtypes are NumPy's
    calls = [f for f in ours if f.__name__ not in MADE_BY_OTHERS]
    return {
        f"{f.__module__}.{f.__name__}": f
        for f in calls
        if not (is_dataclass(f) or hasattr(f, "_fields"))
    }


def keywords_of(call):
    """Return the keywords that a call takes, if others are not taken, too."""
    taken = inspect.signature(call).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in taken):
        return set()
    # Operations without settings are Python's own fast calls.
    own = {"x", "y"} if call.__name__ in OPS else set()
    return {p.name for p in taken if p.kind is not p.VAR_POSITIONAL} - own


def test_a_keyword_that_means_the_same_is_told_wherever_it_stands():
    led, untold = set(), []
    for path, call in public_calls().items():
        known = keywords_of(call)
        for lead in RENAMED:
            if lead.keyword in known and lead.name not in known and lead.place == ANYWHERE:
                led.add((lead.name, lead.keyword))
                with pytest.raises(TypeError) as caught:
                    call(**{lead.name: 0})
                if "; " not in str(caught.value):
                    untold.append(f"{path}({lead.name}=)")
    assert untold == [], "write @with_leads above these functions"
    unused = {(lead.name, lead.keyword) for lead in RENAMED if lead.place == ANYWHERE} - led
    assert {keyword for _, keyword in unused} <= {"x", "y", "lr", "subscripts"}, unused


def test_what_the_function_raises_stays():
    @with_leads
    def half(x, axis=None):
        return x / 2

    with pytest.raises(TypeError, match="unsupported operand"):
        half("one")
    with pytest.raises(TypeError, match="half lacks x; it takes x, axis"):
        half()
    assert half(4, axis=1) == 2


def test_signatures_are_those_of_the_functions():
    assert list(inspect.signature(tg.nn.losses.mse).parameters) == [
        "prediction",
        "target",
        "reduction",
    ]
    assert list(inspect.signature(tg.nn.Linear).parameters)[:2] == ["in_features", "out_features"]


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: tg.zeros(2, 3), "tg.zeros((2, 3))"),
        (lambda: tg.ones(2, 3, 4, 5, 6), "tg.ones((2, 3, 4, 5, 6))"),
        (lambda: tg.full(2, 3, 1.5), "tg.full((2, 3), 1.5)"),
        (lambda: tg.tensor(1, 2.5), "tg.tensor([1, 2.5])"),
    ],
)
def test_numbers_one_by_one_are_told_as_one_argument(call, line):
    seen = r"^\w+\(\d[\d., ]*\): these numbers are one argument; write "
    with pytest.raises(TypeError, match=seen + re.escape(line) + "$"):
        call()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "optimizer.step(f)",
            "Optimizer.step takes no arguments, and was given 1; write optimizer.step() (after",
        ),
        ("optimizer.zero_grad(True)", "and was given 1; write optimizer.zero_grad()"),
        ("tg.nn.Identity(54)", "Identity takes no arguments, and was given 1; leave them out"),
        ("tg.nn.Flatten(1, 2)", "Flatten takes no arguments, and was given 2; write x.reshape"),
        ("tg.optim.schedules.inverse_time(1, 2, 3)", "takes alpha0, rate, and was given 3"),
        ("tg.concat([x], 0, 1)", "concat takes arrays, axis, and was given 3"),
    ],
)
def test_more_arguments_than_are_taken(line, told):
    with pytest.raises(ArgumentTypeError) as caught:
        eval(line, variables())
    assert told in str(caught.value)


@pytest.mark.parametrize("line", ["tg.concat(x, y)", "tg.concat(x, y, 0)", "tg.stack(x, y, x)"])
def test_arrays_one_by_one_are_told_as_one_list(line):
    name = line[3:].partition("(")[0]
    with pytest.raises(ArgumentTypeError, match=rf"a list; write tg\.{name}\(\[x, y\]\) for "):
        eval(line, variables())


def test_stars_are_no_places_for_arguments():
    starred = list(inspect.signature(lambda a, *values: 0).parameters.values())
    told = unknown_keyword(["tg.f"], {"values": 1}, starred)
    assert str(told) == "tg.f has no keyword 'values'; it takes a"
    assert too_many(["tg.f"], (1, 2, 3), starred) is None
    doubly_starred = list(inspect.signature(lambda a, **rest: 0).parameters.values())
    assert str(too_many(["tg.f"], (1, 2), doubly_starred)) == "tg.f takes a, and was given 2"


def test_values_are_repeated_where_they_are_short():
    for length, shown in (38, repr("x" * 38)), (39, "…"):  # with quotes at most 40
        with pytest.raises(TypeError, match=f"write axis={shown} for dim={shown}"):
            tg.sum([1.0], dim="x" * length)
