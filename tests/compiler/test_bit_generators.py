"""Programs in C draw what NumPy draws, bit for bit, and leave the generator where NumPy would."""

import ctypes

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

import tensorgraph as tg
from tensorgraph.compiler.bit_generators import C_TEXT, HEADER, pointer
from tensorgraph.compiler.c import building
from tensorgraph.random import _below
from tests.machine.needs import needs

pytestmark = needs("cc")

SOURCE = "\n".join([HEADER, *C_TEXT.values()])
FUNCTIONS = """
void one(bit_generator *g, double p, uint8_t *out, int64_t n) { draw_bernoulli(g, p, out, n); }
void floats(bit_generator *g, const float *p, uint8_t *out, int64_t n) {
  draw_bernoulli_each_float(g, p, out, n);
}
void doubles(bit_generator *g, const double *p, uint8_t *out, int64_t n) {
  draw_bernoulli_each_double(g, p, out, n);
}
void uniform32(bit_generator *g, float *out, int64_t n) { draw_uniform_float(g, out, n); }
void uniform64(bit_generator *g, double *out, int64_t n) { draw_uniform_double(g, out, n); }
"""
PROBABILITIES = st.one_of(
    st.floats(0, 1),
    st.integers(0, 256).map(lambda digit: digit / 256),
    st.sampled_from([0.0, -0.0, 1.0, 0.8, 0.5, 5e-324, 1 - 2**-53, 255.999 / 256]),
)
SIZES = st.one_of(
    st.integers(0, 20), st.sampled_from([63, 64, 65, 255, 256, 257, 511, 512, 513, 4099])
)


@pytest.fixture(scope="module")
def functions():
    library = building.build(SOURCE + FUNCTIONS)
    for name in ("one", "floats", "doubles", "uniform32", "uniform64"):
        values = {"one": [ctypes.c_double], "floats": [ctypes.c_void_p]}.get(name, [])
        values = [ctypes.c_void_p] if name == "doubles" else values
        getattr(library, name).argtypes = [
            ctypes.c_void_p, *values, ctypes.c_void_p, ctypes.c_int64,
        ]  # fmt: skip
    return library


def drawn(function, generator, n, dtype, *values):
    """Return n numbers that C draws, with what lies around them untouched."""
    out = np.full(n + 16, 7, np.uint8 if dtype is bool else dtype)
    with generator.bit_generator.lock:
        function(pointer(generator), *values, out[8:].ctypes.data, n)
    assert (out[:8] == 7).all() and (out[n + 8 :] == 7).all()
    return out[8 : n + 8].view(dtype)


def pair(seed):
    return np.random.default_rng(seed), np.random.default_rng(seed)


def assert_same(one, other):
    assert one.tobytes() == other.tobytes()


def assert_same_state(one, other):
    assert one.bit_generator.state == other.bit_generator.state


@given(st.integers(0, 2**32), PROBABILITIES, SIZES)
@example(0, 0.0, 1000)
@example(0, 0.8, 1001)
@example(0, 1.0, 1000)
def test_bernoulli_with_one_probability(functions, seed, p, n):
    ours, numpys = pair(seed)
    assert_same(drawn(functions.one, ours, n, bool, p), _below(numpys, p, (n,)))
    assert_same_state(ours, numpys)


@given(st.integers(0, 2**32), st.sampled_from(["f", "d"]), st.lists(PROBABILITIES), SIZES)
def test_bernoulli_with_a_probability_for_each(functions, seed, char, some, n):
    ours, numpys = pair(seed)
    p = np.resize(np.array(some or [0.3], char), n)
    function = functions.floats if char == "f" else functions.doubles
    assert_same(drawn(function, ours, n, bool, p.ctypes.data), _below(numpys, p, (n,)))
    assert_same_state(ours, numpys)


@given(st.integers(0, 2**32), st.sampled_from(["f", "d"]), SIZES)
def test_uniform(functions, seed, char, n):
    ours, numpys = pair(seed)
    function = functions.uniform32 if char == "f" else functions.uniform64
    assert_same(drawn(function, ours, n, np.dtype(char)), numpys.random(n, dtype=char))
    assert_same_state(ours, numpys)


@given(st.integers(0, 2**32), st.lists(st.tuples(st.sampled_from("bfdneN"), SIZES), max_size=8))
def test_draws_in_c_and_outside_in_any_order(functions, seed, steps):
    """A word of 64 bits gives two draws of 32: the second half is kept from one to the other."""
    ours, numpys = pair(seed)
    for kind, n in steps:
        if kind == "b":
            assert_same(drawn(functions.one, ours, n, bool, 0.7), _below(numpys, 0.7, (n,)))
        elif kind == "f":
            assert_same(drawn(functions.uniform32, ours, n, np.float32), numpys.random(n, "f"))
        elif kind == "d":
            assert_same(drawn(functions.uniform64, ours, n, np.float64), numpys.random(n))
        else:
            draw = {"n": "standard_normal", "e": "random", "N": "integers"}[kind]
            options = {"low": 9, "size": n} if kind == "N" else {"size": n}
            if kind == "e":
                options["dtype"] = np.float32
            assert_same(getattr(ours, draw)(**options), getattr(numpys, draw)(**options))
    assert_same_state(ours, numpys)


def test_masks_of_dropout_before_and_after_seeding(functions):
    """The source of ``tg.random`` is another NumPy generator after ``seed``: it is asked again."""
    source = tg.random.Generator(3)
    for seed in (3, 4):
        source.seed(seed)
        other = tg.random.Generator(seed)
        for _ in range(3):
            mask = source.draw(lambda numpy: drawn(functions.one, numpy, 1001, bool, 0.8))
            assert_same(mask, tg.random.bernoulli(0.8, 1001, generator=other).numpy())
            eager = tg.random.uniform(5, generator=source)
            assert_same(eager.numpy(), tg.random.uniform(5, generator=other).numpy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0, 3), (3, 7)])
def test_draws_are_those_of_the_ops(functions, dtype, shape):
    source, other = tg.random.Generator(9), tg.random.Generator(9)
    n = int(np.prod(shape))
    function = functions.uniform32 if dtype == np.float32 else functions.uniform64
    ours = source.draw(lambda numpy: drawn(function, numpy, n, np.dtype(dtype)))
    assert_same(ours, tg.random.uniform(shape, dtype=dtype, generator=other).numpy())
    p = np.linspace(0, 1, n, dtype=dtype).reshape(shape)
    function = functions.floats if dtype == np.float32 else functions.doubles
    ours = source.draw(lambda numpy: drawn(function, numpy, n, bool, p.ctypes.data))
    assert_same(ours, tg.random.bernoulli(p, generator=other).numpy())


def test_the_functions_are_named_by_the_ops_that_draw():
    assert C_TEXT.keys() <= tg.random._RANDOM_OPS.keys()


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_any_bit_generator_of_numpy(functions, kind):
    ours, numpys = np.random.Generator(kind(5)), np.random.Generator(kind(5))
    assert_same(drawn(functions.one, ours, 777, bool, 0.3), _below(numpys, 0.3, (777,)))
    assert_same(drawn(functions.uniform32, ours, 7, np.float32), numpys.random(7, "f"))
