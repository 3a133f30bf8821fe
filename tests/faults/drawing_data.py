"""Faults of graphs as data for other programs."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "drawing/formats/module_paths.py",
        ("module_paths", "path if count == 1 else f'{path} ({count})'", "path",
         "graph_data: two calls of one layer are one in other programs"),
        ("_name", "'∕'", "'/'", "graph_data: a slash in a name is a level"),
    ),
    *planted_in(
        "drawing/formats/to_model_explorer.py",
        ("_node", "str(wire.source)", "str(i)",
         "graph_data: Model Explorer joins other operations"),
    ),
    *planted_in(
        "drawing/formats/to_graphml.py",
        ("_data", "escaped(value)", "value", "graph_data: names are markup in GraphML"),
    ),
    *planted_in(
        "drawing/formats/to_mermaid.py",
        ("_quoted", "map(_escaped, lines)", "lines", "graph_data: names are markup for Mermaid"),
        ("_links", "view.turning()", "()",
         "graph_data: no link from the loss to its gradient in Mermaid"),
    ),
    *planted_in(
        "drawing/formats/treescope_trees.py",
        ("_of_module", "name not in LOOKED_UP", "True",
         "graph_data: Treescope shows what a module keeps for itself"),
    ),
]  # fmt: skip
