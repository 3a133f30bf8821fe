"""What scikit-learn's models are written in, against onnxruntime."""

from pathlib import Path

import numpy as np
import onnxruntime
import onnxruntime.datasets
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

import tensorgraph as tg
from tensorgraph.onnx.importing.operators.classical import TRANSFORMS
from tests.onnx.networks import model, node, normal, value

X = normal(7, 3)


def made_of(kind, outputs=1, width=3, dtype=1, **attributes):
    """Return a model of one operator of scikit-learn's exporter."""
    names = ["label", "scores"][-outputs:]
    told = [helper.make_empty_tensor_value_info(name) for name in names]
    nodes = [node(kind, "x", " ".join(names), domain="ai.onnx.ml", name="n", **attributes)]
    return model(nodes, [value("x", ["batch", width], dtype)], told)


def compare(made, *arrays, rtol=1e-5):
    arrays = arrays or (X,)
    made.ir_version = 8
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(made.SerializeToString(), options)
    names = [entry.name for entry in session.get_inputs()]
    wanted = session.run(None, dict(zip(names, arrays, strict=True)))
    network = tg.onnx.load(made)
    found = network(*arrays)
    for ours, theirs in zip(found if len(wanted) > 1 else [found], wanted, strict=True):
        if np.asarray(theirs).dtype.kind in "OU":
            assert np.asarray(ours).tolist() == np.asarray(theirs).tolist()
        else:
            assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-6)
    return network


@pytest.mark.parametrize("transform", ["NONE", "LOGISTIC", "SOFTMAX"])
@pytest.mark.parametrize(
    ("classes", "labels"),
    [(3, {"classlabels_ints": [5, 7, 9]}), (3, {"classlabels_strings": ["a", "b", "c"]}),
     (2, {"classlabels_ints": [0, 1]})],
)  # fmt: skip
def test_linear_classifiers(classes, labels, transform):
    network = compare(made_of(
        "LinearClassifier", 2, coefficients=normal(classes * 3).tolist(),
        intercepts=normal(classes, seed=1).tolist(), post_transform=transform, **labels,
    ))  # fmt: skip
    assert [n for n, _ in network.named_parameters()] == ["n.coefficients", "n.intercepts"]
    network(X).scores.sum().backward()
    assert network.n.coefficients.grad.shape == (3 * classes,)


def test_one_row_of_weights_for_two_classes():
    """Onnxruntime's scores are those of the standard with LOGISTIC only."""
    told = {"coefficients": normal(3).tolist(), "intercepts": [0.1], "classlabels_ints": [5, 7]}
    compare(made_of("LinearClassifier", 2, post_transform="LOGISTIC", **told))
    for transform in ("NONE", "SOFTMAX", "SOFTMAX_ZERO"):
        made = made_of("LinearClassifier", 2, post_transform=transform, **told)
        wanted = ReferenceEvaluator(made).run(None, {"x": X})
        for ours, theirs in zip(tg.onnx.load(made)(X), wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_every_transform_of_scores(transform):
    """Onnxruntime approximates PROBIT; a score of 0 stays 0 with SOFTMAX_ZERO."""
    told = {"coefficients": [1.0, 0, 0, 0, 1, 0], "targets": 2, "post_transform": transform}
    x = np.float32([[0.3, 0.6, 0], [0.8, 0.1, 9], [0, 0.5, 7]])[: 2 if transform == "PROBIT" else 3]
    compare(made_of("LinearRegressor", **told), x, rtol=1e-3 if transform == "PROBIT" else 1e-5)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("LinearRegressor", {"coefficients": [1.0, 2, 3], "post_transform": "SQUARED"}),
        ("Normalizer", {"norm": "L3"}),
        ("OneHotEncoder", {"cats_int64s": [1, 2], "zeros": 0}),
        ("LabelEncoder", {"keys_floats": [1.0]}), ("LabelEncoder", {"values_floats": [1.0]}),
    ],
)  # fmt: skip
def test_settings_that_nothing_computes_are_refused(kind, told):
    says = "known are|none of the categories|without (keys|values)"
    with pytest.raises(tg.errors.OnnxError, match=says):
        tg.onnx.load(made_of(kind, **told))(X)


