"""The README leads with a recording of the explorer, which ``make playback`` makes."""

import re
from pathlib import Path

from PIL import Image

from tests.drawing.playback import RECORDING, network

ROOT = Path(__file__).parents[2]


def test_the_recording_is_animated_and_small():
    scene = network().scene
    with Image.open(RECORDING) as recording:
        assert recording.n_frames == len(scene.forward) + len(scene.backward)
        assert recording.width >= 1600, "sharp at the width of a README, on any screen"
    assert RECORDING.stat().st_size <= 300_000


def test_the_recording_ends_with_the_formulas_of_the_course():
    formulas = {text for _, text in network()._explained.derived["gradients"].values()}
    assert {"dW2 = dZ2 A1ᵀ", "db2 = Σ₁ dZ2", "dW1 = dZ1 Xᵀ", "db1 = Σ₁ dZ1"} <= formulas


def test_the_readme_leads_with_it_and_says_what_is_seen():
    opening = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    (src, alt) = re.search(r'<img src="(.+?)" .*alt="(.+?)">', opening).groups()
    assert ROOT / src == RECORDING
    assert "forward" in alt and "backward" in alt
