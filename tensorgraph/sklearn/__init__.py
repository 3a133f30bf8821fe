"""Models as scikit-learn's estimators, for its pipelines, searches and scores.

=====================  ==========================================================================
predict classes        ``tg.sklearn.Classifier(network, epochs=20).fit(X, labels).predict(X)``
predict numbers        ``tg.sklearn.Regressor(network, lr=0.01).fit(X, X.sum(axis=1))``
how sure it is         ``classifier.fit(X, labels).predict_proba(X)``
search                 ``GridSearchCV(classifier, {"model__width": [8, 16], "lr": [0.01, 0.1]})``
scale inputs before    ``make_pipeline(tg.data.Normalize(), classifier)``
learn from a stream    ``classifier.partial_fit(X, labels, classes=[0, 1, 2])``
=====================  ==========================================================================

It needs scikit-learn: ``pip install 'tensorgraph-engine[sklearn]'``. ``tg.train.fit`` trains.

Read ``classifier`` and ``regressor`` first; they stand on ``estimator`` (what both are: parameters,
fit, partial_fit), ``model_making`` (a function that makes a model, and what it is called with),
``prefixed`` (parameters such as ``model__width``), ``frames`` (columns that hold no numbers),
``example_weights`` (losses of examples that count more or less) and ``own_draws`` (random numbers
that nobody else draws from).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgraph.extras import require as _require
from tensorgraph.leads.attributes import missing_from_module as _missing_from_module
from tensorgraph.leads.modules import tell_of_calls as _tell_of_calls

__all__ = ["Classifier", "Regressor"]

if TYPE_CHECKING:
    from tensorgraph.sklearn.classifier import Classifier as Classifier
    from tensorgraph.sklearn.regressor import Regressor as Regressor
else:
    _FILES = {"Classifier": "classifier", "Regressor": "regressor"}

    def __getattr__(name: str) -> Any:
        """Import an estimator when it is asked for: it needs scikit-learn."""
        if name not in _FILES:
            raise _missing_from_module(__name__, name)
        _require("sklearn", "sklearn")
        return getattr(import_module(f"tensorgraph.sklearn.{_FILES[name]}"), name)

    def __dir__() -> list[str]:
        return sorted(__all__)

    _tell_of_calls(__name__)
