"""Operators of text, against onnxruntime, scikit-learn and what the standard says."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, strategies as st
from onnx import helper
from sklearn.feature_extraction.text import CountVectorizer

import tensorgraph as tg
from tensorgraph.errors import OnnxError
from tests.onnx.networks import MICROSOFT, load_operator, model, session_of, value

TEXTS = np.array(["the cat sat", "on a  mat", "", "Üben, üben!"], object)


def of_text(kind, x, outputs=1, **attributes):
    """Return a model of one operator of a table of text."""
    results = [f"y{i}" for i in range(outputs)]
    made = helper.make_node(kind, ["x"], results, **attributes)
    told = [helper.make_empty_tensor_value_info(name) for name in results]
    network = model([made], [value("x", x.shape, 8)], told, opset=20, ir_version=9)
    network.opset_import.append(helper.make_opsetid(MICROSOFT, 1))
    return network


@pytest.mark.parametrize("mark", [0, 1])
@pytest.mark.parametrize(
    "how", [{"tokenexp": r"\w\w+"}, {"separators": [r"\s+"]}, {"separators": [""]},
            {"separators": [" ", "[aeiou]"], "mincharnum": 2}],
)  # fmt: skip
def test_texts_are_taken_apart(how, mark):
    told = {"domain": MICROSOFT, "pad_value": "#", "mincharnum": 1, "mark": mark} | how
    x = TEXTS[[0, 1]]  # in the tables of onnxruntime, letters beyond ASCII are no words
    network = of_text("Tokenizer", x, **told)
    [wanted] = session_of(network).run(None, {"x": x})
    assert tg.onnx.load(network)(x).tolist() == wanted.tolist()


@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=8), min_size=1, max_size=3))
def test_runs_of_words_are_counted_as_in_scikit_learn(rows):
    """Single words and pairs."""
    words = np.array([row + ["-"] * (8 - len(row)) for row in rows], object)
    pairs = [(a, b) for a in "abcd" for b in "abcd"]
    counter = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+",
                              vocabulary=[*"abcd", *(f"{a} {b}" for a, b in pairs)])  # fmt: skip
    wanted = counter.transform([" ".join(row) for row in rows]).toarray()
    pool = [*"abcd", *(word for pair in pairs for word in pair)]
    weights = np.linspace(0.5, 2, 20).tolist()
    for mode, expected in {"TF": wanted, "IDF": (wanted > 0) * np.float32(weights),
                           "TFIDF": wanted * np.float32(weights)}.items():  # fmt: skip
        network = of_text(
            "TfIdfVectorizer", words, mode=mode, min_gram_length=1, max_gram_length=2,
            max_skip_count=0, ngram_counts=[0, 4], ngram_indexes=range(20), pool_strings=pool,
            weights=weights,
        )  # fmt: skip
        np.testing.assert_allclose(tg.onnx.load(network)(words).data, expected, rtol=1e-6)


def test_pairs_may_leave_words_out():
    told = {"mode": "TF", "min_gram_length": 2, "max_gram_length": 2, "ngram_counts": [0, 0],
            "ngram_indexes": [1, 0], "pool_int64s": [1, 3, 1, 4]}  # fmt: skip
    x = np.array([1, 2, 3, 4])
    for skips, wanted in ((0, [0, 0]), (1, [0, 1]), (2, [1, 1])):
        made = model(
            [helper.make_node("TfIdfVectorizer", ["x"], ["y"], max_skip_count=skips, **told)],
            [value("x", [4], 7)], [value("y", [2])],
        )  # fmt: skip
        [theirs] = onnxruntime.InferenceSession(made.SerializeToString()).run(None, {"x": x})
        assert tg.onnx.load(made)(x).tolist() == theirs.tolist() == wanted


def test_pools_that_hold_no_runs_are_refused():
    told = {"mode": "TF", "min_gram_length": 2, "max_gram_length": 2, "max_skip_count": 0}
    for starts in ([0, 1], [0, 9], [0, -1]):
        with pytest.raises(OnnxError, match="are no starts in a pool of 4"):
            load_operator("TfIdfVectorizer", np.array([1, 2]), ngram_counts=starts,
                          ngram_indexes=[0, 1], pool_int64s=[1, 3, 1, 4], **told)  # fmt: skip
    with pytest.raises(OnnxError, match="at most 268435456 elements"):
        load_operator("TfIdfVectorizer", np.array([1, 2]), ngram_counts=[0, 0],
                      ngram_indexes=[0, 2**40], pool_int64s=[1, 3, 1, 4], **told)  # fmt: skip


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|b)*", "(a|b){2,}"])
def test_regular_expressions_that_repeat_a_group_are_refused(pattern):
    """Some take time without end."""
    with pytest.raises(OnnxError, match="repeats a group, which is not known"):
        tg.onnx.load(of_text("RegexFullMatch", TEXTS, pattern=pattern))(TEXTS)
    with pytest.raises(OnnxError, match=r"the regular expression '\(': missing"):
        tg.onnx.load(of_text("RegexFullMatch", TEXTS, pattern="("))(TEXTS)


def test_words_that_stop_are_left_out():
    x = np.array(["The", "cat", "THE"], object)
    told = {"stopwords": ["the"], "case_change_action": "UPPER"}
    assert tg.onnx.load(of_text("StringNormalizer", x, **told))(x).tolist() == ["CAT"]
    told = {"stopwords": ["the"], "is_case_sensitive": 1}
    assert tg.onnx.load(of_text("StringNormalizer", x, **told))(x).tolist() == x.tolist()
    with pytest.raises(OnnxError, match="known are NONE, LOWER, UPPER"):
        tg.onnx.load(of_text("StringNormalizer", x, case_change_action="?"))(x)
