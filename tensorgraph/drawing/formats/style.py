"""The style sheet that stands inside an SVG picture: colours and type, light and dark."""

from __future__ import annotations

from tensorgraph.drawing.palette import BAD, EDGE, FRAME, INK, LINE, MUTED, PAPER, TONES

SANS = "ui-sans-serif,system-ui,'Segoe UI','Helvetica Neue',Arial,sans-serif"
MONO = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"
MATH = "'STIX Two Math','Cambria Math','Latin Modern Math','DejaVu Serif',Georgia,serif"


def css() -> str:
    """Return the style sheet; all its rules hold inside of ``.tg`` only."""
    light, dark = _variables(0), _variables(1)
    rules = [
        f".tg{{{light};font-family:{SANS};color-scheme:light dark}}",
        f"@media(prefers-color-scheme:dark){{.tg{{{dark}}}}}",
        *(f".tg .{name}{{--line:var(--{name});--fill:var(--{name}-fill)}}" for name in TONES),
        _RULES,
    ]
    return "\n".join(rules)


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
    for name, pair in TONES.items():
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