def test_linear_regressors_learn():
    network = compare(
        made_of("LinearRegressor", coefficients=normal(6).tolist(), intercepts=[1.0, 2.0],
                targets=2)
    )  # fmt: skip
    target = normal(7, 2, seed=5)
    optimizer = tg.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for _ in range(20):
        loss = ((network(X) - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.item()))
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("Scaler", {"offset": [1.0, 2.0, 3.0], "scale": [0.5, 1.0, 2.0]}),
        ("Normalizer", {"norm": "MAX"}), ("Normalizer", {"norm": "L1"}),
        ("Normalizer", {"norm": "L2"}), ("Binarizer", {"threshold": 0.2}),
        ("Imputer", {"imputed_value_floats": [1.0, 2.0, 3.0], "replaced_value_float": np.nan}),
    ],
)  # fmt: skip
def test_what_prepares_features(kind, told):
    x = np.abs(X) if told.get("norm") == "MAX" else X.copy()  # the largest there is no magnitude
    if kind == "Imputer":
        x[0, 1] = np.nan
    compare(made_of(kind, **told), x)


WHOLE, WORDS = np.arange(6).reshape(2, 3), np.array([["a", "b", "c"]], object)


@pytest.mark.parametrize(
    ("kind", "arrays", "told"),
    [
        *[("Normalizer", [x], {"norm": norm}) for norm in ("MAX", "L1", "L2")
          for x in (np.abs(X[0]), WHOLE, 0 * X)],
        ("Scaler", [WHOLE], {"offset": [1.0, 2.0, 3.0], "scale": [0.5, 1.0, 2.0]}),
        ("Scaler", [X[0]], {"offset": [1.0], "scale": [0.5]}), ("Binarizer", [X], {}),
        ("LinearRegressor", [X[0]], {"coefficients": [1.0, 2.0, 3.0]}),
        ("Imputer", [WHOLE], {"imputed_value_int64s": [7, 8, 9], "replaced_value_int64": 4}),
        ("Imputer", [X], {"imputed_value_floats": [7.0], "replaced_value_float": float(X[0, 1])}),
        ("FeatureVectorizer", [X, X[:, :2]], {"inputdimensions": [3, 2]}),
        ("FeatureVectorizer", [WHOLE], {"inputdimensions": [3]}),
        *[("ArrayFeatureExtractor", [x, np.array([2, 0])], {}) for x in (X, X[0], WORDS)],
        ("OneHotEncoder", [WHOLE], {"cats_int64s": [1, 3]}),
        ("OneHotEncoder", [WHOLE.astype(np.float32)], {"cats_int64s": [1, 3]}),
        ("OneHotEncoder", [WORDS], {"cats_strings": ["a", "x"]}),
        ("OneHotEncoder", [WHOLE % 2], {"cats_int64s": [0, 1], "zeros": 0}),
        ("LabelEncoder", [WORDS], {"keys_strings": ["a", "b"], "values_int64s": [4, 5]}),
        ("LabelEncoder", [WORDS], {"keys_strings": ["a", "b"], "values_floats": [4.0, 5.0]}),
        ("LabelEncoder", [WHOLE], {"keys_int64s": [1, 2], "values_strings": ["x", "y"]}),
        ("LabelEncoder", [WHOLE], {"keys_int64s": [1, 2], "values_strings": ["x", "y"],
                                   "default_string": "?"}),
        ("LabelEncoder", [WHOLE], {"keys_int64s": [1, 2], "values_int64s": [4, 5],
                                   "default_int64": 9}),
        ("LabelEncoder", [WHOLE.astype(np.float32)], {
            "keys_floats": [1.0, 2.0], "values_floats": [4.0, 5.0], "default_float": 0.5}),
    ],
)  # fmt: skip
def test_features_of_each_kind(kind, arrays, told):
    named = {f"x{i}": x for i, x in enumerate(arrays)}
    declared = [
        value(n, x.shape, helper.np_dtype_to_tensor_dtype(x.dtype)) for n, x in named.items()
    ]
    made = node(kind, " ".join(named), "y", domain="ai.onnx.ml", **told)
    compare(model([made], declared, [helper.make_empty_tensor_value_info("y")]), *arrays)


