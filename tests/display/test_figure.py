"""Pictures where matplotlib is not installed: results are there as arrays and text all the same."""

import sys

import numpy as np
import pytest

import tensorgraph as tg

X, Y = tg.data.toy.moons(20)
MODEL = tg.nn.Linear(2, 2)
RESULTS = {
    "surface": lambda: tg.diagnose.cost_surface(MODEL, tg.nn.losses.cross_entropy, (X, Y), steps=3),
    "histograms": lambda: tg.diagnose.activation_histograms(MODEL, X),
    "images": lambda: tg.diagnose.weight_images(np.eye(9)),
    "paths": lambda: tg.optim.descent_paths(np.hypot, (1, 2), tg.optim.Adam, 3),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_need_no_matplotlib(name, monkeypatch):
    for module in [m for m in sys.modules if m.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    found = RESULTS[name]()
    assert str(found) and "<" in found._repr_html_()
    with pytest.raises(ImportError, match=r"pip install 'tensorgraph-engine\[train\]'"):
        found.plot()
    with pytest.raises(ImportError, match=r"pip install 'tensorgraph-engine\[train\]'"):
        tg.diagnose.decision_boundary(MODEL, X, Y)
