"""The report of a training run: one HTML file that needs no network."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tensorgraph import errors, files
from tensorgraph.array_likes import NUMERIC, numbers_of, to_plain
from tensorgraph.diagnose.array_arguments import Array
from tensorgraph.diagnose.confusion import ConfusionMatrix, heat_table
from tensorgraph.diagnose.error_analysis import ErrorTable
from tensorgraph.diagnose.error_ladder import Ladder
from tensorgraph.diagnose.gradient_health import health
from tensorgraph.diagnose.misclassified_examples import Misclassified
from tensorgraph.diagnose.norm_columns import GRADIENTS, by_layer
from tensorgraph.display.line_chart import line_chart
from tensorgraph.display.tables import html_table
from tensorgraph.display.text import encodable, escaped

__all__ = ["Report", "report"]

_STEPS = ("epoch", "step")
_SETS = ("train_dev", "train", "dev", "test")
_LINES = 8
"""More lines than this in one chart cannot be told apart."""

# Nothing is loaded, and no script runs, whatever stands on the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
:root{color-scheme:light dark;--back:#fff;--ink:#1c1c22;--soft:#63636e;--rule:#d5d5dc}
@media (prefers-color-scheme:dark){
:root{--back:#17171c;--ink:#ececf1;--soft:#a0a0ac;--rule:#3a3a44}}
body{background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif;
max-width:1100px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}
section>div{display:flex;flex-wrap:wrap;gap:1rem}
svg,img{max-width:100%;height:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}
th,td{padding:.25rem .7rem;border-bottom:1px solid var(--rule);text-align:right}
th:first-child{text-align:left}thead th{color:var(--soft);font-weight:500}
p,li{max-width:70ch}.soft{color:var(--soft)}
"""


@dataclass(frozen=True)
class Report:
    """A page: see :func:`report`."""

    html: str
    """The whole page."""

    def save(self, path: str | Path) -> Path:
        """Write the page to a file and return its path."""
        target = Path(path)
        files.write(target, self.html.encode())
        return target

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escaped(self.html)}" sandbox="" width="100%" height="600"'
            ' style="border:0"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Report({len(self.html):,} characters of HTML; write .save('report.html'))"


def report(
    path: str | Path | None = None,
    *,
    history: Any = None,
    ladder: Ladder | None = None,
    confusion: Any = None,
    misclassified: Misclassified | None = None,
    errors: ErrorTable | None = None,
    norms: Mapping[str, Any] | None = None,
    picture: Any = None,
    title: str = "Training report",
) -> Report:
    """Put what is known of a training run on one HTML page.

    The page is a single file: it loads nothing and runs no script, and follows the reader's choice
    of light or dark. A picture is embedded as an image, so what stands in it stays inert too.

    Args:
        path: where to write the page; without it, it is only returned.
        history: columns of numbers by name, such as ``{"epoch": ..., "train_loss": ...,
            "dev_loss": ...}``, or an object whose ``columns`` are that. What differs only by
            ``train_``, ``dev_`` … at its beginning shares a chart; ``epoch`` or ``step`` runs along
            the bottom. What is not finite leaves a gap. Columns ``gradients/...`` are norms.
        ladder: from :func:`ladder`.
        confusion: from :func:`confusion_matrix`; or a square array of counts.
        misclassified: from :func:`misclassified`: images or rows, with what they are, what they
            were taken for, and how confidently.
        errors: from :func:`error_table`.
        norms: the norms of the gradient of each layer, step by step, by its path; by default
            those in ``history``.
        picture: of the graph: SVG text, or an object with a method ``svg``.
        title: stands at the top.

    Raises:
        ArgumentError: nothing to report; a picture that is no SVG.
        ShapeError: columns of different lengths.
        DTypeError: a part of another type.

    Example:
        >>> import tensorgraph as tg
        >>> page = tg.diagnose.report(
        ...     history={"train_loss": [0.9, 0.4, 0.2], "dev_loss": [0.9, 0.5, 0.4]},
        ...     ladder=tg.diagnose.ladder(human=0.01, train=0.02, dev=0.10),
        ... )
        >>> page.html.count("<svg")
        2
    """
    columns = {} if history is None else _columns("history", history)
    gradients = by_layer(columns, GRADIENTS) if norms is None else _columns("norms", norms)
    columns = {name: columns[name] for name in columns if not name.startswith(GRADIENTS)}
    parts: list[tuple[str, Any, Callable[[Any], str]]] = [
        ("Curves", columns or None, _curves),
        ("Where the error comes from", ladder, _ladder),
        ("Confusion matrix", confusion, _confusion),
        ("Misclassified examples", misclassified, _misclassified),
        ("Error analysis", errors, _errors),
        ("Gradients", gradients or None, _gradients),
        ("Graph", picture, _picture),
    ]
    sections = [
        f"<section><h2>{heading}</h2>{shown(part)}</section>"
        for heading, part, shown in parts
        if part is not None
    ]
    found = Report(_page(title, sections))
    if path is not None:
        found.save(path)
    return found


def _page(title: str, sections: Sequence[str]) -> str:
    if not sections:
        raise errors.ArgumentError("report: there is nothing to report; give it history=..., say")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escaped(title)}</h1>{''.join(sections)}</body></html>\n"
    )


# ------------------------------------------------------------------------------------- the parts


