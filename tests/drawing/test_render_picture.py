"""Pictures: the formats, what is written in them, and what stands in their way."""

import inspect
import os
import shutil
import subprocess
import sys
import threading
import urllib.request
import weakref
import webbrowser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors, nn
from tensorgraph.drawing import Picture
from tensorgraph.drawing.formats import browser, run_graphviz as graphviz
from tensorgraph.drawing.formats.lengths import Size
from tensorgraph.drawing.picture import SUFFIXES
from tests.drawing.render_cases import CASES, HOSTILE, constant
from tests.machine.needs import needs

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def loss():
    x = tg.tensor([1.0, 2.0], requires_grad=True, name="x")
    return (x * x).sum()


# ------------------------------------------------------------------------------------ golden files


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", ["svg", "dot"])
def test_pictures_are_as_they_were(name, kind):
    """Set UPDATE_GOLDEN=1 after a change that is meant, run this test, and look at the files."""
    picture = CASES[name]()
    text = getattr(picture, kind)()
    file = GOLDEN / f"{name}.{kind}"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


# ----------------------------------------------------------------------------------- what it keeps


def rendered(layers):
    """Return a picture, and what of the function that made it is still there."""
    data, x = np.ones((3, 4)), tg.tensor(constant((3, 4)), requires_grad=True)
    for _ in range(layers):
        x = tg.tanh(x)
    kept = {"variables": weakref.ref(data), "graph": weakref.ref(x._data)}
    return tg.render((x * x).sum()), lambda: {
        name for name, array in kept.items() if array() is not None
    }


@pytest.mark.parametrize("layers, needed", [(2, {"graph", "variables"}), (60, {"graph"})])
def test_a_picture_keeps_only_what_the_explorer_still_needs(layers, needed):
    picture, kept = rendered(layers)
    assert kept() == needed
    page = picture.html()
    assert not kept(), "all that is told is plain data"
    assert picture.html() == page and picture.svg()


def test_a_picture_that_goes_takes_its_graph_with_it():
    picture, kept = rendered(2)
    picture.svg()
    del picture
    assert not kept()


# ---------------------------------------------------------------------------------------- formats


def test_a_notebook_shows_svg(loss):
    picture = tg.render(loss, engine="own")
    assert picture._repr_svg_() == picture.svg()
    bundle = picture._repr_mimebundle_()
    assert bundle == {"image/svg+xml": picture.svg(), "text/plain": repr(picture)}
    assert repr(picture) == "<picture of loss: 3 boxes, 2 operations>"
    ElementTree.fromstring(picture.svg())


@needs("dot")
def test_graphviz_draws_where_it_is_asked_for(loss, tmp_path):
    picture = tg.render(loss, engine="dot")
    text = picture.svg()
    assert text.startswith("<svg") and "∂x" in text and "graph" in text
    ElementTree.fromstring(text)
    for suffix, start in ((".png", b"\x89PNG"), (".pdf", b"%PDF")):
        picture.save(tmp_path / f"x{suffix}", width="50mm")
        assert (tmp_path / f"x{suffix}").read_bytes().startswith(start)


def no_graphviz(*_, **__):
    raise AssertionError("Graphviz was run")


def test_nothing_needs_graphviz_unless_it_is_asked_for(loss, tmp_path, monkeypatch):
    monkeypatch.setattr(graphviz.subprocess, "run", no_graphviz)
    starts = {
        ".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF", ".tex": b"%", ".mmd": b"flowchart",
        ".dot": b"digraph picture {", ".HTML": b"<!doctype", ".json": b"{", ".graphml": b"<?xml",
    }  # fmt: skip
    for suffix, start in starts.items():
        tg.render(loss, title="").save(tmp_path / f"x{suffix}")
        assert (tmp_path / f"x{suffix}").read_bytes().startswith(start), suffix
    assert {suffix.lower() for suffix in starts} == set(SUFFIXES)


def test_without_graphviz_the_way_out_is_said(loss, tmp_path, monkeypatch):
    monkeypatch.setattr(graphviz.shutil, "which", lambda *_, **__: None)
    picture = tg.render(loss, engine="dot")
    ways = {".png": r"tensorgraph-engine\[dot\]", ".pdf": "apt install graphviz"}
    for suffix, install in ways.items():
        with pytest.raises(ImportError, match=rf"{install}.*engine='own' needs neither"):
            picture.save(tmp_path / f"y{suffix}")
    with pytest.raises(ImportError, match="asked for by engine='dot'"):
        picture.svg()
    assert not list(tmp_path.iterdir())


def stand_in(tmp_path, monkeypatch, script):
    """Put a program in the place of ``dot``."""
    program = tmp_path / "dot"
    program.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)


def test_where_graphviz_fails_it_is_said(loss, tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "import sys; sys.exit('out of memory')")
    with pytest.raises(errors.GraphError, match=r"failed: out of memory; write engine='own'"):
        tg.render(loss, engine="dot").svg()


