"""The reference of each public room, and the whole library on one page."""

from __future__ import annotations

import ast
import inspect
import sys
from itertools import pairwise
from types import ModuleType

from docs.docstrings import plain
from docs.public_names import ROOMS, kind, module, names_of, op_families
from docs.rst import directive, first_sentence, heading, table

KINDS = {
    "autofunction": "Functions",
    "autoclass": "Classes",
    "autoexception": "Errors and warnings",
    "autodata": "Constants",
}
OPTIONS = {
    "autoclass": ("members:", "show-inheritance:", "member-order: bysource"),
    "autoexception": ("show-inheritance:",),
}


def shown(room: str) -> str:
    """Return a room's name as users write it."""
    return room.replace("tensorgraph", "tg", 1)


def page(room: str) -> str:
    """Return the reference of a room: what it is for, a table of its names, and each of them."""
    own, names = module(room), names_of(room)
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(kind(getattr(own, name)), []).append(name)
    parts = [heading(f"``{shown(room)}``", label=f"room-{room}"), directive("py:module", room)]
    parts += [first_sentence(own), "\n\n"]
    for directive_name, members in sorted(groups.items(), key=lambda group: -len(group[1])):
        parts.append(heading(KINDS[directive_name], "-"))
        parts += [described(directive_name, room, name) for name in members]
    return "".join(parts)


def described(directive_name: str, room: str, name: str) -> str:
    """Return the directive that documents a name."""
    if directive_name == "autodata":
        value = getattr(module(room), name)
        return directive("py:data", f"{room}.{name}", constant_text(name, value))
    return directive(directive_name, f"{room}.{name}", options=OPTIONS.get(directive_name, ()))


def constant_text(name: str, value: object) -> str:
    """Return what the source says below a constant, and what it is where that is short."""
    spelt = repr(value)
    shown_value = f"``{spelt}``" if len(spelt) < 120 else ""
    sources = [m for n, m in sorted(sys.modules.items()) if n.startswith("tensorgraph.")]
    holding = (m for m in sources if vars(m).get(name) is value)
    told = next(filter(None, (said_below(m, name) for m in holding)), "")
    return "\n\n".join(filter(None, (told, shown_value))) + "\n"


def said_below(source: ModuleType, name: str) -> str:
    """Return the text that stands below an assignment in a module, if it does."""
    body = ast.parse(inspect.getsource(source)).body
    for statement, after in pairwise(body):
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            text = getattr(getattr(after, "value", None), "value", None)
            return inspect.cleandoc(text) if isinstance(text, str) else ""
    return ""


def pages() -> dict[str, str]:
    """Return the pages of all rooms by file name."""
    return {f"reference/{shown(room)}.rst": page(room) for room in ROOMS}


def index(operations: list[str]) -> str:
    """Return the page that leads to all of the reference."""
    rooms = [shown(room) for room in ROOMS]
    return "".join(
        [
            heading("Reference", label="reference"),
            "Every public name, from its docstring; every operation, from its record.\n\n",
            directive("toctree", "", "\n".join(rooms), ("caption: Rooms", "maxdepth: 1")),
            heading("Operations", "-"),
            "What is listed of each operation is computed when these pages are made: its equation"
            " and gradient are derived by the engine, and compared with what it computes.\n\n",
            directive("toctree", "", "\n".join(operations), ("maxdepth: 1",)),
        ]
    )


def one_page() -> str:
    """Return all public names with the first sentences of their docstrings."""
    parts = [
        heading("The whole library on one page", label="one-page"),
        "Each name leads to its reference. ``tg`` is ``tensorgraph``.\n\n",
    ]
    for room in ROOMS:
        own = module(room)
        parts += [heading(f"``{shown(room)}``", "-"), first_sentence(own), "\n\n"]
        parts.append(_table(room, names_of(room)))
    parts.append(heading("Operations", "-"))
    for file, names in op_families().values():
        parts += [heading(first_sentence(file).rstrip("."), "~"), _table("tensorgraph", names)]
    return "".join(parts)


def _table(room: str, names: list[str]) -> str:
    own = module(room)
    rows = []
    for name in names:
        role = "class" if isinstance(getattr(own, name), type) else "obj"
        link = f":py:{role}:`{shown(room)}.{name} <{room}.{name}>`"
        rows.append((link, plain(first_sentence(getattr(own, name)))))
    return table(rows, ("name", "what it is"), "38 62")
