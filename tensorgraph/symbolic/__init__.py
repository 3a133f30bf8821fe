"""Arrays without values: expressions that the engine computes with as it does with arrays.

In comes a function, or a recorded graph; out come expressions of all that is computed. Read in this
order: ``expr`` (symbolic arrays), ``infer`` (shapes and dtypes of results), ``evaluate`` (computing
expressions), ``joined_parts`` (slices of joined arrays), ``checks`` (what must hold of operands),
``capture`` (what a function computes and changes, such as a whole training step; a compiler starts
here) with ``attributes`` (what objects hold before), ``trace`` (the same as a listing:
``tg.trace``) and ``replay`` (a recorded graph on expressions, where formulas start) with its
``twins`` (nodes that compute with them) and its ``reader`` (of constants), which tells these apart
by an ``array_table``.
"""
