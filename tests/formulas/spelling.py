"""What the collections of spellings share."""

import numpy as np

import tensorgraph as tg

rng = np.random.default_rng(11)
m = 30


def leaf(*shape):
    return tg.tensor(rng.normal(size=shape), requires_grad=True)


def cases(collection):
    """Return a decorator that puts a function, and the lines wanted of it, into a collection."""

    def case(*lines):
        def add(function):
            collection[function.__name__] = function, lines
            return function

        return add

    return case


def sigmoid(z):
    s = 1 / (1 + np.exp(-z))
    return s
