"""ONNX: files of networks, which other libraries write and other programs read.

===========================  ==============================================
write a model or a function  ``tg.onnx.export(model, x, path="net.onnx")``
read a network from a file   ``model = tg.onnx.load("net.onnx")``
===========================  ==============================================

Both need the extra ``onnx``. Files are of the kind that onnxruntime runs and Netron shows. A
function is written with all that it computes, also a gradient; what is read is a module whose graph
is ordinary. Read ``exporting`` for how the one is done, ``importing`` for the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.onnx.exporting.export import export as export
from tensorgraph.onnx.importing.imported import Imported as Imported
from tensorgraph.onnx.importing.load import load as load

__all__ = ["Imported", "export", "load"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
