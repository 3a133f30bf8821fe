"""The documentation: what is written by hand, and what makes the rest at build time.

``python -m docs`` (``make docs``) writes a site into ``build/docs/html`` that is opened from disk:
no server, no network, search included. Sphinx makes it: it alone reads docstrings by importing what
they document (half of our functions are made from records, which tools that read source never see),
checks references, and keeps its search index in a script, which browsers load from ``file://``;
MkDocs and its kin fetch theirs, which they may not. Furo is the theme, for its dark mode and
phones; MyST-NB runs the guides and sets their outputs. Formulas are MathML, which browsers set
themselves, so no MathJax is carried along.

In come README.md, the docstrings, the records, the guides in ``examples/`` and the few pages in
``pages/``; nothing that is made from them is kept. Read in this order: ``__main__`` (the build),
``assemble`` (all sources of the site in one folder), then what makes its pages: ``readme``,
``notebooks`` (guides) and ``scripts``, ``rooms`` and ``operations`` (the reference, on
``public_names``), ``numpy_functions``, ``foreign_names``, ``course_index`` (which has the table by
hand), ``troubleshooting``, all on ``rst``; ``conf`` and the Sphinx extensions ``mathematics``,
``docstrings`` and ``references``; last ``site_check``, which follows each link of what was built.
"""
