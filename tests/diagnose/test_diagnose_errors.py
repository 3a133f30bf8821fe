"""The error table: counts, ceilings, and its sheet, written and read."""

import csv
import io
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

error_table = tg.diagnose.error_table
ErrorTable = tg.diagnose.ErrorTable

HOSTILE = [
    "=HYPERLINK(0)", "+1", "-2", "@SUM(A1)", "'", "''=", "'=x", 'say "hi"', "a,b", "a;b",
    "two\nlines", "\r", "\tx", "</td><script>", " ", "ü", "\ufeffx", "\x00", "'tis", "1",
    "example2", "\u2028",
]  # fmt: skip
# What a file can hold as UTF-8: everything but halves of characters.
words = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
tag_words = words.filter(lambda word: word.strip() and word not in ("example", "comment"))


@st.composite
def tagged(draw):
    examples = draw(st.lists(words.filter(bool), min_size=1, max_size=8, unique=True))
    known = draw(st.lists(tag_words, max_size=4, unique=True))
    some = st.lists(st.sampled_from(known), unique=True) if known else st.just([])
    return examples, [draw(some) for _ in examples]


@given(tagged(), st.none() | st.floats(0, 1))
def test_counts_shares_and_ceilings(case, error):
    examples, tags = case
    found = error_table(examples, tags, error=error)
    m = len(examples)
    assert found.untagged == sum(not some for some in tags)
    assert {row.tag for row in found.rows} == {tag for some in tags for tag in some}
    for row in found.rows:
        assert row.count == sum(row.tag in some for some in tags)
        assert row.alone == sum(some == [row.tag] for some in tags)
        assert row.share == row.count / m
        assert row.interval.low <= row.share <= row.interval.high
        assert row.ceiling == (None if error is None else pytest.approx(error * row.count / m))
    assert [row.count for row in found.rows] == sorted((r.count for r in found.rows), reverse=True)
    assert found.first == (found.rows[0].tag if found.rows else None)
    columns = {tag: [tag in some for some in tags] for tag in found.tags}
    assert error_table(examples, columns, error=error) == found
    assert len(str(found).splitlines()) >= len(found.rows) + 3


def test_the_worked_example_of_the_course():
    # course 3, week 2: 5 of 100 are dogs, or 50 of 100, of an error of 10 %
    for dogs, leaves in ((5, 0.095), (50, 0.05)):
        found = error_table(range(100), [["dog"]] * dogs + [[]] * (100 - dogs), error=0.10)
        assert 0.10 - found.rows[0].ceiling == pytest.approx(leaves)
    assert found.verdict == (
        "fix dog first: it can remove at most 5 % of the 10 % error, which leaves 5 %"
    )
    # dogs 8 %, great cats 43 %, blurry 61 %: overlapping
    tags = [
        [name for name, share in (("dog", 8), ("great cat", 43), ("blurry", 61)) if i % 100 < share]
        for i in range(100)
    ]
    found = error_table(range(100), tags)
    assert [(row.tag, row.count) for row in found.rows] == [
        ("blurry", 61), ("great cat", 43), ("dog", 8),
    ]  # fmt: skip
    assert [row.alone for row in found.rows] == [18, 0, 0]
    assert found.untagged == 39
    assert "43 of 100 have several tags: ceilings do not add up" in str(found)
    assert found.verdict == "fix blurry first: it is at most 61 % of the errors"


def test_effort_decides_what_comes_first():
    tags = [["blurry"]] * 6 + [["dog"]] * 3
    assert error_table(range(9), tags).first == "blurry"
    found = error_table(range(9), tags, error=0.09, effort={"blurry": 10, "dog": 1})
    assert found.first == "dog"
    assert [row.effort for row in found.rows] == [1, 10]
    assert "effort" in str(found)


def test_of_equals_the_tag_named_first_comes_first():
    assert error_table(list("abc"), [["z"], ["a"], ["z", "a"]]).first == "z"


def test_without_tags_it_says_what_to_do():
    found = error_table(["a", "b"], {"blurry": [0, 0]})
    assert found.first is None
    assert found.verdict == "no example has a tag yet; look at them and say what each is"
    assert error_table(["a"], [[]]).untagged == 1


def test_a_single_string_is_one_tag():
    assert error_table(["a", "b"], ["dog", []]).rows[0].tag == "dog"


# -------------------------------------------------------------------------------------- the sheet


