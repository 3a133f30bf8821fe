"""The ONNX form of each operation: the one table, family by family.

``FORMS`` says how an operation is written as nodes. What is not listed is taken apart into what is:
see ``lowering.py``. Read ``form`` first, which says what a form is; then ``elementwise``,
``reductions``, ``shapes``, ``indexing``, ``contractions`` and ``random_numbers``. ``wider`` is
about whole numbers that runtimes know little of. ``sequences``, of recurrent layers, are of records
of their own.
"""

from __future__ import annotations

from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.onnx.exporting.forms import (
    contractions,
    elementwise,
    indexing,
    random_numbers,
    reductions,
    shapes,
)
from tensorgraph.onnx.exporting.forms.form import Form
from tensorgraph.onnx.exporting.forms.wider import in_wider
from tensorgraph.symbolic.expr import item

FORMS: dict[Op, Form] = {
    **{
        REGISTRY[name]: in_wider(name, form)
        for family in (elementwise, reductions, shapes, indexing, contractions, random_numbers)
        for name, form in family.FORMS.items()
    },
    item: Form(lambda g, v: g.reshape(g.get(v.args[0]), ())),
}
"""How each operation is written as nodes, of those that are."""
