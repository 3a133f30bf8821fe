"""Which calls a program serves, what it returns, and when a function runs as it is."""

import copy
import re
import traceback

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.compiler.compiled import Compiled, compile
from tests.compiler.back_ends import compiled, on_every_back_end
from tests.compiler.test_compiled_steps import assert_alike
from tests.engine.device import DeviceArray

X = np.arange(6.0).reshape(2, 3)
SCALE = 2.0
TABLE = {"scale": 2.0, "names": ["a"]}


def programs(run):
    """Return how many programs there are."""
    return int(repr(run).split(": ")[1].split()[0])


def counted(f):
    """Return a function, and a list that grows with each time it runs as Python."""
    calls = []

    def g(*args, **kwargs):
        calls.append(1)
        return f(*args, **kwargs)

    return g, calls


# ------------------------------------------------------------------------------- when it compiles


def test_the_first_call_of_a_kind_costs_nothing():
    seen = []

    def f(x):
        seen.append(type(x._data))
        return tg.sin(x).sum()

    run = Compiled(f)
    with pytest.warns(tg.errors.UsageWarning, match="it changes seen"):
        for n in (1, 2, 3, 3, 3):
            run(tg.ones(n))
    assert [kind.__name__ for kind in seen] == ["ndarray"] * 5  # the capture's is taken back


@on_every_back_end
@pytest.mark.parametrize(
    "kinds",
    [
        [tg.ones((2, 3)), tg.ones(3)],
        [tg.ones(3), tg.ones(3, dtype="float64")],
        [tg.ones(3), tg.ones(3, requires_grad=True)],
        [tg.ones(3), np.ones(3, "float32")],
        [[tg.ones(3)], (tg.ones(3),), {"a": tg.ones(3)}, {"b": tg.ones(3)}],
        [1.0, 2.0, 1, True],
        ["a", "b", None],
    ],
)
def test_kinds_of_arguments(kinds, runner):
    def f(x, y=tg.ones(3)):  # noqa: B008
        if isinstance(x, dict):
            return x["a"] + y if "a" in x else x["b"] * 3 + y
        if isinstance(x, (list, tuple)):
            return x[0] * (2 if isinstance(x, list) else 3)
        wants_gradient = getattr(x, "requires_grad", False)
        return (x * y if not isinstance(x, (str, type(None))) else y + len(str(x))).detach() + (
            wants_gradient * 1.0
        )

    run = compiled(f, runner)
    for _ in range(4):
        for x in kinds:
            assert_alike(run(x), f(x).detach())
    assert programs(run) == len(kinds)


@on_every_back_end
def test_arguments_by_keyword_and_nested(runner):
    def f(pair, *, scale, more):
        return {"sum": pair[0] + pair[1] * scale, "rest": [x * 2 for x in more]}

    run = compiled(f, runner)
    for k in range(4):
        given = (tg.ones(2) * k, np.ones(2, "float32"))
        found = run(given, scale=3, more=[X, given[0]])
        assert_alike(found, f(given, scale=3, more=[tg.tensor(X), given[0]]))
    assert programs(run) == 1


@on_every_back_end
def test_scalars_and_subclasses_of_numpys_are_arrays(runner, tmp_path):
    kept = np.memmap(tmp_path / "x", np.float64, "w+", shape=(3,))
    run = compiled(lambda x, y: x * y + tg.sin(x), runner)
    for k in range(4):
        kept[:] = k
        expected = k * 0.5 + np.sin(k)
        found = run(kept, np.float64(0.5))
        assert type(found) in (tg.Tensor, np.ndarray, np.memmap)
        np.testing.assert_allclose(np.asarray(found), [expected] * 3, rtol=1e-12)
    assert programs(run) == 1


@on_every_back_end
def test_without_recording_there_is_another_program(runner):
    w = tg.tensor([2.0, 3.0], requires_grad=True)

    def f(x):
        y = (w * x).sum()
        return tg.gradients(y, w) if y.requires_grad else w.detach() * 0

    run, x = compiled(f, runner), np.ones(2, "float32")
    for _ in range(3):
        assert run(x).data.tolist() == [1, 1]
        with tg.no_grad():
            assert run(x).data.tolist() == [0, 0]
    assert programs(run) == 2


# ------------------------------------------------------------------------- what it depends upon


