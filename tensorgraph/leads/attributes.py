"""Names that are not there: of modules of the package, and of its objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import Any

from tensorgraph.errors import MissingNameError
from tensorgraph.leads.modules import as_written, tell_of_calls
from tensorgraph.leads.table import Lead, names

ROOMS = (
    "tg", "tg.linalg", "tg.fft", "tg.nn", "tg.nn.losses", "tg.random", "tg.tree", "tg.optim",
    "tg.optim.schedules", "tg.train", "tg.data", "tg.diagnose", "tg.testing", "tg.onnx",
    "tg.nn.init", "tg.data.augment", "tg.distributed", "tg.sklearn",
)  # fmt: skip
"""Where public names are looked for, as users write the modules, in this order."""

Find = Callable[[str], str | None]
"""Returns what a message says of a name that is not there, if there is anything to be said."""


def module_hooks(
    module: str, public: Iterable[str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a module: what it lacks, and what is public in it.

    From then on the module, and those in it, also say what to write where they are called.

    Example:
        >>> lacks, listed = module_hooks("tensorgraph.nn", ["Linear", "Conv2d"])
        >>> listed()
        ['Conv2d', 'Linear']
        >>> lacks("Dense")
        Traceback (most recent call last):
        ...
        tensorgraph.errors.MissingNameError: module 'tensorgraph.nn' has no attribute 'Dense'; ...
    """

    def __getattr__(name: str) -> Any:
        raise missing_from_module(module, name)

    def __dir__() -> list[str]:
        return sorted(public)

    tell_of_calls(module)
    return __getattr__, __dir__


def missing_from_module(module: str, name: str) -> MissingNameError:
    """Return the error for a name that a module of the package does not have."""

    def find(name: str) -> str | None:
        return lead_of_module(module, name) or like(name, dir(import_module(module)))

    return MissingNameError(f"module {module!r} has no attribute {name!r}", name, find)


def lead_of_module(module: str, name: str) -> str | None:
    """Return what to write instead of a name in a module, if that is known.

    Its own rows come first; then what has this name in another room, and the rows of those.

    Example:
        >>> lead_of_module("tensorgraph.nn", "relu")
        'write tg.relu'
    """
    own = as_written(module)
    rows = {lead.place: lead.told for lead in names() if lead.name == name}
    if own in rows:
        return rows[own]
    for room in ROOMS:
        if name in dir(_module(room)):
            return f"write {room}.{name}"
    return next((rows[room] for room in ROOMS if room in rows), None)


def written_here(name: str, module: str) -> str | None:
    """Return how a function of another library is written here, if a room has one of its name.

    Args:
        name: of the function.
        module: of the other library: what is in its linalg or fft is looked for in ours first.

    Example:
        >>> written_here("inv", "scipy.linalg._basic"), written_here("exp", "cupy")
        ('tg.linalg.inv', 'tg.exp')
    """
    rooms = [room for room in ("tg.linalg", "tg.fft") if room[3:] in module.split(".")]
    for room in rooms:
        if name in dir(_module(room)):
            return f"{room}.{name}"
    operations = _module("tg.ops").OPS
    return f"tg.{name}" if name in operations else None


def lead_of_function(name: str, foreign: bool = False) -> str | None:
    """Return what to write instead of a function of NumPy, or of SciPy's on its arrays, if known.

    Only rows that say they hold for these count: others have functions of the same name.

    Example:
        >>> lead_of_function("fix"), lead_of_function("relu6")
        ('write tg.trunc(x)', None)
    """
    rows = {lead.place: lead.told for lead in names() if lead.name == name and _of(lead, foreign)}
    return rows.get("np") or rows.get("tg")


def _of(lead: Lead, foreign: bool) -> bool:
    return ("S" if foreign else "N") in lead.peers


def _module(room: str) -> ModuleType:
    return import_module(room.replace("tg", "tensorgraph", 1))


def missing_from_object(
    owner: Any, name: str, problem: str | None = None, others: Find | None = None
) -> Any:
    """Raise the error for an attribute that an object does not have, as ``__getattr__`` has to.

    Rows are those of its class and of the classes that this is derived from.

    Args:
        owner: the object.
        name: the attribute.
        problem: what the message says of it; by default what Python says.
        others: what else may be said of a name that has no row.
    """
    if name.startswith("__"):  # a protocol, of which somebody asks often
        raise AttributeError(name)
    kind = type(owner)
    if hasattr(kind, name):  # a property, in whose code another attribute is missing
        return object.__getattribute__(owner, name)

    def find(name: str) -> str | None:
        places = [above.__name__ for above in kind.__mro__]
        rows = {lead.place: lead.told for lead in names() if lead.name == name}
        own = next((rows[place] for place in places if place in rows), None)
        return own or (others and others(name)) or like(name, dir(owner))

    raise MissingNameError(
        problem or f"{kind.__name__!r} object has no attribute {name!r}", name, find
    )


def like(name: str, known: Iterable[str]) -> str | None:
    """Return the question whether another name was meant, if one looks much alike.

    Example:
        >>> like("tensr", ["tensor", "tan"]), like("relu", ["ReLU"]), like("widget", ["tensor"])
        ("did you mean 'tensor'?", "did you mean 'ReLU'?", None)
    """
    slack = max(1, len(name) // 4)
    as_long = [other for other in known if abs(len(other) - len(name)) <= slack]
    public = {other.lower(): other for other in as_long if not other.startswith("_")}
    found = get_close_matches(name.lower(), public, n=1, cutoff=0.75)
    return f"did you mean {public[found[0]]!r}?" if found else None
