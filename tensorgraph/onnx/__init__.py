"""ONNX: files of networks that other programs read, such as onnxruntime and Netron.

``tg.onnx.export`` writes what a model or a function computes, also a gradient. It needs the extra
``onnx``. Read ``exporting`` for how.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.onnx.exporting.export import export

__all__ = ["export"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
