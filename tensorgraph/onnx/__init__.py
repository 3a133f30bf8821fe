"""ONNX: networks of other libraries as modules.

===========================  ==============================================
read a network from a file   ``model = tg.onnx.load("network.onnx")``
===========================  ==============================================

``importing`` reads files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.onnx.importing.imported import Imported as Imported
from tensorgraph.onnx.importing.load import load as load

__all__ = ["Imported", "load"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
