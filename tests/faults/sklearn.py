"""Faults of the estimators for scikit-learn: classes, weights, seeds, parameters."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "sklearn/estimator.py",
        ("Estimator._train", "relative(weights[counts], kind)", "weights[counts]",
         "sklearn: weights of another scale give another learning rate"),
        ("Estimator._train", "relative(weights[counts], kind)", "relative(weights, kind)[counts]",
         "sklearn: examples of weight zero make the others count less"),
        ("Estimator._train", "weights > 0", "weights >= 0",
         "sklearn: an example of weight zero stands in the batches"),
        ("Estimator._train", "own_draws(seed)", "own_draws(0)",
         "sklearn: random_state does not decide what is drawn"),
        ("Estimator._train", "passing_on()", "own_draws(seed)",
         "sklearn: Ctrl-C ends one fit of a search"),
        ("Estimator._outputs", "deepcopy(model).astype(dtype)", "model.astype(dtype)",
         "sklearn: a prediction changes the model's dtype"),
        ("Estimator._remember", "row['epoch'] + epochs", "row['epoch']",
         "sklearn: epochs of a warm start are counted anew"),
        ("Estimator._take_up", "not _same(before.get(n), now.get(n))", "False",
         "sklearn: a warm start ignores another model's width"),
        ("Estimator._take_up", "not _same(self._made_with, self.lr)", "False",
         "sklearn: a warm start ignores another rate"),
        ("Estimator._take_up", "not _same(self._made_with, self.lr)", "True",
         "sklearn: a warm start undoes what a callback did to the rate"),
        ("Estimator._fitted_to", "EarlyStopping(self.patience)", "EarlyStopping()",
         "sklearn: patience is not what was asked for"),
        ("Estimator.get_params", "(*further, *self._unknown)", "further",
         "sklearn: a clone forgets a parameter that nobody takes"),
    ),
    *planted_in(
        "sklearn/classifier.py",
        ("Classifier.decision_function", "outputs[:, 1] - outputs[:, 0]",
         "outputs[:, 0] - outputs[:, 1]", "sklearn: scores are those of the first of two classes"),
        ("Classifier.predict_proba", "[1 - second, second]", "[second, 1 - second]",
         "sklearn: the probabilities of two classes are exchanged"),
        ("Classifier._weights", "weights * of_classes", "of_classes",
         "sklearn: class_weight replaces sample_weight"),
        ("Classifier._targets", "unknown.any()", "False",
         "sklearn: a label that is no class counts as another"),
        ("Classifier._strata", "targets", "None",
         "sklearn: a rare class is not held out, or wholly"),
    ),
    *planted_in(
        "sklearn/regressor.py",
        ("Regressor.predict", "self._outputs(X).reshape(-1, *self._each)", "self._outputs(X)",
         "sklearn: one number for each example comes as a column"),
    ),
    *planted_in(
        "sklearn/own_draws.py",
        ("own_draws", "generator.state = before", "pass",
         "sklearn: a fit changes what others draw"),
    ),
    *planted_in(
        "sklearn/model_making.py",
        ("made", "deepcopy(model)", "model", "sklearn: fit trains the module that was given"),
    ),
    *planted_in(
        "sklearn/example_weights.py",
        ("WeightedLoss.__call__",
         "(weights.reshape(-1, *[1] * (losses.ndim - 1)) * losses).mean()", "losses.mean()",
         "sklearn: examples have weights that nobody applies"),
    ),
]  # fmt: skip