@given(tagged(), st.data())
@example((HOSTILE, [[] for _ in HOSTILE]), None)
@example((HOSTILE, [HOSTILE[:3] for _ in HOSTILE]), None)
@example((["'tis", "'", "''=x"], [["'n'"], [], ["'"]]), None)  # not of a spreadsheet
def test_a_sheet_comes_back_as_it_was(case, data):
    examples, tags = case
    comments = examples[::-1] if data is None else [data.draw(words) for _ in examples]
    table = error_table(examples, tags, comments=comments)
    text = table.to_csv()
    assert ErrorTable.from_csv(text) == table
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert ErrorTable.from_csv(text, error=0.5).rows == error_table(examples, tags, error=0.5).rows


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_sheet_in_a_file(tmp_path, kind):
    path = tmp_path / "errors.csv"
    table = error_table(HOSTILE, [["blurry"]] * len(HOSTILE), comments=HOSTILE)
    text = table.to_csv(kind(path))
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.encode()
    assert ErrorTable.from_csv(kind(path)) == table


def test_a_sheet_to_be_filled_in_holds_its_empty_columns():
    sheet = error_table(["7.png", "9.png"], {"blurry": [0, 0], "dog": [0, 0]}).to_csv()
    assert sheet.splitlines() == ["example,blurry,dog,comment", "7.png,,,", "9.png,,,"]
    filled = sheet.replace("9.png,,,", "9.png, X ,no,a wolf")
    found = ErrorTable.from_csv(filled)
    assert found.tags == {"blurry": (False, True), "dog": (False, False)}
    assert found.comments == ("", "a wolf")


def test_a_sheet_of_another_program():
    text = "\ufeffblurry,example\n\nTRUE,7.png\nyes,\"8,8\"\ny,9\n1,'tis\nfalse,'=11\nN,12\n0,13\n"
    found = ErrorTable.from_csv(text)
    assert found.examples == ("7.png", "8,8", "9", "'tis", "=11", "12", "13")
    assert found.tags == {"blurry": (True,) * 4 + (False,) * 3}


def test_a_sheet_that_pandas_has_rewritten(tmp_path):
    ErrorTable.from_csv("example,blurry,dog,✓\na,1,,✓\nb,,0,\nc,1,1,\n").to_csv(tmp_path / "e.csv")
    pd.read_csv(tmp_path / "e.csv").to_csv(tmp_path / "e.csv", index=False)
    assert "1.0" in (tmp_path / "e.csv").read_text("utf-8")
    found = ErrorTable.from_csv(tmp_path / "e.csv")
    assert found.tags == {
        "blurry": (True, False, True), "dog": (False, False, True), "✓": (True, False, False),
    }  # fmt: skip
    assert ErrorTable.from_csv("example,a\nb,0.0\nc,✔\n").tags == {"a": (False, True)}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_sheet_of_a_spreadsheet(tmp_path, end, separator, mark):
    rows = [
        ["example ", "blurry", "dog", " comment", "", ""],
        ["7.png", "x", "", '"two\nlines; a, b"', "", ""],
        ["", "", "", "", "", ""],
        ["8.png", "", "1", "", "", ""],
        ["9.png", "", "", "", "", "", ""],
        ["", "", "", "", "", ""],
    ]
    text = mark + end.join(separator.join(row) for row in [*rows, []])
    path = tmp_path / "errors.csv"
    path.write_text(text, encoding="utf-8", newline="")
    for source in (text, path, str(path)):
        found = ErrorTable.from_csv(source)
        assert found.examples == ("7.png", "8.png", "9.png")
        assert found.tags == {"blurry": (True, False, False), "dog": (False, True, False)}
        assert found.comments == ("two\nlines; a, b", "", "")
    assert ErrorTable.from_csv(found.to_csv()) == found


SHEETS = [
    ("", "no column 'example'"),
    ("\n", "no column 'example'"),
    ("name,blurry\n7,1\n", "no column 'example'; .* as in example,blurry,dog,comment$"),
    ("name;blurry\n7;1\n", "no column 'example'; .* as in example,blurry,dog,comment$"),
    ("example,blurry,blurry\n7,1,1\n", "the sheet has two columns 'blurry'; merge them"),
    ("example,blurry\n7\n", "line 2 of the sheet has 1 cells for 2 columns"),
    ("example,blurry\n7,1\n8,1,1\n", "line 3 of the sheet has 3 cells for 2 columns"),
    ("example,blurry\n7,very\n", "line 2 of the sheet: 'very' in column 'blurry' is neither yes"),
    ('example,blurry\n"7,1\n', "line 2 of the sheet: unexpected end of data"),
    ("example,blurry\n", "there are no examples"),
    ("example,blurry\n7,1\n7,\n", "example '7' stands twice"),
    ("example,\n7,1\n", "line 2 of the sheet: '1' stands in a column without a title; name it"),
    ("example,blurry\n7,1,,x\n", "line 2 of the sheet has 4 cells for 2 columns"),
    ("example,blurry\n,1\n", "example 0 has no name; write what it is found by"),
]


