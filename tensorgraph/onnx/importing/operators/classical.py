"""Operators of ``ai.onnx.ml``: what scikit-learn's models are written in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.arrays import TEXT
from tensorgraph.onnx.importing.table import ML, operator
from tensorgraph.onnx.importing.values import Floats, Ints, Texts, known


def as_real(x: Any) -> Any:
    """Return a value as floating-point numbers."""
    return x if x.dtype.kind == "f" else ops.astype(x, dtype=np.float32)


def as_rows(x: Any) -> Any:
    """Return a value as rows: one axis is one row."""
    return ops.reshape(x, shape=(1, -1)) if ndim_of(x) == 1 else x


_NEVER = np.array(-np.inf, np.float32)

TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "NONE": lambda x: x,
    "LOGISTIC": ops.sigmoid,
    "SOFTMAX": lambda x: ops.softmax(x, axis=-1),
    "SOFTMAX_ZERO": lambda x: ops.softmax(ops.where(ops.equal(x, 0), _NEVER, x), axis=-1),
    "PROBIT": lambda x: ops.erfinv(2 * x - 1) * np.sqrt(2).astype(x.dtype),
}
"""What is made of scores, as ``post_transform`` says."""


def transformed(x: Any, name: str) -> Any:
    """Return scores as a ``post_transform`` makes them."""
    if name not in TRANSFORMS:
        raise OnnxError(f"post_transform {name!r}; known are {', '.join(TRANSFORMS)}")
    return TRANSFORMS[name](x)


def labels_of(places: Any, numbers: Ints | None, texts: Texts | None) -> Any:
    """Return the labels of classes by their numbers."""
    if texts:
        return np.array(texts, object)[known(places, "labels that are text")]
    if numbers:
        return ops.take(np.array(numbers, np.int64), places, axis=0)
    return places


def chosen(
    scores: Any, count: int, numbers: Ints | None, texts: Texts | None, transform: str
) -> tuple[Any, Any]:
    """Return the label of each row, and its scores: of one column, those of two classes."""
    if count == 2 and shape_of(scores)[1] == 1:
        scores = ops.concat([-scores, scores], axis=1)
    places = ops.argmax(scores, axis=1)
    return labels_of(places, numbers, texts), transformed(scores, transform)


@operator("LinearClassifier", domain=ML, weight_attributes=("coefficients", "intercepts"))
def _linear_classifier(
    x: Any, coefficients: Any, intercepts: Any = None, *, classlabels_ints: Ints | None = None,
    classlabels_strings: Texts | None = None, multi_class: int = 0, post_transform: str = "NONE",
) -> Any:  # fmt: skip
    x = as_rows(as_real(x))
    features = shape_of(x)[1]
    if intercepts is not None:  # what stands behind the last class is not read
        coefficients = coefficients[: shape_of(intercepts)[0] * features]
    weight = ops.reshape(coefficients, shape=(-1, features))
    scores = ops.matmul(x, ops.matrix_transpose(weight))
    scores = scores if intercepts is None else scores + intercepts
    count = len(classlabels_ints or classlabels_strings or ())
    return chosen(scores, count, classlabels_ints, classlabels_strings, post_transform)


@operator("LinearRegressor", domain=ML, weight_attributes=("coefficients", "intercepts"))
def _linear_regressor(
    x: Any, coefficients: Any, intercepts: Any = None, *, post_transform: str = "NONE",
    targets: int = 1,
) -> Any:  # fmt: skip
    x = as_rows(as_real(x))
    weight = ops.reshape(coefficients, shape=(targets, -1))
    y = ops.matmul(x, ops.matrix_transpose(weight))
    return transformed(y if intercepts is None else y + intercepts, post_transform)


@operator("Scaler", domain=ML)
def _scaler(x: Any, *, offset: Floats | None = None, scale: Floats | None = None) -> Any:
    x = as_real(x)
    if offset:
        x = x - np.array(offset, x.dtype)
    return x * np.array(scale, x.dtype) if scale else x


@operator("Normalizer", domain=ML)
def _normalizer(x: Any, *, norm: str = "MAX") -> Any:
    x = as_real(x)
    match norm:
        case "MAX":
            size = ops.max(ops.abs(x), axis=-1, keepdims=True)
        case "L1":
            size = ops.sum(ops.abs(x), axis=-1, keepdims=True)
        case "L2":
            size = ops.norm(x, axis=-1, keepdims=True)
        case _:
            raise OnnxError(f"norm {norm!r}; known are MAX, L1 and L2")
    return x / ops.where(ops.equal(size, 0), np.ones((), x.dtype), size)


@operator("Binarizer", domain=ML)
def _binarizer(x: Any, *, threshold: float = 0.0) -> Any:
    return ops.astype(x > threshold, dtype=x.dtype)


@operator("Imputer", domain=ML)
def _imputer(
    x: Any, *, imputed_value_floats: Floats | None = None,
    imputed_value_int64s: Ints | None = None, replaced_value_float: float = 0.0,
    replaced_value_int64: int = 0,
) -> Any:  # fmt: skip
    if x.dtype.kind != "f":
        gone = ops.equal(x, replaced_value_int64)
        return ops.where(gone, np.array(imputed_value_int64s, x.dtype), x)
    nan = np.isnan(replaced_value_float)
    gone = ops.isnan(x) if nan else ops.equal(x, np.array(replaced_value_float, x.dtype))
    return ops.where(gone, np.array(imputed_value_floats, x.dtype), x)


@operator("FeatureVectorizer", domain=ML)
def _feature_vectorizer(*inputs: Any, inputdimensions: Ints | None = None) -> Any:
    return ops.concat([as_rows(as_real(x)) for x in inputs], axis=1)


@operator("ArrayFeatureExtractor", domain=ML, settings=(1,))
def _array_feature_extractor(x: Any, places: Any) -> Any:
    flat = known(places, "ArrayFeatureExtractor").reshape(-1)
    x = x.reshape(1, -1) if ndim_of(x) == 1 else x
    return np.take(x, flat, axis=-1) if x.dtype == TEXT else ops.take(x, flat, axis=-1)


@operator("ZipMap", domain=ML)
def _zip_map(
    x: Any, *, classlabels_int64s: Ints | None = None, classlabels_strings: Texts | None = None
) -> list[dict[Any, Any]]:
    labels = classlabels_int64s or classlabels_strings or ()
    return [{label: row[i] for i, label in enumerate(labels)} for row in as_rows(x)]


@operator("OneHotEncoder", domain=ML)
def _one_hot_encoder(
    x: Any, *, cats_int64s: Ints | None = None, cats_strings: Texts | None = None, zeros: int = 1
) -> Any:
    array = known(x, "OneHotEncoder")
    wanted = np.array(cats_strings, object) if cats_strings else np.array(cats_int64s, array.dtype)
    found = np.equal(array[..., None], wanted).astype(np.float32)
    if not zeros and not found.any(-1).all():
        raise OnnxError("OneHotEncoder: a value is none of the categories")
    return found


_KINDS = ("int64s", "strings", "floats")


def _table(told: dict[str, Any], end: str) -> tuple[Any, Any]:
    """Return the keys or values of a LabelEncoder, and the kind of them."""
    tensor = told.get(f"{end}_tensor")
    if tensor is not None:
        return list(tensor.reshape(-1)), tensor.dtype
    for kind, dtype in zip(_KINDS, (np.int64, object, np.float32), strict=True):
        if told.get(f"{end}_{kind}"):
            return list(told[f"{end}_{kind}"]), np.dtype(dtype)
    raise OnnxError(f"LabelEncoder without {end}")


@operator("LabelEncoder", domain=ML, since=2)
def _label_encoder(
    x: Any, *, default_float: float = -0.0, default_int64: int = -1,
    default_string: str = "_Unused", default_tensor: Any = None, keys_floats: Floats | None = None,
    keys_int64s: Ints | None = None, keys_strings: Texts | None = None, keys_tensor: Any = None,
    values_floats: Floats | None = None, values_int64s: Ints | None = None,
    values_strings: Texts | None = None, values_tensor: Any = None,
) -> Any:  # fmt: skip
    keys, _ = _table({
        "keys_floats": keys_floats, "keys_int64s": keys_int64s, "keys_strings": keys_strings,
        "keys_tensor": keys_tensor,
    }, "keys")  # fmt: skip
    values, dtype = _table({
        "values_floats": values_floats, "values_int64s": values_int64s,
        "values_strings": values_strings, "values_tensor": values_tensor,
    }, "values")  # fmt: skip
    standard: Any = {"f": default_float, "i": default_int64, "O": default_string}[dtype.kind]
    standard = standard if default_tensor is None else default_tensor.reshape(-1)[0]
    given = known(x, "LabelEncoder")
    table = dict(zip(keys, values, strict=True))
    not_a_number = next((v for k, v in table.items() if k != k), standard)
    found = [not_a_number if k != k else table.get(k, standard) for k in given.reshape(-1).tolist()]
    y = np.empty(len(found), dtype)
    y[:] = found
    return y.reshape(given.shape)
