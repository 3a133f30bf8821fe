"""Frames in, classes out; and all that scikit-learn puts around an estimator."""

import io
import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from scipy.stats import loguniform
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import tensorgraph as tg
from tensorgraph.errors import DTypeError
from tensorgraph.sklearn import Classifier, Regressor
from tests.sklearn.networks_cases import Network, network

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
COLUMNS = ["length", "width", "petal length", "petal width"]
PANDAS = pd.DataFrame(X, columns=COLUMNS, index=[f"flower {i}" for i in range(150, 0, -1)])
POLARS = pl.DataFrame(X, schema=COLUMNS)
CLASSIFIER = Classifier(Network, epochs=12, lr=0.05, random_state=0)


@pytest.mark.parametrize("frame", [PANDAS, POLARS], ids=["pandas", "polars"])
@pytest.mark.parametrize(
    "labels",
    [
        pd.Series(NAMES, index=PANDAS.index),
        pd.Series(NAMES).astype("category"),
        pd.Series(NAMES, dtype="string"),
        pl.Series(NAMES),
        pl.Series(NAMES, dtype=pl.Categorical),
        NAMES,
    ],
    ids=lambda y: f"{type(y).__module__}-{y.dtype}",
)
def test_frames_in_classes_out(frame, labels):
    fitted = pickle.loads(pickle.dumps(CLASSIFIER)).fit(frame, labels)
    assert fitted.feature_names_in_.tolist() == COLUMNS
    assert fitted.n_features_in_ == 4
    assert sorted(fitted.classes_) == ["setosa", "versicolor", "virginica"]
    assert fitted.score(frame, NAMES) > 0.6
    with pytest.raises(ValueError, match="feature names should match those"):
        fitted.predict(frame[COLUMNS[::-1]])
    with pytest.warns(UserWarning, match="does not have valid feature names, but Classifier"):
        fitted.predict(X)


def test_a_frame_that_is_not_computed_yet_is_told():
    with pytest.raises(DTypeError, match=r"X is a LazyFrame, which .* write x.collect\(\)"):
        Classifier(network).fit(POLARS.lazy(), Y)
    for door in (tg.tensor, tg.data.Normalize().fit):
        with pytest.raises(DTypeError, match=r"a LazyFrame, .* write x.collect\(\)"):
            door(POLARS.lazy())


def test_tensors_are_taken_as_arrays():
    fitted = Classifier(network, epochs=3, random_state=0).fit(tg.tensor(X), tg.tensor(Y))
    plain = Classifier(network, epochs=3, random_state=0).fit(X, Y)
    assert np.array_equal(fitted.predict_proba(tg.tensor(X)), plain.predict_proba(X))


def test_mixed_columns_go_through_a_transformer():
    mixed = PANDAS.assign(colour=np.array(["red", "blue"])[Y % 2])
    columns = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["colour"]), remainder=StandardScaler()
    )
    for kind in ("default", "pandas", "polars"):
        pipeline = make_pipeline(columns, CLASSIFIER).set_output(transform=kind)
        assert pipeline.fit(mixed, NAMES).score(mixed, NAMES) > 0.9


@pytest.mark.parametrize("kind", [Classifier, Regressor])
def test_columns_without_numbers_are_named_with_the_line_to_write(kind):
    model = kind(network, epochs=1)
    named = model.__class__.__name__
    for frame in (PANDAS.assign(city="Rome"), POLARS.with_columns(city=pl.lit("Rome"))):
        with pytest.raises(
            DTypeError, match=rf"{named}: the columns \['city'\] of X hold str"
        ) as e:
            model.fit(frame, Y)
        line = str(e.value).partition("; write ")[2].replace(f"{named}(…)", "model")
        pipeline = eval(line, {**globals(), "model": model})
        assert len(pipeline.fit(frame, Y).predict(frame)) == 150
    dated = PANDAS.assign(day=pd.date_range("2020", periods=150))
    with pytest.raises(DTypeError, match=r"\['day'\] of X hold dates; .* write \(d - d.min\(\)\)"):
        model.fit(dated, Y)
    with pytest.raises(DTypeError, match="X holds strings such as 'a'"):
        model.fit([["a"], ["b"]] * 10, [0, 1] * 10)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.fit(PANDAS.assign(n=pd.array([None] + [1] * 149, "Int64")), Y)
    with pytest.raises(TypeError, match=r"Sparse data was passed for X"):
        model.fit(sparse.csr_matrix(X), Y)
    model.fit(PANDAS, Y)
    with pytest.raises(DTypeError, match=r"\['width'\] of X hold strings"):
        model.predict(PANDAS.assign(width="wide"))


@pytest.mark.parametrize("scaler", [StandardScaler(), tg.data.Normalize()])
def test_a_pipeline_is_scored_on_folds(scaler):
    assert cross_val_score(make_pipeline(scaler, CLASSIFIER), X, NAMES, cv=3).mean() > 0.8


def test_a_grid_is_searched_in_processes():
    grid = {
        "classifier__model__width": [1, 8],
        "classifier__lr": [1e-6, 0.05],
        "classifier__optimizer": [tg.optim.Adam, tg.optim.AdamW],
    }
    pipeline = make_pipeline(StandardScaler(), CLASSIFIER)
    search = GridSearchCV(pipeline, grid, n_jobs=2, cv=2).fit(X, NAMES)
    assert search.best_params_["classifier__lr"] == 0.05
    assert search.best_score_ > 0.8
    again = GridSearchCV(pipeline, grid, cv=2).fit(X, NAMES)
    assert np.array_equal(
        search.cv_results_["mean_test_score"], again.cv_results_["mean_test_score"]
    )
    drawn = {"lr": loguniform(1e-3, 1e-1), "batch_size": [16, None], "epochs": [2, 4]}
    random = RandomizedSearchCV(CLASSIFIER, drawn, n_iter=3, cv=2, random_state=0).fit(X, NAMES)
    assert random.best_estimator_.n_iter_ in (2, 4)


def test_it_is_calibrated_and_its_features_weighed():
    calibrated = CalibratedClassifierCV(CLASSIFIER, cv=2)
    calibrated.fit(X, NAMES, sample_weight=np.ones(150))
    assert np.allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    fitted = make_pipeline(StandardScaler(), CLASSIFIER).fit(X, NAMES)
    importances = permutation_importance(fitted, X, NAMES, n_repeats=2, random_state=0)
    assert importances.importances_mean[2:].sum() > importances.importances_mean[:2].sum()


def through_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


@pytest.mark.parametrize("copied", [through_joblib, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_goes_on_as_the_first_would(copied):
    fitted = Classifier(Network, epochs=2, model__p=0.2, random_state=0).fit(X, NAMES)
    copy = copied(fitted)
    assert copy.history_ == fitted.history_
    assert np.array_equal(copy.predict_proba(X), fitted.predict_proba(X))
    for one in (fitted, copy):
        one.partial_fit(X, NAMES)
    assert np.array_equal(copy.predict_proba(X), fitted.predict_proba(X))
    assert copy.n_iter_ == 3
