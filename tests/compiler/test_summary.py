"""What is told of programs: what they compute, what they run, and how long each part takes."""

import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.compiler.c.runner import c_runner
from tensorgraph.compiler.compiled import compile
from tensorgraph.compiler.numpy_runner import numpy_runner
from tensorgraph.compiler.summary import LONGEST
from tensorgraph.compiler.timing import PREPARING
from tests.compiler.back_ends import compiled, on_every_back_end
from tests.machine.needs import needs

X = tg.ones((8, 4))


class Training:
    """A training step, compiled."""

    def __init__(self, runner, layers=1):
        tg.random.seed(0)
        hidden = [nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(layers)]
        self.model = nn.Sequential(*hidden, nn.Dropout(p=0.5), nn.Linear(4, 1))
        self.optimizer = tg.optim.Adam(self.model.parameters())
        self.step = compiled(self._step, runner)
        for _ in range(3):
            self.step(X)

    def _step(self, x):
        self.optimizer.zero_grad()
        loss = (self.model(x) ** 2).mean()
        loss.backward()
        self.optimizer.step()
        return loss


# ---------------------------------------------------------------------------- what is computed


@on_every_back_end
def test_the_trace_has_the_names_of_the_code(runner):
    trace = Training(runner).step.trace.splitlines()
    weight = "model.layers[0].layers[0].weight"
    assert trace[:2] == ["x: float32[8, 4]", f"{weight}: float32[4, 4]"]
    assert {"m: float32[25]", "v: float32[25]", "lr: float", "t: float"} <= {*trace}
    assert [line for line in trace if line.startswith(f"%0 = linear(x, {weight}, ")]
    assert [line for line in trace if line.startswith(f"{weight}.grad ← %")]
    assert [line for line in trace if line.startswith(f"{weight} ← %")]
    assert trace[-1].startswith("return %")


def test_names_of_what_a_model_and_a_function_name():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    own = tg.tensor([1.0, 2.0], name="mine")
    listed, by_key = [tg.ones(2)], {"a": tg.ones(2)}
    model = nn.Linear(2, 1)

    def f(x, y):
        return ((w * x + listed[0]).sum() + (own * y + by_key["a"]).sum()).detach()

    run = compiled(f, numpy_runner)
    predict = compiled(model, numpy_runner)
    for _ in range(2):
        run(tg.ones(2), tg.ones(2))
        predict(tg.ones((1, 2)))
    given = [line.split(": ")[0] for line in run.trace.splitlines() if ": " in line]
    assert given == ["x", "y", "w", "listed[0]", "mine", "by_key['a']"]
    assert predict.trace.splitlines()[1:3] == ["weight: float32[1, 2]", "bias: float32[1]"]


def test_gradients_that_nothing_else_uses_are_listed():
    w = tg.tensor([1.0, 2.0], requires_grad=True)

    def f(x):
        w.grad = None
        (w * x * x).sum().backward()

    run = compiled(f, numpy_runner)
    for _ in range(3):
        run(tg.ones(2))
    (line,) = [line for line in run.trace.splitlines() if line.startswith("w.grad ← %")]
    assert f"{line.split()[-1]} = multiply" in run.trace


# -------------------------------------------------------------------------------- what is run


def works(f, *args, runner=c_runner):
    run = compiled(f, runner)
    for _ in range(2):
        run(*args)
    *found, counting = run.program.runner.works
    assert counting.text == "add"  # of the runs
    return [(work.kind, work.over, work.text) for work in found]


@needs("cc")
def test_works_of_programs_in_c():
    x = tg.tensor(np.ones((3, 4)))
    assert works(lambda x: tg.sin(x) * x + 1, x) == [("loops", "3 × 4", "sin, multiply, add")]
    told = [("loops", "3 × 4", "exp, multiply, sum, copy")]  # and a copy is the result
    assert works(lambda x: (tg.exp(x) * 2).sum(axis=1), x) == told
    assert works(lambda x: x @ x.T, x)[0] == ("product", "3 × 3", "(3 × 4) @ (4 × 3)")
    assert ("kernel", "3 × 4", "argsort") in works(lambda x: tg.sort(x), x)
    assert works(lambda x: x[::-1], x) == [("loops", "3 × 4", "copy")]
    assert works(
        lambda: tg.zeros(7),
    ) == [("loops", "7", "fill")]
    assert works(lambda: tg.random.uniform(5))[0] == ("draw", "5", "uniform")
    common = works(lambda x: ((x * 3).sum(axis=1), (x * 3).max(axis=1)), x)
    assert common[0][2].startswith("multiply, sum, max")  # once, for both
    assert ("check", "1", "must hold") in works(lambda x, i: x[i], x, tg.tensor([0, 2]))


@needs("cc")
def test_works_of_convolutions():
    x, w = tg.ones((4, 2, 9, 9)), tg.ones((3, 2, 3, 3), requires_grad=True)

    def f(x):
        return tg.gradients((tg.conv(x, w) ** 2).sum(), w)

    found = [text for kind, _, text in works(f, x) if kind == "convolution"]
    assert found == ["conv", "conv_weight_grad"]


def test_works_of_programs_by_numpy():
    x = tg.tensor(np.ones((3, 4)))
    found = works(lambda x: tg.sin(x).T @ x, x, runner=numpy_runner)
    assert found == [("kernel", "3 × 4", "sin"), ("kernel", "4 × 4", "matmul")]


