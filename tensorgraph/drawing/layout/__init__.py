"""Layered drawings of graphs: plain geometry, which knows nothing of tensors."""

from tensorgraph.drawing.layout.nested import Placement, place

__all__ = ["Placement", "place"]
