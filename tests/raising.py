"""What an error tells, and that it leaves nothing changed: for the tests of all rooms."""

import pytest

import tensorgraph as tg
from tensorgraph.engine.modes import MODE


def told(call, error):
    """Return the text of the error that a call raises; nothing may change by it."""
    mode, state = MODE.get(), tg.random.default_generator().state
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert MODE.get() is mode
    assert tg.random.default_generator().state == state
    return str(caught.value)
