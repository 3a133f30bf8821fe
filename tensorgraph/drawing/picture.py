"""``tg.render``: a picture of a recorded graph."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from tensorgraph import errors, files
from tensorgraph.arguments import number, one_of, whole
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.display.frame import Frame
from tensorgraph.drawing.explorer.page import page
from tensorgraph.drawing.formats.browser import open_page
from tensorgraph.drawing.formats.draw_view import drawing_of
from tensorgraph.drawing.formats.lengths import Size
from tensorgraph.drawing.formats.norm_map import norms_drawing, run_of
from tensorgraph.drawing.formats.run_graphviz import drawn
from tensorgraph.drawing.formats.shapes import Drawing
from tensorgraph.drawing.formats.to_dot import to_dot
from tensorgraph.drawing.formats.to_graphml import to_graphml
from tensorgraph.drawing.formats.to_mermaid import to_mermaid
from tensorgraph.drawing.formats.to_model_explorer import to_model_explorer
from tensorgraph.drawing.formats.write import written
from tensorgraph.drawing.scene.derived import ASKED_SECONDS, SECONDS, derived_of
from tensorgraph.drawing.scene.from_expressions import scene_of_rule, scene_of_trace
from tensorgraph.drawing.scene.from_graph import capture
from tensorgraph.drawing.scene.from_program import scene_of
from tensorgraph.drawing.scene.op_formulas import rules_of
from tensorgraph.drawing.scene.own_notes import OwnNotes
from tensorgraph.drawing.scene.recording import Recording, recording_of
from tensorgraph.drawing.scene.scene import Scene
from tensorgraph.drawing.scene.statistics import measured
from tensorgraph.drawing.view.build import view_of
from tensorgraph.drawing.view.colour import OWN, WORDS, is_measured
from tensorgraph.drawing.view.fold import MAX_NODES, asked_for
from tensorgraph.drawing.view.options import TITLE_SIZE, Options
from tensorgraph.drawing.view.view import View
from tensorgraph.drawing.view.wording import SHOWN
from tensorgraph.engine.modes import user_frame
from tensorgraph.formulas.update_rules import UpdateRule
from tensorgraph.leads.calls import with_leads
from tensorgraph.observe.watch import Watch
from tensorgraph.symbolic.trace import Trace

MOST_IN_FRAMES = 100
"""Of a program with more operations frames are closed, unless they are asked for."""

SMALL = 40
"""Of a graph of so many operations the explorer shows arrays and formulas without being asked."""

DRAWN = (".svg", ".png", ".pdf", ".tex")
SUFFIXES = (*DRAWN, ".dot", ".html", ".mmd", ".json", ".graphml")


@with_leads
def render(
    x: Any,
    *args: Any,
    backward: bool = True,
    depth: int | None = None,
    expand: str | Iterable[str] | bool = (),
    values: bool = False,
    formulas: bool | None = None,
    max_nodes: int = MAX_NODES,
    direction: str = "down",
    color_by: Any = "family",
    labels: Any = None,
    engine: str = "own",
    theme: str = "auto",
    font: str = "",
    font_size: float = TITLE_SIZE,
    title: str | None = None,
    show: str | Iterable[str] = SHOWN,
    legend: bool | str = True,
) -> Picture:
    """Return a picture of a graph: the forward pass, and beside it the backward pass.

    The forward pass runs down the left. Each gradient ∂x stands on the row of its value x, so that
    the backward pass runs up the right; short dashed lines lead from values that are saved to the
    gradients whose rules read them. Parameters and constants are drawn on the operation that takes
    them; a gradient that has not been computed says so. (Computation graphs are drawn in this way
    in the Deep Learning Specialization, course 1, week 2, one pass at a time.)

    A module or function is run once to record all it computes, on leaves of its own; running
    averages and random generators are left as they were. Names are those of the variables where
    ``render`` is called, and of the function's own.

    Modules are boxes, open as far as there is room. Equal ones in a row are drawn once, × n; they
    are compared exactly, operation by operation.

    Args:
        x: a tensor or several; or a module, or a function; or what ``tg.derive`` returned, whose
            formulas are written below the picture. Of a :func:`tg.trace` or an optimizer's
            :func:`tg.update_rule`, the operations in it. Of an :class:`tg.nn.Watch`, the norms of
            each layer by step. Of a compiled function without arguments, what its program runs:
            loops, products and kernels, in frames what runs together.
        *args: an example of what the module or function is called with.
        backward: whether the backward pass is drawn.
        depth: how many levels of modules are open at most; by default as many as there is room for.
        expand: modules to open before others, and to draw on their own: a path as messages write
            it, ``"model.layers[2]"``, or a class, ``"Linear"``; several of them; ``True`` for all.
        values: write statistics of values and gradients on the boxes. The graph is computed again
            for them; gradients are those of the sum of ``x``. The explorer then shows the arrays
            of a graph of any size; without it, those of a graph of at most 40 operations.
        formulas: whether the explorer writes beside each value and each gradient its formula, as
            :func:`tg.derive` finds it; by default of a graph of at most 40 operations.
        max_nodes: how many boxes are drawn at most.
        direction: where the forward pass runs: ``"down"`` or ``"right"``.
        color_by: what colours the boxes: ``"family"`` of operations, ``"module"``, ``"bytes"`` of
            the results, ``"time"`` (as ``tg.profile()`` measured it, otherwise measured now), or
            ``"grad"``, the norm of gradients. Or numbers of your own: ``{W1: 0.3, "layers.0": 2}``,
            by tensors, modules, and names, paths, operations or classes of modules as the picture
            has them, where the more special key counts; a function of each operation's node; or one
            number for each operation in order. Of an array, of a folded module and of equal parts
            drawn once, the number farthest from zero colours; the tile tells the least and the
            largest. A module's own number holds for all in it that has none.
        labels: what else is written on boxes, by the same keys: ``{W1: "frozen"}``, or a function.
        engine: what lays out the picture: this package, ``"own"``, or ``"dot"`` of Graphviz, where
            that is installed.
        theme: ``"light"``, ``"dark"``, or ``"print"``, greys for paper; ``"auto"`` is light, and an
            SVG dark for a reader whose screen is.
        font: a family of type before the usual ones: ``"Helvetica"``. A PNG or PDF needs it
            installed; TikZ takes ``"serif"``, and else the document's sans serif.
        font_size: of the titles on boxes, in points; all else has its size in proportion.
        title: what stands above instead of the variable's name; ``""`` for nothing.
        show: what stands in a box: some of ``"op"``, ``"name"``, ``"shape"``, ``"dtype"``.
        legend: whether it is told below what colours mean; or what your numbers are, with their
            unit: ``"error, %"``. By default they are called as the variable or function is.

    Raises:
        ArgumentError: an option has no such value, or a key that is nowhere in the graph; arguments
            of a module or function are missing.
        DTypeError: ``x`` is no tensor, module, function or derivation.
        GraphError: nothing was recorded, as nothing wants a gradient; or a compiled function has no
            program yet.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> loss = (x * x).sum()
        >>> picture = tg.render(loss)
        >>> picture
        <picture of loss: 3 boxes, 2 operations>
        >>> picture.save("loss.svg")  # doctest: +SKIP
    """
    if color_by is None or isinstance(color_by, str):
        one_of(color_by, "render: color_by", WORDS)
    notes = OwnNotes.of(color_by, labels, legend, user_frame())
    options = Options(
        backward=backward,
        depth=depth,
        expand=expand,
        values=values,
        formulas=formulas,
        max_nodes=max_nodes,
        direction=direction,
        color_by=color_by if isinstance(color_by, str) else OWN,
        engine=engine,
        theme=theme,
        font=font,
        font_size=font_size,
        title=title,
        show=show,
        legend=legend,
    )
    if isinstance(x, Watch):
        return RunPicture(x, options, notes)
    if isinstance(x, Compiled) and not args:
        return ProgramPicture(x, options, notes)
    f = x.__wrapped__ if isinstance(x, Compiled) else x
    if isinstance(x, (Trace, UpdateRule)) and not args:
        return ExpressionPicture(x, options, notes)
    recording = recording_of(f, args, user_frame())
    scene, places = capture(recording)
    return Picture(notes.on(scene, places, recording.given), places, options, recording)


class Picture:
    """A picture of a graph, which notebooks show by itself; made by :func:`render`.

    It keeps the graph until the explorer was asked for, whose statistics are computed then, and as
    long as formulas may be, the caller's variables, which name them. Afterwards it is plain data.

    Attributes:
        scene: all that was found in the graph, as plain data.
        options: how it is drawn.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> picture = tg.render(x * x)
        >>> picture.dot().splitlines()[0]
        'digraph picture {'
        >>> "∂x" in picture.svg()
        True
    """

    def __init__(
        self,
        scene: Scene,
        places: Sequence[Any] | None,
        options: Options,
        recording: Recording | None = None,
    ) -> None:
        """Make a picture of a scene; without places, of one whose values nobody knows.

        Raises:
            ArgumentError: values are wanted that nobody knows, or a module that there is not.
        """
        if places is None and (options.values or is_measured(options.color_by)):
            wanted = "values=True" if options.values else f"color_by={options.color_by!r}"
            raise errors.ArgumentError(
                f"render: {wanted} needs values, and a trace, a rule or a program holds none; for a"
                " picture with values draw a function with an example: tg.render(f, x, values=True)"
            )
        asked_for(scene, options.expand)
        self.scene, self.options = scene, options
        self._places = places
        self._outputs = recording.outputs if recording is not None else ()
        self._recording = recording if self._wants_formulas else None

    def __repr__(self) -> str:
        boxes, ops = len(self.scene.boxes), len(self.scene.forward)
        of = f" of {self.scene.title}" if self.scene.title else ""
        operations = f"{ops:,} operation{'s' * (ops != 1)}"
        return f"<picture{of}: {boxes:,} box{'es' * (boxes != 1)}, {operations}>"

    @cached_property
    def view(self) -> View:
        """What is drawn: tiles, links between them, and outlines of open modules."""
        counted = self.options.values or is_measured(self.options.color_by)
        return view_of(self._measured if counted else self.scene, self.options)

    @cached_property
    def _measured(self) -> Scene:
        if self._places is None:
            return self.scene
        samples = self.options.values or self._is_small
        return measured(self.scene, self._places, samples, self._outputs)

    @property
    def _is_small(self) -> bool:
        return len(self.scene.forward) <= SMALL

    @property
    def _wants_formulas(self) -> bool:
        asked = self.options.formulas
        return self._is_small if asked is None else asked

    def _derived(self) -> dict[str, Any]:
        """Return the formulas of the graph, where they are wanted."""
        if self._places is None or self._recording is None:
            return {}
        seconds = ASKED_SECONDS if self.options.formulas else SECONDS
        return derived_of(self.scene, self._places, self._recording, seconds)

    @cached_property
    def _explained(self) -> Scene:
        """The scene with all that the explorer tells; nothing else needs the graph afterwards."""
        rules = {} if self._places is None else rules_of(self.scene, self._places)
        found = replace(self._measured, rules=rules, derived=self._derived())
        self._places, self._outputs, self._recording = (), (), None
        return found

    def svg(self) -> str:
        """Return the picture as SVG, for any program: a page, a paper, a converter.

        Raises:
            ImportError: with ``engine="dot"``, Graphviz is not installed.
            GraphError: with ``engine="dot"``, Graphviz failed.
        """
        return self._drawn("svg", Size()).decode()

    @cached_property
    def drawing(self) -> Drawing:
        """The shapes that this package's own layout draws."""
        return drawing_of(self.view, self.options)

    def dot(self) -> str:
        """Return the picture in Graphviz's language, as text."""
        return to_dot(self.view, self.options)

    def html(self, run: Any = None) -> str:
        """Return the explorer: one HTML page that steps through the passes, without network.

        Args:
            run: a :class:`tg.nn.Watch` of a training run, or the history of a watched
                :func:`tg.train.fit`, whose norms are shown step by step; or a dict
                ``{"gradients": {layer: numbers}, "activations": {layer: numbers}}``.
        """
        return page(self._explained, run_of(run))

    def save(
        self,
        path: str | PathLike[str],
        run: Any = None,
        *,
        width: str | None = None,
        height: str | None = None,
        dpi: float = 200,
    ) -> None:
        """Write the picture to a file, in the format that its name ends with.

        ``.svg``, ``.pdf``, ``.png`` and ``.tex`` (TikZ) are the same drawing; PDF and PNG need
        matplotlib, which the extra ``train`` installs. ``.html`` is the explorer. For other
        programs there are ``.dot`` (Graphviz), ``.mmd`` (Mermaid), and with all operations,
        whatever is folded, ``.json`` (Model Explorer) and ``.graphml``. With ``engine="dot"``
        Graphviz draws SVG, PDF and PNG.

        Args:
            path: where to.
            run: as for :meth:`html`, which is the only format that shows it.
            width: how wide it becomes, ``"85mm"`` or ``"3.3in"``, its text with it.
            height: how high; with both, it fits into them.
            dpi: how many pixels a PNG has to an inch.

        Raises:
            ArgumentError: the name ends in none of these; a run, a width or a height is given that
                the format does not heed, or is no length; the font is not installed.
            ImportError: matplotlib, or with ``engine="dot"`` Graphviz, is not installed.
        """
        name = Path(path).name
        suffix = Path(path).suffix.lower()
        if suffix not in SUFFIXES:
            raise errors.ArgumentError(
                f"render: a picture is saved as {', '.join(SUFFIXES)}, not {name!r}"
            )
        if run is not None and suffix != ".html":
            raise errors.ArgumentError(
                f"render: the explorer shows a run, {suffix} does not; save it as .html, or the run"
                f" by itself: tg.render(watch).save({str(path)!r})"
            )
        size = Size(width, height, number(dpi, "save: dpi", above=0))
        files.write(path, self._written(suffix, size, run))

    def _written(self, suffix: str, size: Size, run: Any) -> bytes:
        """Return what stands in a file of a format."""
        if suffix in DRAWN:
            return self._drawn(suffix[1:], size)
        size.refuse(suffix)
        match suffix:
            case ".html":
                return self.html(run).encode()
            case ".dot":
                return self.dot().encode()
            case ".mmd":
                options = self.options
                return to_mermaid(self.view, options.direction, options.has_legend).encode()
            case ".json":
                return to_model_explorer(self.scene).encode()
        return to_graphml(self.scene).encode()

    def _drawn(self, kind: str, size: Size) -> bytes:
        """Return the drawing as SVG, PDF, PNG or TikZ."""
        options = self.options
        if options.engine == "dot" and kind != "tex":
            return drawn(self.dot(), kind, size)
        return written(self.drawing, kind, options, size)

    def explore(self, run: Any = None, height: int = 640) -> Frame:
        """Return the explorer, which a notebook shows below the cell, without network.

        Args:
            run: as for :meth:`html`.
            height: how many pixels of the notebook it takes.

        Raises:
            ArgumentError: a height that is no positive integer.

        Example:
            >>> import tensorgraph as tg
            >>> x = tg.tensor(3.0, requires_grad=True)
            >>> tg.render(x * x).explore()
            <explorer: 2 boxes, 1 operation; a notebook shows it, elsewhere .show() does>
        """
        what = f"<explorer{repr(self).removeprefix('<picture').removesuffix('>')}"
        whole(height, "explore: height", 1)
        said = f"{what}; a notebook shows it, elsewhere .show() does>"
        return Frame(self.html(run), height, said)

    def show(self) -> None:
        """Show the picture: in a notebook below the cell, otherwise the explorer in a browser.

        The page is handed to the browser directly; nothing is written.

        Raises:
            GraphError: there is no browser, or it did not ask for the page.
        """
        notebook = sys.modules.get("IPython")
        if notebook is not None and notebook.get_ipython() is not None:
            notebook.display.display(self)
        else:
            open_page(self.html())

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": repr(self)}


