"""Names that no encoding can hold, as of files in another one: half of a surrogate pair in them."""

import csv
import io

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train
from tensorgraph.display.tex_text import tex_text
from tensorgraph.drawing.picture import SUFFIXES

NAME = "caf\udce9\ud800x"
SHOWN = "caf��x"


class Model(nn.Module):
    def __init__(self):
        self.parts = {NAME: nn.Linear(3, 2, init=nn.init.constant(0.5))}
        setattr(self, NAME, tg.ones(2, requires_grad=True))

    def forward(self, x):
        return self.parts[NAME](x) + getattr(self, NAME)


@pytest.fixture(scope="module")
def pictures():
    x = tg.tensor(np.ones((2, 3)), requires_grad=True, name=NAME)
    return [tg.render((x * x).sum()), tg.render(Model(), tg.ones((2, 3)))]


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s not in (".png", ".pdf")])
def test_pictures_and_the_explorer_are_written(pictures, tmp_path, suffix):
    for picture in pictures:
        path = tmp_path / f"picture{suffix}"
        picture.save(path)
        shown = tex_text(SHOWN) if suffix == ".tex" else SHOWN
        assert shown in path.read_text(encoding="utf-8")


def test_cards_and_formulas_can_be_shown():
    x = tg.tensor(np.ones((2, 3)), requires_grad=True, name=NAME)
    derived = tg.derive((x * x).sum(), wrt=[x])
    for text in (x._repr_html_(), Model()._repr_html_(), str(derived), derived.latex()):
        assert text.encode().decode() == text
    assert SHOWN in x._repr_html_() and str(derived).startswith(f"d{SHOWN} = 2 {SHOWN}")


def test_a_model_and_its_training_are_saved_and_go_on(tmp_path):
    model = Model()
    x, y = np.ones((4, 3), np.float32), np.array([0, 1, 0, 1])
    history = train.fit(
        model,
        nn.losses.cross_entropy,
        optim.SGD(model.named_parameters(), lr=0.1),
        data.Batches(x, y, batch_size=2),
        (x, y),
        epochs=1,
        metrics={NAME: lambda logits, y: 0.25},
        checkpoint=tmp_path / "run.safetensors",
        progress=False,
    )
    history.to_csv(tmp_path / "history.csv")
    again = train.History.from_csv(tmp_path / "history.csv")
    assert again[f"dev_{SHOWN}"].tolist() == history[f"dev_{NAME}"].tolist() == [0.25]
    train.save(tmp_path / "model.safetensors", model=model)
    other = Model()
    train.load(tmp_path / "model.safetensors", model=other)
    assert np.array_equal(getattr(other, NAME), getattr(model, NAME))


def test_reports_and_sheets_of_errors_are_written(tmp_path):
    table = diagnose.error_table([NAME, "b"], [[NAME], []])
    table.to_csv(tmp_path / "errors.csv")
    text = (tmp_path / "errors.csv").read_text(encoding="utf-8-sig")
    assert [row[:2] for row in csv.reader(io.StringIO(text))][:2] == [
        ["example", SHOWN],
        [SHOWN, "1"],
    ]
    diagnose.report(title=NAME, errors=table).save(tmp_path / "report.html")
    assert SHOWN in (tmp_path / "report.html").read_text(encoding="utf-8")
