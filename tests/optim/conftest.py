"""Packs of several sizes, for all tests of optimizers."""

import pytest

from tensorgraph.optim import flat_parameters


@pytest.fixture(params=[4, 20, flat_parameters.BLOCK], ids="blocks of {}".format)
def block(request, monkeypatch):
    """Cut into small blocks, so that small tests meet packs of several, and blocks of a large."""
    monkeypatch.setattr(flat_parameters, "BLOCK", request.param)