class Config:
    scale = 2.0


@on_every_back_end
def test_what_the_function_names(runner, monkeypatch):
    cell, config, array = 2.0, Config(), np.array([1.0, 2.0, 3.0])

    def helper(x):
        return x * cell

    def f(x, factor=1.5):
        return helper(x) * SCALE + TABLE["scale"] * config.scale * factor + array

    run = compiled(f, runner)

    def check():
        for _ in range(3):
            assert_alike(run(tg.tensor(X)), f(tg.tensor(X)))

    check()
    cell = 3.0
    check()
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    check()
    monkeypatch.setitem(TABLE, "scale", 0.5)
    check()
    config.scale = 7.0
    check()
    f.__defaults__ = (2.5,)
    check()
    array[1] = 10.0  # in place: read anew in each run
    check()
    array = np.array([5.0, 5.0, 5.0])
    check()
    cell, SCALE_before = 2.0, programs(run)
    config.scale = 2.0
    check()
    assert programs(run) > SCALE_before


@on_every_back_end
def test_objects_among_the_arguments(runner):
    def f(config, x):
        return x * config.scale

    run, configs = compiled(f, runner), [Config(), Config()]
    configs[1].scale = 3.0
    for _ in range(3):
        assert [run(config, tg.ones(1)).item() for config in configs] == [2.0, 3.0]
    configs[0].scale = 5.0
    for _ in range(3):
        assert [run(config, tg.ones(1)).item() for config in configs] == [5.0, 3.0]


class Scaled(nn.Module):
    def __init__(self):
        tg.random.seed(0)
        self.inner = nn.Sequential(nn.Linear(3, 3), nn.Dropout(p=0.5))
        self.scale = 2.0

    def forward(self, x):
        return self.inner(x) * self.scale * SCALE


@on_every_back_end
def test_a_compiled_model_predicts(runner, monkeypatch):
    model = Scaled()
    x = X.astype("float32")
    run = compiled(model, runner)
    assert run.parameters() == model.parameters()

    def check():
        for _ in range(3):
            tg.random.seed(1)
            found = run(x)
            tg.random.seed(1)
            assert_alike(found, model(x).detach())
            assert not found.requires_grad

    with pytest.warns(tg.errors.UsageWarning, match=r"write model\.eval"):
        check()
    model.eval()
    check()
    model.scale = 4.0
    check()
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    check()
    model.inner.layers[0].weight.assign(np.ones((3, 3)))
    check()
    model.astype("float64")
    x = X
    check()
    with pytest.raises(tg.errors.GraphError):
        run(x).sum().backward()


class Regression:
    def __init__(self, start):
        self.w = tg.tensor([start, start], requires_grad=True)
        self.rate = 0.5

    @compile
    def step(self, x):
        """Take a step."""
        self.w.grad = None
        ((self.w * x) ** 2).sum().backward()
        self.w.assign(self.w - self.rate * self.w.grad)
        return self.w


def test_a_method_is_compiled_for_each_object():
    one, other = Regression(1.0), Regression(2.0)
    for k in range(6):
        if k == 4:
            one.rate = 0.25
        results = one.step(np.ones(2, "float32") * 0.5), other.step(np.ones(2, "float32") * 0.5)
        assert results[0] is one.w and results[1] is other.w
    assert one.w.data.tolist() == [0.75**4 * 0.875**2] * 2
    assert other.w.data.tolist() == [2 * 0.75**6] * 2
    assert one.step.__doc__ == Regression.step.__doc__ == "Take a step."
    twin = copy.deepcopy(one)
    assert twin.w is not one.w
    for _ in range(3):
        twin.step(np.ones(2, "float32"))
    assert one.w.data.tolist() == [0.75**4 * 0.875**2] * 2


# -------------------------------------------------------------------------------- what it returns


