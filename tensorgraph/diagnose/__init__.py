"""From results to decisions: where the error comes from, and what to work on next.

Plain functions on arrays, each with a small result that prints itself: a ladder of error rates, a
table of errors by tag, labels that are probably wrong, the choice of a model, metrics, and a report
of it all on one page.

What a model says comes first, then the labels, as in losses: ``precision(predictions, labels)``.
(scikit-learn has them the other way round, ``precision_score(y_true, y_pred)``.)
"""

from tensorgraph.diagnose.calibration import Calibration, calibration, expected_calibration_error
from tensorgraph.diagnose.class_metrics import accuracy, f1, f_beta, precision, recall
from tensorgraph.diagnose.confusion import ConfusionMatrix, confusion_matrix
from tensorgraph.diagnose.error_table import ErrorTable, error_table
from tensorgraph.diagnose.ladder import Ladder, ladder
from tensorgraph.diagnose.model_selection import Criterion, Selection, select
from tensorgraph.diagnose.report import Report, report
from tensorgraph.diagnose.score_metrics import brier_score, log_loss, roc_auc
from tensorgraph.diagnose.suspicious_labels import (
    SuspiciousLabels,
    apply_corrections,
    suspicious_labels,
)

__all__ = [
    "Calibration", "ConfusionMatrix", "Criterion", "ErrorTable", "Ladder", "Report", "Selection",
    "SuspiciousLabels", "accuracy", "apply_corrections", "brier_score", "calibration",
    "confusion_matrix", "error_table", "expected_calibration_error", "f1", "f_beta", "ladder",
    "log_loss", "precision", "recall", "report", "roc_auc", "select", "suspicious_labels",
]  # fmt: skip
