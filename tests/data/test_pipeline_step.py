"""``data.Normalize`` as a step of scikit-learn's pipelines."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted

from tensorgraph import errors
from tensorgraph.data import Normalize
from tensorgraph.errors import ArgumentError

X = np.random.default_rng(0).normal([1, 10, 100], [1, 5, 0.1], (60, 3))
Y = (X[:, 0] + X[:, 1] > 11).astype(int)
FRAME = pd.DataFrame(X, columns=["a", "b", "c"], index=range(100, 160))


@pytest.mark.parametrize("x", [X, FRAME, pl.DataFrame(FRAME)], ids=lambda x: type(x).__module__)
def test_it_is_what_the_standard_scaler_is(x):
    ours, theirs = Normalize(), StandardScaler()
    assert np.allclose(ours.fit_transform(x, Y), theirs.fit_transform(x, Y))
    assert np.allclose(ours.inverse_transform(ours.transform(x)), X)
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
    for form in ("pandas", "polars", "default"):
        one, other = (step.set_output(transform=form).transform(x) for step in (ours, theirs))
        assert type(one) is type(other)
        assert getattr(one, "columns", None) is None or list(one.columns) == list(other.columns)
        if form == "pandas":
            assert list(one.index) == list(other.index)
    assert type(ours(x)) is np.ndarray


@pytest.mark.parametrize("form", ["pandas", "polars"])
def test_it_gives_what_scikit_learn_is_set_to(form):
    with config_context(transform_output=form):
        ours, theirs = (step.fit_transform(FRAME) for step in (Normalize(), StandardScaler()))
        assert type(ours) is type(theirs) and list(ours.columns) == list(theirs.columns)
        own = Normalize().set_output(transform="default").set_output()
        assert type(own.fit_transform(FRAME)) is type(clone(own).fit_transform(X)) is np.ndarray
    assert type(Normalize().fit_transform(FRAME)) is np.ndarray


def test_a_pipeline_of_it_is_searched_cloned_and_shown():
    pipeline = make_pipeline(Normalize(), LogisticRegression())
    grid = {"normalize__floor": [None, 1e-3, 10.0]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, Y)
    assert search.best_score_ > 0.9
    assert clone(pipeline)[0].mean is None
    assert "Normalize" in pipeline._repr_html_()
    named = make_column_transformer((Normalize(), ["a", "b"]), remainder="drop")
    framed = named.set_output(transform="pandas").fit_transform(FRAME)
    assert list(framed.columns) == ["normalize__a", "normalize__b"]
    assert pipeline.set_output(transform="pandas").fit(FRAME, Y).score(FRAME, Y) > 0.9
    assert get_tags(Normalize()).transformer_tags is not None


@given(st.sampled_from([0, 1, (0,), (0, 2)]), st.none() | st.floats(0, 1))
def test_a_clone_has_the_same_parameters_and_is_not_fitted(axis, floor):
    step = Normalize(axis, floor).set_output(transform="pandas")
    copy = clone(step)
    assert copy.get_params() == step.get_params()
    assert copy.set_params(floor=0.5).floor == 0.5
    assert copy.axis == step.axis
    with pytest.raises(NotFittedError):
        check_is_fitted(copy)
    with pytest.raises(
        ArgumentError, match="Normalize has no parameter 'flor'; it has axis, floor"
    ):
        step.set_params(flor=1)


def test_what_is_not_fitted_raises_scikit_learns_error_and_ours():
    for use in (Normalize().transform, Normalize().inverse_transform, Normalize()):
        with pytest.raises(NotFittedError, match=r"write normalize.fit\(train\)") as caught:
            use(X)
        for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
            kinds = errors.NotFittedError, errors.UsageError, ValueError, AttributeError
            assert all(isinstance(error, kind) for kind in (*kinds, NotFittedError))
            assert type(error).__name__ == "NotFittedError"


# Attributes are called mean and std, and arguments are checked where they are written. Constant
# columns, rows without columns and numbers in one axis can be normalised. Other words are used.
OWN_WAY = {
    "check_no_attributes_set_in_init", "check_dont_overwrite_parameters", "check_set_params",
    "check_do_not_raise_errors_in_init_or_set_params", "check_parameters_default_constructible",
    "check_estimators_empty_data_messages", "check_fit1d", "check_n_features_in_after_fitting",
    "check_complex_data", "check_dtype_object", "check_fit2d_predict1d",
}  # fmt: skip
ASKS_FOR_A_VARIABLE = {"check_array_api_input"}


def checks():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would like to have its own class above
        found = [check for _, check in estimator_checks_generator(Normalize())]
    names = {check.func.__name__ for check in found}
    assert names >= OWN_WAY
    left_out = OWN_WAY | ASKS_FOR_A_VARIABLE
    return [pytest.param(c, id=c.func.__name__) for c in found if c.func.__name__ not in left_out]


@pytest.mark.filterwarnings("ignore:Estimator Normalize does not inherit")
@pytest.mark.parametrize("check", checks())
def test_what_scikit_learn_asks(check):
    check(Normalize())


def test_a_fit_to_an_array_forgets_names_of_columns():
    step = Normalize().fit(FRAME)
    assert list(step.fit(X).get_feature_names_out()) == ["x0", "x1", "x2"]
    assert list(step.get_feature_names_out(["u", "v", "w"])) == ["u", "v", "w"]
    assert step(FRAME).shape == X.shape


def test_columns_in_another_order_are_refused():
    step = Normalize().fit(FRAME)
    with pytest.raises(
        ArgumentError, match=r"columns are c, b, a, and .* write x\[\['a', 'b', 'c'\]"
    ):
        step(FRAME[["c", "b", "a"]])
    with pytest.raises(ArgumentError, match=r"columns are a, b, z, and it was fitted to a, b, c$"):
        step.transform(FRAME.rename(columns={"c": "z"}))
    assert np.array_equal(step(FRAME[["c", "a", "b"]][["a", "b", "c"]]), step(X))


def test_it_needs_no_scikit_learn():
    code = (
        "import sys, tensorgraph as tg, numpy as np\n"
        "try: tg.data.Normalize()(np.eye(3))\n"
        "except tg.errors.NotFittedError as error: assert type(error) is tg.errors.NotFittedError\n"
        "step = tg.data.Normalize(); step.fit_transform(np.eye(3)); step.set_params(floor=0.1)\n"
        "print(step.fit(np.eye(3)).get_feature_names_out(), 'sklearn' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['x0' 'x1' 'x2'] False"
