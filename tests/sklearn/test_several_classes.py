"""Classifiers of examples that have several classes at once, or none: tables of 0 and 1."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy.sparse import csr_array
from scipy.special import expit, log_expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.preprocessing import MultiLabelBinarizer

import tensorgraph as tg
from tensorgraph import errors
from tensorgraph.sklearn import Classifier
from tests.sklearn.networks_cases import in_double, network

X = np.random.default_rng(0).normal(size=(90, 3))
TABLE = (X > [0.0, 0.5, -0.5]).astype(int)


def classifier(model=network, **parameters):
    return Classifier(model, **{"epochs": 30, "lr": 0.05, "random_state": 0, **parameters})


FORMS = {
    "integers": TABLE,
    "truth values": TABLE == 1,
    "numbers": TABLE.astype(float),
    "frame": pd.DataFrame(TABLE, columns=["a", "b", "c"]),
    "polars": pl.DataFrame(TABLE),
    "tensor": tg.tensor(TABLE),
    "lists": TABLE.tolist(),
    "sparse": csr_array(TABLE),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_class_has_a_probability_of_its_own(form):
    fitted = classifier().fit(X, FORMS[form])
    assert fitted.classes_.tolist() == [0, 1, 2] and fitted.n_classes_ == 3
    scores = fitted.decision_function(X)
    assert scores.shape == TABLE.shape
    assert np.allclose(fitted.predict_proba(X), expit(scores))
    assert np.allclose(fitted.predict_log_proba(X), log_expit(scores))
    said = fitted.predict(X)
    assert np.array_equal(said, scores > 0) and said.dtype.kind == "i"
    assert fitted.score(X, TABLE) == accuracy_score(TABLE, said) > 0.8
    assert np.array_equal(scores, classifier().fit(X, TABLE).decision_function(X))


def test_the_loss_is_the_mean_of_binary_cross_entropies():
    whole = classifier(in_double, batch_size=None, epochs=1).fit(X, TABLE)
    scores = whole.decision_function(X)
    expected = np.mean(np.logaddexp(0, scores) - TABLE * scores)
    assert whole.history_["train_loss"][-1] == pytest.approx(expected)


@given(st.lists(st.integers(0, 3), min_size=12, max_size=12).filter(any))
def test_a_weight_is_how_often_an_example_stands_there(counts):
    model = lambda: classifier(in_double, batch_size=None, epochs=2)  # noqa: E731
    rows = np.repeat(np.arange(12), counts)
    weighted = model().fit(X[:12], TABLE[:12], sample_weight=np.array(counts, float))
    repeated = model().fit(X[rows], TABLE[rows])
    expected = repeated.decision_function(X)
    assert np.allclose(weighted.decision_function(X), expected, atol=1e-9)


def test_classes_have_weights_of_which_the_product_counts():
    each = [{0: 1.0, 1: 3.0}, {0: 1.0, 1: 1.0}, {0: 2.0, 1: 1.0}]
    weights = np.where(TABLE[:, 0], 3.0, 1.0) * np.where(TABLE[:, 2], 1.0, 2.0)
    by_class = classifier(class_weight=each).fit(X, TABLE)
    by_example = classifier().fit(X, TABLE, sample_weight=weights)
    assert np.array_equal(by_class.decision_function(X), by_example.decision_function(X))


def test_two_columns_are_two_classes_and_no_one_logit():
    fitted = classifier().fit(X, TABLE[:, :2])
    assert fitted.decision_function(X).shape == fitted.predict_proba(X).shape == (90, 2)
    with pytest.raises(errors.ShapeError, match=r"shape \(1, 1\) of one example, and y has 2"):
        classifier(lambda n_features_in_: network(n_features_in_, 1)).fit(X, TABLE[:, :2])


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_it_is_validated_as_scikit_learns_own(method):
    ours = cross_val_predict(classifier(early_stopping=True), X, TABLE, cv=2, method=method)
    theirs = cross_val_predict(OneVsRestClassifier(LogisticRegression()), X, TABLE, method=method)
    assert ours.shape == theirs.shape and ours.dtype.kind == theirs.dtype.kind
    grid = GridSearchCV(classifier(), {"lr": [1e-9, 0.05]}, cv=2, scoring="f1_macro")
    assert grid.fit(X, TABLE).best_params_ == {"lr": 0.05}


def test_a_stream_of_tables_is_learnt():
    model = classifier()
    for _ in range(30):
        for part in np.split(np.arange(90), 3):
            model.partial_fit(X[part], TABLE[part], classes=range(3))
    assert model.score(X, TABLE) > 0.7
    with pytest.raises(errors.ArgumentError, match=r"y has shape \(90, 2\), and there are 3 class"):
        model.partial_fit(X, TABLE[:, :2])
    with pytest.raises(errors.ArgumentError, match="holds one class for each example, and that"):
        model.partial_fit(X, TABLE[:, 0])
    with pytest.raises(errors.ArgumentError, match="holds a table of several, and that of before"):
        classifier(warm_start=True).fit(X, TABLE[:, 0]).fit(X, TABLE)


@pytest.mark.parametrize(
    ("y", "told"),
    [
        ([["a", "b"], ["a"], []] * 30, r"lists or sets.*write MultiLabelBinarizer\(\)"),
        ([{"a"}, set(), {"b"}] * 30, r"lists or sets.*write MultiLabelBinarizer\(\)"),
        ([["a", "b"]] * 90, r"lists or sets.*write MultiLabelBinarizer\(\)"),
        (TABLE + np.arange(90)[:, None] % 2, r"shape \(90, 3\).*write MultiOutputClassifier"),
        (2 * TABLE - 1, r"shape \(90, 3\), and such a table holds 0 and 1"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_0_and_1_is_refused(y, told):
    with pytest.raises(errors.ShapeError, match=told):
        classifier().fit(X, y)


def test_what_is_told_to_be_written_works():
    sets = [["a", "b"], ["a"], []] * 30
    table = MultiLabelBinarizer().fit_transform(sets)
    assert classifier(epochs=1).fit(X, table).predict(X).shape == table.shape
    tasks = np.stack([TABLE.sum(1), TABLE[:, 0]], axis=1)
    assert MultiOutputClassifier(classifier(epochs=1)).fit(X, tasks).predict(X).shape == (90, 2)
