"""The colours of pictures: by name, one on light and one on dark paper."""

from __future__ import annotations

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

TONES = {
    **FAMILIES,
    **KINDS,
    **{f"hue{i}": pair for i, pair in enumerate(HUES)},
    **{f"heat{i}": pair for i, pair in enumerate(HEATS)},
}
"""All that a tile's colour may be called."""
