"""What the collections of spellings share."""

import numpy as np


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
