"""Faults of what pictures show: scenes, folding, and what is written on boxes."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "drawing/capture.py",
        ("useful = leading_to(nodes, wanted)", "useful = leading_to(nodes, inputs)",
         "render_scene: an example input is taken for a parameter"),
        ("both and i not in reached", "i not in reached",
         "render_scene: wires stop gradients that never were"),
        ("if count > 1 and box.differentiable", "if count > 2 and box.differentiable",
         "render_scene: a sum of two gradients is not marked"),
        ("node.op.operand_name(i) if i < count else \"out\" for i in plan.keep",
         "node.op.operand_name(i) for i in plan.keep if i < count",
         "render_scene: what a rule keeps of the result is not told"),
    ),
    *planted_in(
        "drawing/frames.py",
        ("        del self._open[depth:]\n", "        del self._open[max(depth, 1):]\n",
         "render_scene: operations outside of all modules stay in the last one"),
        ("            if frame.path != path or", "            if frame.path > path or",
         "render_scene: calls of modules are taken for that before"),
    ),
    *planted_in(
        "drawing/subject.py",
        ("                generator.state = before[0]\n", "                pass\n",
         "render_scene: drawing a module moves the random numbers on"),
        ("with replay({}), watch() as states:", "with watch() as states:",
         "render_scene: drawing a module moves its running averages"),
    ),
    *planted_in(
        "drawing/values.py",
        ("self.recorded.get(place, place._data)", "place._data",
         "render_scene: values of a leaf as it is now"),
        ("    with replay(again.states), mode(", "    with mode(",
         "render_scene: a checkpoint draws other numbers"),
        ("nans = int(np.count_nonzero(np.isnan(numbers)))", "nans = 0",
         "render_scene: NaN counted as infinite"),
    ),
    *planted_in(
        "drawing/blocks.py",
        ("rows.append((*does(box), self._place(box.frame, frame), used, tuple(operands)))",
         "rows.append((*does(box), self._place(box.frame, frame), tuple(operands)))",
         "render_fold: blocks of which one is used further on are merged"),
        ("return (box.kind, box.shape, box.dtype, box.text, self.only_in(box.id, inside))",
         "return (box.kind, box.shape, box.dtype, self.only_in(box.id, inside))",
         "render_fold: blocks with other constants are merged"),
        ("    return box.op, box.settings, box.shape, box.dtype\n",
         "    return box.settings, box.shape, box.dtype\n",
         "render_fold: blocks of other operations are merged"),
    ),
    *planted_in(
        "drawing/tree.py",
        ("            if form is not None and found != form:\n                return\n", "",
         "render_fold: parts of a row are not compared"),
    ),
    *planted_in(
        "drawing/fold.py",
        ("            if not unasked or count + len(last.items) - 1 <= room:",
         "            if not unasked or count <= room:",
         "render_fold: modules are opened beyond the room there is"),
        ("head, tail = longest // 2, len(items) - (longest - 1) // 2",
         "head, tail = longest // 2, len(items) - longest // 2",
         "render_fold: one box too many beside what is left out"),
    ),
    *planted_in(
        "drawing/tiles.py",
        ("                crosses = crosses or turns[group] != turn\n", "",
         "render_fold: what goes from copy to copy is a link inside"),
        ('return "not computed"', 'return "∂"',
         "render_picture: a gradient that does not exist is drawn"),
        ('                return "nan"\n', '                warning = "nan"\n',
         "render_picture: NaN beside infinity does not stand out"),
    ),
    *planted_in(
        "drawing/dot.py",
        ('escape(_clean(text))', '_clean(text)', "render_picture: names are markup for Graphviz"),
        ('constraint="false"', 'constraint="true"',
         "render_picture: links to saved values pull rows apart"),
        ("capture_output=True, timeout=PATIENCE", "capture_output=True",
         "render_picture: Graphviz runs for ever"),
    ),
]  # fmt: skip
