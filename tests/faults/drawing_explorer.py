"""Faults of the explorer's page."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in, planted_in_text

_PLACE = "drawing/explorer"

FAULTS: list[Fault] = [
    *planted_in(
        f"{_PLACE}/page.py",
        ("_embedded", "text.replace('<', '\\\\u003c')", "text", "explorer: a name ends the data"),
        ("_embedded", "encodable(written)", "written",
         "unencodable: the explorer of a name that no encoding holds is not written"),
        ("page", "escaped(scene.title or 'graph')", "scene.title or 'graph'",
         "explorer: a title is taken for HTML"),
        ("page", "_hash(script)", "_hash(style)", "explorer: the policy admits another script"),
        ("_norm", "None if math.isnan(norm) else 'Infinity'", "None",
         "explorer: infinity is told as nothing"),
        ("_shared", "MAX_NODES", "10 * MAX_NODES", "explorer: too much is open at first"),
        ("_column", "2 * len(distinct) > len(values)", "True", "explorer: no column is packed"),
        ("_packed_wire", "[*packed, wire.get('note', ''), 1]", "packed",
         "explorer: a stop is not told"),
        ("_packed_statistics", "(low, high) == (told.get('min'), told.get('max'))", "True",
         "explorer: a histogram's own range is forgotten"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/scene.js",
        ("steps.length);\n    }", "steps.length + 1);\n    }",
         "explorer: a gradient arrives a step late"),
        ("box.wires[position].source : box.id", "box.wires[position].source : box.wires[0].source",
         "explorer: a rule that reads its result reads nothing"),
        ("turns.size > 1", "turns.size > 100", "explorer: equal blocks are not joined"),
        ("const CROWD = 120;", "const CROWD = 12000;", "explorer: a wide level is not cut"),
        ("numbers.slice(STATISTICS.length)", "numbers.slice(0)",
         "explorer: the range is read from the wrong place"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/view.js",
        ("?? target; // a docked", "; if (!source) continue; // a docked",
         "explorer: a docked value has no line"),
        ("if (!source || source === target) continue;", "if (!source) continue;",
         "explorer: a folded module has a link to itself"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/arrange.js",
        ("? GAP.link : GAP.column)", "? GAP.link : -GAP.column)", "explorer: tiles overlap"),
        ("node.x = mean + at", "node.x = mean", "explorer: a row falls on one point"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/canvas.js",
        ("return 2 * this.axis - x;", "return this.axis + x;", "explorer: shifted, not mirrored"),
        ("camera.x = x - ((x - camera.x) * scale) / camera.scale;", "",
         "explorer: zooming moves what is under the pointer"),
        ("const there = { x: this.mirror(place.x), y: place.y };",
         "const there = { x: this.mirror(place.x), y: place.y + 9 };",
         "explorer: a gradient is not on its value's row"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/stepper.js",
        ("box.made <= this.at", "box.made < this.at", "explorer: the current value is pale"),
        ("fed: !forward && has(adds)", "fed: has(adds)",
         "explorer: values are marked as if gradients were added to them"),
        ("Math.min(this.scene.steps.length, Math.max(0, at))", "Math.max(0, at)",
         "explorer: steps go on after the end"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/draw_tiles.js",
        ("isPath ?", "box.name ?", "renderers: lr=0.01 is 01 in the explorer"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/details.js",
        ('"Time backward": isLeaf(box) || !box.differentiable ? null : secondsText(box.backward',
         '"Time backward": isLeaf(box) || !box.differentiable ? null : secondsText(box.forward',
         "explorer: the forward time twice"),
        ("statistics(box.gradient, missing)", "statistics(box.value, missing)",
         "explorer: the value's numbers as the gradient's"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/colour.js",
        ("(Math.log(value) - low) / (high - low)", "(value - low) / (high - low)",
         "explorer: colours not logarithmic"),
        ("statistics.nans || statistics.infs", "statistics.nans",
         "explorer: infinity is no failure"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/training_run.js",
        ("warmth < 0 ?", "warmth > 0 ?", "explorer: cold for exploding"),
        ("Math.max(...known) : null", "Math.min(...known) : null",
         "explorer: the quietest of several steps"),
    ),
    *planted_in_text(
        f"{_PLACE}/static/main.js",
        ("for (const group of hidden) this.open.add(group);", "",
         "explorer: what is found stays folded"),
        ("this.canvas.pan(before.x - after.x, before.y - after.y)", "this.canvas.pan(0, 0)",
         "explorer: what is unfolded jumps"),
    ),
]  # fmt: skip
