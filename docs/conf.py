"""Settings of Sphinx; ``docs/__init__.py`` says why it is Sphinx. The build copies this file."""

import os
import sys
from pathlib import Path

ROOT = Path(os.environ["TENSORGRAPH_ROOT"])
sys.path[:0] = [str(ROOT)]

import tensorgraph as tg  # noqa: E402

project = "tensorgraph"
author = copyright = "the tensorgraph authors"
version = release = tg.__version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "docs.mathematics",
    "docs.docstrings",
    "docs.references",
]
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["downloads"]
default_role = "code"
nitpicky = True
# Types in signatures are written as they stand in the code, where not all of them lead somewhere.
nitpick_ignore_regex = [("py:(class|data|obj|exc|func|meth|mod|attr)", ".*")]

autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
add_module_names = False
napoleon_google_docstring, napoleon_numpy_docstring = True, False
napoleon_use_rtype = False

myst_enable_extensions = ["dollarmath", "deflist", "html_image", "attrs_inline", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = str(ROOT / "build" / "docs" / "executed")
nb_execution_show_tb = True
nb_execution_timeout = 180
nb_execution_excludepatterns: list[str] = []
nb_merge_streams = True

html_theme = "furo"
html_title = f"tensorgraph {version}"
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_sourcelink = html_copy_source = False
html_show_search_summary = False  # a page from disk may not fetch others
pygments_style, pygments_dark_style = "tango", "monokai"
