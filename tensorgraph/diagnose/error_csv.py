"""Error analysis as a CSV file: a row for each example, a column for each tag."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from tensorgraph import errors, files
from tensorgraph.display.text import encodable

RESERVED = ("example", "comment")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_QUOTED = (*_FORMULA, "'")
_YES = frozenset({"1", "1.0", "x", "✓", "✔", "yes", "y", "true"})
_NO = frozenset({"", "0", "0.0", "no", "n", "false"})
"""Programs such as pandas write the numbers of a column with gaps as 1.0 and 0.0."""

_SEPARATORS = (",", ";", "\t")

Columns = dict[str, list[bool]]
Row = tuple[int, list[str]]
"""The number of the line on which a row ends, and its cells."""


def write(
    examples: Sequence[str],
    tags: Mapping[str, Sequence[bool]],
    comments: Sequence[str],
    path: str | Path | None,
) -> str:
    """Return the sheet, and write it if a path is given."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([RESERVED[0], *map(_guarded, tags), RESERVED[1]])
    for i, (example, comment) in enumerate(zip(examples, comments, strict=True)):
        ticks = ["1" if column[i] else "" for column in tags.values()]
        writer.writerow([_guarded(example), *ticks, _guarded(comment)])
    if path is not None:
        # The mark at the beginning tells a spreadsheet that this is UTF-8.
        files.write(path, encodable(text.getvalue()).encode("utf-8-sig"))
    return text.getvalue()


def read(source: str | Path) -> tuple[list[str], Columns, list[str]]:
    """Return examples, for each tag which of them have it, and comments.

    Cells are separated by commas, by semicolons where the decimal sign is a comma, or by tabs: by
    what gives the first line a column ``example``. Rows and columns that are empty do not count.

    Raises:
        ArgumentError: the sheet has another form.
    """
    is_text = isinstance(source, str) and ("\n" in source or "\r" in source)
    text = str(source) if is_text else _text_of(Path(source))
    (_, head), *rows = _rows(text.removeprefix("\ufeff"))
    titles = [_title(cell) for cell in head]
    examples: list[str] = []
    comments: list[str] = []
    _check_head(titles)
    tags: Columns = {title: [] for title in titles if title not in (*RESERVED, "")}
    for number, cells in rows:
        row = _named(number, titles, cells)
        examples.append(_bare(row["example"]))
        comments.append(_bare(row.get("comment", "")))
        for tag, column in tags.items():
            column.append(_ticked(number, tag, row[tag]))
    return examples, tags, comments


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise errors.ArgumentError(f"{path} is not UTF-8; save the sheet as CSV UTF-8") from None


def _rows(text: str) -> list[Row]:
    """Return the lines that are not empty, at least one, by the first separator that fits."""
    for separator in _SEPARATORS:
        try:
            rows = _split(text, separator)
        except csv.Error:  # an error of commas, unless another separator fits
            continue
        if rows and "example" in map(str.strip, rows[0][1]):
            return rows
    try:
        return _split(text, _SEPARATORS[0]) or [(1, [])]
    except csv.Error as error:
        line = str(error)
        raise errors.ArgumentError(line) from None


def _split(text: str, separator: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    try:
        return [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise csv.Error(f"line {reader.line_num} of the sheet: {error}") from None


def _title(cell: str) -> str:
    """Return the title of a column; spaces around one that says more than a tag do not count."""
    word = cell.strip()
    return word if word in (*RESERVED, "") else _bare(cell)


def _named(number: int, titles: list[str], cells: list[str]) -> dict[str, str]:
    """Return the cells of a row by their titles; those beyond the titles must be empty."""
    beyond = next((cell for cell in cells[len(titles) :] if cell.strip()), "")
    if len(cells) < len(titles) or beyond:
        raise errors.ArgumentError(
            f"line {number} of the sheet has {len(cells)} cells for {len(titles)} columns"
        )
    for title, cell in zip(titles, cells, strict=False):
        if not title and cell.strip():
            raise errors.ArgumentError(
                f"line {number} of the sheet: {cell!r} stands in a column without a title; name it"
                " in the first line"
            )
    return dict(zip(titles, cells, strict=False))


def _check_head(titles: list[str]) -> None:
    if "example" not in titles:
        raise errors.ArgumentError(
            "the sheet has no column 'example'; its first line must name the columns, as in"
            " example,blurry,dog,comment"
        )
    for title in filter(None, titles):
        if titles.count(title) > 1:
            raise errors.ArgumentError(f"the sheet has two columns {title!r}; merge them")


def _ticked(number: int, tag: str, cell: str) -> bool:
    word = cell.strip().lower()
    if word not in _YES | _NO:
        raise errors.ArgumentError(
            f"line {number} of the sheet: {cell!r} in column {tag!r} is neither yes (1, x) nor no"
            " (0, empty); remarks belong in the column 'comment'"
        )
    return word in _YES


def _guarded(cell: str) -> str:
    """Return a cell with an apostrophe before it where a spreadsheet would see a formula."""
    return f"'{cell}" if cell.startswith(_QUOTED) else cell


def _bare(cell: str) -> str:
    """Return a cell without that apostrophe."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_QUOTED) else cell
