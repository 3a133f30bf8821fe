"""Whole programs: their derivatives against an independent interpreter, and against themselves."""

import copy
import itertools

import numpy as np
import pytest
from hypothesis import given, note, settings, strategies as st

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.rule import Word
from tensorgraph.testing.strategies import graphs
from tensorgraph.testing.strategies.random_graphs.graph import RandomGraph, Step
from tensorgraph.testing.strategies.random_graphs.kinds import KINDS
from tests.engine import programs as pg
from tests.engine.programs import engine_derivatives, exact_derivatives
from tests.thorough import THOROUGH

EXAMPLES = settings().max_examples
CASES = 200 if THOROUGH else 12
SIX = "ab,bc,cd,de,ef,fg->ag"
ELSEWHERE = {
    "astype",  # in float64 it does nothing; the tests of dtypes use it
    *(name for name, op in REGISTRY.items() if op.family == "linalg"),  # of matrices of their own
    *("diagonal", "diag_embed"),
}


def random_like(arrays, seed):
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, a.shape) for a in arrays]


def assert_agree(found, expected, relative=1e-9):
    """Compare arrays element by element; what cancels may keep the rounding of what it cancels."""
    scale = max([1.0, *(float(np.abs(e).max(initial=0)) for e in expected)])
    for f, e in zip(found, expected, strict=True):
        assert f.shape == e.shape
        assert np.all(np.abs(f - e) <= relative * np.abs(e) + 1e-3 * relative * scale), (f, e)


def assert_derivatives(program, seed=0):
    vector = random_like(program.leaves, seed)
    found, expected = engine_derivatives(program, vector), exact_derivatives(program, vector)
    assert found.value == pytest.approx(expected.value, rel=1e-12, abs=1e-12)
    assert_agree(found.gradient, expected.gradient)
    assert_agree(found.product, expected.product)
    assert_agree(first_order(program)[1:], expected.gradient)  # the pass that records nothing


def equal_bits(found, expected):
    return all(
        np.asarray(f).dtype == np.asarray(e).dtype
        and np.asarray(f).tobytes() == np.asarray(e).tobytes()
        for f, e in zip(found, expected, strict=True)
    )


def wants_gradient(value):
    return isinstance(value, tg.Tensor) and value.requires_grad


def first_order(program, leaves=None):
    """Return the total and the gradients of a plain backward pass, as arrays."""
    leaves = program.tensors() if leaves is None else leaves
    total = program(*leaves)
    return [total.numpy(), *(g.numpy() for g in tg.gradients(total, leaves))]


# -------------------------------------------------------------------- against the reference


@pytest.mark.parametrize("kind", KINDS)
def test_one_step(kind):
    grid = pg.grid(kind, CASES)
    assert len(grid) >= 10
    for program in grid:
        try:
            assert_derivatives(program)
        except Exception as error:
            error.add_note(str(program))
            raise


def test_the_steps_use_every_differentiable_op():
    used = set()
    for kind in KINDS:
        for program in pg.grid(kind, 3):
            used |= ops_in(program())
    differentiable = {
        name
        for name, record in REGISTRY.items()
        if not all(isinstance(rule, Word) for rule in record.vjp.values())
    }
    assert used >= differentiable - ELSEWHERE


def ops_in(tensor):
    stack, seen = [tensor.node], set()
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += [p for p in node.parents if type(p) is type(tensor.node)]
    return {node.op.name for node in seen}


@pytest.mark.parametrize(
    "kind, static",
    [("concat", {"axis": 1}), ("stack", {"axis": -1}), ("einsum", {"subscripts": SIX})],
)
def test_many_operands(kind, static):
    rng = np.random.default_rng(0)
    widths = (1, 2, 1, 3, 2, 2) if kind == "concat" else (2,) * 6
    leaves = tuple(rng.uniform(-1, 1, (2, n)) for n in widths)
    steps = (Step(KINDS[kind], tuple(range(6)), static), Step(KINDS["sin"], (6,)))
    values = RandomGraph(leaves, (), steps, {}).values([tg.tensor(x) for x in leaves])
    weights = {7: rng.uniform(0.5, 1.5, values[-1].shape)}
    assert_derivatives(RandomGraph(leaves, (), steps, weights))


