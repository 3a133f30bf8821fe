"""The reference of operations: each record, and what the engine derives from it.

Nothing here is written by hand. An operation is called with the first of the calls that the tests
make; its equation is its record's, its gradient what ``tg.derive`` finds, its edge values what
comes out when it is run on them.
"""

from __future__ import annotations

import html
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tensorgraph as tg
from docs.public_names import op_families
from docs.rst import directive, escaped, first_sentence, heading, indented, raw
from tensorgraph.drawing.scene.from_graph import capture
from tensorgraph.drawing.scene.op_formulas import rules_of
from tensorgraph.drawing.scene.recording import recording_of
from tensorgraph.engine.domain import Real
from tensorgraph.engine.graph import reachable
from tensorgraph.engine.modes import user_frame
from tensorgraph.engine.rule import Word
from tensorgraph.ops import OPS
from tensorgraph.testing.ops.op_calls import Case
from tests.ops.op_cases import cases

INFINITY = np.inf
POINTS = (-INFINITY, -1.0, 0.0, 1.0, INFINITY, np.nan)
PAIRS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (INFINITY, 1.0), (1.0, INFINITY),
         (INFINITY, INFINITY), (INFINITY, -INFINITY), (np.nan, 1.0))  # fmt: skip
ROWS: tuple[list[float], ...] = (
    [], [2.0, 2.0], [1.0, INFINITY], [INFINITY, INFINITY], [-INFINITY, -INFINITY], [np.nan, 1.0],
)  # fmt: skip
"""Where edges are: of functions of one number, of two, and of rows of numbers."""


# ------------------------------------------------------------------------------------ the pages


def pages(pictures: Path) -> dict[str, str]:
    """Return a page for each family by file name; its pictures are written into a folder."""
    pictures.mkdir(parents=True, exist_ok=True)
    return {
        f"reference/operations/{family}.rst": page(family, first_sentence(file), names, pictures)
        for family, (file, names) in op_families().items()
    }


def page(family: str, title: str, names: Sequence[str], pictures: Path) -> str:
    """Return the page of a family: what belongs to gradients only comes last."""
    helpers = [n for n in names if n.endswith(("_slope", "_grad"))]
    named = [n for n in names if n not in helpers]
    parts = [heading(family.replace("_", " ").capitalize(), label=f"operations-{family}")]
    parts += [title, "\n\n", *(entry(name, pictures) for name in named)]
    if helpers:
        parts.append(heading("Used by gradients", "-"))
        parts += [entry(name, pictures) for name in helpers]
    return "".join(parts)


def entry(name: str, pictures: Path) -> str:
    """Return what is told of one operation: its docstring, and a list of what is computed of it."""
    told = {label: text for label, text in _told(name, pictures) if text}
    fields = "".join(f":{label}:\n{indented(text.rstrip(), 4)}\n" for label, text in told.items())
    return directive("autofunction", f"tensorgraph.{name}", f"{fields}\n")


def _told(name: str, pictures: Path) -> Iterator[tuple[str, str]]:
    record = getattr(OPS[name], "op", None)
    call = example(name)
    out = call.run() if call else None
    if record is None and call and (listing := composition(call)):
        yield "Composed of", directive("code-block", "text", listing)
    if record is not None and call and out is not None:
        yield "Equation", equation(record, call, out)
    if record is not None:
        yield "Domain", domain_text(record)
        yield "Always true", facts_text(record)
    yield "Gradient", gradient(record, call, out)
    if record is not None:
        yield "At the edges", edges(record)
        yield "Kept for it", kept(record)
        yield "In NumPy", directive("code-block", "python", record.code) if record.code else ""
    if out is not None and out.requires_grad and not out.is_leaf:
        tg.backward(out, np.ones(out.shape))
        picture = tg.render(out)
        (pictures / f"{name}.svg").write_text(picture.svg(), encoding="utf-8")
        yield (
            "Picture",
            directive(
                "image", f"/static/operations/{name}.svg", options=(f"alt: both passes of {name}",)
            ),
        )


