"""The examples that a classifier gets wrong, to be looked at: as images, or as rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.array_likes import NUMERIC, columns_of, numbers_of, to_plain
from tensorgraph.diagnose.array_arguments import (
    INDEX,
    Array,
    as_list,
    classes_of,
    labelled,
    named_rows,
    names_of_rows,
)
from tensorgraph.display.png import grey_levels, png_address, shrunk
from tensorgraph.display.tables import html_table, text_table
from tensorgraph.display.text import escaped, percent
from tensorgraph.leads.calls import with_leads

__all__ = ["Misclassified", "misclassified"]

IMAGES, ROWS = 24, 20
"""No more of either are shown."""
COLUMNS = 10
LONGEST = 80
"""How much of a text is shown."""
SIDE = 96
"""How large an image is on a page, in pixels; larger ones are averaged."""
COLOURED = (1, 3)
"""How many channels an image has that is shown as it is."""


@dataclass(frozen=True, eq=False)
class Misclassified:
    """What :func:`misclassified` found, the most confident mistake first."""

    indices: Array
    """Which examples."""
    true: Array
    """The class of each of them."""
    predicted: Array
    """The class that the model takes each for."""
    confidence: Array
    """The probability that the model gives to that."""
    examples: Array
    """Their inputs: images (n, height, width) or (n, height, width, 3), or rows (n, features)."""
    columns: tuple[str, ...]
    """The names of the features; of images there are none."""
    total: int
    """How many examples there are, right ones and wrong ones."""
    names: Array | None = None
    """What the frame of the inputs, or of the labels, calls each of them by its index."""

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def verdict(self) -> str:
        """One sentence: how many examples are wrong."""
        if not len(self):
            return f"none of {self.total:,} examples is misclassified"
        found = f"{len(self):,} of {self.total:,} examples are misclassified"
        return f"{found} ({percent(len(self) / self.total)})"

    def _head(self) -> list[str]:
        hidden = len(self.columns) - COLUMNS
        more = [f"… {hidden:,} more"] * (hidden > 0)
        answer = ["example", *[INDEX] * (self.names is not None), "true", "predicted", "confidence"]
        return [*answer, *self.columns[:COLUMNS], *more]

    def _rows(self) -> list[list[str]]:
        rest = [""] * (len(self.columns) > COLUMNS)
        names = named_rows(self.names, len(self))[:ROWS]
        parts = zip(self._answers(ROWS), names, self._features(), strict=True)
        return [[i, *name, *answer, *features, *rest] for (i, *answer), name, features in parts]

    def _features(self) -> list[list[str]]:
        """Return the features of the first rows; those of images are none."""
        if not self.columns:
            return [[] for _ in self.examples[:ROWS]]
        return [list(map(_cell, row)) for row in self.examples[:ROWS, :COLUMNS].tolist()]

    def _answers(self, count: int) -> list[tuple[str, str, str, str]]:
        """Return what is told of the first examples."""
        parts = (self.indices, self.true, self.predicted, self.confidence)
        return [
            (str(i), str(true), str(said), percent(round(p, 3)))
            for i, true, said, p in zip(*(part[:count].tolist() for part in parts), strict=True)
        ]

    def __str__(self) -> str:
        hidden = len(self) - ROWS
        more = [f"… and {hidden:,} more"] * (hidden > 0)
        table = [text_table([self._head(), *self._rows()])] * (len(self) > 0)
        return "\n".join([*table, *more, self.verdict])

    def _repr_html_(self) -> str:
        """Return the images, or a table of rows, and the verdict."""
        shown = min(len(self), ROWS if self.columns else IMAGES)
        few = f"; the {shown} most confident mistakes are shown" * (shown < len(self))
        told = f"<p>{escaped(self.verdict)}{few}</p>"
        if not len(self):
            return told
        return told + (html_table(self._head(), self._rows()) if self.columns else self._figures())

    def _figures(self) -> str:
        figures = map(_figure, self._answers(IMAGES), self.examples)
        gap = "display:flex;flex-wrap:wrap;gap:14px"
        return f'<div style="{gap}">{"".join(figures)}</div>'


def _figure(answer: tuple[str, str, str, str], image: Array) -> str:
    i, true, said, confidence = map(escaped, answer)
    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    size = f'width="{max(1, round(scale * width))}" height="{max(1, round(scale * height))}"'
    source = png_address(grey_levels(shrunk(image, SIDE)))
    return (
        f'<figure style="margin:0;width:{SIDE + 34}px;font-size:13px;overflow-wrap:anywhere">'
        f'<img src="{source}" {size} alt="example {i}: {true} taken for {said}"'
        ' style="image-rendering:pixelated;border-radius:4px">'
        f"<figcaption>true <b>{true}</b><br>predicted <b>{said}</b>, {confidence}<br>"
        f"example {i}</figcaption></figure>"
    )


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


@with_leads
def misclassified(
    probabilities: Any,
    labels: Any,
    inputs: Any,
    *,
    classes: Iterable[Any] | None = None,
    image_shape: Sequence[int] | None = None,
) -> Misclassified:
    """Return the examples that a model gets wrong, those first that it is most confident of.

    Looking at some 100 of them shows what to work on (Deep Learning Specialization, course 3, week
    2, "Carrying out error analysis"); count what you see by :func:`error_table`. A confident
    mistake is often a wrong label: see :func:`suspicious_labels`.

    In a notebook, and in :func:`report`, inputs of three axes and more are shown as images, each
    between its own least and greatest number (bytes as they are); others as rows.

    Args:
        probabilities: of each class, shape (m, K); or of the positive of two classes, shape (m,),
            which count as it from 0.5 on.
        labels: the true classes: 0 … K−1, the columns.
        inputs: what the model saw: m images of shape (m, height, width), with channels first or
            last where there are some, or m rows of numbers or texts, or a frame.
        classes: what the labels stand for, if that is something else: the class of each column.
        image_shape: of inputs that are rows of pixels: ``(height, width)``, ``(height, width, 3)``
            or ``(3, height, width)``.

    Raises:
        ShapeError: lengths that differ; rows that have not as many pixels as ``image_shape``.
        ArgumentError: no examples; numbers outside [0, 1], such as logits; rows that do not add up
            to 1; a NaN.
        AxisError: a label that names no column.
        DTypeError: images that hold no numbers.

    Example:
        >>> import tensorgraph as tg
        >>> p = [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]
        >>> print(tg.diagnose.misclassified(p, [0, 0, 1], [[5.1, 3.5], [4.9, 3.0], [6.2, 2.9]]))
        example  true  predicted  confidence   x0  x1
              1     0          1        80 %  4.9   3
        1 of 3 examples are misclassified (33.3 %)
    """
    named = None if classes is None else classes_of("misclassified", classes)
    p, numbers, _, binary = labelled("misclassified", probabilities, labels, named, None)
    names = np.arange(p.shape[1]) if named is None else named
    said = (p[:, 1] >= p[:, 0]).astype(np.intp) if binary else p.argmax(1)
    confidence = p[np.arange(len(p)), said]
    wrong = np.flatnonzero(said != numbers)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    examples = _as_examples(inputs, len(p), image_shape)[wrong]
    is_rows = examples.ndim == 2
    return Misclassified(
        wrong,
        names[numbers[wrong]],
        names[said[wrong]],
        confidence[wrong].astype(np.float64),
        examples if is_rows else _as_images(examples),
        _columns(inputs, examples.shape[1]) if is_rows else (),
        len(p),
        names_of_rows(wrong, inputs, labels, probabilities),
    )


def _as_examples(inputs: Any, m: int, image_shape: Sequence[int] | None) -> Array:
    """Return inputs as m rows, or as m images in any form."""
    array = numbers_of(to_plain(inputs, "misclassified: inputs"))
    if array.ndim == 0 or len(array) != m:
        columns = array.ndim == 2 and array.shape[1] == m
        raise errors.ShapeError(
            f"misclassified: inputs of shape {array.shape} do not hold the {m} examples that the"
            f" probabilities are of{'; their columns do: write inputs.T' * columns}"
        )
    if image_shape is not None:
        array = _reshaped(array, image_shape)
    if array.ndim > 2 and array.dtype.kind not in NUMERIC:
        raise errors.DTypeError(
            f"misclassified: inputs of shape {array.shape} are shown as images, which hold numbers,"
            f" not {array.dtype}; give rows of shape ({m}, features)"
        )
    return array.reshape(m, -1) if array.ndim < 3 else array


def _reshaped(array: Array, shape: Sequence[int]) -> Array:
    """Return rows of pixels as images.

    Raises:
        ShapeError: they have another number of pixels.
    """
    parts = as_list("misclassified", "image_shape", shape)
    sides = tuple(whole(n, "misclassified: image_shape", 1) for n in parts)
    pixels = array.size // len(array)
    if len(sides) not in (2, 3) or math.prod(sides) != pixels:
        raise errors.ShapeError(
            f"misclassified: image_shape={sides} is not the shape of an image of the {pixels}"
            " numbers that an example has; write (height, width), or (height, width, 3)"
        )
    return array.reshape(len(array), *sides)


def _as_images(examples: Array) -> Array:
    """Return images in grey, or with channels last; of many channels their mean."""
    if examples.ndim == 3:
        return examples
    examples = examples.reshape(len(examples), *examples.shape[-3:])
    first = examples.shape[-1] not in COLOURED or examples.shape[1] in COLOURED
    images = np.moveaxis(examples, 1, -1) if first else examples
    if images.shape[-1] == max(COLOURED):
        return images
    return images[..., 0] if images.shape[-1] == 1 else images.mean(axis=-1, dtype=np.float64)


def _columns(inputs: Any, count: int) -> tuple[str, ...]:
    """Return the names of features: of a frame its own."""
    named = tuple(str(name) for name in columns_of(inputs) or ())
    return named if len(named) == count else tuple(f"x{i}" for i in range(count))
