"""The drawing as SVG, PDF, PNG and TikZ: one layout, in the size and type that are asked for."""

import json
import re
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

import tensorgraph as tg
from tensorgraph import errors, nn
from tensorgraph.display.tex_text import tex_text
from tensorgraph.drawing.formats.lengths import Size, length
from tensorgraph.drawing.formats.shapes import Drawing, Group, Path, Rect, Text
from tensorgraph.drawing.formats.to_tikz import to_tikz
from tensorgraph.drawing.palette import THEMES
from tests.drawing.gallery import PICTURES
from tests.drawing.render_cases import CASES, HOSTILE, constant
from tests.machine.needs import needs

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def loss():
    x = tg.tensor([1.0, 2.0], requires_grad=True, name="x")
    return (x * x).sum()


@pytest.fixture(scope="module")
def derived():
    x = tg.tensor(constant((5, 3)), name="x")
    w = tg.tensor(constant((3,)), requires_grad=True)
    z = x @ w
    return tg.derive((z * z).mean(), wrt=[w])


def texts(svg):
    return ["".join(e.itertext()) for e in ElementTree.fromstring(svg).iter(f"{SVG}text")]


# ------------------------------------------------------------------------------------------ sizes


def shown_size(path):
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    return float(root.get("width")), float(root.get("height"))


def test_a_picture_is_as_wide_or_high_as_is_asked_for(loss, tmp_path):
    picture, path = tg.render(loss), tmp_path / "x.svg"
    drawing = picture.drawing
    ratio = drawing.height / drawing.width
    for asked, width in (
        ({"width": "3in"}, 288),
        ({"width": "127mm"}, 480),
        ({"height": "7.2 cm"}, 7.2 * 96 / 2.54 / ratio),
        ({"width": "10in", "height": "72pt"}, 96 / ratio),
        ({"width": "100px", "height": "10in"}, 100),
    ):
        picture.save(path, **asked)
        assert shown_size(path) == pytest.approx((width, width * ratio), abs=0.2)


def test_pdf_and_png_have_their_sizes(loss, tmp_path):
    picture = tg.render(loss)
    picture.save(tmp_path / "x.pdf", width="85mm")
    (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) [\d.]+ \]", (tmp_path / "x.pdf").read_bytes())
    assert float(box) == pytest.approx(85 / 25.4 * 72, abs=0.1)
    for dpi in (100, 300):
        picture.save(tmp_path / "x.png", width="2in", dpi=dpi)
        with Image.open(tmp_path / "x.png") as image:
            assert image.width == 2 * dpi
            assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.1)


def test_the_titles_of_boxes_have_the_size_that_is_asked_for(loss, tmp_path):
    at_first, double = (
        ElementTree.fromstring(tg.render(loss, **size).svg()) for size in ({}, {"font_size": 19.5})
    )
    assert float(double.get("width")) == pytest.approx(2 * float(at_first.get("width")), abs=0.2)
    assert double.get("viewBox") == at_first.get("viewBox")


@pytest.mark.parametrize("wrong", ["85", 85, "wide", "-3mm", "0mm", "3 miles", "mm", "1.2.3in"])
def test_a_length_has_a_unit(loss, tmp_path, wrong):
    message = r"save: width is a length above 0 in mm, cm, in, pt, px, such as '85mm' or '3.3in'"
    with pytest.raises(errors.ArgumentError, match=message):
        tg.render(loss).save(tmp_path / "x.svg", width=wrong)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".html", ".dot", ".mmd", ".json", ".graphml"])
def test_data_have_no_width(loss, tmp_path, suffix):
    message = rf"save: {suffix} has no width or height; \.svg, \.pdf, \.png and \.tex have"
    with pytest.raises(errors.ArgumentError, match=message):
        tg.render(loss).save(tmp_path / f"x{suffix}", width="85mm")


