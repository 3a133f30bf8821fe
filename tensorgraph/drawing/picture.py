"""``tg.render``: a picture of a recorded graph."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from tensorgraph import errors, files
from tensorgraph.arguments import whole
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.display.frame import Frame
from tensorgraph.drawing.explorer.page import page
from tensorgraph.drawing.formats.browser import open_page
from tensorgraph.drawing.formats.norm_map import norms_svg, run_of
from tensorgraph.drawing.formats.run_graphviz import drawn, program
from tensorgraph.drawing.formats.to_dot import to_dot
from tensorgraph.drawing.formats.to_svg import to_svg
from tensorgraph.drawing.scene.derived import ASKED_SECONDS, SECONDS, derived_of
from tensorgraph.drawing.scene.from_graph import capture
from tensorgraph.drawing.scene.from_program import scene_of
from tensorgraph.drawing.scene.op_formulas import rules_of
from tensorgraph.drawing.scene.recording import Recording, recording_of
from tensorgraph.drawing.scene.scene import Scene
from tensorgraph.drawing.scene.statistics import measured
from tensorgraph.drawing.view.build import view_of
from tensorgraph.drawing.view.colour import is_measured
from tensorgraph.drawing.view.fold import MAX_NODES, asked_for
from tensorgraph.drawing.view.options import Options
from tensorgraph.drawing.view.view import View
from tensorgraph.engine.modes import user_frame, user_level
from tensorgraph.leads.calls import with_leads
from tensorgraph.observe.watch import Watch

MOST_IN_FRAMES = 100
"""Of a program with more operations frames are closed, unless they are asked for."""

SMALL = 40
"""Of a graph of so many operations the explorer shows arrays and formulas without being asked."""

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".html")


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
    color_by: str = "family",
    engine: str | None = None,
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
            formulas are written below the picture. Of an :class:`tg.nn.Watch`, the norms of each
            layer by step. Of a compiled function without arguments, what its program runs: loops,
            products and kernels, in frames what runs together.
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
            ``"grad"``, the norm of gradients.
        engine: what lays out an SVG: ``"dot"`` of Graphviz, or the layout of this package,
            ``"own"``; by default Graphviz where it is installed.

    Raises:
        ArgumentError: an option has no such value; arguments of a module or function are missing.
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
    options = Options(
        backward=backward,
        depth=depth,
        expand=expand,
        values=values,
        formulas=formulas,
        max_nodes=max_nodes,
        direction=direction,
        color_by=color_by,
        engine=engine,
    )
    if isinstance(x, Watch):
        return RunPicture(x, options)
    if isinstance(x, Compiled) and not args:
        return ProgramPicture(x, options)
    f = x.__wrapped__ if isinstance(x, Compiled) else x
    recording = recording_of(f, args, user_frame())
    scene, places = capture(recording)
    asked_for(scene, options.expand)
    return Picture(scene, places, options, recording)


class Picture:
    """A picture of a graph, which notebooks show by itself; made by :func:`render`.

    It keeps the graph, so that statistics can be computed when they are asked for.

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
        places: Sequence[Any],
        options: Options,
        recording: Recording | None = None,
    ) -> None:
        self.scene, self.options = scene, options
        self._places, self._recording = places, recording

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
        return measured(self.scene, self._places, self.options.values or self._is_small)

    @property
    def _is_small(self) -> bool:
        return len(self.scene.forward) <= SMALL

    @cached_property
    def _derived(self) -> dict[str, Any]:
        """The formulas of the graph, where they are wanted."""
        asked = self.options.formulas
        wanted = self._is_small if asked is None else asked
        if not wanted or self._recording is None:
            return {}
        seconds = ASKED_SECONDS if asked else SECONDS
        return derived_of(self.scene, self._places, self._recording, seconds)

    def svg(self) -> str:
        """Return the picture as SVG.

        Graphviz draws it where its program ``dot`` is installed; elsewhere, and where Graphviz
        fails, the layout of this package. ``engine="dot"`` or ``engine="own"`` in
        :func:`render` choose one.

        Raises:
            ImportError: with ``engine="dot"``, it is not installed.
            GraphError: with ``engine="dot"``, Graphviz failed.
        """
        if self.options.engine == "own" or (self.options.engine is None and program() is None):
            return to_svg(self.view, self.options)
        try:
            text = drawn(self.dot(), "svg").decode()
        except errors.GraphError as error:
            if self.options.engine == "dot":
                raise
            warnings.warn(
                f"{error}. The layout of tensorgraph drew it instead; engine='own' asks for it",
                errors.UsageWarning,
                stacklevel=user_level(),
            )
            return to_svg(self.view, self.options)
        return text[text.index("<svg") :]

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
        rules = rules_of(self.scene, self._places)
        scene = replace(self._measured, rules=rules, derived=self._derived)
        return page(scene, run_of(run))

    def save(self, path: str | PathLike[str], run: Any = None) -> None:
        """Write the picture to a file, in the format that its name ends with.

        ``.svg``, ``.dot`` (Graphviz's language) and ``.html`` (the explorer) need nothing else;
        Graphviz draws ``.png`` and ``.pdf``.

        Args:
            path: where to.
            run: as for :meth:`html`, which is the only format that shows it.

        Raises:
            ArgumentError: the name ends in none of these; a run is given that would not be shown.
            ImportError: Graphviz is needed and not installed.
        """
        suffix = Path(path).suffix.lower()
        if suffix not in SUFFIXES:
            raise errors.ArgumentError(
                f"render: a picture is saved as {', '.join(SUFFIXES)}, not {Path(path).name!r}"
            )
        if run is not None and suffix != ".html":
            raise errors.ArgumentError(
                f"render: the explorer shows a run, {suffix} does not; save it as .html, or the run"
                f" by itself: tg.render(watch).save({str(path)!r})"
            )
        if suffix in (".png", ".pdf"):
            data = drawn(self.dot(), suffix[1:])
        elif suffix == ".html":
            data = self.html(run).encode()
        else:
            data = (self.svg() if suffix == ".svg" else self.dot()).encode()
        files.write(path, data)

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

    def __init__(self, compiled: Compiled[..., Any], options: Options) -> None:
        scene = scene_of(compiled.program.runner.works, compiled.name)
        if options.depth is None and len(scene.forward) > MOST_IN_FRAMES:
            options = replace(options, depth=0)
        super().__init__(scene, [None] * len(scene.boxes), options)

    @cached_property
    def _measured(self) -> Scene:
        return self.scene  # no value is kept of which there could be statistics


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

    def __init__(self, watch: Watch, options: Options) -> None:
        super().__init__(Scene(boxes=(), title=type(watch.model).__name__), (), options)
        self._run, self._steps = run_of(watch) or {}, watch.steps

    def __repr__(self) -> str:
        return f"<picture of {self._steps:,} step{'s' * (self._steps != 1)} of {self.scene.title}>"

    def svg(self) -> str:
        """Return the norms as SVG: a row for each layer, a column for each step."""
        return norms_svg(self._run["activations"], self._run["gradients"])

    def dot(self) -> str:
        """Refuse: norms are no graph.

        Raises:
            ArgumentError: always.
        """
        raise errors.ArgumentError(
            "render: the norms of a run are no graph that Graphviz could draw; save them as .svg or"
            " .html"
        )

    def html(self, run: Any = None) -> str:
        """Return the norms as one HTML page, with a chart for each layer."""
        return page(self.scene, run_of(run) or self._run)
