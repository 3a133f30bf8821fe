"""Classifiers: classes, probabilities, weights, and parameters of all that they are made of."""

import pickle
import re

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import load_iris

import tensorgraph as tg
from tensorgraph import errors, nn
from tensorgraph.sklearn import Classifier, Regressor
from tests.sklearn.networks_cases import Network, in_double, network, one_logit

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


def classifier(model=network, **parameters):
    return Classifier(model, **{"epochs": 10, "lr": 0.05, "random_state": 0, **parameters})


# ----------------------------------------------------------------------------- classes and numbers


@pytest.mark.parametrize(
    "labels",
    [
        NAMES,
        list(NAMES),
        NAMES.astype(object),
        Y.astype(float),
        Y - 1,
        Y == 2,
        np.where(Y == 1, "b", "a"),
        tg.tensor(Y),
    ],
    ids=str,
)
def test_classes_come_back_as_they_were_given(labels):
    fitted = classifier().fit(X, labels)
    said = np.asarray(labels)
    assert np.array_equal(fitted.classes_, np.unique(said))
    assert fitted.predict(X).dtype == fitted.classes_.dtype
    assert set(fitted.predict(X)) <= set(said.tolist())
    assert fitted.score(X, said) > 0.6
    probabilities = fitted.predict_proba(X)
    assert np.array_equal(fitted.classes_[probabilities.argmax(1)], fitted.predict(X))
    assert np.allclose(np.exp(fitted.predict_log_proba(X)), probabilities)


@pytest.mark.parametrize("model", [network, one_logit])
def test_two_classes_may_have_one_logit(model):
    fitted = classifier(model, epochs=20).fit(X, NAMES == "setosa")
    assert fitted.score(X, NAMES == "setosa") == 1
    scores = fitted.decision_function(X)
    assert scores.shape == (150,)
    assert np.allclose(fitted.predict_proba(X)[:, 1], expit(scores))
    assert np.array_equal(fitted.predict(X), scores > 0)
    assert fitted.predict_log_proba(X).shape == (150, 2)


def test_probabilities_are_the_softmax_of_the_models_own_output():
    fitted = classifier().fit(X, NAMES)
    logits = tg.train.predict(fitted.module_, X)
    assert logits.dtype == np.float32
    assert np.allclose(fitted.predict_proba(X), softmax(logits, axis=1), atol=1e-5)
    assert np.allclose(fitted.decision_function(X), logits, atol=1e-4)
    assert fitted.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert fitted.predict_proba(X).dtype == np.float64
    assert {p.dtype for p in fitted.module_.parameters()} == {np.dtype(np.float32)}


def test_labels_of_the_examples_are_numbered_for_a_loss_of_ones_own():
    seen = []

    def loss(output, target):
        seen.append((np.asarray(target).dtype.kind, target.shape[1:], np.unique(target).tolist()))
        one = nn.losses.binary_cross_entropy_with_logits if output.shape[1] == 1 else None
        return (one or nn.losses.cross_entropy)(output, target)

    classifier(loss=loss, epochs=1, batch_size=None).fit(X, NAMES)
    assert set(map(str, seen)) == {"('i', (), [0, 1, 2])"}
    seen.clear()
    classifier(one_logit, loss=loss, epochs=1, batch_size=None).fit(X, NAMES == "setosa")
    assert set(map(str, seen)) == {"('f', (1,), [0.0, 1.0])"}


def test_images_and_ids_are_inputs_as_well():
    images = np.random.default_rng(0).normal(size=(40, 1, 6, 6))
    flat = lambda n_classes_: nn.Sequential(nn.Flatten(), nn.Linear(36, n_classes_))  # noqa: E731
    labels = (images.mean(axis=(1, 2, 3)) > 0).astype(int)
    assert classifier(flat, epochs=40).fit(images, labels).score(images, labels) > 0.9
    ids = np.random.default_rng(0).integers(0, 5, (60, 2))

    def embedded(n_classes_):
        return nn.Sequential(nn.Embedding(5, 4), nn.Flatten(), nn.Linear(8, n_classes_))

    fitted = classifier(embedded, epochs=60, batch_size=8).fit(ids, ids[:, 0] > 2)
    assert fitted.score(ids, ids[:, 0] > 2) == 1
    numbers = classifier(network).fit(ids, ids[:, 0] > 2)
    assert numbers.predict_proba(ids).dtype == np.float64


# ----------------------------------------------------------------------------------- determinism


