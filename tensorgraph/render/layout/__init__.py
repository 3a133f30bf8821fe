"""Layered drawings of graphs: plain geometry, which knows nothing of tensors."""

from tensorgraph.render.layout.nested import Placement, place

__all__ = ["Placement", "place"]
