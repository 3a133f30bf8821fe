"""What ``derive`` makes of every layer, each derived once."""

from functools import cache

import tensorgraph as tg
from tensorgraph.engine.nested_containers import flatten
from tests.formulas.derive_cases import leaf
from tests.nn.layer_cases import LAYERS

EACH = [(name, i) for name, cases in LAYERS.items() for i in range(len(cases))]


@cache
def derived_layer(name, i):
    """Return the derivation of a layer's case, the output, and what it was differentiated by."""
    case = LAYERS[name][i]
    layer, inputs = case.make("float64"), [leaf(array) for array in case.inputs()]
    output = sum(part.sum() for part in flatten(layer(*inputs, *case.rest))[0])
    wrt = dict(layer.named_parameters()) | {f"x{k}": x for k, x in enumerate(inputs)}
    return tg.derive(output, wrt=wrt), output, wrt
