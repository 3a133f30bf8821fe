"""Faults of data: splits, batches, normalising, augmentation, synthesis and labels."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_SPLITS = [
    *planted_in(
        "data/split_sizes.py",
        ("if total > LARGE", "if total >= LARGE", "data_split: a million examples count as more"),
        ("np.argsort(-remainders", "np.argsort(remainders",
         "data_split: what rounding leaves goes to the smallest remainders"),
    ),
    *planted_in(
        "data/splitting.py",
        ("most = np.lexsort((-remainder, -wanted))", "most = np.lexsort((-wanted, -remainder))",
         "data_split: remainders before what a set still wants"),
        ("return [order[of_set[order] == k]", "return [np.flatnonzero(of_set == k)",
         "data_split: stratified sets in the order of the data"),
        ("free[chosen] -= count", "free[chosen] -= 1",
         "data_split: a group counts as one example"),
    ),
    *planted_in(
        "data/target_split.py",
        ("drawn = len(first) + random.permutation(len(second))",
         "drawn = len(first) + np.arange(len(second))",
         "data_split: the target's first examples are trained on"),
        ("training = random.permutation(np.concatenate([np.arange(len(first)), rest]))",
         "training = np.concatenate([random.permutation(len(first)), rest])",
         "data_split: train-dev holds the source only"),
    ),
]  # fmt: skip

_BATCHES = [
    *planted_in(
        "data/batches.py",
        ("starts = range(self.position, end, self.batch_size)",
         "starts = range(0, end, self.batch_size)",
         "data_batches: a state that was loaded begins its epoch again"),
        ("if self._turn is not None:", "if False:",
         "data_batches: the loop after a break has the rest of the epoch, perhaps nothing"),
        ("self.epoch, self.position, self._turn = epoch + 1, 0, None",
         "self.epoch, self.position, self._turn = epoch, 0, None",
         "data_batches: the same order in each epoch"),
        ("one = partial(_augmented, augment, self.seed, epoch)",
         "one = partial(_augmented, augment, self.seed, 0)",
         "data_batches: the same augmentation in each epoch"),
        ("thread.shutdown(cancel_futures=True)", "thread.shutdown(wait=False)",
         "data_batches: a thread that goes on"),
        ("for part in islice(parts, 1))", "for part in islice(parts, 2))",
         "data_batches: more and more batches ahead"),
        ("return np.stack(_alike(made, rows))", "return np.stack(made)",
         "data_batches: dtypes of a batch promoted"),
    ),
    *planted_in(
        "data/seeds.py",
        ("counter[2] = index", "counter[0] = index",
         "data_batches: the numbers of neighbours overlap"),
    ),
]  # fmt: skip

_INPUTS = [
    *planted_in(
        "data/feature_scaling.py",
        ("gap**2 * (count * n / total)", "gap**2 * (n / total)",
         "feature_scaling: parts joined without their weights"),
        ("np.sqrt(squares / count)", "np.sqrt(squares / (count - 1))",
         "feature_scaling: m − 1 for m"),
        ("own = part.mean(self.axis, np.float64, keepdims=True)",
         "own = part.mean(self.axis, keepdims=True)",
         "feature_scaling: sums in float32"),
        ("np.where(constant, 1.0, std)", "std + constant * 1e-8",
         "feature_scaling: constant features blown up"),
    ),
    *planted_in(
        "data/augment.py",
        ("top, left = (int(rng.integers(n + 1)) for n in free)",
         "top, left = (int(rng.integers(max(n, 1))) for n in free)",
         "data_augment: the last place is never drawn"),
        ("int(rng.integers(length)) - size // 2", "int(rng.integers(length))",
         "data_augment: what is cut out begins at its centre"),
        ("        values = np.rint(values)\n", "",
         "data_augment: integers are cut off, not rounded"),
        ('        mode="grid-constant",\n', '        mode="nearest",\n',
         "data_augment: turned images smear at the border"),
    ),
    *planted_in(
        "data/synthesis.py",
        ("10 ** (decibels / 10)", "10 ** (decibels / 20)",
         "data_synthesis: decibels of amplitudes for powers"),
        ("return random.permutation(np.concatenate(rounds)[:count])",
         "return random.integers(0, rows, count)",
         "data_synthesis: sources drawn as chance has it"),
    ),
    *planted_in(
        "data/similarity.py",
        ("p[order] * np.arange(len(p), 0, -1)", "p[order] * len(p)",
         "data_similarity: Bonferroni for Holm"),
        ("rare = counts.sum(axis=0) * share < LEAST_EXPECTED",
         "rare = counts.sum(axis=0) < LEAST_EXPECTED",
         "data_similarity: counted for expected"),
    ),
    *planted_in(
        "data/labels.py",
        ("np.full(len(self), 0.0 if complete else np.nan, np.float32)",
         "np.full(len(self), 0.0, np.float32)",
         "data_labels: a missing tag counts as absent"),
        ("(ones.sum(axis) != 1) |", "(ones.sum(axis) < 1) |",
         "data_labels: two classes at once"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_SPLITS, *_BATCHES, *_INPUTS]
