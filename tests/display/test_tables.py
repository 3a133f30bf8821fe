"""Tables of text: columns are aligned, and nothing of a cell is lost."""

from hypothesis import given, strategies as st

from tensorgraph.display.tables import text_table

CELLS = st.text("abc", min_size=1, max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1), st.sets(st.integers(0, 2)))
def test_columns_begin_or_end_at_one_place(rows, left):
    lines = text_table(rows, left).split("\n")
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    assert [tuple(line.split()) for line in lines] == rows
    for line, row in zip(lines, rows, strict=True):
        for i in range(3):
            start = sum(widths[:i]) + 2 * i
            cell = line[start : start + widths[i]]
            assert cell.startswith(row[i]) if i in left else cell.endswith(row[i])


def test_a_line_does_not_end_in_blanks():
    assert text_table([["a", "bc"], ["d", ""]], left=[0, 1]) == "a  bc\nd"
