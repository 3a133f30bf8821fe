"""Operators of text: tables of strings, which are NumPy's arrays, and counts of words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.table import MICROSOFT, operator
from tensorgraph.onnx.importing.values import Floats, Ints, Texts, allowed, known

_AGAIN = re.compile(r"\)[*+{]")


def _pattern(text: str) -> re.Pattern[str]:
    """Return a regular expression whose time grows with the text only by a power.

    Raises:
        OnnxError: it repeats a group, which may take time without end, or is none.
    """
    if _AGAIN.search(text):
        raise OnnxError(f"the regular expression {text!r} repeats a group, which is not known")
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise OnnxError(f"the regular expression {text!r}: {error}") from None


def _table(texts: Any, shape: tuple[int, ...]) -> Any:
    """Return an array of strings."""
    array = np.empty(len(texts), object)
    array[:] = texts
    return array.reshape(shape)


def _padded(rows: Sequence[Sequence[str]], shape: tuple[int, ...], filler: str) -> Any:
    """Return rows as one array with an axis more, as long as the longest of them."""
    width = max(map(len, rows), default=0)
    allowed((*shape, width))
    every = [text for row in rows for text in (*row, *(filler,) * (width - len(row)))]
    return _table(every, (*shape, width))


_CASES: dict[str, Callable[[str], str]] = {"NONE": str, "LOWER": str.lower, "UPPER": str.upper}


@operator("StringNormalizer")
def _string_normalizer(
    x: Any, *, case_change_action: str = "NONE", is_case_sensitive: int = 0, locale: str = "",
    stopwords: Texts = (),
) -> Any:  # fmt: skip
    if case_change_action not in _CASES:
        raise OnnxError(f"case_change_action {case_change_action!r}; known are {', '.join(_CASES)}")
    alike = str if is_case_sensitive else str.lower
    gone = {*map(alike, stopwords)}
    kept = [text for text in x.reshape(-1).tolist() if alike(text) not in gone] or [""]
    kept = list(map(_CASES[case_change_action], kept))
    return _table(kept, (*x.shape[:-1], len(kept)))


@operator("StringConcat")
def _string_concat(x: Any, y: Any) -> Any:
    return np.array(np.add(x, y), object)


@operator("StringSplit")
def _string_split(
    x: Any, *, delimiter: str | None = None, maxsplit: int | None = None
) -> tuple[Any, Any]:
    most = -1 if maxsplit is None else maxsplit
    rows = [text.split(delimiter or None, most) for text in x.reshape(-1).tolist()]
    counts = np.array([len(row) for row in rows], np.int64).reshape(x.shape)
    return _padded(rows, x.shape, ""), counts


@operator("RegexFullMatch")
def _regex_full_match(x: Any, *, pattern: str) -> Any:
    found = _pattern(pattern)
    matched = [found.fullmatch(text) is not None for text in x.reshape(-1).tolist()]
    return np.array(matched, bool).reshape(x.shape)


@operator("Tokenizer", domain=MICROSOFT)
def _tokenizer(
    x: Any, *, mark: int, mincharnum: int, pad_value: str, separators: Texts = (),
    tokenexp: str = "",
) -> Any:  # fmt: skip
    parts = _parts(separators, tokenexp)
    rows = [
        [token for token in parts(text) if len(token) >= max(mincharnum, 1)]
        for text in x.reshape(-1).tolist()
    ]
    if mark:
        rows = [["\x02", *row, "\x03"] for row in rows]
    return _padded(rows, x.shape, pad_value)


def _parts(separators: Texts, tokenexp: str) -> Callable[[str], Sequence[str]]:
    """Return what takes a text apart: at what separates, into characters, or into what fits."""
    if tokenexp:
        pattern = _pattern(tokenexp)
        return lambda text: [found.group() for found in pattern.finditer(text)]
    if tuple(separators) in ((), ("",)):
        return list
    patterns = list(map(_pattern, separators))

    def split(text: str) -> list[str]:
        parts = [text]
        for pattern in patterns:
            parts = [piece for part in parts for piece in pattern.split(part)]
        return parts

    return split


# ---------------------------------------------------------------------------------- counts of words


def _runs(pool: Sequence[Any], starts: Ints) -> Iterator[tuple[Any, ...]]:
    """Yield what is counted, in order: first single words, then pairs, and so on.

    Raises:
        OnnxError: the pool does not consist of such.
    """
    for n, (start, end) in enumerate(zip(starts, (*starts[1:], len(pool)), strict=True), 1):
        if not 0 <= start <= end <= len(pool) or (end - start) % n:
            raise OnnxError(f"TfIdfVectorizer: {starts} are no starts in a pool of {len(pool)}")
        yield from (tuple(pool[i : i + n]) for i in range(start, end, n))


def _counted(row: Sequence[Any], shortest: int, longest: int, skips: int) -> Counter[Any]:
    """Count the words of a row that follow one another, or leave out as many each time."""
    found: Counter[Any] = Counter()
    for n in range(shortest, longest + 1):
        for step in range(1, 2 + (skips if n > 1 else 0)):
            found.update(zip(*(row[i * step :] for i in range(n)), strict=False))
    return found


@operator("TfIdfVectorizer")
def _tf_idf_vectorizer(
    x: Any, *, max_gram_length: int, max_skip_count: int, min_gram_length: int, mode: str,
    ngram_counts: Ints, ngram_indexes: Ints, pool_int64s: Ints = (), pool_strings: Texts = (),
    weights: Floats | None = None,
) -> Any:  # fmt: skip
    if mode not in ("TF", "IDF", "TFIDF"):
        raise OnnxError(f"mode {mode!r}; known are TF, IDF and TFIDF")
    rows = known(x, "TfIdfVectorizer")
    given = np.atleast_2d(rows)
    allowed((len(given), max(max_skip_count, 0), max(max_gram_length, 0), given.shape[1]))
    y = np.zeros(allowed((len(given), max(ngram_indexes) + 1)), np.float32)
    runs = list(_runs(pool_strings or pool_int64s, ngram_counts))
    share = weights or (1.0,) * len(runs)
    place = {run: (at, w) for run, at, w in zip(runs, ngram_indexes, share, strict=True)}
    for row, words in zip(y, given.tolist(), strict=True):
        counts = _counted(words, min_gram_length, max_gram_length, max_skip_count)
        for run in counts.keys() & place.keys():
            at, weight = place[run]
            row[at] = (1 if mode == "IDF" else counts[run]) * (1 if mode == "TF" else weight)
    return y if rows.ndim > 1 else y[0]
