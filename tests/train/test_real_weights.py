"""Weights that others trained, from packages that have them, into layers of this library."""

import numpy as np

import tensorgraph as tg
from tests.machine.needs import needs
from tests.train.real_models import (
    G2P_NAMES,
    SILERO,
    SileroVAD,
    Speller,
    folder_of,
    pronounced,
    sound,
)

# What the same network in PyTorch gives, see test_torch_real_weights.py.
HEARD = [
    0.3966531, 0.919066, 0.949197, 0.9087365, 0.9820269, 0.9523227, 0.7799641, 0.3704055,
    0.1086572, 0.0439613, 0.1927577, 0.9607214, 0.9754304, 0.9833814, 0.9667385, 0.601329,
    0.5259821, 0.2424999, 0.059948, 0.0187173, 0.029645, 0.6642239, 0.7134904, 0.7790305,
    0.7995903, 0.7432166, 0.5548009, 0.268734, 0.1018935, 0.0358771, 0.0191528, 0.0157528,
]  # fmt: skip


@needs("silero_vad")
def test_silero_vad_by_the_names_in_its_file():
    for load in (lambda path, vad: tg.train.load(path, model=vad), tg.train.load_weights):
        vad, memory, heard = SileroVAD(), None, []
        load(folder_of("silero_vad") / SILERO, vad)
        with tg.no_grad():
            for piece in sound():
                speech, memory = vad(piece, memory)
                heard.append(speech.item())
        np.testing.assert_allclose(heard, HEARD, rtol=1e-4, atol=1e-5)


@needs("g2p_en")
def test_g2p_en_by_names_of_its_own():
    speller = Speller()
    report = tg.train.load_weights(
        folder_of("g2p_en") / "checkpoint20.npz", speller, rename=G2P_NAMES.get
    )
    assert report.whole and not report.converted and len(report.loaded) == 12
    assert pronounced(speller, "activationist") == "AE2 K T IH0 V EY1 SH AH0 N IH0 S T"