@pytest.mark.parametrize("part", range(4))
@settings(max_examples=5 * EXAMPLES)
@given(program=graphs(), seed=st.integers(0, 99))
def test_random_program(part, program, seed):
    note(str(program))
    assert_derivatives(program, seed)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs(unused=False))
def test_the_reference_agrees_with_itself(program):
    vector = random_like(program.leaves, 1)
    exact = exact_derivatives(program, vector)
    total = pg.interpreted(
        program,
        [pg.Dual(x + 0j, v + 0j) for x, v in zip(program.leaves, vector, strict=True)],
    )
    forward = sum(np.sum(g * v) for g, v in zip(exact.gradient, vector, strict=True))
    assert total.b.real == pytest.approx(forward, rel=1e-10, abs=1e-10)


# ------------------------------------------------------------------- against itself: same bits


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_dead_code_changes_no_bit(program):
    assert equal_bits(first_order(program), first_order(pg.without_dead_code(program)))


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_the_same_program_twice_gives_the_same_bits(program):
    vector = random_like(program.leaves, 2)
    one, two = engine_derivatives(program, vector), engine_derivatives(program, vector)
    assert one.value == two.value
    assert equal_bits(one.gradient + one.product, two.gradient + two.product)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_gradients_are_those_of_backward(program):
    leaves = program.tensors()
    program(*leaves).backward()
    for leaf, g in zip(leaves, first_order(program)[1:], strict=True):
        # A leaf that the total does not depend on gets zeros from the one, nothing from the other.
        assert equal_bits([g], [leaf.grad.numpy()]) if leaf.grad is not None else not g.any()


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_create_graph_changes_no_bit(program):
    leaves = program.tensors()
    total = program(*leaves)
    recorded = tg.gradients(total, leaves, create_graph=True)
    assert_agree([g.numpy() for g in recorded], first_order(program)[1:], relative=1e-15)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_a_retained_graph_accumulates_to_exactly_double(program):
    leaves = program.tensors()
    total = program(*leaves)
    total.backward(retain_graph=True)
    first = [leaf.grad for leaf in leaves]
    kept = [None if g is None else g.numpy().copy() for g in first]
    total.backward()
    for leaf, old, values in zip(leaves, first, kept, strict=True):
        if old is not None:
            assert np.array_equal(leaf.grad.numpy(), 2 * values)
            assert np.array_equal(old.numpy(), values), "the first gradient was changed in place"


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_no_grad_and_debug_change_no_bit(program):
    leaves = program.tensors()
    with tg.no_grad():
        value = program(*leaves)
    assert value.node is None
    expected = first_order(program)
    assert equal_bits([value.numpy()], expected[:1])
    with tg.debug():
        assert equal_bits(first_order(program), expected)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs(), data=st.data())
def test_a_hook_that_looks_changes_no_bit(program, data):
    seen = []

    def look(position, value):
        if wants_gradient(value) and value.node is not None and position % 2 == 0:
            value.register_hook(lambda g: seen.append((position, g.numpy().copy())))
        return value

    leaves = program.tensors()
    values = program.values(leaves, look)
    grads = tg.gradients(program.total(values), leaves)
    assert equal_bits([g.numpy() for g in grads], first_order(program)[1:])
    positions = [position for position, _ in seen]
    assert positions == sorted(set(positions), reverse=True), "once each, newest first"


# ------------------------------------------------------------- against itself: the same numbers


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_fan_out_sums(program):
    split, owners = pg.with_split_leaves(program)
    sums = [np.zeros(x.shape) for x in program.leaves]
    for owner, g in zip(owners, first_order(split)[1:], strict=True):
        sums[owner] += g
    assert_agree(first_order(program)[1:], sums, relative=1e-12)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_the_hessian_is_symmetric(program):
    u, v = random_like(program.leaves, 3), random_like(program.leaves, 4)
    hu, hv = engine_derivatives(program, u).product, engine_derivatives(program, v).product
    one, two = dot(u, hv), dot(v, hu)
    assert one == pytest.approx(two, rel=1e-9, abs=1e-10 * max(1.0, size(hu), size(hv)))


