"""From collected examples to what a network is trained on and judged by.

Everything here works on NumPy arrays with one row for each example, memory-mapped ones too, and is
drawn from a seed alone: the same call gives the same sets, batches and augmented examples.
"""

from tensorgraph.data import augment
from tensorgraph.data.batches import Batches
from tensorgraph.data.feature_scaling import Normalize
from tensorgraph.data.labels import Classes, Tags, from_one_hot
from tensorgraph.data.similarity import Comparison, Likeness, alike
from tensorgraph.data.splitting import Split, SplitIndices, split
from tensorgraph.data.synthesis import Synthesis, synthesize
from tensorgraph.data.target_split import TargetIndices, TargetSplit, split_by_target

__all__ = [
    "Batches", "Classes", "Comparison", "Likeness", "Normalize", "Split", "SplitIndices",
    "Synthesis", "Tags", "TargetIndices", "TargetSplit", "alike", "augment", "from_one_hot",
    "split", "split_by_target", "synthesize",
]  # fmt: skip