def test_graphviz_does_not_run_for_ever(loss, tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(graphviz, "PATIENCE", 0.2)
    with pytest.raises(errors.GraphError, match=r"did not finish.*max_nodes.*engine='own'"):
        tg.render(loss, engine="dot").save(tmp_path / "x.png")


def test_graphviz_pure_draws_no_pdf(loss, tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "import sys; sys.exit('no such format')")
    pure = tmp_path / "graphviz-pure"
    (tmp_path / "dot").rename(pure)
    monkeypatch.setattr(graphviz, "program", lambda: str(pure))
    with pytest.raises(ImportError, match=r"graphviz-pure draws no PDF.*engine='own'"):
        tg.render(loss, engine="dot").save(tmp_path / "x.pdf")


@pytest.mark.parametrize("name", ["x.jpg", "x", "svg", ".svg"])
def test_other_formats_are_named(loss, name, tmp_path):
    with pytest.raises(errors.ArgumentError, match=r"saved as \.svg, \.png, .*\.graphml, not"):
        tg.render(loss).save(tmp_path / name)


def test_a_run_is_shown_by_the_explorer_only(loss, tmp_path):
    watch = nn.Watch(nn.Linear(2, 1))
    with pytest.raises(errors.ArgumentError, match=r"the explorer shows a run, \.svg does not"):
        tg.render(loss).save(tmp_path / "x.svg", run=watch)
    assert not list(tmp_path.iterdir())
    with pytest.raises(
        errors.DTypeError, match=r"run is the nn\.Watch of a training run, .* not 3"
    ):
        tg.render(loss).html(run=3)


@pytest.mark.parametrize(
    "option, message",
    [
        ({"direction": "up"}, "render: direction is one of 'down', 'right', not 'up'"),
        ({"color_by": "colour"}, "render: color_by is one of 'family', .*, not 'colour'"),
        ({"engine": "neato"}, "render: engine is one of 'own', 'dot', not 'neato'"),
        ({"theme": "solarized"}, "render: theme is one of 'auto', 'light', .*, not 'solarized'"),
        ({"font": 12}, "render: font is a text, not 12; write font='Helvetica'"),
        ({"font_size": 0}, "render: font_size is above 0, not 0"),
        ({"title": 3}, "render: title is a text, not 3"),
        ({"show": ["ops"]}, "render: show is one of 'op', 'name', 'shape', 'dtype', not 'ops'"),
        ({"show": []}, r"render: show is what stands in a box.*write show=\['op', 'shape'\]"),
        ({"legend": "below"}, "render: legend is True or False, not 'below'"),
        ({"backward": 1}, "render: backward is True or False, not 1"),
        ({"values": "all"}, "render: values is True or False, not 'all'"),
        ({"depth": -1}, "render: depth is at least 0, not -1"),
        ({"depth": True}, "render: depth is an integer, not True"),
        ({"max_nodes": 0}, "render: max_nodes is at least 1, not 0"),
        ({"max_nodes": 2.5}, "render: max_nodes is an integer, not 2.5"),
    ],
)
def test_options_have_their_values(loss, option, message):
    with pytest.raises(errors.ArgumentError, match=message):
        tg.render(loss, **option)


# ------------------------------------------------------------------------------- what is written


def test_the_forward_pass_alone(loss):
    view = tg.render(loss, backward=False).view
    assert not view.mirror and not any(t.gradient for t in view.tiles)
    assert {link.kind for link in view.links} == {"data"}
    assert "∂" not in tg.render(loss, backward=False).dot()


def told(tile):
    return tile.gradient.title, tile.gradient.shape, tile.gradient.lines


def test_gradients_say_what_they_are():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    total = y.sum()
    tiles = {t.title: t for t in tg.render(total).view.tiles}
    (product,) = [t for title, t in tiles.items() if title.startswith("y =")]
    assert told(product) == ("∂y", (2,), ())
    assert told(tiles["total = Σ"]) == ("∂total", (), ("= 1, where it starts",))
    (leaf,) = product.docked
    assert told(leaf) == ("∂x", (2,), ("sum of 2", "not computed"))
    total.backward(retain_graph=True)
    view = tg.render(total).view
    assert view.tiles[0].docked[0].gradient.lines == ("sum of 2",)
    shown = tg.render(total, values=True).view.tiles[0].docked[0]
    assert shown.gradient.lines == ("sum of 2", "3 ± 1", "2 … 4") and "1.5 ± 0.5" in shown.lines


def test_a_parameter_without_gradient_says_not_computed():
    rules = {"x": lambda g: g, "y": tg.NONDIFF}
    first = tg.op("first", lambda x, y: x + 0 * y, rules)
    x = tg.tensor([1.0], requires_grad=True)
    w = tg.tensor([1.0], requires_grad=True)
    (tile,) = tg.render(first(x, w)).view.tiles
    assert [(leaf.title, *told(leaf)) for leaf in tile.docked] == [
        ("x", "∂x", (1,), ("not computed",)), ("w", "not computed", (), ()),
    ]  # fmt: skip


def test_nan_and_infinity_stand_out():
    x = tg.tensor([0.0, 1.0], requires_grad=True)
    y = tg.log(x)
    z = (y - y).sum()
    tiles = {t.title: t for t in tg.render(z, values=True).view.tiles}
    (leaf,) = tiles["y = log"].docked
    assert tiles["y = log"].warn == "inf" and leaf.warn == "nan"  # of its gradient: 0 / 0
    assert "1 inf" in tiles["y = log"].lines and "1 NaN" in tiles["z = Σ"].lines
    assert "⚠ nan" in tg.render(z, values=True).dot()
    both = tg.log(tg.tensor([-1.0], requires_grad=True))
    view = tg.render(both * float("inf"), values=True).view
    assert view.tiles[0].warn == "nan"  # its gradient is infinite


def test_saved_values_lead_to_the_gradient_that_reads_them():
    x = tg.tensor([1.0], requires_grad=True)
    a = tg.exp(x)
    b = tg.sin(a)
    view = tg.render(b).view
    saved = {(k.source, k.target, k.label) for k in view.links if k.kind == "saved"}
    assert saved == {(0, 0, "out"), (0, 1, "x")}
    assert view.links[-1].kind == "saved" and "style=dashed" in tg.render(b).dot()


@pytest.mark.parametrize("color_by, scale", [
    ("bytes", "4 B … 4 kB"), ("grad", "1 … "), ("time", "s"), ("module", ""), ("family", ""),
])  # fmt: skip
def test_what_colours_a_picture(color_by, scale):
    x = tg.tensor(np.ones(1000, np.float32), requires_grad=True)
    loss = tg.exp(x).sum().astype("float64")
    view = tg.render(loss, color_by=color_by).view
    written = f"{view.scale.low} … {view.scale.high}" if view.scale else ""
    assert scale in written and bool(scale) == bool(view.scale)
    tones = [t.tone for t in view.tiles]
    if color_by == "bytes":
        assert tones[0] == "heat7" and "heat0" <= tones[-1] < tones[0]
    elif scale:
        docked = {d.tone for t in view.tiles for d in t.docked}
        assert {"heat0", "heat7"} <= {*tones, *docked}
    else:
        assert not any(tone.startswith("heat") for tone in tones)


def test_modules_have_hues():
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))
    view = tg.render(model, constant((2, 3)), color_by="module").view
    assert [t.tone for t in view.tiles if t.kind == "op"] == ["hue1", "hue2", "hue3"]
    outside = tg.render(model(constant((2, 3))).sum() * 2, color_by="module").view
    assert [t.tone for t in outside.tiles if t.kind == "op"][-2:] == ["module", "module"]
    assert [key.word for key in outside.keys] == [
        "model.layers[0]", "model.layers[1]", "model.layers[2]", "constant"
    ]  # fmt: skip
    assert [key.tone for key in outside.keys] == ["hue1", "hue2", "hue3", "constant"]