@given(st.floats(0.01, 1e4), st.sampled_from(["mm", "cm", "in", "pt", "px"]))
def test_lengths_are_those_of_css(number, unit):
    inches = {"mm": 1 / 25.4, "cm": 1 / 2.54, "in": 1.0, "pt": 1 / 72, "px": 1 / 96}[unit]
    found = length(f"{number:.4f}{unit}", "width")
    assert found == pytest.approx(float(f"{number:.4f}") * 96 * inches)
    assert Size(width="1in", height=f"{found}px").scale(96.0, found / 2) == pytest.approx(1.0)


# ---------------------------------------------------------------------------------------- options


def test_what_stands_in_a_box_is_chosen():
    x = tg.tensor(constant((2, 3)), name="x")
    W = tg.tensor(constant((3, 4)), requires_grad=True)
    Z = x @ W

    def words(*show):
        return set(texts(tg.render(Z, show=show, legend=False, title="").svg()))

    assert {"Z = @", "matmul", "(2, 4) float32", "W", "(3, 4)"} <= words(
        "op", "name", "shape", "dtype"
    )
    named = words("name")
    assert {"Z", "W", "∂Z"} <= named and not named & {"matmul", "(2, 4)", "float32"}
    assert {"@", "matmul", "(2, 4)"} <= words("op", "shape")
    assert "float32" in words("op", "dtype") and "Z" not in words("op", "dtype")


def test_a_name_that_is_no_path_is_drawn_whole():
    rate = tg.tensor(0.5, requires_grad=True, name="lr=0.01")
    ratio = tg.tensor([1.0], requires_grad=True, name="v1.5")
    found = texts(tg.render(rate * ratio).svg())
    assert "lr=0.01 = 0.5" in found and "∂lr=0.01" in found and "v1.5" in found
    model = nn.Sequential(nn.Linear(2, 2))
    assert "weight" in texts(tg.render(model(tg.ones((1, 2)))).svg())


WRITTEN = [".svg", ".tex", ".dot", ".mmd", ".json", ".graphml"]


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_value_that_is_in_the_name_is_not_written_again(suffix, tmp_path):
    rate = tg.tensor(0.01, requires_grad=True, name="lr=0.01")
    tg.render(rate * tg.tensor(2.0, name="k = 2")).save(tmp_path / f"x{suffix}")
    found = (tmp_path / f"x{suffix}").read_text(encoding="utf-8")
    assert "lr=0.01" in found and "k = 2" in found
    assert "= 0.01" not in found and "k = 2 = 2" not in found


@pytest.mark.parametrize("suffix", WRITTEN)
def test_what_a_module_calls_itself_is_no_input(suffix, tmp_path):
    class Net(nn.Module):
        def forward(this, image):
            return tg.tanh(image)

    tg.render(Net(), constant((2, 3))).save(tmp_path / f"x{suffix}")
    written = (tmp_path / f"x{suffix}").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", re.sub("^%.*", "", written, flags=re.MULTILINE)))
    assert "image" in words and "this" not in words


def test_title_and_legend_can_be_left_out(loss):
    assert {"loss", "elementwise"} <= set(texts(tg.render(loss).svg()))
    assert "Squares" in texts(tg.render(loss, title="Squares").svg())
    bare = texts(tg.render(loss, title="", legend=False).svg())
    assert not {"loss", "elementwise", "kept for backward"} & set(bare)
    assert "elementwise" in tg.render(loss).dot()
    assert "elementwise" not in tg.render(loss, legend=False).dot()


def test_a_font_comes_before_others(loss, tmp_path):
    svg = ElementTree.fromstring(tg.render(loss, font="Fira Sans").svg())
    assert svg.get("font-family").startswith("Fira Sans,")
    assert 'fontname="Fira Sans,' in tg.render(loss, font="Fira Sans").dot()
    tg.render(loss, font="serif").save(tmp_path / "x.pdf")
    with pytest.raises(errors.ArgumentError, match="font='No Such Font' is not installed here"):
        tg.render(loss, font="No Such Font").save(tmp_path / "y.pdf")
    assert not (tmp_path / "y.pdf").exists()


# -------------------------------------------------------------------------------------- PDF, PNG


