"""Faults of what pictures show: scenes, folding, and what is written on boxes."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "drawing/capture.py",
        ("_Capture._gradients", "leading_to(nodes, wanted)", "leading_to(nodes, inputs)",
         "render_scene: an example input is taken for a parameter"),
        ("_Capture._operation", "both and i not in reached", "i not in reached",
         "render_scene: wires stop gradients that never were"),
        ("_Capture._count_uses", "count > 1", "count > 2",
         "render_scene: a sum of two gradients is not marked"),
        ("_Capture._operation",
         "[node.op.operand_name(i) if i < count else 'out' for i in plan.keep]",
         "[node.op.operand_name(i) for i in plan.keep if i < count]",
         "render_scene: what a rule keeps of the result is not told"),
    ),
    *planted_in(
        "drawing/frames.py",
        ("Frames._move_to", "self._open[depth:]", "self._open[max(depth, 1):]",
         "render_scene: operations outside of all modules stay in the last one"),
        ("Frames._move_to", "frame.path != path", "frame.path > path",
         "render_scene: calls of modules are taken for that before"),
    ),
    *planted_in(
        "drawing/subject.py",
        ("_left_alone", "generator.state = before[0]", "pass",
         "render_scene: drawing a module moves the random numbers on"),
        ("_left_alone", "replay({})", "",
         "render_scene: drawing a module moves its running averages"),
    ),
    *planted_in(
        "drawing/values.py",
        ("_Again.forward", "recorded.get(place, place._data)", "place._data",
         "render_scene: values of a leaf as it is now"),
        ("_computed", "replay(again.states)", "", "render_scene: a checkpoint draws other numbers"),
        ("statistics", "int(np.count_nonzero(np.isnan(numbers)))", "0",
         "render_scene: NaN counted as infinite"),
    ),
    *planted_in(
        "drawing/blocks.py",
        ("Blocks.form", "(*does(box), self._place(box.frame, frame), used, tuple(operands))",
         "(*does(box), self._place(box.frame, frame), tuple(operands))",
         "render_fold: blocks of which one is used further on are merged"),
        ("Blocks._comes_in",
         "(box.kind, box.shape, box.dtype, box.text, self.only_in(box.id, inside))",
         "(box.kind, box.shape, box.dtype, self.only_in(box.id, inside))",
         "render_fold: blocks with other constants are merged"),
        ("does", "(box.op, box.settings, box.shape, box.dtype)",
         "(box.settings, box.shape, box.dtype)",
         "render_fold: blocks of other operations are merged"),
    ),
    *planted_in(
        "drawing/tree.py",
        ("_Groups._equal",
         "if form is not None and found != form:\n"
         "    return", "", "render_fold: parts of a row are not compared"),
    ),
    *planted_in(
        "drawing/fold.py",
        ("_opened", "count + len(last.items) - 1", "count",
         "render_fold: modules are opened beyond the room there is"),
        ("_without_middle", "longest - 1", "longest",
         "render_fold: one box too many beside what is left out"),
    ),
    *planted_in(
        "drawing/tiles.py",
        ("_View._turns", "crosses = crosses or turns[group] != turn", "",
         "render_fold: what goes from copy to copy is a link inside"),
        ("_View._gradient", "'not computed'", "'∂'",
         "render_picture: a gradient that does not exist is drawn"),
        ("_warning", "return 'nan'", "warning = 'nan'",
         "render_picture: NaN beside infinity does not stand out"),
    ),
    *planted_in(
        "drawing/dot.py",
        ("_text", "escape(_clean(text))", "_clean(text)",
         "render_picture: names are markup for Graphviz"),
        ("_add_link", "'false'", "'true'", "render_picture: links to saved values pull rows apart"),
        ("drawn", "timeout=PATIENCE", "", "render_picture: Graphviz runs for ever"),
    ),
]  # fmt: skip
