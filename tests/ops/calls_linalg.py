"""Calls of linear algebra, on matrices that are well conditioned, and of Fourier transforms."""

import numpy as np

from tests.ops.op_call import calls

RNG = np.random.default_rng(8)
"""Of its own, so that no other table's data depend on these."""


def x(*shape):
    return RNG.standard_normal(shape)


def well(*shape):
    """Matrices whose singular values lie close together, and apart from 0."""
    return 0.25 * x(*shape) / np.sqrt(max(shape[-2:], default=1) or 1) + np.eye(*shape[-2:])


def spread(*shape):
    """Matrices whose singular values are apart from each other."""
    return well(*shape) * np.linspace(1, 2, shape[-1] or 1)[: shape[-1]]


def definite(*shape):
    """Positive definite matrices, but for a part that is not symmetric."""
    root = spread(*shape)
    skew = 0.1 * x(*shape)
    return root @ np.swapaxes(root, -1, -2) + skew - np.swapaxes(skew, -1, -2)


PAIRS = [
    (x(4, 2), {"axes": (0,), "norm": "backward"}),
    (x(3, 5, 2), {"axes": (1,), "norm": "forward"}),
    (x(3, 2, 4, 2), {"axes": (2, 0), "norm": "ortho"}),
    (x(1, 2), {"axes": (0,), "norm": "backward"}),
    (x(0, 3, 2), {"axes": (1,), "norm": "backward"}),
]
SQUARE = [(3, 3), (2, 2, 2), (1, 1), (0, 0), (0, 2, 2)]
ANY = [*SQUARE[:3], (3, 2), (2, 3), (2, 4, 2), (0, 2), (2, 0), (3, 1)]