def test_a_leaf_that_many_take_is_drawn_on_each():
    w = tg.tensor([1.0], requires_grad=True)
    y = tg.tensor([2.0], requires_grad=True)
    for k in range(6):
        y = y * w + float(k)
    tiles = tg.render(y).view.tiles
    takers = [t for t in tiles for d in t.docked if d.title == "w"]
    assert len(takers) == 6
    first, *others = [d for t in takers for d in t.docked if d.title == "w"]
    assert told(first)[:2] == ("∂w", (1,)) and not any(d.gradient for d in others)


# ------------------------------------------------------------------------------------ hostile names


@pytest.mark.parametrize("engine", ["own", pytest.param("dot", marks=needs("dot"))])
def test_a_hostile_name_is_text(engine):
    x = tg.tensor([1.0, 0.0], requires_grad=True, name=HOSTILE)
    y = tg.exp(x)
    picture = tg.render(y.sum(), engine=engine)
    root = ElementTree.fromstring(picture.svg())
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "b"}
    told = " ".join("".join(root.itertext()).split())
    assert "</script>" in told and '"1"' in told and "&amp;" in told


@pytest.mark.parametrize(
    "name", ["<b>", "<", "a>", "\\", "\\n", '"', "'", "&lt;", "\x00\x1b", "{}|"]
)
def test_every_name_gives_a_well_formed_picture(name):
    x = tg.tensor([1.0], requires_grad=True, name=name)
    z = tg.exp(x)
    z.name = name
    picture = tg.render(z * 2, engine="own", values=True)
    ElementTree.fromstring(picture.svg())
    if graphviz.program():
        ElementTree.fromstring(graphviz.drawn(picture.dot(), "svg", Size()))


