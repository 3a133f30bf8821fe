"""Diagnosis of a trained model: metrics, where the error comes from, what to work on next.

===============================  =================================================================
measure classes                  ``tg.diagnose.accuracy(predictions, labels)``, ``tg.diagnose.f1``
see which are mixed up           ``tg.diagnose.confusion_matrix(predictions, labels)``
measure scores                   ``tg.diagnose.roc_auc(scores, targets)``
measure probabilities            ``tg.diagnose.log_loss(probabilities, targets)``
see whether they are believable  ``tg.diagnose.calibration(probabilities, targets)``
choose among models              ``tg.diagnose.select``
tell bias from variance          ``tg.diagnose.ladder(human=0.01, train=0.02, dev=0.1)``
look at wrong answers            ``tg.diagnose.misclassified``
look at errors by hand           ``tg.diagnose.error_table``
find and correct wrong labels    ``tg.diagnose.suspicious_labels``, ``apply_corrections``
see what it says of the plane    ``tg.diagnose.decision_boundary(predict, points, labels)``
see the cost around the weights  ``tg.diagnose.cost_surface(model, loss, (X, labels), steps=5)``
record where training went       ``tg.diagnose.TrainingPath(model)``
see what layers put out          ``tg.diagnose.activation_histograms(model, X)``
see what units look for          ``tg.diagnose.weight_images(np.eye(9))``
put it all on one page           ``tg.diagnose.report(history=history)``
===============================  =================================================================

In come arrays of predictions, probabilities and labels, or error rates; out come numbers, and small
results that print themselves. All are plain functions.

Read ``array_arguments`` (the checks that all share) and ``metric`` first. Metrics: ``confusion``,
``class_metrics``, ``score_metrics``, ``reliability``; by them ``model_selection``. Analysis of the
error: ``error_ladder`` with ``confidence_intervals`` and ``remedies``, ``misclassified_examples``,
``error_analysis`` with ``error_csv``, ``label_cleaning``, ``gradient_health`` (of the
``norm_columns`` of a history). All of it on one page: ``html_report``. Pictures of a model stand on
``model_calls`` (a model as a function of arrays): what a classifier says of the plane in
``boundary``, on ``class_answers``; the cost around its weights in ``surface``, on ``weights`` (what
is moved and put back), ``cost_value``, ``directions`` and ``training_path``; the
distribution of activations in ``activations``, on ``layer_outputs``; weights as images in
``weights_seen``.

A metric is added in one file: a function with ``@metric(worst=..., best=...)`` whose name stands in
the file's ``__all__``.

One value for each example has shape (m,); a column (m, 1), which a layer with one output gives, and
a row (1, m) of samples in columns are the same to every metric.

What a model says comes first, then the labels, as in losses: ``precision(predictions, labels)``.
(scikit-learn has them the other way round, ``precision_score(y_true, y_pred)``.)
"""

from typing import TYPE_CHECKING

from tensorgraph.diagnose import (
    activations,
    boundary,
    class_metrics,
    confusion,
    error_analysis,
    error_ladder,
    html_report,
    label_cleaning,
    misclassified_examples,
    model_selection,
    reliability,
    score_metrics,
    surface,
    training_path,
    weights_seen,
)
from tensorgraph.diagnose.activations import *
from tensorgraph.diagnose.boundary import *
from tensorgraph.diagnose.class_metrics import *
from tensorgraph.diagnose.confusion import *
from tensorgraph.diagnose.error_analysis import *
from tensorgraph.diagnose.error_ladder import *
from tensorgraph.diagnose.html_report import *
from tensorgraph.diagnose.label_cleaning import *
from tensorgraph.diagnose.misclassified_examples import *
from tensorgraph.diagnose.model_selection import *
from tensorgraph.diagnose.reliability import *
from tensorgraph.diagnose.score_metrics import *
from tensorgraph.diagnose.surface import *
from tensorgraph.diagnose.training_path import *
from tensorgraph.diagnose.weights_seen import *
from tensorgraph.leads.attributes import module_hooks as _module_hooks

__all__: list[str] = []
__all__ += activations.__all__
__all__ += boundary.__all__
__all__ += class_metrics.__all__
__all__ += confusion.__all__
__all__ += error_analysis.__all__
__all__ += error_ladder.__all__
__all__ += html_report.__all__
__all__ += label_cleaning.__all__
__all__ += misclassified_examples.__all__
__all__ += model_selection.__all__
__all__ += reliability.__all__
__all__ += score_metrics.__all__
__all__ += surface.__all__
__all__ += training_path.__all__
__all__ += weights_seen.__all__

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
