"""A batch as inputs of the model and target of the loss, the inputs as the model computes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.data.shards import Shards
from tensorgraph.engine.arrays import placed
from tensorgraph.engine.modes import user_level
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.nn.module import Module
from tensorgraph.train.module_modes import evaluating
from tensorgraph.train.random_state import RandomState

INPUT, TARGET = "x", "y"
"""The keys of a dict of arrays: what the model is given, and what it is compared with."""


def inputs_and_target(batch: Any) -> tuple[Sequence[Any], Any]:
    """Return the inputs of the model in a batch, and the target of its loss.

    Of a tuple the last array is the target. Of a dict, ``x`` is the input; the target is ``y`` if
    that is all there is besides, else the dict of the rest.

    Raises:
        DTypeError: it is neither, or has no input.
    """
    if isinstance(batch, Shards):
        raise errors.DTypeError(
            f"a batch is {batch!r}, and only tg.train.fit trains on such; leave out shards= of"
            " tg.data.Batches"
        )
    if type(batch) is tuple or isinstance(batch, (tuple, list)):
        *inputs, target = batch or [None]
        if inputs:
            return inputs, _listed(target)
    elif isinstance(batch, Mapping) and INPUT in batch and len(batch) > 1:
        rest = {key: _listed(value) for key, value in batch.items() if key != INPUT}
        return [batch[INPUT]], rest[TARGET] if rest.keys() == {TARGET} else rest
    raise errors.DTypeError(
        "a batch is a tuple (input, target), or a dict with the input under 'x' and targets under"
        f" other keys, not {_described(batch)}; for a model that is to return its input, write"
        " (x, x)"
    )


def _listed(target: Any) -> Any:
    """Return a list of numbers as an array, which can be joined to those of other batches."""
    arrays = isinstance(target, list) and any(hasattr(part, "shape") for part in target)
    return np.asarray(target) if isinstance(target, list) and not arrays else target


def _described(batch: Any) -> str:
    if isinstance(batch, Mapping):
        return f"a dict of {errors.listing(list(batch)) or 'nothing'}"
    if isinstance(batch, (tuple, list)):
        return f"a {type(batch).__name__} of {len(batch)}"
    return errors.describe(batch)


def size_of(batch: Any) -> int:
    """Return the number of examples in a batch.

    Raises:
        DTypeError: it is no batch, or its first array has no rows.
    """
    (first, *_), target = inputs_and_target(batch)
    for value in (first, target):
        if isinstance(value, (int, float)) or getattr(value, "shape", None) == ():
            raise errors.DTypeError(
                "a batch holds arrays with a row for each example, not"
                f" {errors.describe(value)}; one example alone is (x[None], y[None])"
            )
    return len(first)


class ModelInputs:
    """What a model is given: tensors, in the dtype of its weights, in which it is to compute.

    Otherwise the double precision of data, which is NumPy's default, would spread over all that is
    computed, at twice the time. Floating-point inputs are converted. Integers may be numbers or
    ids, such as those of an embedding. They are converted if the model computes in another dtype
    than that of its weights with them, and can be given floating-point numbers; that is tried once,
    in evaluation mode, and then said.

    Args:
        model: the model.
        owner: what the warning begins with.
    """

    def __init__(self, model: Module, owner: str) -> None:
        self.model, self.owner = model, owner
        self.dtype = dtype_of(model)
        self.place = next((t.data for t in (*model.parameters(), *model.buffers())), None)
        self._numbers: set[int] | None = None
        """Which of the inputs are integers to be converted; not known before there were any."""

    def of(self, values: Sequence[Any]) -> list[Tensor]:
        """Return inputs as tensors.

        Warns:
            UsageWarning: integers are converted; once.
        """
        inputs = [self._in_dtype(self.brought(value), "f") for value in values]
        if not any(map(self._widens, inputs)):
            return inputs
        if self._numbers is None:
            self._numbers = self._tried(inputs)
            if self._numbers:
                self._warn(inputs[min(self._numbers)])
        return self._converted(inputs, self._numbers)

    def brought(self, value: Any) -> Tensor:
        """Return an array as a tensor, one of NumPy's where the model's weights are."""
        tensor = asarray(value)
        if type(tensor.data) is not np.ndarray or type(self.place) in (np.ndarray, type(None)):
            return tensor
        return asarray(tensor, like=self.place)

    def target(self, target: Any) -> Any:
        """Return a target whose arrays of NumPy's are where the model's weights are."""
        if type(self.place) in (np.ndarray, type(None)):
            return target
        leaves, structure = flatten(target)
        return unflatten(structure, [placed(leaf, self.place) for leaf in leaves])

    def _in_dtype(self, tensor: Tensor, kinds: str) -> Tensor:
        same = tensor.dtype.kind not in kinds or tensor.dtype == self.dtype
        return tensor if same else tensor.astype(self.dtype)

    def _converted(self, inputs: list[Tensor], numbers: set[int]) -> list[Tensor]:
        return [self._in_dtype(x, "iu") if i in numbers else x for i, x in enumerate(inputs)]

    def _widens(self, tensor: Tensor) -> bool:
        """Whether these are integers that make the results of arithmetic another dtype."""
        return tensor.dtype.kind in "iu" and np.result_type(tensor.dtype, self.dtype) != self.dtype

    def _tried(self, inputs: list[Tensor]) -> set[int]:
        """Return which inputs to convert for a model to compute in its own dtype."""
        random = RandomState(self.model)
        drawn = random.state_dict()
        try:
            with evaluating(self.model):
                return self._numbers_among(inputs)
        finally:
            random.load_state_dict(drawn)

    def _numbers_among(self, inputs: list[Tensor]) -> set[int]:
        given = self._dtypes(inputs)
        numbers: set[int] = set()
        if given is None or any(np.result_type(kind, self.dtype) != self.dtype for kind in given):
            for i in [i for i, x in enumerate(inputs) if self._widens(x)]:
                if self._dtypes(self._converted(inputs, {*numbers, i})) is not None:
                    numbers.add(i)
        return numbers if self._dtypes(self._converted(inputs, numbers)) != given else set()

    def _dtypes(self, inputs: list[Tensor]) -> list[np.dtype[Any]] | None:
        """Return the dtypes of the numbers that a model makes of inputs; None if it refuses."""
        try:
            leaves = flatten(self.model(*inputs))[0]
        except Exception:  # any other fault shows when the model is run
            return None
        arrays = [np.asarray(leaf.data if type(leaf) is Tensor else leaf) for leaf in leaves]
        return [array.dtype for array in arrays if array.dtype.kind in "fc"]

    def _warn(self, numbers: Tensor) -> None:
        warnings.warn(
            f"{self.owner}: the inputs are {numbers.dtype}, the model's weights {self.dtype}; each"
            f" batch is converted to that; write x.astype('{self.dtype}') once",
            errors.UsageWarning,
            stacklevel=user_level(),
        )


def takes_numbers(model: Module, inputs: Any) -> bool:
    """Return whether inputs are numbers to compute with, and not ids such as an embedding's."""
    if inputs.dtype.kind not in "iu":
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.UsageWarning)
        (given,) = ModelInputs(model, "").of([inputs])
    return given.dtype.kind == "f"


def dtype_of(model: Module) -> np.dtype[Any]:
    """Return the dtype a model computes in: that of its parameters, of which it may have none."""
    for tensors in (model.parameters, model.buffers):  # the latter hold what is frozen
        for tensor in tensors():
            if tensor.dtype.kind == "f":
                return tensor.dtype
    return np.dtype(np.float32)
