"""Faults of diagnosing: intervals, the ladder, the error table, labels, choice, metrics, report."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_RATES = [
    *planted_in(
        "diagnose/confidence_intervals.py",
        ("(z / (2 * size)) ** 2", "(z / size) ** 2", "diagnose_ladder: Wilson's root of z²/n²"),
        ("(i.low if c > 0 else i.high)", "i.low",
         "diagnose_ladder: a rate that is taken away enters with its lower end"),
        ("total + math.hypot(*above)", "total + math.fsum(above)",
         "diagnose_ladder: distances of independent rates add up in line"),
    ),
    *planted_in(
        "diagnose/error_ladder.py",
        ("size = round(rates[upper] - rates[lower], 12)", "size = rates[upper] - rates[lower]",
         "diagnose_ladder: equal steps in the order of their rounding errors"),
        ('("train_dev", "dev"): DATA_MISMATCH', '("train_dev", "dev"): VARIANCE',
         "diagnose_ladder: a mismatch of data taken for variance"),
        ("if step.size > 0 and not step.is_noise]", "if step.size > 0]",
         "diagnose_ladder: noise may be the largest step"),
        ("factors[rung.upper] += sign", "factors[rung.upper] = sign",
         "diagnose_ladder: the rate that two steps share counts once"),
        ("2 * step.size >= largest.size or", "", "diagnose_ladder: large steps are no rivals"),
    ),
    *planted_in(
        "diagnose/array_arguments.py",
        ("    if size < 2:\n", "    if size < 1:\n", "diagnose_ladder: a set of one example"),
    ),
]  # fmt: skip

_TABLES = [
    *planted_in(
        "diagnose/error_analysis.py",
        ("has and n == 1 for", "has and n >= 1 for", "diagnose_errors: alone beside other tags"),
        ("else error * count / m", "else count / m", "diagnose_errors: the share for the ceiling"),
        ("-row.count / (row.effort or 1)", "-row.count", "diagnose_errors: effort ignored"),
    ),
    *planted_in(
        "diagnose/error_csv.py",
        ('_FORMULA = ("=", "+", "-", "@",', '_FORMULA = ("=", "+", "-",',
         "diagnose_errors: a cell that begins with @ is a formula"),
        ("_QUOTED = (*_FORMULA, \"'\")", "_QUOTED = _FORMULA",
         "diagnose_errors: a cell that begins with an apostrophe loses it"),
        ('lineterminator="\\r\\n"', 'lineterminator="\\n"',
         "diagnose_errors: a carriage return in a cell ends the row"),
    ),
    *planted_in(
        "diagnose/label_cleaning.py",
        ("np.where(confident, p, -1.0)", "p",
         "diagnose_labels: a class that the model is not confident of"),
        ("np.argsort(-margin[found]", "np.argsort(margin[found]",
         "diagnose_labels: the least suspicious first"),
        ("out = labels.astype(kind)", "out = labels.astype(kind, copy=False)",
         "diagnose_labels: the given labels are written to"),
    ),
]  # fmt: skip

_CHOICE = [
    *planted_in(
        "diagnose/model_selection.py",
        ("place < self.key(incumbent", "place <= self.key(incumbent",
         "diagnose_select: a tie is an improvement"),
        ("return bool(cuts), excess, value", "return False, excess, value",
         "diagnose_select: a model beyond the limits may win"),
        ("/ (abs(self.limit) or 1.0)", "", "diagnose_select: excesses in different units add up"),
        ("    if math.isnan(found):", "    if math.isinf(found):", "diagnose_select: NaN competes"),
    ),
]  # fmt: skip

_METRICS = [
    *planted_in(
        "diagnose/confusion.py",
        ("rows, columns = positions(known, true), positions(known, predicted)",
         "columns, rows = positions(known, true), positions(known, predicted)",
         "metrics: precision and recall swapped"),
    ),
    *planted_in(
        "diagnose/class_metrics.py",
        ("beta**2 * occurring + predicted", "occurring + beta**2 * predicted",
         "metrics: β weighs precision"),
        ('found.counts.sum(1) if average == "weighted"',
         'found.counts.sum(0) if average == "weighted"',
         "metrics: weighted with how often a class is predicted"),
        ("stacklevel=4", "stacklevel=3", "metrics: a warning points into the library"),
    ),
    *planted_in(
        "diagnose/score_metrics.py",
        ("(below + minus / 2)", "(below + minus)", "metrics: a tie is a win"),
        ("np.finfo(p.dtype).eps", "np.finfo(np.float64).eps",
         "metrics: float32 cut off as float64"),
        ("squares[:, 1] if", "squares.sum(1) if", "metrics: Brier's score counts both classes"),
    ),
    *planted_in(
        "diagnose/reliability.py",
        ("np.searchsorted(edges[1:-1], confidence)",
         'np.searchsorted(edges[1:-1], confidence, side="right")',
         "metrics: a bin holds its lower end"),
        ("(self.gaps * self.weights).sum() / self.weights.sum()", "self.gaps.mean()",
         "metrics: all bins weigh the same"),
    ),
]  # fmt: skip

_REPORT = [
    *planted_in(
        "display/text.py",
        ('html.escape(printable(str(text)))', "str(text)",
         "report: text is not escaped"),
        ('_NOT_IN_XML.sub("\\ufffd", text)', "text",
         "report: a picture with characters that XML does not know"),
    ),
    *planted_in(
        "diagnose/confusion.py",
        ("<tr><th>{escaped(name)}</th>{cells}", "<tr><th>{name}</th>{cells}",
         "report: the name of a class is not escaped"),
    ),
    *planted_in(
        "display/line_chart.py",
        ("start + int(np.nanargmin(stretch)), ", "", "line_chart: a long line loses its valleys"),
        ("self.start + share * (self.end - self.start)", "self.start + share * self.end",
         "line_chart: a line beside its axis"),
        ("[False], holds, [False]", "[False], np.isfinite(steps), [False]",
         "line_chart: a line through its gaps"),
    ),
    *planted_in(
        "diagnose/gradient_health.py",
        ("values[-1] > EXPLODING * median", "values[-1] > EXPLODING",
         "report: a large gradient is taken for an exploding one"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_RATES, *_TABLES, *_CHOICE, *_METRICS, *_REPORT]
