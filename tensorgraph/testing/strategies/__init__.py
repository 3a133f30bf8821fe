"""Hypothesis strategies: what draws inputs, and things made of the engine's parts, for tests.

Needs hypothesis: ``pip install 'tensorgraph-engine[test]'``. Once this is imported, hypothesis
seeds the default generator of ``tg.random`` for each example, as it does Python's and NumPy's, and
gives it back its state: what fails in a test that draws or drops fails again, and can be made
smaller.

``of_ops`` draws what an operation takes, from the domains in its record; ``tensors`` tensors in any
layout; ``places`` axes, keys, shapes and einsum's letters; ``random_graphs`` whole programs of
operations. What is drawn prints as the code that makes it: see ``literals``.
"""

from tensorgraph.testing.strategies.of_ops import arrays, inputs
from tensorgraph.testing.strategies.places import axis, broadcastable, einsum_spec, index
from tensorgraph.testing.strategies.random_graphs.drawn import graphs
from tensorgraph.testing.strategies.tensors import tensors

__all__ = ["arrays", "axis", "broadcastable", "einsum_spec", "graphs", "index", "inputs", "tensors"]
