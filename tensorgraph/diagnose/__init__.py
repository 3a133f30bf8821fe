"""From results to decisions: where the error comes from, and what to work on next.

Plain functions on arrays, each with a small result that prints itself: a ladder of error rates, a
table of errors by tag, labels that are probably wrong, the choice of a model, metrics, and a report
of it all on one page.

What a model says comes first, then the labels, as in losses: ``precision(predictions, labels)``.
(scikit-learn has them the other way round, ``precision_score(y_true, y_pred)``.)
"""

from tensorgraph.diagnose import (
    class_metrics,
    confusion,
    error_analysis,
    error_ladder,
    html_report,
    label_cleaning,
    model_selection,
    reliability,
    score_metrics,
)
from tensorgraph.diagnose.class_metrics import *
from tensorgraph.diagnose.confusion import *
from tensorgraph.diagnose.error_analysis import *
from tensorgraph.diagnose.error_ladder import *
from tensorgraph.diagnose.html_report import *
from tensorgraph.diagnose.label_cleaning import *
from tensorgraph.diagnose.model_selection import *
from tensorgraph.diagnose.reliability import *
from tensorgraph.diagnose.score_metrics import *

__all__: list[str] = []
__all__ += class_metrics.__all__
__all__ += confusion.__all__
__all__ += error_analysis.__all__
__all__ += error_ladder.__all__
__all__ += html_report.__all__
__all__ += label_cleaning.__all__
__all__ += model_selection.__all__
__all__ += reliability.__all__
__all__ += score_metrics.__all__
