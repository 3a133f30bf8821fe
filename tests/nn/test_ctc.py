"""CTC against all paths one after the other, and at the ends of what it may be given."""

import math
import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError
from tensorgraph.nn.losses import ctc
from tensorgraph.testing import gradcheck


def by_all_paths(steps, label, blank):
    """Add up the probabilities of the paths that become a label."""
    total = 0.0
    for path in product(range(steps.shape[1]), repeat=len(steps)):
        runs = [k for t, k in enumerate(path) if t == 0 or k != path[t - 1]]
        if [k for k in runs if k != blank] == list(label):
            total += math.exp(sum(steps[t, k] for t, k in enumerate(path)))
    return -math.log(total) if total else math.inf


def logs(*shape, seed=0):
    scores = np.random.default_rng(seed).standard_normal(shape)
    return scores - np.log(np.exp(scores).sum(-1, keepdims=True))


@given(st.integers(1, 5), st.integers(2, 3), st.integers(0, 3), st.integers(0, 2**32))
def test_it_is_the_sum_over_all_paths(steps, classes, width, seed):
    rng = np.random.default_rng(seed)
    blank = int(rng.integers(classes))
    others = [k for k in range(classes) if k != blank]
    labels = rng.choice(others, (3, width))
    lengths, counts = rng.integers(0, steps + 1, 3), rng.integers(0, width + 1, 3)
    log_a = logs(3, steps, classes, seed=seed)
    expected = [
        by_all_paths(log_a[i, :t], labels[i, :n], blank)
        for i, (t, n) in enumerate(zip(lengths, counts, strict=True))
    ]
    labels[np.arange(width) >= counts[:, None]] = -7  # what fills them up is not looked at
    told = {"lengths": lengths, "target_lengths": counts, "blank": blank}
    found = ctc(tg.tensor(log_a), labels, "none", **told)
    np.testing.assert_allclose(found.data, expected, rtol=1e-10, atol=1e-12)
    possible = np.where(np.isinf(expected), 0, expected)
    zeroed = ctc(log_a, labels, "none", zero_infinity=True, **told)
    np.testing.assert_allclose(zeroed, possible, rtol=1e-10, atol=1e-12)


def test_gradients_at_both_orders():
    labels = np.array([[1, 1], [2, 1]])
    gradcheck(lambda z: ctc(tg.log_softmax(z), labels), logs(2, 4, 3), order=2)


