"""Exact numbers with all their first and second derivatives, by which sweeps are judged."""

from mpmath import mp, mpf


class Taylor:
    """A value, its gradient and its Hessian by a few variables, as numbers of mpmath."""

    def __init__(self, value, first, second):
        self.value, self.first, self.second = value, first, second

    def chain(self, f, slope, curvature):
        """Return f of this, given f and its two derivatives here."""
        n = range(len(self.first))
        return Taylor(
            f,
            [slope * a for a in self.first],
            [
                [slope * self.second[i][j] + curvature * self.first[i] * self.first[j] for j in n]
                for i in n
            ],
        )

    def __add__(self, other):
        if not isinstance(other, Taylor):
            return Taylor(self.value + other, self.first, self.second)
        return Taylor(
            self.value + other.value,
            [a + b for a, b in zip(self.first, other.first, strict=True)],
            [
                [a + b for a, b in zip(*rows, strict=True)]
                for rows in zip(self.second, other.second, strict=True)
            ],
        )

    def __mul__(self, other):
        if not isinstance(other, Taylor):
            return self.chain(self.value * other, mpf(other), mpf(0))
        n, (a, b) = range(len(self.first)), (self, other)
        return Taylor(
            a.value * b.value,
            [a.value * b.first[i] + b.value * a.first[i] for i in n],
            [
                [
                    a.value * b.second[i][j]
                    + b.value * a.second[i][j]
                    + a.first[i] * b.first[j]
                    + a.first[j] * b.first[i]
                    for j in n
                ]
                for i in n
            ],
        )

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + other * -1

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        if not isinstance(other, Taylor):
            return self * (1 / mpf(other))
        y = other.value
        return self * other.chain(1 / y, -1 / y**2, 2 / y**3)

    def __rtruediv__(self, other):
        y = self.value
        return self.chain(1 / y, -1 / y**2, 2 / y**3) * other


def variables(values):
    """Return numbers as variables, each with slope 1 by itself."""
    n = range(len(values))
    flat = [[mpf(0)] * len(values) for _ in n]
    return [Taylor(mpf(float(v)), [mpf(i == k) for i in n], flat) for k, v in enumerate(values)]


def exp(x):
    e = mp.exp(x.value)
    return x.chain(e, e, e)


def log(x):
    return x.chain(mp.log(x.value), 1 / x.value, -1 / x.value**2)


def sqrt(x):
    """Return √x, at 0 with derivatives 0: as the engine documents them of norms."""
    root = mp.sqrt(x.value)
    if not root:
        return x.chain(root, mpf(0), mpf(0))
    return x.chain(root, 1 / (2 * root), -1 / (4 * root * x.value))


def total(terms):
    """Return the sum of some terms, at least one."""
    first, *rest = terms
    for term in rest:
        first = first + term
    return first
