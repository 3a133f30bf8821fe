"""Faults of linear algebra and of Fourier transforms."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "linalg/solves.py",
        ("_inv_rule", "transposed @ g @ transposed", "transposed @ g @ out",
         "inv: half of the gradient is transposed"),
        ("_solve_by_a", "matrix_transpose(a)", "a", "solve: the gradient is solved with A"),
        ("_by_blocks", "b[..., last, :] - a[..., last, first] @ top",
         "b[..., last, :] + a[..., last, first] @ top",
         "linalg: blocks of a triangular matrix are added"),
        ("_triangular_by_a", "(solved, back) if transpose else (back, solved)", "(back, solved)",
         "solve_triangular: transposed, the gradient is too"),
        ("_one_triangle", "-1 if lower else 1", "0",
         "linalg: a diagonal that counts as 1 is read"),
        ("_solve_kernel", "of_each(np.linalg.inv, a, 'is singular')", "None",
         "linalg: NumPy's words for a singular matrix"),
    ),
    *planted_in(
        "linalg/norms.py",
        ("_general", "logical_or(equal(extreme, 0), isinf(extreme))", "equal(extreme, 0)",
         "vector_norm: NaN of an infinite element"),
        ("_powers", "not 0 < p < 1", "True",
         "vector_norm: of orders below 1 a 0 makes the gradients beside it NaN"),
    ),
    *planted_in(
        "linalg/least_squares.py",
        ("_pinv_kernel", "_tolerance(x, rtol)", "_tolerance(x.astype(np.float32), rtol)",
         "pinv: half precision has the digits of single"),
    ),
    *planted_in(
        "linalg/determinants.py",
        ("_without_inverse", "where(beside(each, x), 0, pairs)", "pairs",
         "det: second derivatives at singular matrices count an element twice"),
        ("_without_inverse", "matrix_transpose(inside)", "inside",
         "det: second derivatives at singular matrices are transposed"),
        ("_cofactors_kernel", "np.sign(sign)[..., None] * products", "products",
         "cofactors: the sign is lost"),
        ("logabsdet", "matrix_transpose(inv(x))", "inv(x)",
         "logabsdet: the gradient is transposed"),
    ),
    *planted_in(
        "linalg/factorizations.py",
        ("_cholesky_rule", "tril(products, k=-1)", "tril(products)",
         "cholesky: the diagonal counts twice"),
        ("_qr_rule", "q @ r[..., k:] @ matrix_transpose(g_rest)", "0 * q",
         "qr: what the columns behind add to Q's gradient is left out"),
        ("_tall_qr_rule", "tril(turned, k=-1)", "tril(turned)", "qr: the diagonal counts twice"),
    ),
    *planted_in(
        "linalg/spectra.py",
        ("_differences", "values[..., None, :] - values[..., :, None]",
         "values[..., :, None] - values[..., None, :]", "eigh: vectors turn the other way"),
        ("_eigh_rule", "symmetric_part((along + vectors @ turned) @ across)",
         "(along + vectors @ turned) @ across", "eigh: the gradient is not symmetric"),
        ("_over_gaps_kernel", "without & (np.abs(x) > 0)", "without & False",
         "linalg: vectors of equal values have a gradient"),
        ("_apart", "4 * shape_of(values)[-1] * float(np.finfo(values.dtype).eps)", "0.0",
         "linalg: values that are equal but for rounding count as apart"),
        ("_svd_rule", "u @ (matrix_transpose(u) @ g_u)", "0 * g_u",
         "svd: what turns U within its columns counts twice"),
    ),
    *planted_in(
        "linalg/least_squares.py",
        ("_pinv_rule", "p @ out @ g_t @ beside", "0 * p",
         "linalg: a pseudoinverse's gradient is that of an inverse"),
        ("_rank", "sizes > least", "sizes >= least", "linalg: the rank of a zero matrix is not 0"),
    ),
    *planted_in(
        "linalg/norms.py",
        ("_general", "where(nothing, 1, total)", "total",
         "linalg: a zero vector's gradient is NaN"),
        ("_general", "divide(sizes, unit)", "sizes", "linalg: powers leave the range"),
        ("_size", "-2 if ord in (1, -1) else -1", "-1 if ord in (1, -1) else -2",
         "matrix_norm: sums of rows are those of columns"),
    ),
    *planted_in(
        "linalg/functions.py",
        ("_expm_rule", "matrix_transpose(x)", "x", "expm: the gradient is transposed"),
        ("_halvings", "np.ceil(np.log2(np.where(large, lengths, LARGEST) / LARGEST))", "0",
         "linalg: large matrices are not halved"),
    ),
    *planted_in(
        "linalg/products.py",
        ("_order", "min(costs, key=costs.__getitem__)", "max(costs, key=costs.__getitem__)",
         "linalg: a chain goes the long way"),
    ),
    *planted_in(
        "linalg/_matrices.py",
        ("symmetric_kernel", "x / 2 + np.swapaxes(x, -1, -2) / 2", "x",
         "linalg: one triangle is read"),
    ),
    *planted_in(
        "fft/_records.py",
        ("SWAPPED", "{'backward': 'forward', 'ortho': 'ortho', 'forward': 'backward'}",
         "{'backward': 'backward', 'ortho': 'ortho', 'forward': 'forward'}",
         "fftn, ifftn: the gradient is scaled otherwise"),
        ("_counts", "n % 2 == 0", "n % 2 == 1", "rfftn, irfftn: the last frequency counts twice"),
    ),
    *planted_in(
        "fft/transforms.py",
        ("_fitted", "n > own", "False", "fft: no zeros are added"),
    ),
]  # fmt: skip
