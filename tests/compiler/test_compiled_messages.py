"""What a user is told: of texts, arrays of NumPy's, masks, and where each warning stands."""

import functools
import warnings

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.compiler.compiled import Compiled, compile
from tensorgraph.compiler.numpy_runner import numpy_runner
from tensorgraph.errors import DTypeError, GraphError, UsageWarning
from tests.compiler.back_ends import compiled, on_every_back_end

A = np.array([[1.0, -2.0], [3.0, 4.0]])


# -------------------------------------------------------------------- arrays of NumPy's, as given


@on_every_back_end
@pytest.mark.parametrize(
    "f",
    [
        lambda a: a * 2,
        lambda a: a.sum(),
        lambda a: np.mean(a, axis=0),
        lambda a: tg.relu(a),
        lambda a: (a @ a, {"max": a.max(), "tensor": tg.tensor(a) * 1 if False else tg.ones(2)}),
        lambda a: tg.ones(2, dtype="float64") * a,
        lambda a: a.sum().item(),
        lambda a: (a[0], a.T, a, len(a)),
    ],
)
def test_results_are_of_the_kinds_of_the_function_itself(f, runner):
    run, expected = compiled(f, runner), f(A)
    for _ in range(4):
        found = run(A)
        flat, kinds = tg.engine.nested_containers.flatten, []
        for got, wanted in zip(flat(found)[0], flat(expected)[0], strict=True):
            kinds.append(type(wanted))
            assert type(got) is type(wanted)
            if isinstance(wanted, np.ndarray):
                assert got.dtype == wanted.dtype
                assert got.flags.writeable == wanted.flags.writeable
            np.testing.assert_allclose(np.asarray(got), np.asarray(wanted), rtol=1e-12)
    assert "1 program" in repr(run)


@on_every_back_end
def test_results_that_are_arrays_share_no_memory(runner):
    run = compiled(lambda a: a * 2, runner)
    results = [run(A) for _ in range(4)]
    for result in results:
        assert result.tolist() == (A * 2).tolist()
        result[:] = 0


def adds(a):
    a += 1
    return a * 2


def puts(a):
    a[0] = 5
    return a * 2


def fills(a):
    a.fill(3)
    return a * 1


def passes_on(a):
    np.add(a, 1, out=a)
    return a.sum()


@pytest.mark.parametrize("f", [adds, puts, fills, passes_on])
def test_what_writes_into_an_array_that_it_is_given_runs_as_it_is(f):
    run, given, own = Compiled(f), A.copy(), A.copy()
    with pytest.warns(UsageWarning, match="it writes into an array of NumPy's") as found:
        for _ in range(4):
            assert run(given).tolist() == f(own).tolist()
            assert given.tolist() == own.tolist()
    assert len(found) == 1 and "return the new values" in str(found[0].message)


def test_arrays_of_any_kind_are_looked_at():
    run = Compiled(lambda a, b: (a[::2].sum(), b.size))
    for a in (np.ones((0, 3)), np.ones(()).reshape(1), np.ones((4, 4)).T[::2], np.ones(3, "int8")):
        for _ in range(3):
            assert run(a, np.ones((2, 0)))[1] == 0


# ------------------------------------------------------------------------------------------ texts


def texts(x):
    seen = f"{x}", str(x.sum()), repr(x), f"{x.sum():.3f}", f"{[x]}"
    return x * 2, *seen


def test_a_text_tells_shape_and_dtype_and_is_warned_of_at_its_line():
    run, x = Compiled(texts), tg.ones((2, 3))
    assert run(x)[1] == str(x)
    with pytest.warns(UsageWarning) as found:
        _, *seen = run(x)
    (warning,) = found
    assert "happens once, not in each call; return what you want to see" in str(warning.message)
    first = texts.__code__.co_firstlineno + 1
    assert (warning.filename, warning.lineno) == (__file__, first)
    assert seen == [
        "<x float32[2, 3], whose value is known outside only>",
        "<sum float32[], whose value is known outside only>",
        "tensor(<x float32[2, 3]>)",
        "<item float, whose value is known outside only>",
        "[tensor(<x float32[2, 3]>)]",
    ]


def test_texts_of_parameters_are_warned_of_too():
    w = tg.tensor([1.0, 2.0], name="w")

    def f(x):
        print(w)
        return w * x

    run = Compiled(f)
    run(tg.ones(2))
    with pytest.warns(UsageWarning, match="a text is made of tensor 'w'"):
        run(tg.ones(2))
    assert str(w) == "[1. 2.]"