class ProgramPicture(Picture):
    """A picture of what a compiled function's program runs; made by ``tg.render(compiled)``.

    Of several programs, of the one that ran last. Each counts its ``runs``. Of a long one, what
    runs together is one box; ``depth=1`` opens all of these.

    Example:
        >>> import tensorgraph as tg
        >>> double = tg.compile(lambda x: x * 2, wait=True)
        >>> results = [double(tg.ones(3)) for _ in range(2)]
        >>> tg.render(double)
        <picture of <lambda>: 4 boxes, 2 operations>
    """

    def __init__(self, compiled: Compiled[..., Any], options: Options, notes: OwnNotes) -> None:
        scene = scene_of(compiled.program.runner.works, compiled.name)
        if options.depth is None and len(scene.forward) > MOST_IN_FRAMES:
            options = replace(options, depth=0)
        super().__init__(notes.on(scene), None, options)


class ExpressionPicture(Picture):
    """A picture of what a :func:`tg.trace` computes, or of an optimizer's :func:`tg.update_rule`.

    Gradients and updates are operations like all others; what a tensor is given is ``w'``.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> tg.render(tg.update_rule(tg.optim.SGD([w], lr=0.1)))
        <picture of SGD: 5 boxes, 2 operations>
    """

    def __init__(self, x: Trace | UpdateRule, options: Options, notes: OwnNotes) -> None:
        if isinstance(x, Trace):
            super().__init__(notes.on(scene_of_trace(x)), None, options)
            return
        # Shapes are those of what a rule was read off, not of any parameter.
        show = [word for word in options.show if word in ("op", "name")] or ["op"]
        super().__init__(notes.on(scene_of_rule(x)), None, replace(options, show=show))