def test_the_text_of_a_pdf_is_text_in_fonts_of_its_own(loss, tmp_path):
    for name in ("a", "b"):
        tg.render(loss).save(tmp_path / f"{name}.pdf")
    data = (tmp_path / "a.pdf").read_bytes()
    assert data == (tmp_path / "b.pdf").read_bytes()
    assert data.count(b"/FontFile2") >= 2  # sans and mono, whole outlines
    assert b"/ToUnicode" in data and b"/Subtype /Type3" not in data


def colour_at(image, x, y):
    return "#" + bytes(image.getpixel((round(x), round(y)))[:3]).hex()


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_a_png_has_the_colours_of_its_theme(loss, tmp_path, theme):
    picture = tg.render(loss, theme=theme)
    picture.save(tmp_path / "x.png", dpi=96)
    with Image.open(tmp_path / "x.png") as opened:
        image = opened.convert("RGB")
    colours = THEMES[theme].colours
    assert colour_at(image, 3, image.height / 2) == colours["paper"]
    for group in picture.drawing.shapes:
        for shape in getattr(group, "shapes", ()):
            if isinstance(shape, Rect) and shape.look == "tile":
                place = shape.x + 5, shape.y + shape.height / 2
                assert colour_at(image, *place) == colours[f"{group.tone}-fill"]


def test_formulas_are_set_as_mathematics_or_written(derived, tmp_path):
    picture = tg.render(derived)
    formula = picture.drawing.shapes[-1]
    assert formula.latex.startswith("d")
    assert "<math" in picture.svg() and formula.text.text in texts(picture.svg())
    for suffix in (".png", ".pdf"):
        picture.save(tmp_path / f"x{suffix}")
    picture.save(tmp_path / "x.tex")
    assert formula.latex in (tmp_path / "x.tex").read_text(encoding="utf-8")


def test_assumptions_of_formulas_have_lines_of_their_own():
    Y = tg.assume(np.eye(3, dtype=np.float32)[[0, 1, 2, 0]], one_hot=1)
    Z = tg.tensor(constant((4, 3)), requires_grad=True)
    found = tg.derive(-(Y * tg.log_softmax(Z, axis=1)).sum(), wrt=Z)
    lines = [line.text for line in tg.render(found).view.caption]
    assert any(line.startswith("dZ = ") and "assuming" not in line for line in lines)
    assert any(line.startswith("assuming ") for line in lines)


# ------------------------------------------------------------------------------------------ TikZ

DOCUMENT = r"""\documentclass{article}
\usepackage%s{fontenc}
\usepackage{amsmath,tikz}
\usepackage[paperwidth=50cm,paperheight=50cm,margin=1cm]{geometry}
\pagestyle{empty}
\begin{document}
%s
\end{document}
"""


@needs("tex")
@pytest.mark.parametrize("encoding", ["OT1", "T1"])
def test_latex_sets_pictures(derived, tmp_path, encoding):
    pictures = {name: case() for name, case in CASES.items()}
    pictures["derived"] = tg.render(derived, theme="print", font="serif")
    x = tg.tensor([1.0], requires_grad=True, name="été ∂Σ²₁ 日本 💩 \\end{x} #%$&~^_{}<>|\"'`-")
    pictures["signs"] = tg.render(x * x, direction="right")
    for name, picture in pictures.items():
        picture.save(tmp_path / f"{name}.tex", width="80mm")
    document = "\n\n".join(rf"\input{{{name}.tex}}" for name in pictures)
    document += r"\setbox0\hbox{\input{derived.tex}}\typeout{It is \the\wd0.}"
    (tmp_path / "all.tex").write_text(DOCUMENT % (f"[{encoding}]", document), encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
    )
    log = run.stdout.decode("latin-1")
    assert run.returncode == 0, log[-3000:]
    assert "Missing character" not in log
    (width,) = re.findall(r"It is ([\d.]+)pt", log)
    assert float(width) == pytest.approx(80 / 25.4 * 72.27, abs=0.05)
    assert not re.search(r"\d+pk>", log), "bitmaps, which TeX cannot make in every size"


