"""Colours and type of pictures, light and dark, as a style sheet that stands inside of them."""

from __future__ import annotations

SANS = "ui-sans-serif,system-ui,'Segoe UI','Helvetica Neue',Arial,sans-serif"
MONO = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"
MATH = "'STIX Two Math','Cambria Math','Latin Modern Math','DejaVu Serif',Georgia,serif"

# Name: on light and on dark. Fills of tiles are mixed from them.
FAMILIES = {
    "elementwise": ("#2f6fde", "#6ea4ff"),
    "contract": ("#5b4bd6", "#9d8fff"),
    "fused": ("#0b8f86", "#3fc7bb"),
    "reduce": ("#8a3fc4", "#c489f2"),
    "shape": ("#64748b", "#94a3b8"),
    "index": ("#0a85b8", "#4fbce8"),
    "random": ("#b86a0b", "#f0a94a"),
}
KINDS = {
    "parameter": ("#b7791f", "#eab54d"),
    "input": ("#2f855a", "#62c48f"),
    "constant": ("#78716c", "#a8a29e"),
    "module": ("#3f4f6b", "#a9b8d4"),
    "more": ("#78716c", "#a8a29e"),
    "gradient": ("#d2453d", "#ff8a80"),
}
HUES = (
    ("#2f6fde", "#6ea4ff"),
    ("#0b8f86", "#3fc7bb"),
    ("#8a3fc4", "#c489f2"),
    ("#b86a0b", "#f0a94a"),
    ("#c0357f", "#f58cc0"),
    ("#4d7c0f", "#a3d65c"),
    ("#0a85b8", "#4fbce8"),
    ("#7c4a2d", "#d3a184"),
)
HEATS = (
    ("#8f9bb3", "#6c7690"),
    ("#7a8fc4", "#6f83c9"),
    ("#6a7fd0", "#7f86e8"),
    ("#7c63c9", "#a184f0"),
    ("#a34fb0", "#cf83dc"),
    ("#c74385", "#f07fae"),
    ("#dc4a4f", "#ff8679"),
    ("#d9640f", "#ffa552"),
)
"""From the least to the largest of what is measured."""
PAPER = ("#ffffff", "#12151c")
INK = ("#171b26", "#eef1f7")
MUTED = ("#4f586a", "#adb6c8")
LINE = ("#7b8598", "#7f8aa0")
FRAME = ("#f5f7fb", "#1a1f29")
EDGE = ("#d5dbe7", "#333c4d")
BAD = ("#c4001d", "#ff5a6a")


def css() -> str:
    """Return the style sheet; all its rules hold inside of ``.tg`` only."""
    light, dark = _variables(0), _variables(1)
    coloured = {
        **FAMILIES,
        **KINDS,
        **dict(_numbered("hue", HUES)),
        **dict(_numbered("heat", HEATS)),
    }
    rules = [
        f".tg{{{light};font-family:{SANS};color-scheme:light dark}}",
        f"@media(prefers-color-scheme:dark){{.tg{{{dark}}}}}",
        *(f".tg .{name}{{--line:var(--{name});--fill:var(--{name}-fill)}}" for name in coloured),
        _RULES,
    ]
    return "\n".join(rules)


def tone(kind: str, family: str, hue: int | None, heat: float | None, color_by: str) -> str:
    """Return the class that gives a tile its colour."""
    if color_by == "module" and hue is not None:
        return f"hue{hue % len(HUES)}"
    if color_by in ("bytes", "time", "grad"):
        return "constant" if heat is None else heat_tone(heat)
    if kind == "op":
        return family if family in FAMILIES else "elementwise"
    return kind


def heat_tone(heat: float) -> str:
    """Return the class of a share from 0 to 1."""
    return f"heat{min(int(max(heat, 0.0) * len(HEATS)), len(HEATS) - 1)}"


