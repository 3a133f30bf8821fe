"""A Sphinx extension: names as docstrings say them, ``fit`` or ``tg.nn.Watch``, lead somewhere."""

from __future__ import annotations

from typing import Any

from sphinx.util.nodes import make_refnode


def find(app: Any, env: Any, node: Any, content: Any) -> Any:
    """Return a link to the one documented thing that a name can mean, if there is one."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].removeprefix("tg.").removesuffix("()")
    known = env.domains["py"].objects
    whole = f"tensorgraph.{target}"
    found = [whole] if whole in known else [name for name in known if name.endswith(f".{target}")]
    if len(found) != 1:
        return None
    place = known[found[0]]
    return make_refnode(
        app.builder, node["refdoc"], place.docname, place.node_id, content, found[0]
    )


def setup(app: Any) -> dict[str, Any]:
    """Be asked where Sphinx itself finds nothing."""
    app.connect("missing-reference", find)
    return {"parallel_read_safe": True}
