"""Faults of data: splits, batches, normalising, augmentation, synthesis and labels."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_SPLITS = [
    *planted_in(
        "data/split_sizes.py",
        ("_default", "total > LARGE", "total >= LARGE",
         "data_split: a million examples count as more"),
        ("apportioned", "np.argsort(-remainders, kind='stable')",
         "np.argsort(remainders, kind='stable')",
         "data_split: what rounding leaves goes to the smallest remainders"),
    ),
    *planted_in(
        "data/splitting.py",
        ("_rounded", "(-remainder, -wanted)", "(-wanted, -remainder)",
         "data_split: remainders before what a set still wants"),
        ("_equal_shares", "order[of_set[order] == k]", "np.flatnonzero(of_set == k)",
         "data_split: stratified sets in the order of the data"),
        ("_whole_groups", "free[chosen] -= count", "free[chosen] -= 1",
         "data_split: a group counts as one example"),
    ),
    *planted_in(
        "data/target_split.py",
        ("split_by_target", "random.permutation(len(second))", "np.arange(len(second))",
         "data_split: the target's first examples are trained on"),
        ("split_by_target", "random.permutation(np.concatenate([np.arange(len(first)), rest]))",
         "np.concatenate([random.permutation(len(first)), rest])",
         "data_split: train-dev holds the source only"),
    ),
]  # fmt: skip

_BATCHES = [
    *planted_in(
        "data/batches.py",
        ("Batches.__iter__", "range(self.position, end, self.batch_size)",
         "range(0, end, self.batch_size)",
         "data_batches: a state that was loaded begins its epoch again"),
        ("Batches.__iter__", "self._turn is not None", "False",
         "data_batches: the loop after a break has the rest of the epoch, perhaps nothing"),
        ("Batches.__iter__", "epoch + 1", "epoch", "data_batches: the same order in each epoch"),
        ("Batches._batch", "partial(_augmented, augment, self.seed, epoch)",
         "partial(_augmented, augment, self.seed, 0)",
         "data_batches: the same augmentation in each epoch"),
        ("_ahead", "thread.shutdown(cancel_futures=True)", "thread.shutdown(wait=False)",
         "data_batches: a thread that goes on"),
        ("_ahead", "islice(parts, 1)", "islice(parts, 2)",
         "data_batches: more and more batches ahead"),
        ("_augmented", "_alike(made, rows)", "made", "data_batches: dtypes of a batch promoted"),
    ),
    *planted_in(
        "data/seeds.py",
        ("example_generators.of", "counter[2]", "counter[0]",
         "data_batches: the numbers of neighbours overlap"),
    ),
]  # fmt: skip

_INPUTS = [
    *planted_in(
        "data/feature_scaling.py",
        ("Normalize._moments", "count * n", "n",
         "feature_scaling: parts joined without their weights"),
        ("Normalize._moments", "squares / count", "squares / (count - 1)",
         "feature_scaling: m − 1 for m"),
        ("Normalize._moments", "part.mean(self.axis, np.float64, keepdims=True)",
         "part.mean(self.axis, keepdims=True)", "feature_scaling: sums in float32"),
        ("Normalize._floored", "np.where(constant, 1.0, std)", "std + constant * 1e-8",
         "feature_scaling: constant features blown up"),
    ),
    *planted_in(
        "data/augment.py",
        ("_window", "n + 1", "max(n, 1)", "data_augment: the last place is never drawn"),
        ("_cutout", "int(rng.integers(length)) - size // 2", "int(rng.integers(length))",
         "data_augment: what is cut out begins at its centre"),
        ("_as_before", "values = np.rint(values)", "",
         "data_augment: integers are cut off, not rounded"),
        ("_rotate", "'grid-constant'", "'nearest'",
         "data_augment: turned images smear at the border"),
    ),
    *planted_in(
        "data/synthesis.py",
        ("synthesize", "decibels / 10", "decibels / 20",
         "data_synthesis: decibels of amplitudes for powers"),
        ("_evenly", "random.permutation(np.concatenate(rounds)[:count])",
         "random.integers(0, rows, count)", "data_synthesis: sources drawn as chance has it"),
    ),
    *planted_in(
        "data/similarity.py",
        ("holm", "np.arange(len(p), 0, -1)", "len(p)", "data_similarity: Bonferroni for Holm"),
        ("_pooled", "counts.sum(axis=0) * share", "counts.sum(axis=0)",
         "data_similarity: counted for expected"),
    ),
    *planted_in(
        "data/labels.py",
        ("Tags._row", "0.0 if complete else np.nan", "0.0",
         "data_labels: a missing tag counts as absent"),
        ("from_one_hot", "ones.sum(axis) != 1", "ones.sum(axis) < 1",
         "data_labels: two classes at once"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_SPLITS, *_BATCHES, *_INPUTS]