def _numbered(name: str, colours: tuple[tuple[str, str], ...]) -> list[tuple[str, tuple[str, str]]]:
    return [(f"{name}{i}", pair) for i, pair in enumerate(colours)]


def _variables(theme: int) -> str:
    plain = {
        "paper": PAPER,
        "ink": INK,
        "muted": MUTED,
        "wire": LINE,
        "frame": FRAME,
        "edge": EDGE,
        "bad": BAD,
    }
    values = [f"--{name}:{pair[theme]}" for name, pair in plain.items()]
    mixed = {**FAMILIES, **KINDS, **dict(_numbered("hue", HUES)), **dict(_numbered("heat", HEATS))}
    for name, pair in mixed.items():
        share = (
            0.24 if name.startswith("heat") else 0.11,
            0.34 if name.startswith("heat") else 0.2,
        )
        values.append(f"--{name}:{pair[theme]}")
        values.append(f"--{name}-fill:{_mixed(pair[theme], PAPER[theme], share[theme])}")
    values.append(f"--bad-fill:{_mixed(BAD[theme], PAPER[theme], 0.18)}")
    return ";".join(values)


def _mixed(colour: str, ground: str, share: float) -> str:
    parts = [
        round(share * int(colour[i : i + 2], 16) + (1 - share) * int(ground[i : i + 2], 16))
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


_RULES = f"""\
.tg text{{fill:var(--ink);text-anchor:middle}}
.tg .paper{{fill:var(--paper)}}
.tg .tile{{fill:var(--fill);stroke:var(--line);stroke-width:1.25}}
.tg .pill{{fill:var(--fill);stroke:var(--line);stroke-width:1}}
.tg .absent{{fill:var(--paper);stroke:var(--muted);stroke-dasharray:4 3}}
.tg .bad{{fill:var(--bad-fill);stroke:var(--bad);stroke-width:2.5}}
.tg .badge{{fill:var(--line)}}
.tg .badge.alarm{{fill:var(--bad)}}
.tg text.on{{fill:var(--paper);font-size:10px;font-weight:700}}
.tg .t{{font-size:13px;font-weight:600}}
.tg .s{{font-size:11px;fill:var(--muted)}}
.tg .m{{font-size:10.5px;fill:var(--muted);font-family:{MONO}}}
.tg .c{{font-size:11.5px;font-weight:600}}
.tg .none{{fill:var(--muted);font-style:italic;font-weight:400}}
.tg .outline{{fill:var(--frame);stroke:var(--edge);stroke-width:1.25}}
.tg .o{{font-size:11.5px;font-weight:600;fill:var(--muted);text-anchor:start}}
.tg .o.end{{text-anchor:end}}
.tg .halo{{paint-order:stroke;stroke:var(--frame);stroke-width:4px;stroke-linejoin:round}}
.tg .data{{--line:var(--wire)}}
.tg .line{{fill:none;stroke:var(--line)}}
.tg .head{{fill:var(--line)}}
.tg .saved{{fill:none;stroke:var(--muted);stroke-width:1.2;stroke-dasharray:2 4;opacity:.85}}
.tg .saved{{stroke-linecap:round}}
.tg .sum{{fill:var(--paper);stroke:var(--line);stroke-width:1.5}}
.tg .note{{font-size:10px;fill:var(--muted);text-anchor:start}}
.tg .note{{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}}
.tg .note.end{{text-anchor:end}}
.tg .note.middle{{text-anchor:middle}}
.tg .title{{font-size:16px;font-weight:650;text-anchor:start}}
.tg .pass{{font-size:11px;font-weight:600;fill:var(--muted);letter-spacing:.08em}}
.tg .pass.start{{text-anchor:start}}
.tg .l{{font-size:11px;fill:var(--muted);text-anchor:start}}
.tg .f{{font-size:15px;font-family:{MATH};text-anchor:start;white-space:pre}}
.tg .rule{{stroke:var(--edge)}}"""
