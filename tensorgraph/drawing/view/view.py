"""What a picture draws, as plain data: tiles, the links between them, outlines of open modules."""

from __future__ import annotations

from dataclasses import dataclass

from tensorgraph.drawing.scene.scene import Shape

NOT_COMPUTED = "not computed"


@dataclass(frozen=True, slots=True)
class Gradient:
    """The gradient of a tile's value, which has a tile of its own in the backward pass."""

    of: str | None
    """What it is the gradient of: ``W1``; ``None`` where no gradient flows."""
    shape: Shape = ()
    notes: tuple[str, ...] = ()
    """What else is known of it: ``sum of 2``, statistics."""
    is_computed: bool = True
    """Whether it is there, or is what a backward pass makes on its way."""
    tone: str = "gradient"
    """The name of its colour in the palette."""

    @property
    def title(self) -> str:
        """What is written on top: ``∂W1``."""
        return NOT_COMPUTED if self.of is None else f"∂{self.of}"

    @property
    def lines(self) -> tuple[str, ...]:
        """What is written below."""
        return self.notes if self.of is None or self.is_computed else (*self.notes, NOT_COMPUTED)


@dataclass(frozen=True, slots=True)
class Tile:
    """Something that is drawn as one box."""

    id: int
    kind: str
    """``op``, ``parameter``, ``input`` or ``constant``; ``module`` for a folded one; ``more`` for
    operations that are left out."""
    tone: str
    """The name of its colour in the palette."""
    title: str
    lines: tuple[str, ...] = ()
    """What is written below the title."""
    shape: Shape | None = None
    """That of its value; ``None`` where it is not told."""
    dtype: str = ""
    boxes: tuple[int, ...] = ()
    """The boxes of the scene that it stands for."""
    repeat: int = 1
    """For how many equal ones it stands."""
    outline: int | None = None
    """The innermost open module around it."""
    docked: tuple[Tile, ...] = ()
    """Leaves that only it uses, drawn on it."""
    warn: str = ""
    """``nan`` or ``inf`` where its value or gradient holds one."""
    gradient: Gradient | None = None
    """``None`` where nothing is drawn in the backward pass."""
    tip: str = ""
    """What is told when the pointer rests on it."""

    @property
    def is_leaf(self) -> bool:
        """Whether it is a value that no operation makes."""
        return self.kind in ("parameter", "input", "constant")


@dataclass(frozen=True, slots=True)
class Link:
    """Values that flow from one tile to another."""

    source: int
    target: int
    kind: str = "data"
    """``data``; ``state``, a value that goes from one turn of a loop to the next; ``gradient``,
    from the gradient of ``source`` up to that of ``target``; ``state gradient``, from one turn to
    that before; or ``saved``, from the value of ``source`` to the gradient of ``target``, whose
    rule reads it."""
    label: str = ""
    count: int = 1
    """How many edges of the graph it stands for."""
    width: float = 1.0
    loop: int | None = None
    """Of a state, the outline of the loop that it goes round; ``None`` where that is closed."""


@dataclass(frozen=True, slots=True)
class Outline:
    """An open module, drawn around its tiles."""

    id: int
    title: str
    parent: int | None = None
    copies: int = 1
    """How many equal modules in a row it stands for."""


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend: what one colour means."""

    tone: str
    word: str
    is_round: bool = False
    """Whether what has the colour has round ends, as leaves do."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What colours the picture, ``Time, log scale:``, with its range: ``0.1 ms``, ``1.2 ms``."""

    quantity: str
    low: str
    high: str
    tones: tuple[str, ...]
    """The colours from the one end to the other."""


@dataclass(frozen=True, slots=True)
class Caption:
    """A line below the picture; of an equation, how it is set as well."""

    text: str
    latex: str = ""
    mathml: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What a picture draws. Ids are positions in the lists."""

    tiles: tuple[Tile, ...]
    """In an order in which every link of data points forward."""
    links: tuple[Link, ...] = ()
    outlines: tuple[Outline, ...] = ()
    """Each after the one around it."""
    mirror: bool = False
    """Whether the backward pass is drawn beside the forward pass."""
    folded: str = ""
    """What is not shown, as a sentence."""
    title: str = ""
    caption: tuple[Caption, ...] = ()
    """Lines below the picture."""
    keys: tuple[Key, ...] = ()
    """The legend of what has a colour."""
    scale: Scale | None = None
    """Of the quantity that colours the picture, if one does."""

    def turning(self) -> list[int]:
        """Return the tiles at which the backward pass begins."""
        back = ("gradient", "state gradient")
        fed = {link.target for link in self.links if link.kind in back}
        return [
            i
            for i, tile in enumerate(self.tiles)
            if tile.gradient and tile.gradient.of is not None and i not in fed
        ]