def dot(xs, ys):
    return sum(float(np.sum(x * y)) for x, y in zip(xs, ys, strict=True))


def size(arrays):
    return max((float(np.abs(a).max(initial=0)) for a in arrays), default=0.0)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs(), data=st.data())
def test_gradients_by_a_value_on_the_way(program, data):
    """A value's gradient is that of a leaf put in its place; asked together with the leaves."""
    leaves = program.tensors()
    values = program.values(leaves)
    positions = [i for i in range(program.offset, len(values)) if wants_gradient(values[i])]
    if not positions:
        return
    k = data.draw(st.sampled_from(positions))
    grads = tg.gradients(program.total(values), [*leaves, values[k]])
    assert equal_bits([g.numpy() for g in grads[:-1]], first_order(program)[1:])
    leaf = tg.tensor(values[k].numpy(), requires_grad=True)
    again = program.values(leaves, lambda i, value: leaf if i == k else value)
    total = program.total(again)
    expected = tg.gradients(total, leaf) if total.requires_grad else tg.zeros_like(leaf)
    assert_agree([grads[-1].numpy()], [expected.numpy()], relative=1e-13)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs(), data=st.data())
def test_a_hook_takes_the_gradients_place(program, data):
    """Tripling a value's gradient adds twice what flows through that value."""
    leaves = program.tensors()
    values = program.values(leaves)
    positions = [i for i in range(program.offset, len(values)) if wants_gradient(values[i])]
    if not positions:
        return
    k = data.draw(st.sampled_from(positions))
    through = tg.gradients(program.total(values), values[k], retain_graph=True)
    share = tg.gradients(values[k], leaves, through, retain_graph=True)
    remove = values[k].register_hook(lambda g: 3 * g)
    tripled = tg.gradients(program.total(values), leaves, retain_graph=True)
    own = tg.gradients(program.total(values), values[k], retain_graph=True)
    assert equal_bits([own.numpy()], [3 * through.numpy()])
    remove()
    plain = tg.gradients(program.total(values), leaves)
    for t, p, s in zip(tripled, plain, share, strict=True):
        assert_agree([t.numpy()], [p.numpy() + 2 * s.numpy()], relative=1e-12)


def outputs_of(program):
    """Return the function from a program's leaves to the list of values that nothing uses."""

    def f(*leaves):
        values = program.values(leaves)
        return [tg.asarray(values[i]) for i in program.weights]  # some may be of constants only

    return f


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_jvp_is_the_adjoint_of_vjp(program):
    f, leaves = outputs_of(program), [tg.tensor(x) for x in program.leaves]
    tangents = random_like(leaves, 5)
    outputs, pushed = tg.jvp(f, leaves, [tg.tensor(t) for t in tangents])
    cotangents = random_like(outputs, 6)
    _, pull = tg.vjp(f, *leaves)
    pulled = [g.numpy() for g in pull([tg.tensor(u) for u in cotangents])]
    pushed = [p.numpy() for p in pushed]
    scale = max(1.0, size(pulled), size(pushed))
    assert dot(cotangents, pushed) == pytest.approx(
        dot(pulled, tangents), rel=1e-9, abs=1e-12 * scale
    )
    # And the pushed tangent is the reference's own, which goes forward.
    duals = [pg.Dual(x + 0j, t + 0j) for x, t in zip(program.leaves, tangents, strict=True)]
    weights = list(program.weights.values())
    expected = pg.interpreted(program, duals).b.real
    assert dot(weights, pushed) == pytest.approx(expected, rel=1e-9, abs=1e-12 * scale)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_vjp_is_linear(program):
    outputs, pull = tg.vjp(outputs_of(program), *map(tg.tensor, program.leaves))
    u, v = random_like(outputs, 7), random_like(outputs, 8)

    def pulled(cotangents):
        return [g.numpy() for g in pull([tg.tensor(c) for c in cotangents])]

    both = pulled([2 * a - 3 * b for a, b in zip(u, v, strict=True)])
    parts = [2 * a - 3 * b for a, b in zip(pulled(u), pulled(v), strict=True)]
    assert_agree(both, parts, relative=1e-10)


