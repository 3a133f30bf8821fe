"""Tests by hypothesis that draw from ``tg.random``: what fails can be made to fail again."""

import pytest
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph import nn

assert tg.testing.strategies  # once imported, it has hypothesis seed our generator


def failing(property_):
    """Return what hypothesis tells of a property of whole numbers that does not hold."""
    before = tg.random.default_generator().state
    checked = settings(database=None, max_examples=60)(given(st.integers(0, 100))(property_))
    with pytest.raises(AssertionError) as caught:
        checked()
    assert tg.random.default_generator().state == before
    return caught.value


def test_a_failure_that_hangs_on_a_draw_is_found_again_and_made_smaller():
    products = {}

    def property_(n):
        product = tg.random.uniform().item() * n
        assert products.setdefault(n, product) == product, "another draw"
        assert product < 5, "as it should be"

    assert "as it should be" in str(failing(property_))


def test_a_layer_that_drops_drops_the_same_again():
    def property_(n):
        layer = nn.Dropout(keep_prob=0.5)
        assert layer(tg.ones(n)).sum().item() == n

    assert "unreliable" not in str(failing(property_))
