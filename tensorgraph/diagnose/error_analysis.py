"""Error analysis by tags: how often each occurs, and how much fixing it can gain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import number
from tensorgraph.array_likes import columns_of, numbers_of, one_each, to_plain
from tensorgraph.diagnose import error_csv
from tensorgraph.diagnose.array_arguments import as_list, as_names, as_rate
from tensorgraph.diagnose.confidence_intervals import Interval, wilson
from tensorgraph.display.tables import html_table, text_table
from tensorgraph.display.text import percent

__all__ = ["ErrorTable", "error_table"]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class TagRow:
    """The count, share and ceiling of one tag."""

    tag: str
    count: int
    """How many of the examples have the tag."""
    alone: int
    """How many have this tag and no other: fixing it fixes them for sure."""
    share: float
    """The share of the examples that have the tag."""
    interval: Interval
    """Where the share among all errors lies, if the examples were drawn from them; 95 %."""
    ceiling: float | None
    """The most by which the error rate can fall: error · share; ``None`` without an error rate."""
    effort: float | None
    """What fixing it takes, in a unit of your own."""


@dataclass(frozen=True)
class ErrorTable:
    """What :func:`error_table` found."""

    examples: tuple[str, ...]
    """The examples that were looked at."""
    tags: Mapping[str, tuple[bool, ...]]
    """For each tag, which examples have it."""
    comments: tuple[str, ...]
    """A remark on each example."""
    error: float | None
    """The error rate of the set that the examples come from."""
    rows: tuple[TagRow, ...]
    """One for each tag, the one to fix first at the top."""

    @property
    def untagged(self) -> int:
        """How many examples have no tag."""
        return sum(not any(tags) for tags in self._by_example())

    @property
    def first(self) -> str | None:
        """The tag to fix first: the highest ceiling, for its effort; ``None`` without any tag."""
        return self.rows[0].tag if self.rows and self.rows[0].count else None

    def _by_example(self) -> list[tuple[bool, ...]]:
        return list(zip(*self.tags.values(), strict=True)) or [()] * len(self.examples)

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        """Return the table's head and rows as text."""
        rated = self.error is not None
        worth = any(row.effort is not None for row in self.rows)
        head = [
            "tag",
            "errors",
            "alone",
            "share",
            "95 %",
            *["ceiling"] * rated,
            *["effort"] * worth,
        ]
        rows = [
            [
                row.tag,
                str(row.count),
                str(row.alone),
                percent(row.share),
                f"{percent(row.interval.low)} … {percent(row.interval.high)}",
                *([percent(row.ceiling)] if row.ceiling is not None else []),
                *([f"{row.effort:g}"] if row.effort is not None else []),
            ]
            for row in self.rows
        ]
        nothing = wilson(self.untagged / len(self.examples), len(self.examples), CONFIDENCE)
        rest = ["(no tag)", str(self.untagged), "", percent(self.untagged / len(self.examples))]
        rest += [f"{percent(nothing.low)} … {percent(nothing.high)}"]
        return head, [*rows, [*rest, *[""] * (rated + worth)]]

    @property
    def verdict(self) -> str:
        """One sentence: what to fix first."""
        if self.first is None:
            return "no example has a tag yet; look at them and say what each is"
        row = self.rows[0]
        if row.ceiling is None or self.error is None:
            return f"fix {row.tag} first: it is at most {percent(row.share)} of the errors"
        return (
            f"fix {row.tag} first: it can remove at most {percent(row.ceiling)} of the"
            f" {percent(self.error)} error, which leaves {percent(self.error - row.ceiling)}"
        )

    def __str__(self) -> str:
        head, rows = self._cells()
        return "\n".join([text_table([head, *rows], left=[0]), self.verdict, *self._overlap()])

    def _overlap(self) -> list[str]:
        overlapping = sum(sum(tags) > 1 for tags in self._by_example())
        if not overlapping:
            return []
        return [f"{overlapping} of {len(self.examples)} have several tags: ceilings do not add up"]

    def _repr_html_(self) -> str:
        return html_table(*self._cells())

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return a sheet with a row for each example and a column for each tag; also write it.

        A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and
        would compute it; such a cell is written with an apostrophe before it, which reading takes
        away.

        Example:
            >>> import tensorgraph as tg
            >>> found = tg.diagnose.error_table(["7.png", "9.png"], [["blurry"], []])
            >>> found.to_csv().splitlines()
            ['example,blurry,comment', '7.png,1,', '9.png,,']
        """
        return error_csv.write(self.examples, self.tags, self.comments, path)

    @classmethod
    def from_csv(
        cls,
        source: str | Path,
        *,
        error: float | None = None,
        effort: Mapping[str, float] | None = None,
    ) -> ErrorTable:
        r"""Read a sheet as :meth:`to_csv` writes it, filled in by hand or by a program.

        There is a column ``example``, a column for each tag, and perhaps a column ``comment``. A
        tag's cell is yes (``1``, ``x``, ``yes``, ``true``) or no (``0``, ``no``, ``false``, empty).
        Cells are separated by commas, semicolons or tabs; empty rows and columns do not count.

        Args:
            source: the path of a file; or the text itself, with a line break in it.
            error: as for :func:`error_table`.
            effort: as for :func:`error_table`.

        Raises:
            ArgumentError: a sheet of another form; the message names the line.

        Example:
            >>> import tensorgraph as tg
            >>> sheet = "example,blurry,dog\n7.png,x,\n9.png,,x\n3.png,x,x\n"
            >>> print(tg.diagnose.ErrorTable.from_csv(sheet, error=0.03))
            tag       errors  alone   share             95 %  ceiling
            blurry         2      1  66.7 %  20.8 % … 93.9 %      2 %
            dog            2      1  66.7 %  20.8 % … 93.9 %      2 %
            (no tag)       0            0 %     0 % … 56.1 %
            fix blurry first: it can remove at most 2 % of the 3 % error, which leaves 1 %
            1 of 3 have several tags: ceilings do not add up
        """
        examples, tags, comments = error_csv.read(source)
        return error_table(examples, tags, comments=comments, error=error, effort=effort)


def error_table(
    examples: Iterable[Any],
    tags: Mapping[str, Sequence[Any]] | Sequence[Any],
    *,
    error: float | None = None,
    effort: Mapping[str, float] | None = None,
    comments: Iterable[str] | None = None,
) -> ErrorTable:
    """Count the tags of wrongly predicted examples, and say what fixing each can gain at most.

        ceiling of a tag = error rate · (examples with the tag / examples)

    Look at some 100 dev examples that the model gets wrong, and tag each with what may be the
    reason: blurry, a dog, a wrong label. If 5 of 100 are dogs, solving dogs takes an error of 10 %
    to 9.5 % at best; if 50 are, to 5 % (Deep Learning Specialization, course 3, week 2, "Carrying
    out error analysis"). An example may have several tags, or none.

    Args:
        examples: the names of the wrongly predicted examples, such as file names or indices.
        tags: the tags of each example, such as ``[["blurry"], [], ["blurry", "dog"]]``; or for each
            tag which examples have it, such as ``{"blurry": [1, 0, 1], "dog": [0, 0, 1]}`` or a
            frame of such columns.
        error: the error rate of the set that the examples come from.
        effort: what fixing each tag takes, in days, say; then the highest ceiling for the effort
            comes first.
        comments: a remark on each example.

    Raises:
        ArgumentError: no examples; an example given twice, or without a name; an error rate outside
            [0, 1]; efforts that are not above 0, or not one for each tag.
        ShapeError: lengths that differ.
        DTypeError: tags that are neither of the two.

    Example:
        >>> import tensorgraph as tg
        >>> tags = [["dog"]] * 5 + [["blurry"]] * 50 + [[]] * 45
        >>> print(tg.diagnose.error_table(range(100), tags, error=0.10))
        tag       errors  alone  share             95 %  ceiling
        blurry        50     50   50 %  40.4 % … 59.6 %      5 %
        dog            5      5    5 %  2.15 % … 11.2 %    0.5 %
        (no tag)      45          45 %  35.6 % … 54.8 %
        fix blurry first: it can remove at most 5 % of the 10 % error, which leaves 5 %
    """
    names = as_names("error_table", "examples", examples)
    if not names:
        raise errors.ArgumentError(
            "error_table: there are no examples; give it those that the model gets wrong"
        )
    if "" in names:
        raise errors.ArgumentError(
            f"error_table: example {names.index('')} has no name; write what it is found by, such"
            " as its file or its index"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise errors.ArgumentError(
            f"error_table: example {twice!r} stands twice; write one row with all of its tags"
        )
    columns = _columns(names, tags)
    remarks = (
        ("",) * len(names) if comments is None else as_names("error_table", "comments", comments)
    )
    if len(remarks) != len(names):
        raise errors.ShapeError(
            f"error_table: {len(remarks)} comments for {len(names)} examples; each needs one, ''"
            " for none"
        )
    rate = None if error is None else as_rate("error_table", "error", error)
    costs = _efforts(effort, columns)
    rows = [_row(tag, columns, rate, costs.get(tag)) for tag in columns]
    rows.sort(key=lambda row: -row.count / (row.effort or 1))  # of equals, the one named first
    return ErrorTable(names, columns, remarks, rate, tuple(rows))


def _row(
    tag: str, columns: Mapping[str, tuple[bool, ...]], error: float | None, effort: float | None
) -> TagRow:
    column = columns[tag]
    count, m = sum(column), len(column)
    tags_each = [sum(tags) for tags in zip(*columns.values(), strict=True)]
    return TagRow(
        tag=tag,
        count=count,
        alone=sum(has and n == 1 for has, n in zip(column, tags_each, strict=True)),
        share=count / m,
        interval=wilson(count / m, m, CONFIDENCE),
        ceiling=None if error is None else error * count / m,
        effort=effort,
    )


def _columns(names: tuple[str, ...], tags: Any) -> dict[str, tuple[bool, ...]]:
    """Return for each tag which examples have it."""
    if (columns := columns_of(tags)) is not None:
        tags = {tag: np.asarray(column) for tag, column in columns.items()}
    elif hasattr(tags, "to_numpy") or hasattr(tags, "to_list"):  # a series of lists
        tags = list(tags)
    if isinstance(tags, (str, bytes)) or not isinstance(tags, (Mapping, Sequence, np.ndarray)):
        raise errors.DTypeError(
            "error_table: tags must be a list with the tags of each example, or a dict with a"
            f" column for each tag, not {errors.describe(tags)}"
        )
    if isinstance(tags, Mapping):
        found = {str(tag): _ticks(str(tag), column) for tag, column in tags.items()}
    else:
        listed = as_list("error_table", "tags", tags)
        each = [_tags_of_one(i, some) for i, some in enumerate(listed)]
        known = dict.fromkeys(tag for some in each for tag in some)
        found = {tag: tuple(tag in some for some in each) for tag in known}
        if len(each) != len(names):
            raise errors.ShapeError(
                f"error_table: tags for {len(each)} of {len(names)} examples; each needs a list of"
                " tags, [] for none"
            )
    for tag, column in found.items():
        _check_tag(tag, column, len(names))
    return found


def _check_tag(tag: str, column: tuple[bool, ...], examples: int) -> None:
    if len(column) != examples:
        raise errors.ShapeError(
            f"error_table: tag {tag!r} says yes or no {len(column)} times for {examples} examples"
        )
    if not tag.strip():
        raise errors.ArgumentError(
            "error_table: a tag is empty; write [] for an example without tags"
        )
    if tag in error_csv.RESERVED:
        raise errors.ArgumentError(
            f"error_table: {tag!r} cannot be a tag, as it names a column of the sheet; choose"
            " another word"
        )


def _ticks(tag: str, column: Any) -> tuple[bool, ...]:
    array = one_each(numbers_of(to_plain(column, f"error_table: tag {tag!r}")))
    if array.ndim != 1 or array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise errors.DTypeError(
            f"error_table: the column of tag {tag!r} must hold 0 and 1, one for each example"
        )
    return tuple(bool(value) for value in array)


def _tags_of_one(place: int, some: Any) -> tuple[str, ...]:
    """Return the tags of an example; a single string is one tag."""
    if isinstance(some, str):
        return (some,)
    if not isinstance(some, Iterable) or getattr(some, "ndim", 1) == 0:
        raise errors.DTypeError(
            f"error_table: the tags of example {place} must be a list of strings, not"
            f" {errors.describe(some)}; write [] for none"
        )
    found = tuple(some)
    if any(isinstance(tag, (Number, np.bool_)) for tag in found):
        raise errors.DTypeError(
            f"error_table: the tags of example {place} must be words, not {found[0]!r}; a matrix of"
            " 0 and 1 has no names of tags, so write a dict with its columns, {tag: column}"
        )
    return tuple(str(tag) for tag in found)


def _efforts(effort: Mapping[str, float] | None, columns: Mapping[str, Any]) -> dict[str, float]:
    if effort is None:
        return {}
    if set(effort) != set(columns):
        odd = sorted(map(str, set(effort) ^ set(columns)))
        raise errors.ArgumentError(
            f"error_table: effort and tags disagree about {errors.listing(odd)}; give each tag its"
            " effort"
        )
    found = {tag: number(effort[tag], f"error_table: effort[{tag!r}]") for tag in columns}
    for tag, value in found.items():
        if value <= 0:
            raise errors.ArgumentError(
                f"error_table: effort[{tag!r}] = {value:g} must be above 0; write 1 for the easiest"
            )
    return found