@pytest.mark.parametrize("kind", [k for k in KINDS if KINDS[k].arity == 2])
def test_a_broadcast_leaf_gets_the_sum_over_its_copies(kind):
    tried = 0
    for program in pg.grid(kind, CASES):
        operands = [x for x in program.leaves if x.shape != program.leaves[0].shape]
        if (
            not operands
            or len(program.leaves) != 2
            or KINDS[kind].options.__name__ != "_broadcasting"
        ):
            continue
        shape = np.broadcast_shapes(*(x.shape for x in program.leaves))
        tiled = copy.copy(program)
        object.__setattr__(
            tiled, "leaves", tuple(np.broadcast_to(x, shape).copy() for x in program.leaves)
        )
        sums = [
            summed_to(g, x.shape)
            for x, g in zip(program.leaves, first_order(tiled)[1:], strict=True)
        ]
        assert_agree(first_order(program)[1:], sums, relative=1e-12)
        tried += 1
    assert tried > 3 or KINDS[kind].options.__name__ != "_broadcasting"


def summed_to(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True).reshape(shape)


# -------------------------------------------------------------------------------------- dtypes


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_float32_stays_near_float64(program):
    exact = first_order(program)
    single = program.tensors("float32")
    values = program.values(single)
    assert all(v.dtype == np.float32 for v in values if isinstance(v, tg.Tensor))
    grads = tg.gradients(program.total(values), single)
    assert all(g.dtype == np.float32 for g in grads)
    # Each step may lose some bits; the programs are tame, so none loses many.
    bound = 3e-5 * (2 + len(program.steps)) * max(1.0, size(exact))
    for g, e in zip(grads, exact[1:], strict=True):
        assert np.all(np.abs(g.numpy() - e) <= bound)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs(), data=st.data())
def test_each_leaf_gets_a_gradient_of_its_own_dtype(program, data):
    dtypes = [data.draw(st.sampled_from(["float32", "float64"])) for _ in program.leaves]
    leaves = [
        tg.tensor(x, dtype=d, requires_grad=True)
        for x, d in zip(program.leaves, dtypes, strict=True)
    ]
    wide = [leaf.astype("float64") for leaf in leaves]
    total = program(*wide)
    for create_graph in (True, False):
        grads = tg.gradients(total, leaves, create_graph=create_graph)
        assert [g.dtype for g in grads] == dtypes


# ------------------------------------------------------------------------------------ ownership


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_nothing_given_is_ever_modified(program):
    given_ = [x.copy() for x in program.leaves]
    for array in given_:
        array.flags.writeable = False
    leaves = [tg.asarray(x) for x in given_]
    for leaf in leaves:
        leaf.requires_grad = True
    values = program.values(leaves)
    kept = [np.array(v.numpy() if isinstance(v, tg.Tensor) else v) for v in values]
    total = program.total(values)
    seed = np.full((), 1.5)
    seed.flags.writeable = False
    total.backward(seed, retain_graph=True)
    tg.gradients(total, leaves, tg.asarray(seed), create_graph=True)
    assert equal_bits(given_, program.leaves)
    now = [v.numpy() if isinstance(v, tg.Tensor) else v for v in values]
    assert equal_bits(kept, now)


@settings(max_examples=3 * EXAMPLES)
@given(program=graphs())
def test_gradients_share_no_memory(program):
    leaves = program.tensors()
    values = program.values(leaves)
    sinks = [values[i] for i in program.weights if wants_gradient(values[i])]
    if not sinks:
        return
    output = max(sinks, key=lambda t: t.size)
    seed = np.ones(output.shape)
    seed.flags.writeable = False
    output.backward(seed, retain_graph=True)
    extra = tg.gradients(output, leaves, seed)
    arrays = [leaf.grad.numpy() for leaf in leaves if leaf.grad is not None]
    arrays += [g.numpy() for g in extra] + [leaf.numpy() for leaf in leaves] + [seed]
    for a, b in itertools.combinations(arrays, 2):
        assert not np.shares_memory(a, b)
