"""The report: one well-formed page that loads nothing, whatever it is given."""

import base64
import math
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph.diagnose.gradient_health import health
from tensorgraph.diagnose.misclassified_examples import IMAGES, ROWS
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

D = tg.diagnose
VOID = {"meta", "img", "br"}
HOSTILE = "</script><script>alert('1\")</script><img src=//x onerror=y>&amp;\x00\ud800"


class Page(HTMLParser):
    """A page as a browser reads it: every tag is closed in the order in which it was opened."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def holds(self, text):
        return any(text in part for part in self.texts)


def checked(report):
    """Return the page of a report, which is inert and whose pictures are well-formed."""
    page = Page(report.html)
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on") and name != "href"
        if name == "src":
            assert value.startswith(("data:image/svg+xml;base64,", "data:image/png;base64,"))
    assert "http" not in report.html.replace("http://www.w3.org/2000/svg", "").replace(
        "http-equiv", ""
    )
    assert "url(" not in report.html and "@import" not in report.html
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:") in (
        page.attributes
    )
    for svg in re.findall(r"<svg.*?</svg>", report.html, re.DOTALL):
        ElementTree.fromstring(svg)
    return page


def everything(word="x"):
    """Arguments for all parts of a report, with a word wherever one fits."""
    return {
        "history": {
            "epoch": [1, 2, 3],
            "train_loss": [3.0, 2.0, 1.0],
            "dev_loss": [3.0, math.nan, 2.0],
            f"train_my {word}": [0, 1, 0],  # "loss", or "dev_loss", would be another curve's
        },
        "ladder": D.ladder(human=0.0, train=0.1, dev=0.12, sizes={"train": 90, "dev": 90}),
        "confusion": D.confusion_matrix([word, "b"], ["b", "b"]),
        "misclassified": D.misclassified(
            [[0.2, 0.8], [0.9, 0.1]],
            [f"class {word}", "b"],
            [[[1, 2]], [[3, 4]]],
            classes=[f"class {word}", "b"],
        ),
        "errors": D.error_table(["1", "2"], [[f"tag {word}"], []], error=0.1),
        "norms": {f"layers[0] {word}": [1.0, 2.0], "layers[1]": [1.0, math.inf]},
        "picture": D.ladder(human=0, train=0, dev=0.5),
        "title": f"Run {word}",
    }


def test_all_parts_stand_on_one_page(tmp_path):
    path = tmp_path / "report.html"
    report = D.report(path, **everything())
    page = checked(report)
    assert path.read_text(encoding="utf-8") == report.html
    titles = [
        "Run x", "Curves", "Where the error comes from", "Confusion matrix", "Error analysis",
        "Misclassified examples", "class x", "Gradients", "Graph", "loss", "train_loss", "dev_loss",
        "tag x", "layers[0] x",
        "not finite from step 1", "train a bigger network",
    ]  # fmt: skip
    for title in titles:
        assert page.holds(title), title
    assert page.holds("fix tag x first: it can remove at most 5 % of the 10 % error")
    assert "prefers-color-scheme:dark" in report.html
    assert report.html.startswith("<!DOCTYPE html>")
    assert report.save(str(tmp_path / "again.html")).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("part", sorted(set(everything()) - {"title"}))
def test_each_part_stands_alone(part):
    page = checked(D.report(**{part: everything()[part]}))
    assert page.tags.count("section") == 1


@given(st.text(max_size=30) | st.just(HOSTILE))
@settings(max_examples=20)
def test_hostile_words_are_text(word):
    page = checked(D.report(**everything(word)))
    assert page.tags == Page(D.report(**everything()).html).tags


def test_hostile_words_can_be_saved(tmp_path):
    report = D.report(tmp_path / "report.html", **everything(HOSTILE))
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == report.html
    assert Page(report.html).holds("</script><script>alert('1\")")


def test_a_picture_is_an_image_in_which_no_script_runs():
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for picture in (svg, SimpleNamespace(svg=lambda: svg)):
        report = D.report(picture=picture)
        checked(report)
        data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', report.html)[1]
        assert base64.b64decode(data).decode() == svg


def test_in_a_notebook_the_page_is_framed():
    report = D.report(title=HOSTILE, history={"loss": [1.0, 2.0]})
    page = Page(report._repr_html_())
    frame = dict(page.attributes)
    assert page.tags == ["iframe"] and frame["sandbox"] == ""
    assert frame["srcdoc"] == report.html
    assert repr(report).endswith("characters of HTML; write .save('report.html'))")


# ----------------------------------------------------------------------------------- misclassified

RNG = np.random.default_rng(0)
MISTAKES = {
    "images": (RNG.random((40, 6, 6)), 3, "img", 3),
    "images in colour": (RNG.random((40, 6, 6, 3)), 3, "img", 3),
    "rows": (RNG.normal(size=(40, 4)), 3, "tr", 3 + 1),
    "texts": (["a text of words"] * 40, 3, "tr", 3 + 1),
    "no mistakes in images": (RNG.random((40, 6, 6)), 0, "img", 0),
    "no mistakes in rows": (RNG.normal(size=(40, 4)), 0, "tr", 0),
    "more images than are shown": (RNG.random((40, 6, 6)), 30, "img", IMAGES),
    "more rows than are shown": (RNG.normal(size=(40, 4)), 30, "tr", ROWS + 1),
}


@pytest.mark.parametrize(("inputs", "wrong", "tag", "count"), MISTAKES.values(), ids=MISTAKES)
def test_misclassified_examples_are_seen(inputs, wrong, tag, count):
    m = len(inputs)
    confidence = np.linspace(0.99, 0.51, m)
    p = np.stack([confidence, 1 - confidence], axis=1)
    labels = ["dog"] * wrong + ["cat"] * (m - wrong)
    found = D.misclassified(p, labels, inputs, classes=["cat", "dog"])
    page = checked(D.report(misclassified=found))
    assert page.holds("Misclassified examples") and page.tags.count(tag) == count
    if not wrong:
        assert page.holds(f"none of {m} examples is misclassified")
        return
    assert page.holds(f"{wrong} of {m} examples are misclassified")
    said = " ".join(page.texts)
    told = [said.index(word) for word in ("dog", "cat", "99 %")]
    assert told == sorted(told), "the true class, the predicted one, and how sure the model is"
    shown = min(wrong, count if tag == "img" else count - 1)
    assert (f"the {shown} most confident" in said) is (shown < wrong)


# ----------------------------------------------------------------------------------------- history


def titles_of(report):
    """Return the lines of each chart by its title."""
    found = {}
    for svg in re.findall(r"<svg.*?</svg>", report.html, re.DOTALL):
        root = ElementTree.fromstring(svg)
        names = [node.text for node in root.iter("{http://www.w3.org/2000/svg}title")]
        found.setdefault(root.get("aria-label"), []).extend(names)
    return found


def test_columns_of_the_same_thing_share_a_chart():
    names = ["train_loss", "dev_loss", "train_dev_loss", "lr", "test_f1", "activations/a"]
    columns = {"step": [10, 20], **{name: [1.0, 2.0] for name in names}}
    report = D.report(history=columns)
    assert titles_of(report) == {
        "loss": ["train_loss", "dev_loss", "train_dev_loss"],
        "lr": ["lr"],
        "f1": ["test_f1"],
        "activations": ["activations/a"],
    }
    assert Page(report.html).holds("step")


def test_norms_of_a_history_are_its_gradients():
    columns = {"loss": [1.0, 2.0], "gradients/lower": [1.0, 1.0], "gradients/last": [1e-9, 1e-9]}
    page = checked(D.report(history=columns))
    assert page.tags.count("section") == 2
    assert page.holds("vanishing") and page.holds("lower")
    given_norms = checked(D.report(history=columns, norms={"other": [1.0, 1.0]}))
    assert given_norms.holds("other") and not given_norms.holds("lower")
    alone = {name: column for name, column in columns.items() if name != "loss"}
    assert checked(D.report(history=alone)).tags.count("section") == 1


def test_many_layers_take_several_charts():
    norms = {f"layers[{i}]": [1.0, 2.0] for i in range(20)}
    report = D.report(norms=norms)
    assert len(titles_of(report)["norm of the gradient"]) == 20
    assert report.html.count("<svg") == 3


def test_a_history_with_columns_will_do():
    columns = {"loss": np.array([1.0, 0.5]), "seconds": tg.tensor([1, 2])}
    assert D.report(history=SimpleNamespace(columns=columns)).html == D.report(history=columns).html


# ---------------------------------------------------------------------------------- gradient health

HEALTH = [
    ([1.0, 1.1, 0.9], "fine"),
    ([1e-3] * 3, "fine"),
    ([300.0] * 3, "fine"),
    ([9e-5] * 3, "vanishing"),
    ([0.0, 0.0], "zero"),
    ([1.0, 1.0, 1.0, 101.0], "exploding"),
    ([1.0, 1.0, 1.0, 99.0], "fine"),
    ([1.0, math.nan, 1.0], "not finite from step 1"),
    ([math.inf], "not finite from step 0"),
]


@pytest.mark.parametrize(("norms", "verdict"), HEALTH, ids=str)
def test_gradient_health(norms, verdict):
    found = health({"a": np.array(norms), "largest": np.ones(3)})
    assert found[0].path == "a"
    assert found[0].verdict == verdict
    assert found[1].verdict == "fine"


# ---------------------------------------------------------------------------------------- bad input

BAD = [
    ({}, ArgumentError, "there is nothing to report; give it history=..."),
    ({"history": {}}, ArgumentError, "history is empty; leave it out"),
    ({"history": {"loss": []}}, ArgumentError, "history has no rows yet; train a step first"),
    ({"history": {"epoch": [1]}}, ArgumentError, "history holds nothing but 'epoch'"),
    ({"history": {"a": [1], "b": [1, 2]}}, ShapeError, "differ in length: a has 1, b has 2"),
    ({"history": {"a": ["x"]}}, DTypeError, r"history\['a'\] must be a list of numbers"),
    ({"history": {"a": [[1]]}}, DTypeError, r"history\['a'\] must be a list of numbers"),
    ({"history": {"a": [[1], [1, 2]]}}, ShapeError, r"history\['a'\]: ragged data"),
    ({"confusion": [[1], [1, 2]]}, ShapeError, "confusion: ragged data"),
    ({"confusion": np.zeros((0, 0))}, DTypeError, "confusion must be a square array of counts"),
    ({"history": {"a": [1], "epoch": [math.nan]}}, ArgumentError, r"\['epoch'\] must be finite"),
    ({"history": [1, 2]}, DTypeError, r"history must be a dict .* not \[1, 2\]"),
    ({"norms": {"a": 3}}, DTypeError, r"norms\['a'\] must be a list of numbers"),
    ({"ladder": 3}, DTypeError, r"ladder must be what tg.diagnose.ladder\(...\) returns, not 3"),
    ({"errors": 3}, DTypeError, r"errors must be what tg.diagnose.error_table\(...\) returns"),
    ({"misclassified": [3]}, DTypeError, r"misclassified must be what tg.diagnose.misclassified\("),
    ({"confusion": [1, 2]}, DTypeError, "confusion must be a square array of counts"),
    ({"confusion": [[1, 2]]}, DTypeError, "confusion must be a square array of counts"),
    ({"confusion": [["a"]]}, DTypeError, "confusion must be a square array of counts"),
    ({"confusion": [[math.nan]]}, DTypeError, "confusion must be a square array of counts"),
    ({"confusion": [[-1]]}, DTypeError, "confusion must be a square array of counts"),
    ({"picture": 3}, DTypeError, "picture must be SVG text or have a method svg, not 3"),
    ({"picture": "graph.svg"}, ArgumentError, "holds no <svg>; give the text of the picture"),
]


@pytest.mark.parametrize(("parts", "kind", "message"), BAD, ids=str)
def test_bad_input_is_refused_with_the_fix(parts, kind, message, tmp_path):
    with pytest.raises(kind, match=f"^report: .*{message}"):
        D.report(tmp_path / "report.html", **parts)
    assert not list(tmp_path.iterdir())


def test_a_plain_array_is_a_confusion_matrix():
    page = checked(D.report(confusion=[[3, 1], [0, 4]]))
    assert page.holds("true \\ predicted") and page.holds("4")
