"""The functions of the Array API standard, version 2025.12, with their parameters: facts of it.

https://data-apis.org/array-api/2025.12/API_specification/
"""

import inspect

_TEXT = {
    "creation": """
        arange(start, /, stop=None, step=1, *, dtype=None, device=None)
        asarray(obj, /, *, dtype=None, device=None, copy=None)
        empty(shape, *, dtype=None, device=None)
        empty_like(x, /, *, dtype=None, device=None)
        eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None)
        from_dlpack(x, /, *, device=None, copy=None)
        full(shape, fill_value, *, dtype=None, device=None)
        full_like(x, /, fill_value, *, dtype=None, device=None)
        linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True)
        meshgrid(*arrays, indexing="xy")
        ones(shape, *, dtype=None, device=None)
        ones_like(x, /, *, dtype=None, device=None)
        tril(x, /, *, k=0)
        triu(x, /, *, k=0)
        zeros(shape, *, dtype=None, device=None)
        zeros_like(x, /, *, dtype=None, device=None)
    """,
    "dtypes": """
        astype(x, dtype, /, *, copy=True, device=None)
        can_cast(from_, to, /)
        finfo(type, /)
        iinfo(type, /)
        isdtype(dtype, kind)
        result_type(*arrays_and_dtypes)
    """,
    "indexing": """
        take(x, indices, /, *, axis=None)
        take_along_axis(x, indices, /, *, axis=-1)
    """,
    "info": """
        __array_namespace_info__()
    """,
    "linear algebra": """
        matmul(x1, x2, /)
        matrix_transpose(x, /)
        tensordot(x1, x2, /, *, axes=2)
        vecdot(x1, x2, /, *, axis=-1)
    """,
    "manipulation": """
        broadcast_arrays(*arrays)
        broadcast_shapes(*shapes)
        broadcast_to(x, /, shape)
        concat(arrays, /, *, axis=0)
        expand_dims(x, /, axis)
        flip(x, /, *, axis=None)
        moveaxis(x, source, destination, /)
        permute_dims(x, /, axes)
        repeat(x, repeats, /, *, axis=None)
        reshape(x, /, shape, *, copy=None)
        roll(x, /, shift, *, axis=None)
        squeeze(x, /, axis)
        stack(arrays, /, *, axis=0)
        tile(x, repetitions, /)
        unstack(x, /, *, axis=0)
    """,
    "searching": """
        argmax(x, /, *, axis=None, keepdims=False)
        argmin(x, /, *, axis=None, keepdims=False)
        count_nonzero(x, /, *, axis=None, keepdims=False)
        nonzero(x, /)
        searchsorted(x1, x2, /, *, side="left", sorter=None)
        where(condition, x1, x2, /)
    """,
    "sets": """
        isin(x1, x2, /, *, invert=False)
        unique_all(x, /)
        unique_counts(x, /)
        unique_inverse(x, /)
        unique_values(x, /)
    """,
    "sorting": """
        argsort(x, /, *, axis=-1, descending=False, stable=True)
        sort(x, /, *, axis=-1, descending=False, stable=True)
    """,
    "statistics": """
        cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False)
        cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False)
        max(x, /, *, axis=None, keepdims=False)
        mean(x, /, *, axis=None, keepdims=False)
        min(x, /, *, axis=None, keepdims=False)
        prod(x, /, *, axis=None, dtype=None, keepdims=False)
        std(x, /, *, axis=None, correction=0.0, keepdims=False)
        sum(x, /, *, axis=None, dtype=None, keepdims=False)
        var(x, /, *, axis=None, correction=0.0, keepdims=False)
    """,
    "utility": """
        all(x, /, *, axis=None, keepdims=False)
        any(x, /, *, axis=None, keepdims=False)
        diff(x, /, *, axis=-1, n=1, prepend=None, append=None)
    """,
}

# Elementwise functions by the kinds of numbers that the standard lets them take.
FLOATS, NUMBERS, WHOLE, BITS, TRUTHS, ANY = "f", "iuf", "iu", "biu", "b", "biuf"
UNARY = {
    **dict.fromkeys(
        "acos acosh asin asinh atan atanh cos cosh exp expm1 log log10 log1p log2 reciprocal"
        " signbit sin sinh sqrt tan tanh".split(),
        FLOATS,
    ),
    **dict.fromkeys(
        "abs ceil conj floor imag isfinite isinf isnan negative positive real round sign square"
        " trunc".split(),
        NUMBERS,
    ),
    "bitwise_invert": BITS,
    "logical_not": TRUTHS,
}
BINARY = {
    **dict.fromkeys("atan2 copysign divide hypot logaddexp nextafter".split(), FLOATS),
    **dict.fromkeys(
        "add floor_divide greater greater_equal less less_equal maximum minimum multiply pow"
        " remainder subtract".split(),
        NUMBERS,
    ),
    **dict.fromkeys(("equal", "not_equal"), ANY),
    **dict.fromkeys(("bitwise_left_shift", "bitwise_right_shift"), WHOLE),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), BITS),
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor"), TRUTHS),
}


def _signature(line):
    name, _, parameters = line.partition("(")
    return name, inspect.signature(eval(f"lambda {parameters[:-1]}: None"))


SIGNATURES = dict(
    _signature(line.strip())
    for text in _TEXT.values()
    for line in text.splitlines()
    if line.strip()
)
SIGNATURES |= dict(_signature(f"{name}(x, /)") for name in UNARY)
SIGNATURES |= dict(_signature(f"{name}(x1, x2, /)") for name in BINARY)
SIGNATURES |= dict([_signature("clip(x, /, min=None, max=None)")])

CONSTANTS = ("e", "inf", "nan", "newaxis", "pi")
DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float32", "float64")  # fmt: skip
METHODS = (
    "abs add and array_namespace bool complex dlpack dlpack_device eq float floordiv ge getitem gt"
    " index int invert le lshift lt matmul mod mul ne neg or pos pow rshift setitem sub truediv xor"
    " radd rsub rmul rtruediv rfloordiv rpow rmod rmatmul rand ror rxor rlshift rrshift"
).split()
ATTRIBUTES = ("dtype", "device", "mT", "ndim", "shape", "size", "T", "to_device")