@pytest.mark.parametrize("zero", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sequence_that_is_too_short_has_no_gradient(zero, dtype):
    z = tg.tensor(logs(2, 2, 3), dtype, requires_grad=True)
    with np.errstate(all="raise"):
        losses = ctc(tg.log_softmax(z), [[1, 1], [1, 2]], "none", zero_infinity=zero)
        losses.sum().backward()
    assert losses.data[0] == (0 if zero else math.inf) and np.isfinite(losses.data[1])
    assert not z.grad.data[0].any() and z.grad.data[1].any() and np.isfinite(z.grad.data).all()


def test_a_class_that_is_ruled_out():
    log_a = np.array([[[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [1.0, 0.0, 0.0]]])
    with np.errstate(divide="ignore"):
        leaf = tg.tensor(np.log(log_a), requires_grad=True)
    loss = ctc(leaf, [[1, 2]])
    np.testing.assert_allclose(loss.item(), -math.log(0.25), rtol=1e-12)
    loss.backward()
    assert not np.isnan(leaf.grad.data).any()


@pytest.mark.parametrize("beyond", [np.nan, np.inf, 7.0])
def test_what_stands_after_the_steps_has_no_influence(beyond):
    clean, lengths = logs(2, 5, 3), np.array([3, 5])
    filled = clean.copy()
    filled[0, 3:] = beyond
    found = []
    for values in (clean, filled):
        leaf = tg.tensor(values, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", tg.errors.UsageWarning)  # they are no logarithms
            loss = ctc(leaf, [[1, 2], [1, 1]], "sum", lengths=lengths)
        loss.backward()
        found.append((loss.item(), leaf.grad.data))
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[0][1], found[1][1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_long_sequences_stay_in_range(dtype):
    """A thousand steps of four equal classes: paths times 4⁻¹⁰⁰⁰, which no float32 holds."""
    steps = tg.tensor(np.full((1, 1000, 4), -math.log(4)), dtype, requires_grad=True)
    loss = ctc(steps, [[1]])
    paths = math.log(1000 * 1001 / 2)  # where the run of the label begins and ends
    np.testing.assert_allclose(loss.item(), 1000 * math.log(4) - paths, rtol=1e-5)
    loss.backward()
    np.testing.assert_allclose(steps.grad.data.sum(-1), -1, rtol=1e-3)


def test_no_sequences_and_no_labels():
    assert ctc(np.zeros((0, 3, 2)), np.zeros((0, 2), int)) == 0
    steps = logs(2, 3, 3)
    np.testing.assert_allclose(ctc(steps, np.zeros((2, 0)), "none"), -steps[..., 0].sum(1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: ctc(x, [[1, 3], [1, 1]]), AxisError, "label 3 at index (0, 1) is not one of"),
        (lambda x: ctc(x, [[1, 0], [1, 1]]), ArgumentError, "label 0 at index (0, 1) is the blank"),
        (lambda x: ctc(x, [[1.0], [2.0]]), DTypeError, "labels are integers, not float"),
        (lambda x: ctc(x, [1, 2]), ShapeError, "must have shapes (m, T, classes)"),
        (lambda x: ctc(x, [[1]] * 4), ShapeError, "write tg.permute_dims(log_probs, (1, 0, 2))"),
        (lambda x: ctc(x, [[1], [1]], blank=3), ArgumentError, "blank=3 is not one of the 3"),
        (lambda x: ctc(x, [[1], [1]], lengths=[5, 1]), ArgumentError, "lengths are in 0 … 4, not"),
        (lambda x: ctc(x, [[1], [1]], lengths=[1]), ShapeError, "lengths of shape (1,) must have"),
        (lambda x: ctc(x, [[1], [1]], target_lengths=[1.0, 1.0]), DTypeError, "are integers"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error) as caught:
        call(tg.tensor(logs(2, 4, 3)))
    assert message in str(caught.value)


def test_probabilities_are_no_logarithms():
    z = tg.zeros((1, 2, 3), requires_grad=True)
    with pytest.warns(tg.errors.UsageWarning, match="write log_softmax for softmax"):
        ctc(tg.softmax(z), [[1]])


def test_logits_are_no_logarithms_of_probabilities():
    logits = np.random.default_rng(0).normal(size=(1, 4, 3)) + 1
    with pytest.warns(tg.errors.UsageWarning, match="at most 0, not .* tg.log_softmax") as found:
        ctc(logits, [[1]])
    assert len(found) == 1 and found[0].filename == __file__
    ctc(np.zeros((1, 2, 1)) + 1e-9, np.zeros((1, 0), int))  # what rounding makes of 0


def of_example(log_probs, labels, steps, counts):
    return ctc(
        log_probs[None], labels[None], "sum", lengths=steps[None], target_lengths=counts[None]
    )


def test_labels_and_lengths_are_arguments_of_what_is_mapped_compiled_and_traced():
    rng = np.random.default_rng(0)
    log_probs = tg.log_softmax(rng.normal(size=(3, 6, 4)), axis=-1)
    labels = np.array([[1, 2, 2], [3, 0, 0], [2, 1, 0]])
    steps, counts = np.array([6, 4, 5]), np.array([3, 1, 2])
    expected = ctc(log_probs, labels, "none", lengths=steps, target_lengths=counts)
    each = tg.vmap(of_example)(*map(tg.tensor, (log_probs, labels, steps, counts)))
    np.testing.assert_allclose(each.numpy(), expected, rtol=1e-12)
    slopes = tg.vmap(tg.grad(of_example))(*map(tg.tensor, (log_probs, labels, steps, counts)))
    whole = tg.grad(lambda x: ctc(x, labels, "sum", lengths=steps, target_lengths=counts))(
        tg.tensor(log_probs)
    )
    np.testing.assert_allclose(slopes.numpy(), whole.numpy(), rtol=1e-9, atol=1e-12)

    def of_all(log_probs, labels, steps, counts):
        return ctc(log_probs, labels, "none", lengths=steps, target_lengths=counts)

    trace = tg.trace(of_all, log_probs, labels, steps, counts)
    run = tg.compile(of_all)
    for shift in range(3):
        given = (log_probs, *(np.roll(x, shift, axis=0) for x in (labels, steps, counts)))
        wanted = ctc(given[0], given[1], "none", lengths=given[2], target_lengths=given[3])
        np.testing.assert_allclose(trace(*given), wanted, rtol=1e-12)
        np.testing.assert_allclose(np.asarray(run(*given)), wanted, rtol=1e-12)
    with pytest.raises(tg.errors.ArgumentError, match=r"lengths are in 0 … 6"):
        run(log_probs, labels, steps + 3, counts)
