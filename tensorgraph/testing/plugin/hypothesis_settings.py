"""Settings of hypothesis under which checks of gradients are not failed for being slow."""

from __future__ import annotations

import sys
from typing import Any


def register() -> None:
    """Register the profile ``tensorgraph``, for ``--hypothesis-profile`` and ``load_profile``.

    No deadline, as the first call of a check compiles and imports; a failure prints what repeats
    it; and a function's inputs may be drawn slowly.
    """
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "tensorgraph",
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


_SETTINGS = "_hypothesis_internal_use_settings"
"""Where hypothesis keeps the settings of a test."""


def without_deadline(test: Any) -> None:
    """Let one test of hypothesis take its time: it runs slower than it was written for."""
    test = getattr(test, "__func__", test)
    own = getattr(test, _SETTINGS, None)
    if "hypothesis" in sys.modules and own is not None:
        from hypothesis import settings

        setattr(test, _SETTINGS, settings(own, deadline=None))