def test_paths_of_tikz_are_those_of_svg():
    corner = ("M", ((0, 0),)), ("L", ((9, 0),)), ("Q", ((15, 0), (15, 6)))
    bent = (("C", ((15, 9), (20, 9), (20, 12))),)
    shapes = [Group("wire", (Path("line", corner + bent),)), Text("t", 1, 2, "a_b", "end")]
    text = to_tikz(Drawing(20, 20, shapes), THEMES["light"])
    way = "(0,0) -- (9,0) .. controls (13,0) and (15,2) .. (15,6) .. controls (15,9) and (20,9)"
    assert f"{way} .. (20,12);" in text
    assert "anchor=base east" in text and r"{a\_b}" in text


def test_a_smaller_tikz_picture_is_scaled_with_its_letters():
    shapes = [Text("l", 10, 10, "x"), Rect("paper", 1, 1, 9, 9, 4)]
    half, whole = (to_tikz(Drawing(20, 20, shapes), THEMES["light"], "", s) for s in (0.5, 1.0))
    assert r"\useasboundingbox (0,0) rectangle (20,20);" in half
    assert half == whole.replace(r"\scalebox{1.00000}", r"\scalebox{0.50000}")


@given(st.text(st.characters(codec="utf-8"), max_size=15))
def test_any_text_stands_in_latex(text):
    found = tex_text(text)
    assert found.count("$") % 2 == found.count(r"\$") % 2
    plain = re.sub(r"\\[{}#$%&_]", "", found)
    assert plain.count("{") == plain.count("}")
    assert not re.search(r"[#%&~]", plain)


def test_a_hostile_name_is_no_code_of_latex():
    assert r"\textless{}/script\textgreater{}" in tex_text(HOSTILE)
    assert tex_text("\\input{x}") == r"\textbackslash{}input\{x\}"


# -------------------------------------------------------------------------------------- Graphviz


class Net(nn.Module):
    def __init__(self):
        self.fc1, self.fc2 = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.fc2(tg.relu(self.fc1(x)))


def points_on(spline):
    """Yield points on an edge as Graphviz writes it: curves of four points each."""
    ends = [tuple(map(float, p.split(","))) for p in spline.split() if p[0] not in "se"]
    for k in range(0, len(ends) - 1, 3):
        for t in np.linspace(0, 1, 50):
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield np.array(weights) @ np.array(ends[k : k + 4])


@needs("dot")
@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("model", [Net(), nn.Sequential(Net(), nn.Linear(3, 2))])
def test_no_arrow_of_graphviz_crosses_a_title(model, direction):
    picture = tg.render(model, constant((5, 4)), engine="dot", direction=direction)
    run = subprocess.run(
        ["dot", "-Tjson0"], input=picture.dot(), capture_output=True, encoding="utf-8", check=True
    )
    found = json.loads(run.stdout)
    titles = [o for o in found["objects"] if o["name"].startswith("cluster") and "lp" in o]
    assert len(titles) >= 3
    for title in titles:
        middle = np.array(list(map(float, title["lp"].split(","))))
        half = 36 * np.array([float(title["lwidth"]), float(title["lheight"])])
        for edge in found["edges"]:
            if edge.get("style") not in ("invis", "dashed"):
                for point in points_on(edge["pos"]):
                    assert (abs(point - middle) > half - 3).any(), title["label"]


def test_graphviz_is_told_headings_legend_and_theme(loss):
    text = tg.render(loss, engine="dot", theme="dark", title="Squares", font_size=19.5).dot()
    for part in ("FORWARD ↓", "BACKWARD ↑", "elementwise", "kept for backward", "Squares"):
        assert part in text
    assert THEMES["dark"].colours["paper"] in text and THEMES["light"].colours["ink"] not in text
    assert 'POINT-SIZE="26"' in text  # twice that of a title
    assert "FORWARD →" in tg.render(loss, direction="right").dot()


@pytest.mark.parametrize("name", PICTURES)
def test_the_gallery_can_be_drawn(name):
    ElementTree.fromstring(PICTURES[name]().svg())
