"""In which order promises are asked for: some make no sense where others are broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensorgraph.testing.promises import Promise


def in_order(
    promises: Mapping[str, Promise], needs: Mapping[str, Sequence[str]]
) -> dict[str, Promise]:
    """Return promises that are not asked for where one is broken that they need.

    Args:
        promises: by their names, those that others need first.
        needs: the names of what a promise needs, by its name.

    Example:
        >>> def broken():
        ...     raise AssertionError
        >>> asked = in_order({"first": broken, "second": broken}, {"second": ["first"]})
        >>> try:
        ...     asked["first"]()
        ... except AssertionError:
        ...     print(asked["second"]())
        not asked for: first is broken
    """
    broken: set[str] = set()

    def asked(name: str) -> str | None:
        missing = [needed for needed in needs.get(name, ()) if needed in broken]
        if missing:
            broken.add(name)
            return f"not asked for: {missing[0]} is broken"
        try:
            return promises[name]()
        except Exception:
            broken.add(name)
            raise

    return {name: lambda name=name: asked(name) for name in promises}  # type: ignore[misc]