def tree(kind, leaves, **told):
    """Return two trees, the second a single leaf; rows with a missing value go to the left."""
    return {
        "nodes_treeids": [0, 0, 0, 0, 0, 1], "nodes_nodeids": [0, 1, 2, 3, 4, 0],
        "nodes_featureids": [0, 2, 0, 0, 0, 0],
        "nodes_modes": ["BRANCH_LEQ", "BRANCH_GT", "LEAF", "LEAF", "LEAF", "LEAF"],
        "nodes_values": [0.1, 0.3, 0.0, 0.0, 0.0, 0.0],
        "nodes_truenodeids": [1, 3, 0, 0, 0, 0], "nodes_falsenodeids": [2, 4, 0, 0, 0, 0],
        "nodes_missing_value_tracks_true": [1, 0, 0, 0, 0, 0],
        f"{kind}_treeids": [0, 0, 0, 1], f"{kind}_nodeids": [2, 3, 4, 0],
        f"{kind}_weights": leaves, **told,
    }  # fmt: skip


@pytest.mark.parametrize("aggregate", ["SUM", "AVERAGE", "MIN", "MAX"])
def test_trees_of_numbers(aggregate):
    told = tree("target", [1.0, 2.0, 4.0, 0.5], target_ids=[0, 0, 0, 0], n_targets=1,
                aggregate_function=aggregate)  # fmt: skip
    x = X.copy()
    x[0, 0] = np.nan
    compare(made_of("TreeEnsembleRegressor", **told), x)


def test_trees_of_classes():
    told = tree("class", [1.0, 2.0, 4.0, 0.5], class_ids=[0, 1, 2, 1],
                classlabels_strings=["a", "b", "c"], post_transform="NONE")  # fmt: skip
    compare(made_of("TreeEnsembleClassifier", 2, **told))


@pytest.mark.parametrize("transform", ["NONE", "LOGISTIC"])
@pytest.mark.parametrize("first", [0.9, -0.9])
def test_trees_with_one_score_for_two_classes(first, transform):
    """As the standard's own program has it: a score is a probability if nothing is made of it."""
    told = tree("class", [first, 0.2, 0.4, 0.1], class_ids=[0] * 4,
                classlabels_int64s=[5, 7], post_transform=transform)  # fmt: skip
    made = made_of("TreeEnsembleClassifier", 2, **told)
    wanted = ReferenceEvaluator(made).run(None, {"x": X})
    for ours, theirs in zip(tg.onnx.load(made)(X), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"nodes_values": [0.1]}, "attributes of unequal lengths"),
        ({"nodes_modes": ["BRANCH_LEQ", "BRANCH_NEAR", *["LEAF"] * 4]}, "'BRANCH_NEAR'"),
    ],
)
def test_trees_that_contradict_themselves_are_refused(change, says):
    told = tree("target", [1.0, 2.0, 4.0, 0.5], target_ids=[0, 0, 0, 0], n_targets=1) | change
    with pytest.raises(tg.errors.OnnxError, match=says):
        tg.onnx.load(made_of("TreeEnsembleRegressor", **told))(X)


def test_trees_that_go_round_in_circles_are_refused():
    told = tree("target", [1.0, 2.0, 4.0, 0.5], target_ids=[0, 0, 0, 0], n_targets=1)
    told["nodes_truenodeids"] = told["nodes_falsenodeids"] = [0, 0, 0, 0, 0, 0]
    with pytest.raises(tg.errors.OnnxError, match="goes round in circles"):
        tg.onnx.load(made_of("TreeEnsembleRegressor", **told))(X)
    told["nodes_truenodeids"] = [77, 0, 0, 0, 0, 0]
    with pytest.raises(tg.errors.OnnxError, match="a node that it does not have"):
        tg.onnx.load(made_of("TreeEnsembleRegressor", **told))(X)


