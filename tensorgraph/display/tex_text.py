"""Text as LaTeX sets it, with any engine: signs that its fonts lack are mathematics."""

from __future__ import annotations

import unicodedata

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "-": "{-}",
    "`": r"\`{}", "\n": " ", "\t": " ",
}  # fmt: skip
SIGNS = {
    "∂": r"\partial", "∇": r"\nabla", "Σ": r"\Sigma", "Π": r"\Pi", "Δ": r"\Delta",
    "Ω": r"\Omega", "Φ": r"\Phi", "Ψ": r"\Psi", "Θ": r"\Theta", "Λ": r"\Lambda", "Γ": r"\Gamma",
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\epsilon",
    "ζ": r"\zeta", "η": r"\eta", "θ": r"\theta", "ι": r"\iota", "κ": r"\kappa", "λ": r"\lambda",
    "μ": r"\mu", "ν": r"\nu", "ξ": r"\xi", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma",
    "τ": r"\tau", "φ": r"\phi", "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega",
    "−": "-", "×": r"\times", "÷": r"\div", "·": r"\cdot", "∗": r"\ast", "∘": r"\circ",
    "⊙": r"\odot", "±": r"\pm", "√": r"\surd", "∞": r"\infty", "∈": r"\in", "∉": r"\notin",
    "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "∝": r"\propto", "∧": r"\wedge",
    "∨": r"\vee", "¬": r"\neg", "∀": r"\forall", "∃": r"\exists", "∣": r"\mid", "ℓ": r"\ell",
    "→": r"\rightarrow", "←": r"\leftarrow", "↑": r"\uparrow", "↓": r"\downarrow",
    "↔": r"\leftrightarrow", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil",
    "‖": r"\|", "′": r"^{\prime}", "▦": r"\#", "⚠": r"\triangle", "∑": r"\sum", "∏": r"\prod",
    "…": r"\ldots",
}  # fmt: skip
"""Signs as commands of mathematics."""
ACCENTED = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ"
"""What LaTeX makes of its own fonts."""


def tex_text(text: str) -> str:
    r"""Return a text as it stands in a LaTeX document; of a sign that it cannot set, the code.

    Example:
        >>> tex_text("∂W_1 = x²")
        '$\\partial$W\\_1 = x$^{2}$'
        >>> tex_text("日")
        '[U+65E5]'
    """
    return "".join(map(_character, text))


def _character(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character in SIGNS:
        return f"${SIGNS[character]}$"
    if character.isascii():
        return character
    kind, _, plain = unicodedata.decomposition(character).partition(" ")
    if kind in ("<super>", "<sub>"):
        sign = "^" if kind == "<super>" else "_"
        inner = chr(int(plain, 16))
        return f"${sign}{{{SIGNS.get(inner, inner)}}}$"
    if character in ACCENTED:
        return character
    return " " if character.isspace() else f"[U+{ord(character):04X}]"
