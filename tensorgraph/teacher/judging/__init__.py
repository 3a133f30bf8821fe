"""``tg.judge``: gradients written by hand beside the engine's, and what is wrong with them.

In come a loss with its graph and what somebody has for its gradients; out comes a ``Judgement``.
What is wrong is found by search: the backward pass is run again with something changed in it, until
it gives what was handed in. Read in this order:

``judge`` (what is called), ``handed_in`` (arrays, formulas, functions), ``recording`` (the graph once
more, in double precision) and ``names`` (what its places are called); ``passes`` (the backward pass
with rules of one's own), ``changes`` (what may go wrong at an operation), ``search`` (what explains
an array) with ``closeness`` and ``known_numbers`` (which factor that is) and ``wording``; ``marking``
(one gradient after the other, each given those before), ``beside`` (the derived formulas) and
``judgement`` (what is returned).
"""
