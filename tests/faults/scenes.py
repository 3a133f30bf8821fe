"""Faults of what pictures show: scenes, folding, and what is written on boxes."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "drawing/scene/capture.py",
        ("useful = leading_to(nodes, wanted)", "useful = leading_to(nodes, inputs)",
         "render_scene: an example input is taken for a parameter"),
        ("both and i not in reached", "i not in reached",
         "render_scene: wires stop gradients that never were"),
        ("if count > 1 and box.differentiable", "if count > 2 and box.differentiable",
         "render_scene: a sum of two gradients is not marked"),
        ("saved=tuple(plan.keep) if plan else (),",
         "saved=tuple(i for i in plan.keep if i < len(wires)) if plan else (),",
         "render_scene: what a rule keeps of the result is not told"),
    ),
    *planted_in(
        "drawing/scene/module_calls.py",
        ("        del self._open[depth:]\n", "        del self._open[max(depth, 1):]\n",
         "render_scene: operations outside of all modules stay in the last one"),
        ("            if call.path != path or", "            if call.path > path or",
         "render_scene: calls of modules are taken for that before"),
    ),
    *planted_in(
        "drawing/scene/recording.py",
        ("                generator.state = before[0]\n", "                pass\n",
         "render_scene: drawing a module moves the random numbers on"),
        ("with replay({}), watch() as states:", "with watch() as states:",
         "render_scene: drawing a module moves its running averages"),
    ),
    *planted_in(
        "drawing/scene/statistics.py",
        ("self.values[box.id] = recorded.get(place, place._data)",
         "self.values[box.id] = place._data",
         "render_scene: values of a leaf as it is now"),
        ("    with replay(again.states), mode(", "    with mode(",
         "render_scene: a checkpoint draws other numbers"),
        ("nans = int(np.count_nonzero(np.isnan(numbers)))", "nans = 0",
         "render_scene: NaN counted as infinite"),
    ),
    *planted_in(
        "drawing/scene/subgraphs.py",
        ("rows.append((*signature(box), self._place(box.call, call), used, tuple(operands)))",
         "rows.append((*signature(box), self._place(box.call, call), tuple(operands)))",
         "render_fold: blocks of which one is used further on are merged"),
        ("return (box.kind, box.shape, box.dtype, box.text, self.only_in(box.id, inside))",
         "return (box.kind, box.shape, box.dtype, self.only_in(box.id, inside))",
         "render_fold: blocks with other constants are merged"),
        ("    return box.op, box.settings, box.shape, box.dtype\n",
         "    return box.settings, box.shape, box.dtype\n",
         "render_fold: blocks of other operations are merged"),
    ),
    *planted_in(
        "drawing/view/hierarchy.py",
        ("            if form is not None and found != form:\n                return\n", "",
         "render_fold: parts of a row are not compared"),
    ),
    *planted_in(
        "drawing/view/fold.py",
        ("            if not unasked or count + len(last.items) - 1 <= room:",
         "            if not unasked or count <= room:",
         "render_fold: modules are opened beyond the room there is"),
        ("head, tail = longest // 2, len(items) - (longest - 1) // 2",
         "head, tail = longest // 2, len(items) - longest // 2",
         "render_fold: one box too many beside what is left out"),
    ),
    *planted_in(
        "drawing/view/links.py",
        ("            crosses = crosses or turns[repetition] != turn\n", "",
         "render_fold: what goes from copy to copy is a link inside"),
    ),
    *planted_in(
        "drawing/view/view.py",
        ("return NOT_COMPUTED if self.of is None else", "return",
         "render_picture: a gradient that does not exist is drawn"),
    ),
    *planted_in(
        "drawing/view/wording.py",
        ('                return "nan"\n', '                warning = "nan"\n',
         "render_picture: NaN beside infinity does not stand out"),
    ),
    *planted_in(
        "drawing/formats/to_dot.py",
        ('escape(_clean(text))', '_clean(text)', "render_picture: names are markup for Graphviz"),
        ('constraint="false"', 'constraint="true"',
         "render_picture: links to saved values pull rows apart"),
    ),
    *planted_in(
        "drawing/formats/run_graphviz.py",
        ("capture_output=True, timeout=PATIENCE", "capture_output=True",
         "render_picture: Graphviz runs for ever"),
    ),
]  # fmt: skip
