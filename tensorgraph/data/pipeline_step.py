"""What scikit-learn's pipelines and searches ask of a step, without scikit-learn."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any, Self

import numpy as np

from tensorgraph.arguments import one_of
from tensorgraph.array_likes import columns_of
from tensorgraph.data.aligned_arrays import Array
from tensorgraph.errors import ArgumentError, NotFittedError, listing
from tensorgraph.extras import require

OUTPUTS = ("default", "pandas", "polars")


class PipelineStep:
    """A step of a pipeline: parameters that can be read and set, and names of what comes out.

    A subclass has ``fit(X, y=None)`` and ``transform(X)``, and keeps the arguments of its
    constructor under their names. Its ``fit`` calls ``_note``, its ``transform`` ``_check_names``
    and ``_as_wanted``.
    """

    _output: str | None = None
    n_features_in_: int
    feature_names_in_: Array

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Fit to X, and return what becomes of it."""
        return self.fit(X, y).transform(X)  # type: ignore[attr-defined]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments of the constructor by name."""
        return {name: getattr(self, name) for name in signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Set arguments of the constructor by name, and return self, which is to be fitted anew.

        Raises:
            ArgumentError: there is none of such a name.
        """
        known = self.get_params()
        for name in params:
            if name not in known:
                raise ArgumentError(
                    f"{type(self).__name__} has no parameter {name!r}; it has"
                    f" {listing(list(known))}"
                )
        output = self._output
        vars(self).clear()
        type(self).__init__(self, **{**known, **params})
        self._output = output
        return self

    def set_output(self, *, transform: str | None = None) -> Self:
        """Set what ``transform`` returns, and return self.

        Args:
            transform: ``"default"`` for arrays, ``"pandas"`` or ``"polars"`` for frames with the
                names of the features; ``None`` leaves it as it is, which at first is what
                ``sklearn.set_config`` says.
        """
        if transform is not None:
            self._output = one_of(transform, "set_output: transform", OUTPUTS)
        return self

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return the names of the features: those of the frame, those given, or x0, x1 …."""
        if input_features is not None:
            return np.asarray(input_features, object)
        names = getattr(self, "feature_names_in_", None)
        if names is not None:
            return np.asarray(names, object)
        return np.asarray([f"x{i}" for i in range(self.n_features_in_)], object)

    def __sklearn_clone__(self) -> Self:
        new = type(self)(**self.get_params())
        new._output = self._output
        return new

    def __sklearn_tags__(self) -> Any:
        utils: Any = require("sklearn.utils", "sklearn")  # which asks
        return utils.Tags(
            estimator_type=None,
            target_tags=utils.TargetTags(required=False),
            transformer_tags=utils.TransformerTags(preserves_dtype=["float64", "float32"]),
            input_tags=utils.InputTags(),
        )

    # ------------------------------------------------------------------------ names of the features

    def _note(self, X: Any, array: Array) -> None:
        """Note how many features there are, and their names where X is a frame."""
        self.n_features_in_ = array.shape[1] if array.ndim > 1 else 1
        vars(self).pop("feature_names_in_", None)
        names = columns_of(X)
        if names and all(isinstance(name, str) for name in names):
            self.feature_names_in_ = np.asarray(list(names), object)

    def _check_names(self, X: Any) -> None:
        """Raise where a frame has other columns than the one that was fitted to.

        Raises:
            ArgumentError: or the same in another order.
        """
        fitted, given = getattr(self, "feature_names_in_", None), columns_of(X)
        if fitted is not None and given is not None and list(given) != list(fitted):
            told = f"; write x[{list(fitted)}]" * (set(fitted) <= set(given))
            raise ArgumentError(
                f"{type(self).__name__}: the columns are {listing(list(given))}, and it was fitted"
                f" to {listing(list(fitted))}{told}"
            )

    def _as_wanted(self, array: Array, X: Any) -> Any:
        """Return an array, or as a frame with names, and with the index of what it was made of."""
        output = self._output or _configured()
        if output == "default":
            return array
        library: Any = import_module(output)
        names = self.get_feature_names_out().tolist()
        if output == "polars":
            return library.DataFrame(array, schema=names)
        return library.DataFrame(array, columns=names, index=getattr(X, "index", None))


def _configured() -> str:
    """Return what scikit-learn is set to give, where it is imported."""
    sklearn: Any = sys.modules.get("sklearn")
    return "default" if sklearn is None else str(sklearn.get_config()["transform_output"])


def not_fitted(message: str) -> NotFittedError:
    """Return an error that is scikit-learn's of this name, too, where that is imported.

    Nobody can catch scikit-learn's before.
    """
    theirs = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", None)
    return NotFittedError(message) if theirs is None else _of_both(theirs)(message)


@cache
def _of_both(theirs: type[Exception]) -> type[NotFittedError]:
    """Return a class of errors that are ours and scikit-learn's; a copy finds its class anew."""

    class Both(NotFittedError, theirs):  # type: ignore[misc, valid-type]
        def __reduce__(self) -> tuple[Any, ...]:
            return not_fitted, (str(self),)

    Both.__name__ = Both.__qualname__ = NotFittedError.__name__
    Both.__module__ = NotFittedError.__module__
    return Both
