"""Module calls as paths, as programs write them that show a graph level by level."""

from __future__ import annotations

from tensorgraph.drawing.scene.scene import ModuleCall, Scene


def module_paths(scene: Scene) -> list[str]:
    """Return a path for each module call: ``Sequential model/Linear layers[0]``.

    Each is of one call alone: the second of two equal ones is ``Linear layers[0] (2)``.

    Example:
        >>> calls = ModuleCall(0, "net", "Net"), ModuleCall(1, "net.fc", "Linear", 0)
        >>> module_paths(Scene(boxes=(), calls=(*calls, ModuleCall(2, "net.fc", "Linear", 0))))
        ['Net net', 'Net net/Linear fc', 'Net net/Linear fc (2)']
    """
    paths: list[str] = []
    counts: dict[str, int] = {}
    for call in scene.calls:
        around = "" if call.parent is None else f"{paths[call.parent]}/"
        path = around + _name(scene, call)
        counts[path] = count = counts.get(path, 0) + 1
        paths.append(path if count == 1 else f"{path} ({count})")
    return paths


def _name(scene: Scene, call: ModuleCall) -> str:
    """Return a module's class and its place in the module around it, without a slash."""
    around = "" if call.parent is None else scene.calls[call.parent].path
    place = call.path.removeprefix(around).removeprefix(".")
    return f"{call.type} {place}".strip().replace("/", "∕") or "module"
