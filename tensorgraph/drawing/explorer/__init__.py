"""The explorer: a graph in the browser, folded, searched and stepped through."""

from tensorgraph.drawing.explorer.page import page

__all__ = ["page"]