def test_a_state_gives_the_same_weights_and_nobody_elses_numbers_change():
    model = classifier(Network, model__p=0.3, early_stopping=True)
    tg.random.seed(5)
    expected = tg.random.uniform((3,)).numpy()
    tg.random.seed(5)
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[2]  # noqa: NPY002
    first = clone(model).fit(X, NAMES).predict_proba(X)
    assert np.array_equal(tg.random.uniform((3,)).numpy(), expected)
    assert np.random.get_state()[2] == before  # noqa: NPY002
    tg.random.uniform((7,))
    assert np.array_equal(clone(model).fit(X, NAMES).predict_proba(X), first)
    again = clone(model).fit(X, NAMES)
    assert np.array_equal(again.fit(X, NAMES).predict_proba(X), first)
    other = clone(model).set_params(random_state=1).fit(X, NAMES).predict_proba(X)
    assert not np.array_equal(other, first)
    # The order of the examples aside, the first weights are others.
    starts = [classifier(random_state=i, batch_size=None, lr=1e-9, epochs=1) for i in (0, 1)]
    one, two = (start.fit(X, NAMES).predict_proba(X) for start in starts)
    assert not np.allclose(one, two, atol=1e-3)


def test_without_a_state_that_of_numpy_decides():
    def fitted(state):
        np.random.seed(3)  # noqa: NPY002
        return classifier(random_state=state).fit(X, Y).decision_function(X)

    assert np.array_equal(fitted(None), fitted(None))
    state = np.random.RandomState(3)
    assert np.array_equal(
        fitted(None), classifier(random_state=state).fit(X, Y).decision_function(X)
    )


def test_threads_do_not_draw_from_each_others_numbers():
    from joblib import Parallel, delayed

    alone = [classifier(Network, model__p=0.5, random_state=i).fit(X, Y) for i in range(4)]
    together = Parallel(n_jobs=4, backend="threading")(
        delayed(clone(one).fit)(X, Y) for one in alone
    )
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.decision_function(X), other.decision_function(X))


# --------------------------------------------------------------------------------------- weights


@given(st.lists(st.integers(0, 3), min_size=20, max_size=20).filter(lambda w: sum(w) > 0))
def test_a_weight_is_how_often_an_example_stands_there(counts):
    x, y = X[::8][:19], Y[::8][:19]
    x, y = np.vstack([x, X[-1:]]), np.append(y, Y[-1])
    weights = np.array(counts, float)
    weights[[0, 10, 19]] += 1  # each class has some
    whole = classifier(in_double, batch_size=None, epochs=4, loss__label_smoothing=0.1)
    rows = np.repeat(np.arange(20), weights.astype(int))
    weighted = clone(whole).fit(x, y, sample_weight=weights).decision_function(X)
    assert np.allclose(weighted, clone(whole).fit(x[rows], y[rows]).decision_function(X), atol=1e-9)
    scaled = clone(whole).fit(x, y, sample_weight=7 * weights).decision_function(X)
    assert np.allclose(weighted, scaled, atol=1e-9)


def test_an_example_of_weight_zero_is_not_there():
    weights = np.ones(150)
    weights[::3] = 0
    kept = np.flatnonzero(weights)
    hurt = X.copy()
    hurt[::3] *= 1e3
    model = classifier(early_stopping=True)
    weighted = clone(model).fit(hurt, NAMES, sample_weight=weights)
    plain = clone(model).fit(X[kept], NAMES[kept], sample_weight=np.ones(100))
    assert np.array_equal(weighted.predict_proba(X), plain.predict_proba(X))


def test_classes_have_weights():
    few = np.r_[0:50, 50:55]
    counts = {"setosa": 1.0, "versicolor": 10.0}
    balanced = classifier(class_weight="balanced").fit(X[few], NAMES[few])
    by_hand = classifier(class_weight=counts).fit(X[few], NAMES[few])
    weights = np.where(NAMES[few] == "setosa", 1.0, 10.0)
    by_example = classifier().fit(X[few], NAMES[few], sample_weight=weights)
    assert np.allclose(balanced.predict_proba(X), by_hand.predict_proba(X), atol=1e-5)
    assert np.allclose(by_hand.predict_proba(X), by_example.predict_proba(X), atol=1e-5)
    assert not np.allclose(
        by_hand.predict_proba(X), classifier().fit(X[few], NAMES[few]).predict_proba(X), atol=1e-3
    )


# --------------------------------------------------------------------- stopping, going on, streams


def test_it_stops_where_the_part_held_out_gets_no_better():
    stopped = classifier(early_stopping=True, patience=3, epochs=500, lr=0.1).fit(X, NAMES)
    history = stopped.history_
    assert stopped.n_iter_ == len(history["dev_loss"]) < 500
    assert history.stopped.startswith("early stopping")
    assert stopped.n_iter_ - 1 - int(history["dev_loss"].argmin()) == 3
    assert "dev_loss" not in classifier().fit(X, NAMES).history_


