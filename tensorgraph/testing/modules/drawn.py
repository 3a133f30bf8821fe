"""Inputs that hypothesis draws: each promise is asked for with many, and told of the smallest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tensorgraph.testing.modules.subject import shapes_of
from tensorgraph.testing.promises import Checked, Promise, examined

EXAMPLES = 10


def is_strategy(value: Any) -> bool:
    """Return whether something is a strategy of hypothesis."""
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in type(value).__mro__}
    return any(kind.startswith("hypothesis.") and kind.endswith("SearchStrategy") for kind in kinds)


def of_every_example(
    subject: str,
    strategy: Any,
    promises: Callable[[tuple[Any, ...]], Mapping[str, Promise]],
) -> Checked:
    """Ask for each promise with inputs that are drawn; where it is broken, with the smallest.

    Args:
        subject: what is checked.
        strategy: of tuples of inputs, or of one input.
        promises: returns the promises for inputs.
    """
    from hypothesis import HealthCheck, Phase, find, given, settings
    from hypothesis.errors import NoSuchExample

    chosen = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    names: dict[str, None] = {}

    @chosen
    @given(strategy)
    def seen(inputs: Any) -> None:
        names.update(dict.fromkeys(promises(_tuple(inputs))))

    seen()

    def asked(name: str) -> str | None:
        def breaks(inputs: Any) -> bool:
            promise = promises(_tuple(inputs)).get(name)
            try:
                if promise is not None:
                    promise()
            except Exception:
                return True
            return False

        try:
            smallest = _tuple(find(strategy, breaks, settings=chosen))
        except NoSuchExample:
            return None
        try:
            promises(smallest)[name]()
        except AssertionError as error:
            raise AssertionError(f"for inputs of shapes {shapes_of(smallest)}: {error}") from None
        return None

    return examined(subject, {name: lambda name=name: asked(name) for name in names})  # type: ignore[misc]


def _tuple(inputs: Any) -> tuple[Any, ...]:
    return inputs if isinstance(inputs, tuple) else (inputs,)
