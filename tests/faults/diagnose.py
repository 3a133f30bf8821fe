"""Faults of diagnosis: metrics, where the error comes from, the report."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "diagnose/confidence_intervals.py",
        ("wilson", "z / (2 * size)", "z / size", "diagnose_ladder: Wilson's root of z²/n²"),
        ("combined", "i.low if c > 0 else i.high", "i.low",
         "diagnose_ladder: a rate that is taken away enters with its lower end"),
        ("combined", "math.hypot(*above)", "math.fsum(above)",
         "diagnose_ladder: distances of independent rates add up in line"),
    ),
    *planted_in(
        "diagnose/error_ladder.py",
        ("_step", "round(rates[upper] - rates[lower], 12)", "rates[upper] - rates[lower]",
         "diagnose_ladder: equal steps in the order of their rounding errors"),
        ("_CAUSES", "DATA_MISMATCH", "VARIANCE",
         "diagnose_ladder: a mismatch of data taken for variance"),
        ("ladder", "step.size > 0 and not step.is_noise", "step.size > 0",
         "diagnose_ladder: noise may be the largest step"),
        ("_is_close", "factors[rung.upper] += sign", "factors[rung.upper] = sign",
         "diagnose_ladder: the rate that two steps share counts once"),
        ("_is_close", "2 * step.size >= largest.size or apart is not None and 0 in apart",
         "apart is not None and 0 in apart", "diagnose_ladder: large steps are no rivals"),
    ),
    *planted_in(
        "diagnose/array_arguments.py",
        ("as_size", "size < 2", "size < 1", "diagnose_ladder: a set of one example"),
    ),
    *planted_in(
        "diagnose/error_analysis.py",
        ("_row", "n == 1", "n >= 1", "diagnose_errors: alone beside other tags"),
        ("_row", "error * count", "count", "diagnose_errors: the share for the ceiling"),
        ("error_table", "-row.count / (row.effort or 1)", "-row.count",
         "diagnose_errors: effort ignored"),
    ),
    *planted_in(
        "diagnose/error_csv.py",
        ("_FORMULA", "'@'", "", "diagnose_errors: a cell that begins with @ is a formula"),
        ("_QUOTED", '(*_FORMULA, "\'")', "_FORMULA",
         "diagnose_errors: a cell that begins with an apostrophe loses it"),
        ("write", "'\\r\\n'", "'\\n'", "diagnose_errors: a carriage return in a cell ends the row"),
    ),
    *planted_in(
        "diagnose/label_cleaning.py",
        ("suspicious_labels", "np.where(confident, p, -1.0)", "p",
         "diagnose_labels: a class that the model is not confident of"),
        ("suspicious_labels", "-margin[found]", "margin[found]",
         "diagnose_labels: the least suspicious first"),
        ("_corrected", "labels.astype(kind)", "labels.astype(kind, copy=False)",
         "diagnose_labels: the given labels are written to"),
    ),
    *planted_in(
        "diagnose/model_selection.py",
        ("Criterion.better", "place < self.key(incumbent, 'the incumbent')",
         "place <= self.key(incumbent, 'the incumbent')",
         "diagnose_select: a tie is an improvement"),
        ("Criterion.key", "bool(cuts)", "False",
         "diagnose_select: a model beyond the limits may win"),
        ("Cut.excess", "abs(self.value - self.limit) / (abs(self.limit) or 1.0)",
         "abs(self.value - self.limit)", "diagnose_select: excesses in different units add up"),
        ("_value", "math.isnan(found)", "math.isinf(found)", "diagnose_select: NaN competes"),
    ),
    *planted_in(
        "diagnose/confusion.py",
        ("confusion", "(rows, columns)", "(columns, rows)",
         "metrics: precision and recall swapped"),
    ),
    *planted_in(
        "diagnose/class_metrics.py",
        ("_f.shares", "beta ** 2 * occurring + predicted", "occurring + beta ** 2 * predicted",
         "metrics: β weighs precision"),
        ("_averaged", "found.counts.sum(1)", "found.counts.sum(0)",
         "metrics: weighted with how often a class is predicted"),
        ("_divided", "4", "3", "metrics: a warning points into the library"),
    ),
    *planted_in(
        "diagnose/score_metrics.py",
        ("_area", "minus / 2", "minus", "metrics: a tie is a win"),
        ("log_loss", "np.finfo(p.dtype)", "np.finfo(np.float64)",
         "metrics: float32 cut off as float64"),
        ("brier_score", "squares[:, 1]", "squares.sum(1)",
         "metrics: Brier's score counts both classes"),
    ),
    *planted_in(
        "diagnose/reliability.py",
        ("calibration", "np.searchsorted(edges[1:-1], confidence)",
         "np.searchsorted(edges[1:-1], confidence, side='right')",
         "metrics: a bin holds its lower end"),
        ("Calibration.expected_error", "(self.gaps * self.weights).sum() / self.weights.sum()",
         "self.gaps.mean()", "metrics: all bins weigh the same"),
    ),
    *planted_in(
        "diagnose/confusion.py",
        ("heat_table", "f'<tr><th>{escaped(name)}</th>{cells}</tr>'",
         "f'<tr><th>{name}</th>{cells}</tr>'", "report: the name of a class is not escaped"),
    ),
    *planted_in(
        "diagnose/gradient_health.py",
        ("_verdict", "EXPLODING * median", "EXPLODING",
         "report: a large gradient is taken for an exploding one"),
    ),
]  # fmt: skip