def test_a_warm_start_goes_on():
    whole = classifier(in_double, epochs=6, batch_size=None).fit(X, NAMES)
    parts = classifier(in_double, epochs=3, batch_size=None, warm_start=True).fit(X, NAMES)
    module = parts.module_
    parts.fit(X, NAMES)
    assert parts.module_ is module
    assert parts.n_iter_ == 6
    assert parts.history_["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    # With all examples at once no order is drawn; the optimizer's state counts.
    assert np.allclose(parts.decision_function(X), whole.decision_function(X))
    assert np.allclose(parts.history_["train_loss"], whole.history_["train_loss"])
    with pytest.raises(errors.ArgumentError, match="y holds 'rose', which is none of its classes"):
        parts.fit(X, np.where(NAMES == "setosa", "rose", NAMES))


def test_a_warm_start_goes_on_with_another_rate_and_nothing_else():
    settings = {"epochs": 2, "batch_size": None, "warm_start": True, "lr": 0.1}
    warm = classifier(in_double, optimizer__betas=(0.8, 0.9), **settings).fit(X, NAMES)
    warm.optimizer_.lr = 0.03  # as a callback does
    warm.set_params(lr=0.1, optimizer__betas=(0.8, 0.9)).fit(X, NAMES)
    warm.set_params(lr=0.0)
    before = warm.fit(X, NAMES).decision_function(X)
    warm.partial_fit(X, NAMES)
    assert np.array_equal(warm.decision_function(X), before)
    assert warm.history_["lr"].tolist() == [0.1, 0.1, 0.03, 0.03, 0.0, 0.0, 0.0]
    for changed in ({"model__width": 3}, {"model": network}, {"optimizer": tg.optim.SGD}):
        other = pickle.loads(pickle.dumps(warm)).set_params(**changed)
        with pytest.raises(errors.ArgumentError, match=f"{next(iter(changed))} was set after"):
            other.fit(X, NAMES)
        with pytest.raises(errors.ArgumentError, match=r"write sklearn\.base\.clone"):
            other.partial_fit(X, NAMES)
        assert pickle.loads(pickle.dumps(warm)).set_params(**changed, warm_start=False)


@pytest.mark.parametrize(
    ("examples", "fraction"), [(150, 0), (150, 1.5), (150, "a"), (4, 0.1)], ids=str
)
def test_a_part_that_cannot_be_held_out_is_told(examples, fraction):
    model = classifier(early_stopping=True, validation_fraction=fraction)
    told = f"of {examples} that of validation_fraction={fraction}: "
    with pytest.raises(errors.ArgumentError, match=told):
        model.fit(X[-examples:], np.resize(NAMES[::-50], examples))


def test_a_stream_is_learnt_in_parts():
    order = np.random.default_rng(0).permutation(150)
    model = classifier(lr=0.1)
    for _ in range(15):
        for part in np.split(order, 5):
            model.partial_fit(X[part], NAMES[part], classes=np.unique(NAMES))
    assert model.score(X, NAMES) > 0.9
    assert model.n_iter_ == len(model.history_["epoch"]) == 75
    one = classifier().partial_fit(X[:50], NAMES[:50], classes=np.unique(NAMES))  # of one class
    assert one.predict_proba(X[:2]).shape == (2, 3)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        classifier().partial_fit(X, NAMES)
    with pytest.raises(errors.ArgumentError, match="'balanced' needs to know how often"):
        classifier(class_weight="balanced").partial_fit(X, NAMES, classes=np.unique(NAMES))


def test_fit_begins_anew_after_partial_fit():
    alone = classifier().fit(X, NAMES).decision_function(X)
    model = classifier().partial_fit(X, NAMES, classes=[*np.unique(NAMES), "zinnia"])
    assert model.predict_proba(X).shape == (150, 4)
    assert np.array_equal(model.fit(X, NAMES).decision_function(X), alone)
    assert model.n_iter_ == 10


@pytest.mark.parametrize(
    ("examples", "size", "steps"),
    [(65, 64, 1), (66, 64, 2), (9, 4, 2), (3, 1, 3), (5, None, 1), (2, 64, 1)],
)
def test_a_last_batch_of_one_example_is_left_out(examples, size, steps):
    seen = []

    def normed(n_features_in_):
        first = nn.BatchNorm(n_features_in_) if size != 1 else nn.Tanh()
        return nn.Sequential(first, nn.Linear(n_features_in_, 2))

    model = classifier(normed, batch_size=size, epochs=2, callbacks=[lambda r: seen.append(r.step)])
    model.fit(X[-examples:], np.arange(examples) % 2)
    assert model.n_iter_ == 2 and seen == [steps, 2 * steps]


# ------------------------------------------------------------------------------------- parameters


def test_parameters_reach_what_they_are_for():
    seen = {}

    def model(n_features_in_, n_classes_, width):
        seen["model"] = n_features_in_, n_classes_, width
        return network(n_features_in_, n_classes_, width)

    def optimizer(params, lr, momentum=0.0):
        seen["optimizer"] = lr, momentum
        return tg.optim.SGD(params, lr=lr, momentum=momentum)

    def loss(output, target, *, scale=1.0):
        seen["loss"] = scale
        return scale * nn.losses.cross_entropy(output, target)

    epochs = []
    made = classifier(
        model, loss=loss, optimizer=optimizer, epochs=3, lr=0.25, model__width=5,
        optimizer__momentum=0.5, loss__scale=2.0, train__clip=1.0,
        train__metrics={"accuracy": lambda z, y: (z.argmax(axis=1) == y).mean()},
        callbacks=[lambda run: epochs.append(run.epoch)],
    )  # fmt: skip
    made.fit(X, NAMES, sample_weight=None)
    assert seen == {"model": (4, 3, 5), "optimizer": (0.25, 0.5), "loss": 2.0}
    assert epochs == [1, 2, 3]
    assert "train_accuracy" in made.history_
    weighted = clone(made).set_params(loss=nn.losses.focal, loss__scale=2.0)
    with pytest.raises(errors.ArgumentError, match="loss__scale is for the loss, which takes"):
        weighted.fit(X, NAMES)
    copy = clone(made).set_params(model__width=7, optimizer__momentum=0.1)
    assert copy.get_params()["model__width"] == 7
    assert made.get_params()["model__width"] == 5
    assert "model__width=7" in repr(copy)
    copy.fit(X, NAMES)
    assert seen["model"] == (4, 3, 7)


def test_metrics_of_weighted_examples_are_given_their_labels():
    accuracy = {"accuracy": lambda z, y: (z.argmax(axis=1) == y).mean()}
    fitted = classifier(train__metrics=accuracy, class_weight="balanced", early_stopping=True)
    assert 0 < fitted.fit(X, NAMES).history_["dev_accuracy"][-1] <= 1


def test_a_module_is_copied_and_begins_with_its_weights():
    tg.random.seed(0)
    module = network(4, 3)
    before = module.state_dict()
    first, second = (classifier(module, random_state=i, batch_size=None) for i in (0, 1))
    trained = first.fit(X, NAMES)
    assert all(np.array_equal(before[name], value) for name, value in module.state_dict().items())
    assert trained.module_ is not module
    assert trained.model is module
    # The order of examples aside, which does not count here, nothing is drawn.
    assert np.allclose(
        trained.decision_function(X), second.fit(X, NAMES).decision_function(X), atol=1e-4
    )
    finetuned = classifier(trained.module_, epochs=1, lr=1e-9).fit(X, NAMES)
    assert np.allclose(finetuned.predict_proba(X), trained.predict_proba(X), atol=1e-5)
    assert clone(first).model is not module


def test_the_page_of_a_notebook_shows_its_parameters():
    html = classifier(model__width=3)._repr_html_()
    assert "Classifier" in html
    assert "model__width" in html


# ----------------------------------------------------------------------------------------- errors

FUNCTION = re.escape("write def network(n_features_in_, n_outputs_, width=16): return nn.Seq")
REFUSED = {
    "too few outputs": (
        lambda: classifier(nn.Linear(4, 2)).fit(X, NAMES),
        errors.ShapeError,
        r"makes shape \(1, 2\) of one example, and y has 3 classes, 'setosa', 'versicolor',"
        rf" 'virginica', of which each has a logit: shape \(1, 3\); {FUNCTION}",
    ),
    "one output for three classes": (
        lambda: classifier(one_logit).fit(X, NAMES), errors.ShapeError, r"makes shape \(1, 1\)"
    ),
    "two outputs": (
        lambda: classifier(nn.LSTM(4, 3)).fit(X[:, None], NAMES), errors.DTypeError,
        "the model returns a tuple; it is to return one tensor",
    ),
    "a parameter of a module": (
        lambda: classifier(nn.Linear(4, 3), model__width=3).fit(X, Y), errors.ArgumentError,
        "model__width is for a function that makes the model, and the model is a Linear already",
    ),
    "a parameter of nobody": (
        lambda: classifier(epoch=3).fit(X, Y), TypeError, "no keyword 'epoch'; did you mean 'epo"
    ),
    "the same of a copy": (
        lambda: clone(classifier(epoch=3)).fit(X, Y), TypeError, "Classifier has no keyword 'epoch'"
    ),
    "scikit-learn's name": (
        lambda: classifier(max_iter=3).fit(X, Y), TypeError, "write epochs=3 for max_iter=3"
    ),
    "a misspelled parameter": (
        lambda: classifier(model__wdith=3).fit(X, Y), errors.ArgumentError,
        "model__wdith is for the function .* which takes n_features_in_, n_outputs_, width$",
    ),
    "one that is set": (
        lambda: classifier(train__parallel="fast").fit(X, Y), errors.ArgumentError,
        "and parallel is set by Classifier itself",
    ),
    "another that is set": (
        lambda: classifier(train__epochs=3).fit(X, Y), errors.ArgumentError,
        "and epochs is set by Classifier itself",
    ),
    "one that is lacking": (
        lambda: classifier(lambda depth: network(4, 3)).fit(X, Y), errors.ArgumentError,
        r"needs depth; write Classifier\(…, model__depth=…\), or call it one of n_features_in_, n_",
    ),
    "no model": (
        lambda: classifier("mlp").fit(X, Y), errors.DTypeError, f"not 'mlp'; {FUNCTION}"
    ),
    "a function of nothing": (
        lambda: classifier(lambda: None).fit(X, Y), errors.DTypeError, "<lambda> returns None, not"
    ),
    "an optimizer's name": (
        lambda: classifier(optimizer="adam").fit(X, Y), errors.DTypeError,
        "not 'adam'; write optimizer=tg.optim.Adam, lr=0.001",
    ),
    "an optimizer": (
        lambda: classifier(optimizer=tg.optim.Adam(network(4, 3).parameters())).fit(X, Y),
        errors.DTypeError, "the optimizer is a class, or a function of the parameters and lr",
    ),
    "a loss's name": (
        lambda: classifier(loss="log_loss").fit(X, Y), errors.DTypeError, "without quotes"
    ),
    "a loss of probabilities": (
        lambda: classifier(one_logit, loss=nn.losses.binary_cross_entropy).fit(X, Y == 1),
        errors.UsageError, "leave out its last Sigmoid, and write loss=tg.nn.losses.binary_cross",
    ),
    "a loss without a reduction": (
        lambda: classifier(loss=lambda z, y: nn.losses.cross_entropy(z, y)).fit(X, Y, np.ones(150)),
        errors.ArgumentError, 'write def loss\\(output, target, reduction="mean"\\)',
    ),
    "one number for a loss of each": (
        lambda: classifier(
            loss=lambda z, y, reduction: nn.losses.cross_entropy(z, y)
        ).fit(X, Y, np.ones(150)),
        errors.ShapeError, r"the loss has shape \(\) with reduction='none', not one loss for each",
    ),
    "one class": (
        lambda: classifier().fit(X, ["a"] * 150), errors.ArgumentError, "y holds 1 class, 'a'"
    ),
    "no weight": (
        lambda: classifier().fit(X, Y, np.zeros(150)), ValueError,
        "weights are 0|at least one non-zero"
    ),
    "no class that counts": (
        lambda: classifier(class_weight={0: 0, 1: 0, 2: 0}).fit(X, Y), errors.ArgumentError,
        "all sample weights are 0",
    ),
    "a class that counts less than nothing": (
        lambda: classifier(class_weight={0: -1}).fit(X, Y), errors.ArgumentError, "below 0: -1"
    ),
    "a missing label": (
        lambda: classifier().fit(X[:3], ["a", None, "b"]), errors.ArgumentError,
        "y: 1 of 3 values is None or NaN, the first at index 1; leave these examples out",
    ),
    "features of another size": (
        lambda: classifier(nn.Linear(3, 3)).fit(X, Y), errors.ShapeError,
        r"(?s)has 4 features.*takes 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_told_with_the_line_to_write(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        call()


def test_the_line_to_write_for_a_model_is_right():
    with pytest.raises(errors.DTypeError) as refused:
        classifier("mlp").fit(X, NAMES)
    scope = {"nn": nn}
    exec(str(refused.value).partition("; write ")[2], scope)
    for kind, y in ((Classifier, NAMES), (Regressor, X[:, :2])):
        assert len(kind(scope["network"], epochs=1).fit(X, y).predict(X)) == 150


def test_ctrl_c_ends_what_stands_around_a_fit():
    def interrupt(run):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        classifier(callbacks=[interrupt]).fit(X, NAMES)