def test_a_logistic_regression_that_scikit_learn_wrote():
    path = Path(onnxruntime.datasets.__file__).parent / "logreg_iris.onnx"
    session = onnxruntime.InferenceSession(str(path))
    x = np.abs(normal(3, 2))
    labels, shares = session.run(None, {session.get_inputs()[0].name: x})
    found = tg.onnx.load(path)(x)
    assert found[0].tolist() == labels.tolist()
    for ours, theirs in zip(found[1], shares, strict=True):
        assert ours.keys() == theirs.keys()
        assert all(abs(float(ours[k].item()) - theirs[k]) < 1e-5 for k in theirs)


# ----------------------------------------------------------------------------- support vectors


def machine(kernel, classes=0, **told):
    """Return the settings of a machine with 3 vectors for each class, or 6 of numbers."""
    count = 3 * classes or 6
    width = count * max(classes - 1, 1)
    found = {
        "kernel_type": kernel, "kernel_params": [0.4, 0.3, 2.0], "rho": [0.1, -0.2, 0.05][: classes
        * (classes - 1) // 2 or 1], "coefficients": normal(width, seed=1).tolist(),
        "support_vectors": normal(count * 3, seed=2).tolist(),
    }  # fmt: skip
    if classes:
        found |= {"vectors_per_class": [3] * classes}
    else:
        found |= {"n_supports": count}
    return found | told


@pytest.mark.parametrize("kernel", ["LINEAR", "POLY", "RBF", "SIGMOID"])
def test_support_vectors_of_numbers(kernel):
    network = compare(made_of("SVMRegressor", **machine(kernel)))
    assert {name for name, _ in network.named_parameters()} == {
        "n.coefficients", "n.rho", "n.support_vectors",
    }  # fmt: skip
    network(X).sum().backward()
    assert all(np.isfinite(p.grad.data).all() for p in network.parameters())
    compare(made_of("SVMRegressor", **machine(kernel, one_class=1)))


@pytest.mark.parametrize("kernel", ["LINEAR", "POLY", "RBF", "SIGMOID"])
@pytest.mark.parametrize(
    "labels", [{"classlabels_ints": [5, 7, 9]}, {"classlabels_strings": ["a", "b"]}]
)
def test_support_vectors_of_classes_vote(kernel, labels):
    [(_, names)] = labels.items()
    compare(made_of("SVMClassifier", 2, **machine(kernel, len(names), **labels)), normal(40, 3))


def test_chances_of_classes_fit_those_of_pairs():
    """Onnxruntime stops as libsvm does, when it is within 0.005 / 3."""
    told = {"prob_a": [-1.0, -0.8, -1.3], "prob_b": [0.1, -0.1, 0.2], "classlabels_ints": [0, 1, 2]}
    made = made_of("SVMClassifier", 2, **machine("RBF", 3, **told))
    made.ir_version = 8
    x = normal(30, 3)
    wanted = onnxruntime.InferenceSession(made.SerializeToString()).run(None, {"x": x})
    labels, shares = tg.onnx.load(made)(x)
    assert labels.tolist() == wanted[0].tolist()
    np.testing.assert_allclose(shares.data, wanted[1], atol=5e-3)
    np.testing.assert_allclose(shares.data.sum(axis=1), 1, rtol=1e-5)
    shares[:, 0].sum().backward()


def test_machines_that_contradict_themselves_are_refused():
    told = machine("RBF", 3, classlabels_ints=[0, 1])
    with pytest.raises(tg.errors.OnnxError, match="of 2 classes, with vectors of"):
        tg.onnx.load(made_of("SVMClassifier", 2, **told))(X)
    with pytest.raises(tg.errors.OnnxError, match="kernel_type 'COSINE'; known are LINEAR"):
        tg.onnx.load(made_of("SVMRegressor", **machine("COSINE")))(X)
