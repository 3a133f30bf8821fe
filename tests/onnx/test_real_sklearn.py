"""Models that scikit-learn's exporter wrote; it is installed without what it needs itself."""

import warnings

import numpy as np
import onnxruntime
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tensorgraph as tg
from tests.machine.needs import require

X, Y = load_iris(return_X_y=True)
X = X.astype(np.float32)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("estimator", "target"),
    [
        (LogisticRegression(), Y),
        (LogisticRegression(), NAMES),
        (make_pipeline(StandardScaler(), MLPClassifier(max_iter=30, random_state=0)), Y),
        (make_pipeline(MinMaxScaler(), Normalizer(), LogisticRegression()), Y),
        (make_pipeline(PolynomialFeatures(), Ridge()), X[:, 0]),
        (MLPRegressor(max_iter=30, random_state=0), X[:, 0]),
        (LinearRegression(), X[:, :2]),
        (RandomForestClassifier(5, random_state=0), Y),
        (GradientBoostingClassifier(n_estimators=4, random_state=0), Y),
        (DecisionTreeClassifier(random_state=0), Y),
        (GaussianNB(), Y),
        (KNeighborsClassifier(), Y),
    ],
    ids=lambda part: type(part).__name__,
)
def test_a_model_computes_what_it_does_in_onnxruntime(estimator, target):
    require("skl2onnx")
    from skl2onnx import to_onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, target)
        written = to_onnx(estimator, X[:1])
    session = onnxruntime.InferenceSession(written.SerializeToString())
    wanted = session.run(None, {"X": X})
    found = tg.onnx.load(written)(X)
    found = found if len(wanted) > 1 else (found,)
    for ours, theirs in zip(found, wanted, strict=True):
        if isinstance(theirs, list):  # the share of each class by its name
            for one, other in zip(ours, theirs, strict=True):
                assert one.keys() == other.keys()
                assert all(abs(float(one[key]) - other[key]) < 1e-4 for key in other)
        elif theirs.dtype.kind in "OU":
            assert list(ours) == list(theirs)
        else:
            np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-4, atol=1e-4)
