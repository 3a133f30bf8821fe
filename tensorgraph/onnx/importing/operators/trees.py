"""Ensembles of trees: which leaf a row falls into is no smooth function, and has no gradient."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.operators.classical import chosen, transformed
from tensorgraph.onnx.importing.table import ML, operator
from tensorgraph.onnx.importing.values import Floats, Ints, Texts, allowed, known

_COMPARED = {
    "BRANCH_LEQ": np.less_equal, "BRANCH_LT": np.less, "BRANCH_GTE": np.greater_equal,
    "BRANCH_GT": np.greater, "BRANCH_EQ": np.equal, "BRANCH_NEQ": np.not_equal,
}  # fmt: skip

MAX_DEPTH = 10_000
"""How deep a tree may be; one that goes round in circles is deeper."""


class _Trees:
    """The nodes of all trees as arrays, by which rows go down, and what each leaf gives."""

    def __init__(
        self, trees: Ints, nodes: Ints, features: Ints, modes: Texts, values: Floats, true: Ints,
        false: Ints, missing: Ints | None,
    ) -> None:  # fmt: skip
        lengths = {len(each) for each in (trees, nodes, features, modes, values, true, false)}
        if len(lengths) != 1:
            raise OnnxError("the nodes of an ensemble of trees have attributes of unequal lengths")
        self.number = {key: i for i, key in enumerate(zip(trees, nodes, strict=True))}
        unknown = {*modes} - {*_COMPARED, "LEAF"}
        if unknown:
            raise OnnxError(f"trees with the branches {sorted(unknown)}, which are not known")
        self.roots = [i for i, t in enumerate(trees) if i == 0 or trees[i - 1] != t]
        self.features, self.values = np.array(features), np.array(values, np.float32)
        written = np.array(modes)
        self.inner = written != "LEAF"
        self.kinds = {kind: written == kind for kind in dict.fromkeys(modes) if kind != "LEAF"}
        self.missing = np.array(missing or (0,) * len(nodes), bool)
        try:
            self.true, self.false = (
                np.array([0 if m == "LEAF" else self.number[t, n]
                          for t, n, m in zip(trees, each, modes, strict=True)])
                for each in (true, false)
            )  # fmt: skip
        except KeyError as error:
            raise OnnxError(f"a tree leads to a node that it does not have: {error}") from None

    def give(self, trees: Ints, nodes: Ints, targets: Ints, weights: Floats, count: int) -> None:
        """Let leaves give weights to targets, of which there are ``count``."""
        self.given = np.zeros(allowed((len(self.values), count)))
        self.has = np.zeros(self.given.shape, bool)
        for tree, node, target, weight in zip(trees, nodes, targets, weights, strict=True):
            self.given[self.number[tree, node], target] += weight
            self.has[self.number[tree, node], target] = True

    def leaves(self, x: Any, root: int) -> Any:
        """Return the node that each row ends at."""
        at, rows = np.full(len(x), root), np.arange(len(x))
        for _ in range(MAX_DEPTH):
            inner = self.inner[at]
            if not inner.any():
                return at
            value, border = x[rows, self.features[at]], self.values[at]
            goes = np.isnan(value) & self.missing[at]
            for kind, of_kind in self.kinds.items():
                goes |= of_kind[at] & _COMPARED[kind](value, border)
            at = np.where(inner, np.where(goes, self.true[at], self.false[at]), at)
        raise OnnxError(f"a tree is more than {MAX_DEPTH} nodes deep, or goes round in circles")

    def total(self, x: Any, aggregate: str, base: Floats | None) -> Any:
        """Return the sum, or another aggregate, of what the leaves of all trees give."""
        ends = [self.leaves(x, root) for root in self.roots]
        if aggregate in ("MIN", "MAX"):
            fill = np.inf if aggregate == "MIN" else -np.inf
            every = np.stack([np.where(self.has[at], self.given[at], fill) for at in ends])
            y = every.min(0) if aggregate == "MIN" else every.max(0)
            y = np.where(np.isfinite(y), y, 0)
        else:
            y = np.sum([self.given[at] for at in ends], axis=0)
            y = y / len(self.roots) if aggregate == "AVERAGE" else y
        y = y + (np.array(base, np.float64) if base else 0)
        return y.astype(np.float32)


@lru_cache(maxsize=16)
def _trees_that_give(nodes: tuple[Any, ...], given: tuple[Any, ...]) -> _Trees:
    """Return the trees of an ensemble, whose attributes are looked through once."""
    trees = _Trees(*nodes)
    trees.give(*given)
    return trees


@operator("TreeEnsembleRegressor", domain=ML)
def _tree_ensemble_regressor(
    x: Any, *, nodes_treeids: Ints, nodes_nodeids: Ints, nodes_featureids: Ints,
    nodes_modes: Texts, nodes_values: Floats, nodes_truenodeids: Ints, nodes_falsenodeids: Ints,
    target_treeids: Ints, target_nodeids: Ints, target_ids: Ints, target_weights: Floats,
    n_targets: int = 1, aggregate_function: str = "SUM", base_values: Floats | None = None,
    nodes_hitrates: Floats | None = None, nodes_missing_value_tracks_true: Ints | None = None,
    post_transform: str = "NONE",
) -> Any:  # fmt: skip
    nodes = (
        nodes_treeids, nodes_nodeids, nodes_featureids, nodes_modes, nodes_values,
        nodes_truenodeids, nodes_falsenodeids, nodes_missing_value_tracks_true,
    )  # fmt: skip
    given = target_treeids, target_nodeids, target_ids, target_weights, n_targets
    trees = _trees_that_give(nodes, given)
    y = trees.total(known(x, "TreeEnsembleRegressor"), aggregate_function, base_values)
    return transformed(y, post_transform)


@operator("TreeEnsembleClassifier", domain=ML)
def _tree_ensemble_classifier(
    x: Any, *, nodes_treeids: Ints, nodes_nodeids: Ints, nodes_featureids: Ints,
    nodes_modes: Texts, nodes_values: Floats, nodes_truenodeids: Ints, nodes_falsenodeids: Ints,
    class_treeids: Ints, class_nodeids: Ints, class_ids: Ints, class_weights: Floats,
    classlabels_int64s: Ints | None = None, classlabels_strings: Texts | None = None,
    base_values: Floats | None = None, nodes_hitrates: Floats | None = None,
    nodes_missing_value_tracks_true: Ints | None = None, post_transform: str = "NONE",
) -> Any:  # fmt: skip
    nodes = (
        nodes_treeids, nodes_nodeids, nodes_featureids, nodes_modes, nodes_values,
        nodes_truenodeids, nodes_falsenodeids, nodes_missing_value_tracks_true,
    )  # fmt: skip
    count = len(classlabels_int64s or classlabels_strings or ())
    binary = count == 2 and set(class_ids) == {class_ids[0]}
    ids = (0,) * len(class_ids) if binary else class_ids
    given = class_treeids, class_nodeids, ids, class_weights, 1 if binary else count
    trees = _trees_that_give(nodes, given)
    y = trees.total(known(x, "TreeEnsembleClassifier"), "SUM", base_values)
    if not binary or post_transform == "LOGISTIC":
        return chosen(y, count, classlabels_int64s, classlabels_strings, post_transform)
    # One score of two classes is a probability where nothing is to be made of it.
    label, _ = chosen(y - np.float32(0.5), count, classlabels_int64s, classlabels_strings, "NONE")
    return label, np.concatenate([1 - y, y], axis=1)