@on_every_back_end
def test_works_tell_which_memory_each_takes(runner):
    w = tg.tensor(np.ones(4), name="w")

    def f(x):
        w.assign(tg.sin(w) + x.sum())
        return w * 2

    run = compiled(f, runner)
    for _ in range(2):
        run(tg.ones(4, dtype="float64"))
    pieces = [piece for work in run.program.runner.works for piece in work.pieces]
    given = {memory.name for piece in pieces for memory in piece.reads if memory.kind == "array"}
    assert given >= {"x", "w"}
    assert "w" in {piece.out.name for piece in pieces if piece.out is not None}
    assert [piece for piece in pieces if piece.out is not None and piece.out.kind == "output"]


# ------------------------------------------------------------------------------- what is printed


@on_every_back_end
def test_a_compiled_function_shows_its_programs(runner):
    step = Training(runner).step
    head, line = repr(step).splitlines()
    assert head == "compiled _step: 1 program"
    told = r"  \(float32\[8, 4\]\): in (C|NumPy), \d+ steps, [\d.]+ k?B, made in [\d.]+ m?s"
    assert re.fullmatch(told, line)
    shown = str(step).splitlines()
    assert shown[0] == head and shown[2] == line.strip()
    trace, works = step.trace.splitlines(), step.program.runner.works
    computes, runs = shown.index("  computes"), shown.index("  runs")
    kept = [text.strip() for text in shown[computes + 1 : runs]]
    assert kept[: LONGEST // 2] == trace[: LONGEST // 2] and kept[-1] == trace[-1]
    assert f"… {len(trace) - LONGEST} more, in full in .trace …" in kept
    assert len(kept) == LONGEST + 1
    assert any(works[0].text in row for row in shown[runs:])
    html = step._repr_html_()
    assert html.count("<details") == 2 and works[0].over in html and "&lt;" not in works[0].text


@needs("cc")
def test_equal_parts_stand_once():
    shown = str(Training(c_runner, layers=4).step)
    (row,) = [r for r in shown.splitlines() if "(8 × 4) @ (4 × 4)" in r]
    assert row.split()[-2:] == ["×", "7"]  # 4 forward, 3 backward


def test_what_is_printed_without_a_program():
    run = compile(lambda x: iter([x]))
    assert str(run) == repr(run) == "compiled <lambda>: 0 programs" and run.trace == ""
    with pytest.warns(tg.errors.UsageWarning, match="list_iterator"):
        run(tg.ones(1)), run(tg.ones(1))
    assert str(run) == "compiled <lambda>: runs as it is"
    with pytest.raises(tg.errors.GraphError, match="it runs as it is"):
        run.program  # noqa: B018


# -------------------------------------------------------------------------------- what is timed


@on_every_back_end
def test_a_profile_sees_the_parts_of_programs(runner):
    plain = Training(runner)
    expected = [plain.step(X).item() for _ in range(4)]
    training = Training(runner)
    with tg.profile() as p:
        assert [training.step(X).item() for _ in range(3)] == expected[:3]
    titles = [work.title for work in training.step.program.runner.works]
    found = {row.name: row.calls for row in p.ops}
    assert found.pop(PREPARING) == 3
    assert found and found.keys() <= {*titles}
    assert {row.name for row in p.modules} == {"compiled _step"}
    for title, calls in found.items():
        assert calls <= 3 * titles.count(title)
    assert 0 < sum(row.seconds for row in p.ops) <= p.seconds
    assert training.step(X).item() == expected[3]


@on_every_back_end
def test_a_profile_sees_what_is_not_compiled_yet_op_by_op(runner):
    run = compiled(lambda x: tg.sin(x).sum(), runner)
    with tg.profile() as p:
        results = [run(X).item() for _ in range(3)]
    assert results[0] == pytest.approx(results[1]) and results[1] == results[2]
    rows = {row.name: row.calls for row in p.modules}
    assert rows["outside modules"] == 2  # sin and sum, of the first call
    assert rows["compiled <lambda>"] > 3


@on_every_back_end
def test_a_program_that_is_refused_is_profiled_as_it_is(runner):
    run = compiled(lambda x, i: tg.take(x, i, axis=0), runner)
    for _ in range(2):
        run(X, np.array([0, 1]))
    with tg.profile(), pytest.raises(IndexError):
        run(X, np.array([0, 9]))
    assert run(X, np.array([0, 1])).shape == (2, 4)


def test_within_debug_a_function_runs_as_it_is_also_in_a_profile():
    run = compiled(lambda x: tg.sin(x), numpy_runner)
    for _ in range(2):
        run(X)
    with tg.debug(), tg.profile() as p, pytest.warns(tg.errors.UsageWarning, match="tg.debug"):
        run(X)
    assert [row.name for row in p.ops] == ["sin"]


@needs("cc")
def test_kernels_between_parts_in_c_are_timed():
    run = compiled(lambda x: tg.sort(tg.sin(x)) * 2, c_runner)
    for _ in range(2):
        run(X)
    with tg.profile() as p:
        run(X)
    kernels = {row.name.split()[0]: row for row in p.ops}
    assert kernels["kernel"].forward > 0 and kernels["loops"].forward > 0
