"""Ctrl-C works in the tests of training as it does in a terminal."""

import signal

import pytest


@pytest.fixture(autouse=True)
def ctrl_c_raises():
    """Let Ctrl-C do what it does in a terminal: what runs in the background may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