@on_every_back_end
def test_results_are_of_the_kinds_that_the_function_returns(runner):
    w = tg.tensor([1.0, 2.0], requires_grad=True)

    def f(x, y):
        loss = (w * x).sum()
        loss.backward()
        return {
            "loss": loss, "item": loss.item(), "array": (w * x).detach().numpy(), "same": y,
            "w": w, "none": None, "name": "f", "count": len(x), "list": [x.shape, (x + 1,)],
        }  # fmt: skip

    run, x, y = compiled(f, runner), tg.tensor([3.0, 4.0]), tg.ones(1)
    for k in range(3):
        found = run(x, y)
        assert found["loss"].item() == found["item"] == 11.0 and type(found["item"]) is float
        assert not found["loss"].requires_grad
        assert type(found["array"]) is np.ndarray and found["array"].tolist() == [3.0, 8.0]
        assert not found["array"].flags.writeable
        assert found["same"] is y and found["w"] is w
        assert (found["none"], found["name"], found["count"]) == (None, "f", 2)
        assert found["list"][0] == (2,) and found["list"][1][0].data.tolist() == [4.0, 5.0]
        assert w.grad.data.tolist() == [3.0 * (k + 1), 4.0 * (k + 1)]


@on_every_back_end
def test_results_share_no_memory_with_state_or_arguments(runner):
    w = tg.tensor([1.0, 2.0])

    def f(x):
        w.assign(w + 1)
        return w * 1, x[::-1], x.reshape((2, 1)), w.reshape((2, 1))

    run, x = compiled(f, runner), np.array([1.0, 2.0], "float32")
    results = [run(x) for _ in range(4)]
    x[:] = 0
    for k, result in enumerate(results[1:], 3):
        assert [np.asarray(r).ravel().tolist() for r in result] == [
            [k, k + 1], [2, 1], [1, 2], [k, k + 1],
        ]  # fmt: skip


@on_every_back_end
def test_arguments_that_are_given_gradients_and_values(runner):
    def f(p, x):
        (p * x).sum().backward()
        p.assign(p - p.grad)

    run, x = compiled(f, runner), np.ones(2, "float32")
    for k in range(3):
        p = tg.tensor([1.0, 2.0], requires_grad=True)
        run(p, x)
        assert p.data.tolist() == [0.0, 1.0] and p.grad.data.tolist() == [1.0, 1.0]
        kept = p.grad
        with tg.no_grad():
            assert kept.data.tolist() == [1.0, 1.0], k


@on_every_back_end
def test_gradients_of_gradients(runner):
    w = tg.tensor(np.array([0.5, 2.0]), requires_grad=True)

    def penalty(x):
        slope = tg.gradients((tg.sin(w) * x).sum(), w, create_graph=True)
        first = tg.grad(lambda v: (v * v * slope).sum())(w)
        return first.detach(), tg.gradients((slope**2).sum(), w)

    run, x = compiled(penalty, runner), np.array([1.0, 3.0])
    expected = list(penalty(x))
    for _ in range(3):
        assert_alike(list(run(x)), expected)


# -------------------------------------------------------------------------- when it runs as it is


def said(run, reason, *args, times=4):
    """Run some times; it is said once, in these words, why the function runs as it is."""
    with pytest.warns(tg.errors.UsageWarning, match=reason) as found:
        results = [run(*args) for _ in range(times)]
    assert len(found) == 1 and found[0].filename == __file__
    return results


def test_a_result_to_be_differentiated_has_its_graph():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    run = Compiled(lambda x: (w * x).sum())
    for loss in said(run, "it returns a tensor with a graph.*call backward\\(\\) inside", X[0, :2]):
        loss.backward()
    assert w.grad is not None


def test_what_changes_python_objects_runs_as_it_is():
    losses, counts = [], {"calls": 0}

    def appends(x):
        losses.append(x.sum().item())
        return x

    def counts_calls(x):
        counts["calls"] += 1
        return x

    said(Compiled(appends), "it changes losses", tg.ones(3))
    assert losses == [3.0] * 4
    said(Compiled(appends, at_once=True), "it changes losses", tg.ones(3))
    assert losses == [3.0] * 8
    said(Compiled(counts_calls), "it changes counts", tg.ones(3))
    assert counts["calls"] == 4

    class Counter:
        calls = 0

        def step(self, x):
            self.calls += 1
            return x * 2

    counter = Counter()
    counter.calls = 0
    said(Compiled(counter.step), "it changes calls", tg.ones(3))
    assert counter.calls == 4


@pytest.mark.parametrize("ask", [lambda x: 1 if x > 0 else 2, float, int, lambda x: np.asarray(x)])
def test_what_asks_for_a_value_is_told_so(ask):
    def f(x):
        return x * ask(x)

    run = Compiled(f)
    run(tg.ones(()))
    with pytest.raises(tg.errors.GraphError, match=r"test_compiled_calls.py.*tg\.where") as found:
        run(tg.ones(()))
    assert "while tg.compile captured f" in found.value.__notes__[0]


