"""Build the site: ``python -m docs`` writes ``build/docs/html/index.html``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

from docs.assemble import ROOT, assemble
from docs.site_check import problems

BUILD = ROOT / "build" / "docs"
KERNEL = """\
c = get_config()
c.InlineBackend.figure_formats = {"svg"}
c.IPKernelApp.matplotlib = "inline"
c.IPKernelApp.log_level = "ERROR"
"""


def main() -> int:
    """Assemble the sources, build with warnings as errors, and follow every link."""
    source, site = BUILD / "source", BUILD / "html"
    assemble(source)
    os.environ |= environment(BUILD / "ipython")
    # Notebooks that did not change are not run again, and pages that did not change not written.
    options = ["--fail-on-warning", "--keep-going", "--quiet", "--jobs", "auto"]
    failed = sphinx([*options, "-d", str(BUILD / "doctrees"), str(source), str(site)])
    wrong = list(problems(site))
    print(*wrong, sep="\n", file=sys.stderr)
    print(f"{site / 'index.html'}: {len(list(site.rglob('*.html')))} pages")
    return failed or bool(wrong)


def environment(ipython: Path) -> dict[str, str]:
    """Return what the guides' kernels are told: this checkout, this Python, figures as SVG."""
    profile = ipython / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(KERNEL, "utf-8")
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    return {
        "TENSORGRAPH_ROOT": str(ROOT),
        "PYTHONPATH": os.pathsep.join(paths),
        "IPYTHONDIR": str(ipython),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }


sys.exit(main())