TABLE = {
    **{name: calls(name, *((well(*shape), {}) for shape in SQUARE))
       for name in ("inv", "det", "detsign", "logabsdet", "slogdet", "cofactors", "expm")},
    **{name: calls(name, *((definite(*shape), {}) for shape in SQUARE))
       for name in ("cholesky", "eigh", "eigvalsh")},
    **{name: calls(name, *((spread(*shape), {}) for shape in ANY))
       for name in ("qr", "svd", "svdvals", "pinv", "matrix_rank")},
    "fftn": calls("fftn", *PAIRS),
    "ifftn": calls("ifftn", *PAIRS),
    "rfftn": calls(
        "rfftn",
        (x(4), {"axes": (0,), "norm": "backward"}),
        (x(3, 5), {"axes": (1,), "norm": "forward"}),
        (x(3, 2, 4), {"axes": (2, 0), "norm": "ortho"}),
        (x(1), {"axes": (0,), "norm": "backward"}),
        (x(0, 3), {"axes": (1,), "norm": "backward"}),
    ),
    "irfftn": calls(
        "irfftn",
        (x(3, 2), {"n": 4, "axes": (0,), "norm": "backward"}),
        (x(2, 3, 2), {"n": 5, "axes": (1,), "norm": "forward"}),
        (x(2, 2, 3, 2), {"n": 3, "axes": (2, 0), "norm": "ortho"}),
        (x(1, 2), {"n": 1, "axes": (0,), "norm": "backward"}),
        (x(0, 2, 2), {"n": 3, "axes": (1,), "norm": "backward"}),
    ),
    "solve": calls(
        "solve",
        ((well(3, 3), x(3, 2)), {}),
        ((well(3, 3), x(3)), {}),
        ((well(2, 3, 3), x(3)), {}),
        ((well(2, 1, 2, 2), x(3, 2, 1)), {}),
        ((well(2, 2), x(3, 2, 2)), {}),
        ((well(1, 1), x(1)), {}),
        ((x(0, 0), x(0)), {}),
        ((well(2, 2), x(2, 0)), {}),
        ((x(0, 2, 2), x(2, 1)), {}),
    ),
    "solve_triangular": calls(
        "solve_triangular",
        ((well(3, 3), x(3, 2)), {}),
        ((well(3, 3), x(3)), {"lower": False}),
        ((well(2, 3, 3), x(3)), {"transpose": True}),
        ((well(2, 1, 2, 2), x(3, 2, 1)), {"lower": False, "transpose": True}),
        ((well(3, 3), x(3, 2)), {"unit_diagonal": True}),
        ((well(3, 3), x(3)), {"lower": False, "transpose": True, "unit_diagonal": True}),
        ((well(1, 1), x(1)), {}),
        ((x(0, 0), x(0)), {}),
        ((x(0, 2, 2), x(2, 1)), {}),
    ),
    "lstsq": calls(
        "lstsq",
        ((spread(3, 2), x(3)), {}),
        ((spread(2, 3, 2), x(3, 1)), {}),
        ((spread(2, 1), x(2)), {}),
    ),
    "over_gaps": calls(
        "over_gaps",
        ((x(2, 3), 1 + x(2, 3) ** 2), {}),
        ((x(2, 3, 3), 1 + x(3) ** 2), {}),
        ((x(0, 2), x(0, 2)), {}),
        ((x(1, 1), 1 + x(1, 1) ** 2), {}),
    ),
    "trace": calls(
        "trace",
        (x(3, 3), {}),
        (x(2, 3, 4), {"offset": 1}),
        (x(3, 2), {"offset": -1}),
        (x(2, 2), {"offset": 5}),
        (x(1, 1), {}),
        (x(0, 0), {}),
    ),
    "diagonal": calls(
        "diagonal",
        (x(3, 3), {}),
        (x(2, 3, 4), {"offset": 1}),
        (x(4, 2), {"offset": -1}),
        (x(2, 5), {"offset": 2}),
        (x(2, 2), {"offset": 5}),
        (x(1, 1), {}),
        (x(0, 2), {}),
    ),
    "diag_embed": calls(
        "diag_embed",
        (x(3), {}),
        (x(2, 2), {"offset": 1}),
        (x(2), {"offset": -2}),
        (x(1), {}),
        (x(0), {}),
    ),
    "diag": calls("diag", (x(3), {}), (x(2, 3), {"k": 1}), (x(2), {"k": -1}), (x(0), {})),
    "matrix_power": calls(
        "matrix_power",
        (well(3, 3), {"n": 5}),
        (well(2, 2, 2), {"n": -3}),
        (well(2, 2), {"n": 1}),
        (well(1, 1), {"n": 2}),
        (x(0, 0), {"n": 2}),
    ),
    "multi_dot": calls(
        "multi_dot",
        ((x(2, 3), x(3, 4), x(4, 2)), {}),
        ((x(4), x(4, 2), x(2, 5), x(5)), {}),
        ((x(2, 3), x(3)), {}),
        ((x(1, 1), x(1, 1)), {}),
        ((x(0, 2), x(2, 3), x(3, 1)), {}),
    ),
    "kron": calls(
        "kron",
        ((x(2), x(3)), {}),
        ((x(2, 3), x(2, 1)), {}),
        ((x(2), x(2, 3)), {}),
        ((x(1), x(1)), {}),
        ((x(0), x(2)), {}),
    ),
    "cross": calls(
        "cross",
        ((x(3), x(3)), {}),
        ((x(2, 3), x(3)), {}),
        ((x(3, 2), x(3, 2)), {"axis": 0}),
        ((x(0, 3), x(3)), {}),
    ),
    "vector_norm": calls(
        "vector_norm",
        (x(3), {}),
        *((x(2, 3), {"axis": 1, "ord": p}) for p in (0, 1, 3, 0.5, -1, np.inf, -np.inf)),
        (x(2, 3), {"ord": 2.5, "keepdims": True}),
        (x(2, 3, 2), {"axis": (0, 2), "ord": -np.inf, "keepdims": True}),
        (x(2, 0), {"axis": 1, "ord": 3}),
        (x(1), {"ord": 3}),
    ),
    "matrix_norm": calls(
        "matrix_norm",
        *((spread(3, 2), {"ord": p}) for p in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
        (spread(2, 2, 2), {"ord": "nuc", "keepdims": True}),
        (x(2, 3, 2), {"ord": 1, "keepdims": True}),
        (x(0, 0), {}),
    ),
    "cond": calls(
        "cond",
        (spread(3, 3), {}),
        (spread(3, 2), {"p": -2}),
        (spread(2, 2, 2), {"p": 1}),
        (spread(2, 2), {"p": "fro"}),
        (spread(1, 1), {}),
    ),
}  # fmt: skip
