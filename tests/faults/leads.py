"""Faults of what is said of names and keywords from elsewhere."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "leads/attributes.py",
        ("lead_of_module", "own in rows", "False", "leads: a room's own row is not the first"),
        ("missing_from_object", "hasattr(kind, name)", "False",
         "leads: an error in a property is told as a missing name"),
        ("like", "name.lower()", "name", "leads: upper case is another name"),
    ),
    *planted_in(
        "leads/calls.py",
        ("keyword_lead", "lead.keyword in known", "lead.keyword",
         "leads: a keyword is told that the call does not take"),
        ("numbers_apart", "len(args) > 1", "len(args) > 2",
         "leads: two lengths given one by one are taken for a shape and a dtype"),
        ("too_many", "taken[1:], given - 1", "taken[1:], given",
         "leads: an object is counted among the arguments of its method"),
    ),
    *planted_in(
        "leads/draws.py",
        ("shape_first", "len(args) > 1", "len(args) > 2",
         "leads: a draw of mean and deviation alone has a shape of 0"),
    ),
    *planted_in(
        "leads/modules.py",
        ("tell_of_calls", "(module, *vars(module).values())", "(module,)",
         "leads: a module in a room that is called says nothing"),
        ("_line_for", "n.lower() == name.replace('_', '')", "False",
         "leads: a module that is called names all that it defines"),
    ),
    *planted_in(
        "leads/imports.py",
        ("ForeignImports.find_spec", "module.replace('tensorgraph', 'tg', 1) in ROOMS", "False",
         "leads: an import of a name from elsewhere is told nothing"),
    ),
]  # fmt: skip
