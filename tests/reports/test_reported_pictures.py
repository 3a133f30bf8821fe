"""Reports of viewers: names that are syntax somewhere, shared modules, deep graphs, repetition."""

import subprocess
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

import tensorgraph as tg
from tensorgraph import diagnose, nn
from tests.machine.needs import needs

NAMES = [
    "<lambda> <map>", "<> <>", "\\", "a\\", '\\" shape=box color=red] # "=12', "\\n\\G\\l",
    "<b>com", 'a & "b" \'c\'', "node", "strict", "-1", "{a|<f0>b}", "]]>", "</script>", "é 💩",
]  # fmt: skip


def squares(name):
    x = tg.tensor([1.0, 2.0], requires_grad=True, name=name)
    return (x * x).sum()


def texts(svg):
    return ["".join(element.itertext()) for element in ElementTree.fromstring(svg).iter()]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_drawn_as_it_is(name):
    """nengo/nengo-gui#990, sknetwork-team/scikit-network#511: what stood in <…> disappeared."""
    assert name in texts(tg.render(squares(name), engine="own").svg())


@needs("dot")
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_syntax_of_graphviz(name):
    """xflr6/graphviz#168, xflr6/graphviz#105, xflr6/graphviz#96, xflr6/graphviz#47: quoting."""
    source = tg.render(squares(name)).dot()
    run = subprocess.run(["dot", "-Tsvg"], input=source, capture_output=True, encoding="utf-8")
    assert (run.returncode, run.stderr) == (0, "")
    assert name in texts(run.stdout)
    nodes = source.count(" [label=<<TABLE") + source.count("ward [label=<")
    assert run.stdout.count('class="node"') == nodes  # none injected


def test_characters_that_xml_does_not_have():
    """merlijntishauser/unifi-network-maps-ha#226: one name with U+0003 broke the whole picture."""
    for character in "\0\3\x0b\x1f\ufffe":
        svg = tg.render(squares(f"W{character}1"), engine="own").svg()
        assert any(text.startswith("W") and text.endswith("1") for text in texts(svg))


class Tags(HTMLParser):
    """Gathers the elements of a page and their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found, self.attributes = [], set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)
        self.attributes |= {name for name, _ in attributes}


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "<!--<script>"]
)
def test_a_name_is_no_code_of_a_page(name):
    """lutzroeder/netron#1329, lutzroeder/netron#1604, keras-team/keras#23262: injected elements."""
    plain, hostile = (Tags(tg.render(squares(n), values=True).html()) for n in ("W", name))
    assert hostile.found == plain.found
    assert hostile.attributes == plain.attributes


def test_a_graph_deeper_than_the_stack():
    """szagoruyko/pytorchviz#57, szagoruyko/pytorchviz#65: make_dot recursed until it failed."""
    y = tg.tensor(1.0, requires_grad=True)
    for _ in range(5000):
        y = y * 1.0001
    picture = tg.render(y, engine="own")
    assert repr(picture) == "<picture of y: 10,001 boxes, 5,000 operations>"
    ElementTree.fromstring(picture.svg())


def test_parameters_without_names():
    """szagoruyko/pytorchviz#21: a parameter that was not listed raised KeyError."""
    layer = nn.Linear(1, 1)
    out = layer(tg.zeros((1, 1), requires_grad=True))
    drawn = texts(tg.render(out, engine="own").svg())
    assert any("weight" in text for text in drawn) and any("bias" in text for text in drawn)


class Block(nn.Module):
    """Uses its own layer once and the one it is given twice, and keeps layers in a plain list."""

    def __init__(self):
        super().__init__()
        self.modules_ = [nn.Linear(2, 2)]
        self.shared = nn.Linear(2, 2)
        self.again = self.shared

    def forward(self, x):
        y = self.modules_[0](x)
        return self.again(tg.relu(self.shared(y))) + y * y


def test_outputs_layers_and_values_that_are_used_again():
    """mert-kurttutan/torchview#44, mert-kurttutan/torchview#99: KeyError for what comes again."""
    x = tg.ones((1, 2), requires_grad=True, name="x")
    model = Block()
    assert repr(tg.render(model, x)) == "<picture of Block: 11 boxes, 6 operations>"
    drawn = texts(tg.render(model(x), engine="own").svg())
    assert drawn.count("Linear  modules_[0]") == 2  # once on each pass
    calls = [t for t in drawn if t.startswith("Linear  shared")]  # of one module, with one name
    assert sorted(set(calls)) == ["Linear  shared  call 1 of 2", "Linear  shared  call 2 of 2"]
    assert not any("again" in text for text in drawn)


def test_two_tensors_of_one_name_are_two():
    """pytorch/pytorch#33691, zhenhuaw-me/onnxcli#6: equal names were drawn as one thing."""
    one, two = (tg.tensor(v, requires_grad=True, name="w") for v in (1.0, 2.0))
    assert repr(tg.render(one * two)) == "<picture: 3 boxes, 1 operation>"
    assert repr(tg.render(one * one)) == "<picture: 2 boxes, 1 operation>"


def test_repeated_blocks_are_drawn_once():
    """mert-kurttutan/torchview#118: twelve equal layers made a picture nobody could read."""
    blocks = [nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(12)]
    drawn = texts(tg.render(nn.Sequential(*blocks), tg.ones((1, 4)), engine="own").svg())
    assert any("× 12" in text for text in drawn)


def test_names_in_a_report_are_no_code():
    """KaykCaputo/oracletrace#85, allure-framework/allure2#3334: titles and names ran as scripts."""
    names = [
        "</script><script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "a' onclick='b",
    ]

    def page(names):
        confusion = diagnose.confusion_matrix([names[0], names[1], names[2]], [names[0]] * 3)
        losses = {names[0]: [1.0, 2.0], names[1]: [2.0, 1.0]}
        return Tags(diagnose.report(history=losses, confusion=confusion, title=names[2]).html)

    plain, hostile = page(["k", "l", "m"]), page(names)
    assert hostile.found == plain.found and "table" in plain.found
    assert hostile.attributes == plain.attributes


class Repeating(nn.Module):
    """Shares an activation, a layer and a weight, and has a parameter beside its layers."""

    def __init__(self):
        super().__init__()
        activation = nn.ReLU()
        self.blocks = [nn.Sequential(nn.Linear(4, 4), activation) for _ in range(3)]
        self.again = self.blocks[0]
        self.table, self.scores = nn.Embedding(50, 4), nn.Linear(4, 50, bias=False)
        self.scores.weight = self.table.weight
        self.scale = tg.ones(3, requires_grad=True)


def test_parameters_that_are_shared_are_counted_once():
    """sksq96/pytorch-summary#37, TylerYep/torchinfo#322, TylerYep/torchinfo#137: wrong numbers."""
    model = Repeating()
    count = sum(parameter.size for parameter in model.parameters())
    assert count == 3 * (4 * 4 + 4) + 50 * 4 + 3
    head, *rows = repr(model).splitlines()
    assert head == f"Repeating()  {count} parameters"
    assert (
        sum("ReLU" in row for row in rows) == 1 and sum("Linear(4 → 4" in row for row in rows) == 3
    )
