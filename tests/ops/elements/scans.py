"""Running results, from the list of the elements so far."""

import math

from mpmath import mp, mpf

from tests.ops.elements.storage import build, one


def scan(f, dtype=float):
    """Return the function that applies ``f`` to the list of the elements so far along an axis."""

    def running(*arrays, axis=None, **static):
        x = arrays[0]
        axis = 0 if axis is None else one(axis, x.ndim)

        def entry(index):
            ranges = [(*index[:axis], k, *index[axis + 1 :]) for k in range(index[axis] + 1)]
            return f(*([array[at] for at in ranges] for array in arrays), **static)

        return build(x.shape, entry, dtype)

    return running


def _log_sum(values):
    with mp.workdps(40):
        return float(mp.log(mp.fsum(mp.exp(mpf(float(v))) for v in values)))


def _recurrence(terms, factors):
    y = 0.0
    for term, factor in zip(terms, factors, strict=True):
        y = term + factor * y
    return y


cumulative_prod = scan(math.prod)
cumulative_max = scan(lambda values: sorted(values)[-1])
cumulative_min = scan(lambda values: sorted(values)[0])
cumulative_max_place = scan(
    lambda values, least=False: values.index(sorted(values)[0 if least else -1]), int
)
logcumsumexp = scan(_log_sum)
linear_recurrence = scan(_recurrence)
