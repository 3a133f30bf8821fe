"""Where results lie in memory: those that are needed at once never overlap."""

from itertools import combinations

from hypothesis import given, strategies as st

from tensorgraph.compiler.arena import ALIGNMENT, Span, places

SPANS = st.lists(
    st.builds(
        lambda size, born, lives: Span(size, born, born + lives),
        st.integers(0, 300),
        st.integers(0, 9),
        st.integers(0, 5),
    )
)


@given(spans=SPANS)
def test_what_is_needed_at_once_never_overlaps(spans):
    begins, size = places(spans)
    assert all(begin % ALIGNMENT == 0 for begin in begins)
    for begin, span in zip(begins, spans, strict=True):
        assert 0 <= begin and begin + span.size <= size
    for (a, one), (b, two) in combinations(zip(begins, spans, strict=True), 2):
        at_once = one.born <= two.dies and two.born <= one.dies
        apart = a + one.size <= b or b + two.size <= a
        assert apart or not at_once or 0 in (one.size, two.size)


@given(spans=SPANS)
def test_no_more_than_if_all_lay_apart(spans):
    rounded = sum(-(-span.size // ALIGNMENT) * ALIGNMENT for span in spans)
    assert places(spans)[1] <= rounded


def test_what_comes_later_takes_the_same_place():
    assert places([Span(100, 0, 1), Span(100, 2, 3), Span(100, 1, 2)])[1] == 256