# ------------------------------------------------------------------------------------------ showing


def test_show_hands_the_page_to_a_browser(loss, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    pages, threads = [], []

    def fetch(address):
        def get():
            with urllib.request.urlopen(address) as answer:
                pages.append(answer.read().decode())

        threads.append(threading.Thread(target=get))
        threads[0].start()
        return True

    monkeypatch.setattr(webbrowser, "open", fetch)
    picture = tg.render(loss)
    picture.show()
    threads[0].join()
    assert pages and pages[0].startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == []


def test_show_without_a_browser_says_what_to_write(loss, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    with pytest.raises(errors.GraphError, match=r"\.save\('graph.html'\)"):
        tg.render(loss).show()
    monkeypatch.setattr(webbrowser, "open", lambda _: True)
    monkeypatch.setattr(browser, "PATIENCE", 0.05)
    with pytest.raises(errors.GraphError, match="no browser asked"):
        tg.render(loss).show()


def test_help_shows_the_function_not_a_room(loss):
    assert inspect.isfunction(tg.render)
    assert "Args:" in tg.render.__doc__
    assert isinstance(tg.render(loss), Picture)


# --------------------------------------------------------------------------------- a training run


def test_the_norms_of_a_run(tmp_path):
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1))
    watch = nn.Watch(model)
    for k in range(70):
        with watch:
            model.zero_grad()
            (model(constant((4, 3))).sum() * (float("inf") if k == 5 else 1.0)).backward()
    picture = tg.render(watch)
    assert repr(picture) == "<picture of 70 steps of Sequential>"
    root = ElementTree.fromstring(picture.svg())
    tips = [e.text for e in root.iter() if e.tag.endswith("title")]
    assert len(tips) == 60 * (len(watch.activations) + len(watch.gradients))
    assert (
        any(t.startswith("layers.0, step 1: ") for t in tips)
        and "layers.2, step 70" in picture.svg()
    )
    for suffix in (".svg", ".png", ".pdf", ".tex", ".html"):
        picture.save(tmp_path / f"run{suffix}")
    for suffix in (".dot", ".mmd", ".json", ".graphml"):
        with pytest.raises(errors.ArgumentError, match=r"no graph.*\.svg, .* or \.html"):
            picture.save(tmp_path / f"run{suffix}")
    loss = model(constant((4, 3))).sum()
    assert len(tg.render(loss).html(run=watch)) > len(tg.render(loss).html())


# -------------------------------------------------------------------------------------------- cards


def test_card_of_a_tensor():
    w = tg.tensor(constant((4, 100)), requires_grad=True, name="<w>")
    card = w._repr_html_()
    ElementTree.fromstring(card)
    for part in ("&lt;w&gt;", "parameter", "(4, 100) float32", "1.6 kB", "not computed", "<rect"):
        assert part in card
    (w * 2.0).sum().backward()
    assert "gradient: 2 ± 0" in w._repr_html_() and "not computed" not in w._repr_html_()
    layer = nn.Linear(100, 2)
    assert "result of linear in model Linear" in layer(w)._repr_html_()
    for odd in (tg.tensor(3), tg.zeros((0, 2)), tg.tensor([True]), tg.tensor(np.nan)):
        ElementTree.fromstring(odd._repr_html_())
    assert len(tg.zeros((300, 300))._repr_html_()) < 3000


def test_card_of_a_module():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    card = model._repr_html_()
    ElementTree.fromstring(card)
    for part in ("<b>Sequential</b> · 15 parameters", "layers[0]", "Linear(4 → 3", "ReLU()"):
        assert part in card
    many = nn.Sequential(*(nn.ReLU() for _ in range(50)))
    assert "… and 20 more" in many._repr_html_()


# -------------------------------------------------------------------------------------- the wheel


def test_the_wheel_holds_all_that_pictures_need(tmp_path):
    root = Path(__file__).parents[2]
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, source)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "tensorgraph", source / "tensorgraph", ignore=ignore)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    plain = ["--no-deps", "--no-build-isolation", "--no-index"]
    quiet = {"check": True, "capture_output": True, "text": True}
    subprocess.run([*pip, "wheel", *plain, "-w", str(tmp_path), str(source)], **quiet)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    subprocess.run([*pip, "install", *plain, "--target", str(installed), str(wheel)], **quiet)
    program = (
        "import sys, tensorgraph as tg\n"
        f"assert tg.__file__.startswith({str(installed)!r}), tg.__file__\n"
        "p = tg.render((tg.ones(2, requires_grad=True) * 2).sum())\n"
        "p.save('x.svg'); p.save('x.html'); p.save('x.dot')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "x.html").read_text(encoding="utf-8")) > 10_000
