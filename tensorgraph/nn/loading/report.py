"""What was loaded from where, and what was not."""

from __future__ import annotations

from dataclasses import dataclass, field

from tensorgraph import errors


@dataclass(frozen=True)
class LoadReport:
    """What :func:`load_matching` or :func:`load_foreign` took and what not.

    Example:
        >>> import tensorgraph as tg
        >>> report = tg.nn.load_matching(tg.nn.Linear(2, 3), {"bias": [1.0, 2.0, 3.0]})
        >>> report.loaded, report.missing
        (['bias'], ['weight'])
    """

    loaded: list[str]
    """The paths of the tensors that have their values from the state now."""
    missing: list[str]
    """Those of which the state has none; they are as they were."""
    unexpected: list[str]
    """The names in the state that the model does not have."""
    misfits: dict[str, str]
    """Those that are as they were because their values do not fit, each with the reason."""
    sources: dict[str, str] = field(default_factory=dict)
    """The name in the state of each tensor that has another one there."""
    converted: dict[str, str] = field(default_factory=dict)
    """What was done to the values of tensors that are kept in another way there."""
    ignored: list[str] = field(default_factory=list)
    """The names in the state that mean nothing here, such as ``num_batches_tracked``."""

    @property
    def whole(self) -> bool:
        """Whether all tensors were loaded, and all that the state has was used."""
        return not (self.missing or self.unexpected or self.misfits)

    def __str__(self) -> str:
        total = len(self.loaded) + len(self.missing) + len(self.misfits)
        lines = [f"loaded {len(self.loaded)} of {total}: {errors.listing(self.loaded)}"]
        for path, how in self.converted.items():
            source = f" from {self.sources[path]}" if path in self.sources else ""
            lines.append(f"{path}{source}: {how}")
        if self.missing:
            lines.append(f"missing, left as they were: {errors.listing(self.missing)}")
        lines += [f"{reason}, left as it was" for reason in self.misfits.values()]
        if self.unexpected:
            lines.append(f"unexpected, not used: {errors.listing(self.unexpected)}")
        if self.ignored:
            lines.append(f"means nothing here: {errors.listing(self.ignored)}")
        return "\n".join(lines)

    __repr__ = __str__
