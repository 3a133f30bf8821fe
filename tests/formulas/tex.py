"""Runs a real TeX on what formulas are set as."""

import re
import subprocess

DOCUMENT = r"""\documentclass{article}
\usepackage{amsmath}
\allowdisplaybreaks
\begin{document}
%s
\end{document}
"""


def compiled(formulas, folder):
    """Compile formulas in one document, each under its name, and return the log by name.

    Args:
        formulas: the LaTeX of each, by name.
        folder: where document.pdf goes.
    """
    body = "\n".join(
        rf"\typeout{{formula {name}}}\noindent\verb|{name}| {latex}"
        for name, latex in formulas.items()
    )
    (folder / "document.tex").write_text(DOCUMENT % body, encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "document.tex"]
    result = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300
    )
    log = result.stdout.decode("utf-8", "replace")
    assert result.returncode == 0, log[-2000:]
    return dict(re.findall(r"^formula (\S+)\n(.*?)(?=^formula |\Z)", log, re.MULTILINE | re.DOTALL))


def equations(formulas):
    """Return what stands in the environment that formulas are set as, without the alignment."""
    first, *lines, last = formulas.latex().splitlines()
    assert (first, last) == (r"\begin{align*}", r"\end{align*}")
    assert all(line.count(" &") == 1 for line in lines)
    return "\n".join(line.replace(" &", " ") for line in lines)