def _curves(columns: dict[str, Array]) -> str:
    x_name = next((name for name in _STEPS if name in columns), None)
    length = len(next(iter(columns.values())))
    steps = np.arange(1.0, length + 1) if x_name is None else columns[x_name]
    if not np.isfinite(steps).all():
        raise errors.ArgumentError(f"report: history[{x_name!r}] must be finite")
    charts: dict[str, dict[str, Array]] = {}
    for name, values in columns.items():
        if name != x_name:
            charts.setdefault(_chart_of(name), {})[name] = values
    if not charts:
        raise errors.ArgumentError(
            f"report: history holds nothing but {x_name!r}; add what was measured, or leave it out"
        )
    return _charts(charts, steps, x_name or "row")


def _chart_of(name: str) -> str:
    """Return the title of the chart in which a column is drawn."""
    start = next((s for s in _SETS if name.startswith(f"{s}_")), None)
    return name.partition("/")[0] if start is None else name.removeprefix(f"{start}_")


def _charts(charts: Mapping[str, Mapping[str, Array]], steps: Array, x_name: str) -> str:
    """Draw each chart, and as several if it has too many lines."""
    drawn = []
    for title, lines in charts.items():
        names = list(lines)
        parts = [names[start : start + _LINES] for start in range(0, len(names), _LINES)]
        drawn += [line_chart(title, {n: lines[n] for n in part}, steps, x_name) for part in parts]
    return f"<div>{''.join(drawn)}</div>"


def _ladder(found: Ladder) -> str:
    _expect("ladder", found, Ladder, "tg.diagnose.ladder(...)")
    remedies = "".join(f"<li>{escaped(remedy)}</li>" for remedy in found.remedies)
    notes = "".join(f'<p class="soft">{escaped(note)}</p>' for note in found.notes)
    steps = f"<p>What helps against it:</p><ul>{remedies}</ul>" if remedies else ""
    return f"{found.svg()}{steps}{notes}"


def _confusion(found: Any) -> str:
    if isinstance(found, ConfusionMatrix):
        return heat_table(found.counts, found.classes)
    counts = numbers_of(to_plain(found, "report: confusion"))
    square = counts.ndim == 2 and counts.shape[0] == counts.shape[1] > 0
    if not (square and counts.dtype.kind in "iuf" and ((counts >= 0) & (counts < np.inf)).all()):
        raise errors.DTypeError(
            "report: confusion must be a square array of counts, or what"
            " tg.diagnose.confusion_matrix(predictions, labels) returns, not"
            f" {errors.describe(found)}"
        )
    return heat_table(counts, tuple(range(len(counts))))


def _misclassified(found: Misclassified) -> str:
    line = "tg.diagnose.misclassified(probabilities, labels, inputs)"
    _expect("misclassified", found, Misclassified, line)
    return found._repr_html_()


def _errors(found: ErrorTable) -> str:
    _expect("errors", found, ErrorTable, "tg.diagnose.error_table(...)")
    return f"{found._repr_html_()}<p>{escaped(found.verdict)}</p>"


def _gradients(norms: dict[str, Array]) -> str:
    steps = np.arange(1.0, len(next(iter(norms.values()))) + 1)
    drawn = _charts({"norm of the gradient": norms}, steps, "row")
    rows = [
        (
            layer.path,
            *(f"{v:.3g}" for v in (layer.median, layer.largest, layer.last)),
            layer.verdict,
        )
        for layer in health(norms)
    ]
    judged = html_table(["layer", "median", "largest", "last", "verdict"], rows)
    return f"{drawn}{judged}"


def _picture(picture: Any) -> str:
    """Embed a picture as an image: a script in it does not run, and nothing is loaded."""
    text = picture.svg() if hasattr(picture, "svg") else picture
    if not isinstance(text, str):
        raise errors.DTypeError(
            f"report: picture must be SVG text or have a method svg, not {errors.describe(picture)}"
        )
    if "<svg" not in text:
        raise errors.ArgumentError(
            "report: picture holds no <svg>; give the text of the picture, not its path"
        )
    data = base64.b64encode(encodable(text).encode()).decode()
    return f'<img alt="Graph" src="data:image/svg+xml;base64,{data}">'


def _expect(name: str, value: Any, kind: type, line: str) -> None:
    if not isinstance(value, kind):
        raise errors.DTypeError(
            f"report: {name} must be what {line} returns, not {errors.describe(value)}"
        )


def _columns(what: str, given: Any) -> dict[str, Array]:
    """Return columns of numbers of the same length, which may hold what is not finite."""
    if not isinstance(given, Mapping):
        names = getattr(given, "columns", given)  # of a history these hold the numbers
        framed = hasattr(given, "__array__") and hasattr(given, "columns")
        given = {name: given[name] for name in names} if framed else names
    if not isinstance(given, Mapping):
        raise errors.DTypeError(
            f"report: {what} must be a dict with a list of numbers for each name, not"
            f" {errors.describe(given)}"
        )
    if not given:
        raise errors.ArgumentError(f"report: {what} is empty; leave it out")
    columns: dict[str, Array] = {}
    for name, values in given.items():
        column = numbers_of(to_plain(values, f"report: {what}[{name!r}]"))
        if column.ndim != 1 or column.dtype.kind not in NUMERIC:
            raise errors.DTypeError(
                f"report: {what}[{name!r}] must be a list of numbers, not {errors.describe(column)}"
            )
        columns[str(name)] = column.astype(np.float64)
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        seen = ", ".join(f"{name} has {n}" for name, n in lengths.items())
        raise errors.ShapeError(f"report: the columns of {what} differ in length: {seen}")
    if not next(iter(lengths.values())):
        raise errors.ArgumentError(f"report: {what} has no rows yet; train a step first")
    return columns