def test_a_hook_that_asks_for_a_value_is_called_each_time():
    w = tg.tensor(2.0, requires_grad=True)
    seen = []
    w.register_hook(lambda g: seen.append(float(g)))

    def f(x):
        w.grad = None
        (w * x).backward()
        return w.grad

    said(Compiled(f), "a hook cannot be captured", tg.tensor(3.0))
    assert seen == [3.0] * 4


def test_what_is_watched_runs_as_it_is():
    f, calls = counted(lambda x: tg.sin(x).sum())
    run = Compiled(f)
    with tg.debug():
        said(run, "something watches", tg.ones(3))
    assert len(calls) == 4


@on_every_back_end
def test_a_capture_goes_through_a_compiled_function(runner):
    inner = compiled(lambda x: tg.sin(x) * 2, runner)
    outer = compiled(lambda x: inner(x) + 1, runner)
    for _ in range(4):
        assert_alike(outer(tg.tensor(X)), np.sin(X) * 2 + 1)
        assert_alike(inner(tg.tensor(X)), np.sin(X) * 2)
    assert [op for op in str(tg.trace(outer, X)).split() if "sin(" in op]


def test_what_changes_again_and_again_is_compiled_a_few_times():
    scale = [0.0]
    run = Compiled(lambda x: x * scale[0])
    for k in range(20):
        scale[0] = float(k)
        assert run(tg.ones(2)).data.tolist() == [k, k]
    assert programs(run) == 0


def test_what_cannot_be_compiled():
    with pytest.raises(tg.errors.DTypeError, match="compile takes a function or a module, not 3"):
        compile(3)
    said(
        Compiled(lambda x: iter([x])),
        "it returns a list_iterator, which is not the same",
        tg.ones(3),
    )


@pytest.mark.parametrize(
    ("f", "error"),
    [
        (lambda x: x @ tg.ones((3, 3)), tg.errors.ShapeError),
        (lambda x: tg.sum(x, axes=0), tg.errors.ArgumentTypeError),
        (lambda x: x * {}["a"], KeyError),
        (lambda: 0, TypeError),
    ],
)
def test_what_the_function_raises_by_itself_is_all_that_is_said(f, error, recwarn):
    run = Compiled(f)
    for _ in range(4):
        with pytest.raises(error) as found:
            run(tg.ones(2))
        assert "AsItIs" not in "".join(traceback.format_exception(found.value))
    assert not recwarn.list and "as it is" not in repr(run)


def test_a_dtype_that_c_has_not_runs_by_numpy():
    run = tg.compile(lambda x: x * 2)
    for _ in range(4):
        result = np.asarray(run(tg.tensor(np.ones(2, "float16"))).data)
        assert result.dtype == "float16" and result.tolist() == [2, 2]
    assert programs(run) == 1


def test_what_is_printed():
    @compile(wait=True)
    def step(x):
        return tg.sin(x).sum()

    assert repr(step) == "compiled step: 0 programs"
    for _ in range(2):
        step(tg.ones((2, 3)))
    first, row = repr(step).splitlines()
    assert first == "compiled step: 1 program"
    assert re.match(r" *\(float32\[2, 3\]\): in (C|NumPy), \d steps, \d+ B, made in ", row)
    assert "sin" in step.source and step.__name__ == "step"


def test_arrays_of_a_device_stay_there():
    x = tg.asarray(DeviceArray(np.ones(3)))
    for result in said(Compiled(lambda x: x * 2), "some of its arrays are not NumPy's", x):
        assert type(result._data) is DeviceArray


@on_every_back_end
def test_both_zeros_keep_their_signs(runner):
    def f(x):
        return x * 0.0, x * -0.0, tg.where(x > 1, 0.0, -0.0), tg.where(x > 1, -0.0, 0.0)

    x = tg.tensor(np.array([1.0, 2.0, -0.0, -3.0]))
    for found, wanted in zip(compiled(f, runner)(x), f(x), strict=True):
        np.testing.assert_array_equal(np.signbit(found.numpy()), np.signbit(wanted.numpy()))
