"""The explorer: a graph in the browser, folded, searched and stepped through."""

from tensorgraph.render.explorer.page import page

__all__ = ["page"]
