"""The rows of the table: their lines run, their names are not here, and peers have them."""

import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.leads.attributes import ROOMS
from tensorgraph.leads.table import PEERS, keyword_leads, names
from tests.leads.samples import objects, variables

ROWS = (*names(), *keyword_leads())
PLACES = {lead.place: None for lead in names()}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savetxt("table.txt", np.ones((2, 2)))
    tg.train.save("model.safetensors", model=variables()["model"])


@pytest.mark.filterwarnings("ignore::tensorgraph.errors.UsageWarning")
@pytest.mark.parametrize("place", {lead.place: None for lead in ROWS})
def test_lines_run(place, folder):
    lines = {lead.line: lead.name for lead in ROWS if lead.place == place and lead.line}
    for line, name in lines.items():
        try:
            eval(line, variables())
        except Exception as error:
            pytest.fail(f"the line for {name}, {line}, raises {type(error).__name__}: {error}")


def test_what_a_note_names_is_there():
    for lead in ROWS:
        for path in re.findall(r"\btg(?:\.\w+)+", f"{lead.line} {lead.note}"):
            found = tg
            for name in path.split(".")[1:]:
                assert hasattr(found, name), f"{lead.place}: {lead.name} leads to {path}"
                found = getattr(found, name)


def test_a_row_says_something_and_names_its_peers():
    for lead in ROWS:
        assert lead.line or lead.note, lead
        assert set(lead.peers) <= PEERS.keys(), lead
        assert "\n" not in lead.told and len(lead.told) < 160, lead


def test_no_name_has_two_rows_at_a_place():
    keys = [(lead.place, lead.name) for lead in names()]
    keys += [("(", lead.place, lead.name, lead.keyword) for lead in keyword_leads()]
    assert [key for key in keys if keys.count(key) > 1] == []


def test_places_are_rooms_or_classes():
    assert set(PLACES) - set(ROOMS) - {"np"} == objects().keys()


@pytest.mark.parametrize("place", [place for place in PLACES if place != "np"])
def test_names_are_not_here_and_are_told(place):
    owner = objects()[place] if place in objects() else eval(place, {"tg": tg})
    for lead in names():
        if lead.place == place:
            with pytest.raises(AttributeError) as caught:
                getattr(owner, lead.name)
            assert str(caught.value).endswith(f"{lead.name!r}; {lead.told}")


def test_numpy_has_the_names_that_are_said_to_be_its():
    gone = {"alltrue", "itemset", "ptp", "row_stack", "trapz"}  # in NumPy 2, not in habits
    newer = {
        "cumulative_prod",
        "cumulative_sum",
        "matvec",
        "unstack",
        "vecmat",
    }  # than the oldest NumPy
    modules = [np, np.linalg, np.fft, np.random, np.testing, np.lib.stride_tricks]
    drawing = set(dir(np.random.Generator))
    has = {"Tensor": set(dir(np.ndarray)), "tg.random": drawing, "Generator": drawing}
    anywhere = set().union(*map(dir, modules)) | gone | newer
    for lead in names():
        if "N" in lead.peers:
            assert lead.name in has.get(lead.place, set()) | anywhere, lead
