"""ONNX: files of networks that other programs read, such as onnxruntime and Netron.

``tg.onnx.export`` writes what a model or a function computes, also a gradient. It needs the extra
``onnx``. Read ``exporting`` for how.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorgraph.leads.attributes import missing_from_module
from tensorgraph.onnx.exporting.export import export

__all__ = ["export"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise missing_from_module("tensorgraph.onnx", name)
