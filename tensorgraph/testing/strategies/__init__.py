"""Hypothesis strategies: what draws inputs, and things made of the engine's parts, for tests.

==============================  ================================================================
draw numbers in a domain        ``strategies.arrays(tg.Real(0.1, 5.0), (2, 3))``
draw what an operation takes    ``strategies.inputs(tg.log)``
draw tensors, in any layout     ``strategies.tensors("float32", (2, 3))``
draw shapes, axes, keys         ``broadcastable(2)``, ``axis((2, 3))``, ``index((2, 3))``
draw a contraction              ``strategies.einsum_spec()``
draw a program of operations    ``strategies.graphs(["add", "matmul", tg.tanh])``
draw a network with its inputs  ``strategies.modules("images")``
draw a loss with its inputs     ``strategies.losses("cross_entropy")``
draw an optimizer               ``strategies.optimizers()``
draw features and labels        ``strategies.datasets("classes", missing=True)``
==============================  ================================================================

Needs hypothesis: ``pip install 'tensorgraph-engine[test]'``. Once this is imported, hypothesis
seeds the default generator of ``tg.random`` for each example, as it does Python's and NumPy's, and
gives it back its state: what fails in a test that draws or drops fails again, and can be made
smaller. By their annotation tensors, modules and optimizers are drawn too: ``@given(...)``.

``of_ops`` draws what an operation takes, from the domains in its record; ``tensors``, ``places``
(axes, keys, shapes, einsum's letters), ``modules`` (with ``joints``), ``losses``, ``optimizers``
and ``datasets`` what they are called; ``random_graphs`` whole programs of operations; ``of_types``
what a type stands for. What is drawn prints as the code that makes it: see ``literals``.
"""

from tensorgraph.hypothesis_types import register as _register
from tensorgraph.testing.strategies.datasets import Dataset, datasets
from tensorgraph.testing.strategies.joints import FirstOutput, Residual
from tensorgraph.testing.strategies.losses import LossCall, losses
from tensorgraph.testing.strategies.modules import Network, modules
from tensorgraph.testing.strategies.of_ops import arrays, inputs
from tensorgraph.testing.strategies.optimizers import OptimizerFactory, optimizers
from tensorgraph.testing.strategies.places import (
    EinsumSpec,
    axis,
    broadcastable,
    einsum_spec,
    index,
)
from tensorgraph.testing.strategies.random_graphs.drawn import graphs
from tensorgraph.testing.strategies.random_graphs.graph import RandomGraph
from tensorgraph.testing.strategies.tensors import tensors

__all__ = [
    "Dataset", "EinsumSpec", "FirstOutput", "LossCall", "Network", "OptimizerFactory",
    "RandomGraph", "Residual", "arrays", "axis", "broadcastable", "datasets", "einsum_spec",
    "graphs", "index", "inputs", "losses", "modules", "optimizers", "tensors",
]  # fmt: skip

_register()