# -------------------------------------------------------------------------------- one call of it


class Example:
    """A call of an operation on leaves that have the names of its operands."""

    def __init__(self, name: str, case: Case) -> None:
        self.case = case
        names = operand_names(name, len(case.inputs))
        self.operands = {
            label: tg.tensor(value, requires_grad=i in case.floating, name=label)
            for i, (label, value) in enumerate(zip(names, case.inputs, strict=True))
        }
        self.result = next(n for n in ("y", "z", "out") if n not in names)

    @property
    def arrays(self) -> list[Any]:
        """What it is called with."""
        return list(self.case.inputs)

    @property
    def function(self) -> Any:
        """The operation with its static parameters bound."""
        return self.case.function

    @property
    def leaves(self) -> dict[str, tg.Tensor]:
        """The operands that a gradient may be wanted by."""
        return {label: x for label, x in self.operands.items() if x.requires_grad}

    def run(self) -> tg.Tensor:
        """Return the first result, named."""
        out = self.case.function(*self.operands.values())
        first = out[0] if isinstance(out, (list, tuple)) else out
        first.name = self.result
        return first  # type: ignore[no-any-return]


def example(name: str) -> Example | None:
    """Return the first call of the tests whose operands are arrays with several elements."""
    for case in cases(name):
        sizes = [np.size(value) for value in case.inputs]
        if sizes and min(sizes) > 0 and max(sizes) > 1:
            return Example(name, case)
    return None


def operand_names(name: str, count: int) -> list[str]:
    """Return what an operation calls its operands."""
    record = getattr(OPS[name], "op", None)
    if record is None:
        *first, last = list(inspect.signature(OPS[name]).parameters)[:count]
        several = count - len(first)
        return [*first, *([last] if several == 1 else [f"{last}{i}" for i in range(several)])]
    spelt = [record.operand_name(i) for i in range(count)]
    return [label.replace("[", "").replace("]", "") for label in spelt]


# ------------------------------------------------------------------------------- what is computed


def composition(call: Example) -> str:
    """Return the operations that a function consists of; nothing where values decide that."""
    try:
        return str(tg.trace(call.function, *call.arrays))
    except tg.errors.GraphError:
        return ""


def equation(record: Any, call: Example, out: tg.Tensor) -> str:
    """Return the record's own equation; nothing where that is no more than its name."""
    if not out.requires_grad:
        return ""
    told = rules_of(*capture(recording_of(out, (), user_frame()))).get(record.name)
    if told is None:
        return ""
    said = told["text"].removeprefix("out = ")
    if said in ("", *(f"{n}({', '.join(call.operands)})" for n in (record.name, record.symbol))):
        return ""
    spelt = told["equation"].replace("<mi>out</mi>", f"<mi>{call.result}</mi>")
    return raw(spelt) if spelt else f"``{said}``\n"


def gradient(record: Any, call: Example | None, out: tg.Tensor | None) -> str:
    """Return the gradient as the engine derives it, or why there is none."""
    if out is None or call is None or not out.requires_grad:
        if record is None:
            return "none: it does not depend smoothly\n"
        words = {rule.name for rule in record.vjp.values() if isinstance(rule, Word)}
        return "0 everywhere\n" if words == {"ZERO"} else "none: it does not depend smoothly\n"
    if out.node is None:
        return "that of the result, which is the operand itself\n"
    rng = np.random.default_rng(0)
    met = {id(place) for place in reachable([out.node])[1]}
    by = {label: x for label, x in call.leaves.items() if id(x) in met}
    try:
        d = tg.derive(out, wrt=by, gradient=rng.normal(size=out.shape))
    except tg.errors.DerivationError:
        return "not as a formula\n"
    constants = [line.strip() for line in str(d).splitlines() if " is a constant " in line]
    notes = [line for line in constants if not line.startswith(f"where d{call.result} is")]
    return raw(d._repr_html_()) + "".join(f"| {escaped(note)}\n" for note in notes)


