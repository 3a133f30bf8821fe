"""``tg.judge``: gradients written by hand beside the engine's, and what is wrong with them.

In come a loss with its graph and what somebody has for its gradients; out comes a ``Judgement``.
What is wrong is found by search: the backward pass runs again with something changed in it, until
it gives what was handed in. Read in this order:

``judge`` (what is called), ``handed_in`` (arrays, functions) and ``written_formulas``,
``recording`` (the graph once more, in double precision) and ``names`` (what its places are called);
``passes`` (the backward pass with rules of one's own); ``change`` and ``changes`` (what may go
wrong at an operation; ``mixing_changes`` at one that mixes elements) with ``operands``,
``activations``, ``composites`` and ``normalising`` (derivatives of these), ``operations`` and
``other_rules``; ``roles`` (what edges have in common that come from one line of a loop);
``search`` (what explains an array), which asks ``factors``, ``terms``, ``parts``, ``loops``,
``edges``, ``other_arrays`` and ``other_axes`` for ``faults``, all by the means of ``looking``,
``closeness`` and ``known_numbers``; ``marking`` (one gradient after the other, each given those
before) with ``rounding`` (which elements are wrong, and which are rounded), ``mark``, ``wording``,
``beside`` (the derived formulas), ``judgement`` (what is returned) and ``judged_picture``.
"""