class RunPicture(Picture):
    """A picture of the norms of activations and gradients, by layer and step of a training run.

    Vanishing and exploding gradients are seen at a glance. Made by ``tg.render(watch)``.

    Example:
        >>> import tensorgraph as tg
        >>> model = tg.nn.Linear(2, 1)
        >>> watch = tg.nn.Watch(model)
        >>> with watch:
        ...     model(tg.ones((1, 2))).sum().backward()
        >>> tg.render(watch)
        <picture of 1 step of Linear>
    """

    def __init__(self, watch: Watch, options: Options, notes: OwnNotes) -> None:
        if notes:
            raise errors.ArgumentError(
                "render: the norms of a run are no boxes that color_by or labels could speak of;"
                " draw the graph of one step: tg.render(loss, color_by={…})"
            )
        if options.engine == "dot":
            raise errors.ArgumentError(
                "render: the norms of a run are no graph that Graphviz could lay out; leave"
                " engine='dot' out"
            )
        super().__init__(Scene(boxes=(), title=type(watch.model).__name__), (), options)
        if not watch.steps:
            raise errors.GraphError(
                f"render: no step of {self.scene.title} was watched yet; run the training step"
                " inside of it: with watch: loss = cost(model(x), y); loss.backward()"
            )
        self._run, self._steps = run_of(watch) or {}, watch.steps

    def __repr__(self) -> str:
        return f"<picture of {self._steps:,} step{'s' * (self._steps != 1)} of {self.scene.title}>"

    @cached_property
    def drawing(self) -> Drawing:
        """The norms: a row for each layer, a column for each step."""
        title = self.scene.title if self.options.title is None else self.options.title
        return norms_drawing(self._run["activations"], self._run["gradients"], title)

    def dot(self) -> str:
        """Refuse: norms are no graph.

        Raises:
            ArgumentError: always.
        """
        raise errors.ArgumentError(
            "render: the norms of a run are no graph that another program could draw; save them as"
            f" {', '.join(DRAWN)} or .html"
        )

    def _written(self, suffix: str, size: Size, run: Any) -> bytes:
        return super()._written(suffix if suffix in (*DRAWN, ".html") else ".dot", size, run)

    def html(self, run: Any = None) -> str:
        """Return the norms as one HTML page, with a chart for each layer."""
        return page(self.scene, run_of(run) or self._run)