def domain_text(record: Any) -> str:
    """Return where each operand may lie."""
    lines = [f"``{key}``: {_domain(domain)}" for key, domain in record.domain.items()]
    return "; ".join(lines) + "\n" if lines else ""


def _domain(domain: Any) -> str:
    if not isinstance(domain, Real):
        return f"``{domain!r}``"
    avoided = ", ".join(map(number, domain.avoid))
    lies = f"tested from {number(domain.low)} to {number(domain.high)}"
    return lies + (f", with a kink or pole at {avoided}" if avoided else "")


def facts_text(record: Any) -> str:
    """Return what always holds of the result."""
    words = {"positive": "it is positive", "nonzero": "it is not 0"}
    found = []
    for word, value in record.facts.items():
        if word == "between":
            found.append(f"it lies between {number(value[0])} and {number(value[1])}")
        elif word in words:
            found.append(words[word])
        else:
            along = f" along ``{value}``" if isinstance(value, str) else ""
            found.append(f"{word.replace('_', ' ')}{along}")
    return "; ".join(found) + "\n" if found else ""


def kept(record: Any) -> str:
    """Return which arrays the graph keeps for the backward pass."""
    count = record.arity
    plan = record.plan((1 << (count + 1)) - 1, count)
    names = [*(f"``{label}``" for label in record.inputs), "its result"]
    if not plan.rules:
        return ""
    return (" and ".join(names[i] for i in plan.keep) or "nothing") + "\n"


def edges(record: Any) -> str:
    """Return a table of values and derivatives where functions are delicate."""
    if record.required or record.starred or not _of_reals(record):
        return ""
    if record.family == "elementwise" and record.arity == 1:
        return _edge_table(record, [(p,) for p in POINTS])
    if record.family == "elementwise" and record.arity == 2:
        return _edge_table(record, PAIRS)
    if record.family == "reduce" and record.arity == 1:
        return _edge_table(record, [(row,) for row in ROWS])
    return ""


def _of_reals(record: Any) -> bool:
    return all(isinstance(record.domain.get(key, Real()), Real) for key in record.inputs)


def _edge_table(record: Any, points: Sequence[tuple[Any, ...]]) -> str:
    found = [(point, _at(record, point)) for point in points]
    found = [(point, told) for point, told in found if told]
    if not found:
        return ""
    slopes = [f"∂{label}" for label in record.inputs] if len(found[0][1]) > 1 else []
    header = [*record.inputs, record.name, *slopes]
    rows = [[*map(number, point), *told] for point, told in found]
    return raw(_html_table(header, rows))


def _at(record: Any, point: tuple[Any, ...]) -> list[str]:
    """Return value and derivatives at a point; nothing where there is no value."""
    leaves = [tg.tensor(np.array(p, np.float64), requires_grad=True) for p in point]
    with np.errstate(all="ignore"):
        try:
            out = record.call(*leaves)
        except (TypeError, ValueError):
            return []
        if not out.requires_grad:
            return [number(out.numpy())]
        slopes = tg.gradients(out.sum() if out.ndim else out, leaves)
    return [number(out.numpy()), *(number(slope.numpy()) for slope in slopes)]


def _html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f'<table class="edges"><thead>{line(header, "th")}</thead><tbody>{body}</tbody></table>'


def number(value: Any) -> str:
    """Return a number, or a row of numbers, as mathematics writes it."""
    if np.ndim(value):
        return f"[{', '.join(map(number, value))}]"
    if getattr(value, "dtype", None) == np.bool_:
        return str(bool(value))
    text = f"{float(value) + 0.0:.4g}".replace("-", "−")
    return text.replace("inf", "∞").replace("nan", "NaN")