@pytest.mark.parametrize(("text", "message"), SHEETS)
def test_a_damaged_sheet_is_refused_with_its_line(tmp_path, text, message):
    path = tmp_path / "errors.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ArgumentError, match=message):
        ErrorTable.from_csv(path)


def test_a_sheet_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "errors.csv"
    path.write_bytes("example,größe\n".encode("latin-1"))
    with pytest.raises(ArgumentError, match="is not UTF-8; save the sheet as CSV UTF-8"):
        ErrorTable.from_csv(path)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: b.decode("latin-1")))
def test_any_text_is_a_sheet_or_refused(text):
    try:
        found = ErrorTable.from_csv(f"example,a\n{text}\n")
    except ArgumentError:
        return
    assert ErrorTable.from_csv(found.to_csv()).tags == found.tags


# --------------------------------------------------------------------------------- looks, bad input


class Text(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def test_a_tag_is_text_wherever_it_is_shown():
    found = error_table(["a", "b"], [["<script>alert(1)</script>"], []])
    page = Text(found._repr_html_())
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.text


BAD = [
    (([], []), {}, ArgumentError, "there are no examples; give it those that the model gets wrong"),
    ((["a", "a"], [[], []]), {}, ArgumentError, "example 'a' stands twice"),
    ((["a", "b"], [["x"]]), {}, ShapeError, "tags for 1 of 2 examples"),
    ((["a", "b"], {"x": [1]}), {}, ShapeError, "tag 'x' says yes or no 1 times for 2 examples"),
    ((["a"], {"x": [2]}), {}, DTypeError, "column of tag 'x' must hold 0 and 1"),
    ((["a"], {"x": ["yes"]}), {}, DTypeError, "column of tag 'x' must hold 0 and 1"),
    ((["a"], {"x": [np.nan]}), {}, DTypeError, "column of tag 'x' must hold 0 and 1"),
    ((["a"], {"x": 1}), {}, DTypeError, "column of tag 'x' must hold 0 and 1"),
    ((["a"], [[""]]), {}, ArgumentError, r"a tag is empty; write \[\]"),
    ((["a"], [["comment"]]), {}, ArgumentError, "'comment' cannot be a tag"),
    ((["a"], [3]), {}, DTypeError, "the tags of example 0 must be a list of strings, not 3"),
    ((["a"], [None]), {}, DTypeError, r"not None; write \[\] for none"),
    ((["a", "b"], np.eye(2)), {}, DTypeError, r"words, not .*1.0.*; .* \{tag: column\}"),
    ((["a"], [[True]]), {}, DTypeError, "must be words, not True"),
    ((["a"], "x"), {}, DTypeError, "tags must be a list with the tags of each example"),
    ((["a"], None), {}, DTypeError, "tags must be a list with the tags of each example"),
    (("a.png", [[]]), {}, DTypeError, "examples must be a list of names, not 'a.png'"),
    ((["a"], [["x"]]), {"error": 10}, ArgumentError, "for 10 % write error=0.1"),
    ((["a"], [["x"]]), {"effort": {}}, ArgumentError, "effort and tags disagree about x"),
    ((["a"], [["x"]]), {"effort": {"x": 0}}, ArgumentError, r"effort\['x'\] = 0 must be above 0"),
    ((["a"], [["x"]]), {"comments": []}, ShapeError, "0 comments for 1 examples"),
]


@pytest.mark.parametrize(("arguments", "more", "kind", "message"), BAD, ids=str)
def test_bad_input_is_refused_with_the_fix(arguments, more, kind, message):
    with pytest.raises(kind, match=f"^error_table: .*{message}"):
        error_table(*arguments, **more)


def test_tags_may_be_in_any_container_and_are_words():
    table = tg.diagnose.error_table(["a.png", "b.png"], [{"blurry"}, iter(["dog", "blurry"])])
    assert {row.tag: row.count for row in table.rows} == {"blurry": 2, "dog": 1}
    with pytest.raises(DTypeError, match="the tags of example 0 must be words, not 1; a matrix"):
        tg.diagnose.error_table(["a.png"], [{1}])