def test_outside_of_a_capture_texts_are_texts(recwarn):
    with tg.profile(), tg.debug():
        assert f"{tg.ones(2)} {tg.ones(())}" == "[1. 1.] 1.0"
    assert not recwarn.list


# ------------------------------------------------------------------------------------------ masks


@pytest.mark.parametrize(
    ("f", "instead"),
    [
        (lambda x: x[x > 0].sum(), r"getitem: .*write tg\.where\(mask, x, 0\)"),
        (lambda x: tg.set_at(x, x > 0, 5.0), r"set_at: .*write tg\.where\(mask, value, x\)"),
        (lambda x: tg.add_at(x, x > 0, 5.0), r"add_at: .*write x \+ tg\.where\(mask, value, 0\)"),
    ],
)
def test_masks_that_are_computed(f, instead):
    run, x = Compiled(f), tg.tensor(A)
    run(x)
    with pytest.raises(GraphError, match=instead):
        run(x)


@pytest.mark.parametrize(
    ("f", "written"),
    [
        (lambda x: tg.set_at(x, x > 0, 5.0), lambda x: tg.where(x > 0, 5.0, x)),
        (lambda x: tg.add_at(x, x > 0, 5.0), lambda x: x + tg.where(x > 0, 5.0, 0)),
    ],
)
def test_what_is_to_be_written_instead_is_the_same(f, written):
    assert f(tg.tensor(A)).data.tolist() == written(tg.tensor(A)).data.tolist()


# ------------------------------------------------------------------------- what is no such function


async def awaited(x):
    return x


def yields(x):
    yield x


async def yields_later(x):
    yield x


@pytest.mark.parametrize("f", [awaited, yields, yields_later, functools.partial(yields, 1)])
def test_what_runs_later_is_told_at_once(f):
    with pytest.raises(DTypeError, match=r"is asynchronous or yields; compile a function of its"):
        compile(f)
    with pytest.raises(DTypeError):
        compile(wait=True)(f)


# -------------------------------------------------------------------------------------- where it is

PROGRAM = """
run = compile(lambda x: iter([x]))
for _ in range(2):
    list(map(run, [x]))
"""


def test_a_warning_stands_at_the_line_of_the_call():
    with pytest.warns(UsageWarning, match="list_iterator") as found:
        exec(__builtins__["compile"](PROGRAM, "user.py", "exec"), {"compile": compile, "x": A})
    assert [(w.filename, w.lineno) for w in found] == [("user.py", 4)]


def test_also_of_a_compiler_that_fails(monkeypatch):
    def refuse(self):
        raise tg.errors.CompileError("no space left")

    monkeypatch.setattr("tensorgraph.compiler.c.runner.CRunner.load", refuse)
    run = compile(lambda x: tg.sin(x) * 3.25, wait=True)
    run(tg.ones(2))
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        run(tg.ones(2))
    for warning in found:  # there is none where there is no compiler
        assert warning.filename == __file__ and "runs by NumPy instead" in str(warning.message)


# -------------------------------------------------------------------------- settings with no value


@on_every_back_end
@pytest.mark.parametrize("differentiable", [False, True])
def test_settings_of_optimizers_that_are_tensors(runner, differentiable):
    def f(x, lr):
        w = tg.tensor([1.0, 2.0], requires_grad=True)
        optimizer = tg.optim.HeavyBall([w], lr=lr, differentiable=differentiable)
        (w * x).sum().backward(create_graph=differentiable)
        optimizer.step()
        return (w * x).sum().detach()

    run, x = compiled(f, runner), tg.ones(2)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for lr in (0.1, 0.2, 0.3):
            expected = f(x, tg.tensor(lr)).item()
            assert run(x, tg.tensor(lr)).item() == pytest.approx(expected, rel=1e-6)
        with pytest.raises(tg.errors.ArgumentError, match="lr is"):
            run(x, tg.tensor(-0.1))
    assert not any("has no attribute" in str(warning.message) for warning in found)


def test_what_a_function_records_anew_is_told_in_words():
    w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
    optimizer = tg.optim.HeavyBall([w], lr=0.1, differentiable=True)

    def f(x):
        (w * x).sum().backward(create_graph=True)
        optimizer.step()
        return w.detach()

    run = compiled(f, numpy_runner)
    run(tg.ones(2))
    with pytest.warns(UsageWarning, match="it changes the graph of w, as no program does"):
        run(tg.ones(2))
