"""Faults of what pictures show: scenes, folding, and what is written on boxes."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "drawing/scene/from_graph.py",
        ("_Capture._gradients", "leading_to(nodes, wanted)", "leading_to(nodes, inputs)",
         "render_scene: an example input is taken for a parameter"),
        ("_Capture._operation", "both and i not in reached", "i not in reached",
         "render_scene: wires stop gradients that never were"),
        ("_Capture._count_uses", "count > 1", "count > 2",
         "render_scene: a sum of two gradients is not marked"),
        ("_Capture._operation",
         "tuple(plan.keep)", "tuple(i for i in plan.keep if i < len(wires))",
         "render_scene: what a rule keeps of the result is not told"),
    ),
    *planted_in(
        "drawing/scene/module_calls.py",
        ("ModuleCalls._move_to", "self._open[depth:]", "self._open[max(depth, 1):]",
         "render_scene: operations outside of all modules stay in the last one"),
        ("ModuleCalls._move_to", "call.path != path", "call.path > path",
         "render_scene: calls of modules are taken for that before"),
    ),
    *planted_in(
        "drawing/scene/recording.py",
        ("_left_alone", "generator.state = before[0]", "pass",
         "render_scene: drawing a module moves the random numbers on"),
        ("_left_alone", "replay({})", "",
         "render_scene: drawing a module moves its running averages"),
    ),
    *planted_in(
        "drawing/scene/statistics.py",
        ("_Again._leaf", "self.recorded.get(place, place._data)", "place._data",
         "render_scene: values of a leaf as it is now"),
        ("_computed", "replay(again.states)", "", "render_scene: a checkpoint draws other numbers"),
        ("statistics", "int(np.count_nonzero(np.isnan(numbers)))", "0",
         "render_scene: NaN counted as infinite"),
    ),
    *planted_in(
        "drawing/scene/subgraphs.py",
        ("Subgraphs.canonical_form",
         "(*signature(box), self._place(box.call, call), used, tuple(operands))",
         "(*signature(box), self._place(box.call, call), tuple(operands))",
         "render_fold: blocks of which one is used further on are merged"),
        ("Subgraphs._comes_in",
         "(box.kind, box.shape, box.dtype, box.text, self.only_in(box.id, inside))",
         "(box.kind, box.shape, box.dtype, self.only_in(box.id, inside))",
         "render_fold: blocks with other constants are merged"),
        ("signature", "(box.op, box.settings, box.shape, box.dtype)",
         "(box.settings, box.shape, box.dtype)",
         "render_fold: blocks of other operations are merged"),
    ),
    *planted_in(
        "drawing/view/hierarchy.py",
        ("_Repeats._equal",
         "if form is not None and found != form:\n"
         "    return", "", "render_fold: parts of a row are not compared"),
    ),
    *planted_in(
        "drawing/view/fold.py",
        ("_opened", "count + len(last.items) - 1", "count",
         "render_fold: modules are opened beyond the room there is"),
        ("_without_middle", "longest - 1", "longest",
         "render_fold: one box too many beside what is left out"),
    ),
    *planted_in(
        "drawing/view/links.py",
        ("_turns", "crosses = crosses or turns[repetition] != turn", "",
         "render_fold: what goes from copy to copy is a link inside"),
    ),
    *planted_in(
        "drawing/view/view.py",
        ("Gradient.title", "NOT_COMPUTED if self.of is None else f'∂{self.of}'", "f'∂{self.of}'",
         "render_picture: a gradient that does not exist is drawn"),
    ),
    *planted_in(
        "drawing/view/wording.py",
        ("warning", "return 'nan'", "found = 'nan'",
         "render_picture: NaN beside infinity does not stand out"),
    ),
    *planted_in(
        "drawing/formats/to_dot.py",
        ("_text", "escape(printable(text))", "printable(text)",
         "render_picture: names are markup for Graphviz"),
        ("_add_link", "'false'", "'true'", "render_picture: links to saved values pull rows apart"),
    ),
    *planted_in(
        "drawing/formats/run_graphviz.py",
        ("drawn", "timeout=PATIENCE", "", "render_picture: Graphviz runs for ever"),
    ),
]  # fmt: skip
