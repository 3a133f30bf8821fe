"""``tg.derive``: the gradient of a recorded graph as a formula, checked on data.

In comes a recorded graph, which ``symbolic`` runs again on expressions; out comes a ``Derivation``,
whose formulas can be printed, run and followed step by step. Read in this order:

``derive`` (what is called), ``of_function`` and ``recorded_call`` (where a function is given),
``targets`` (what may be asked), ``problem`` (what is known before anything is simplified),
``simplifier`` (one gradient) and ``solution`` (all of them, and those that they use); ``facts``
(what is known of values: by op records, by ``assume``, from the data) and ``constant_facts`` (what
of that is known at the start); then the rooms ``algebra`` (simplifying), ``naming`` (what values
are called), ``writing`` (formulas on paper) and ``recurrences`` (loops over time); then ``verify``
(each formula against the engine), ``run_again`` (what was read off data against the function that
made it), ``gradient``, ``derivation`` and ``steps`` (what is returned) and ``hints`` (why it stays
long). ``whole_graph`` writes a formula for every value and gradient of a graph. ``update_rules``
writes the rules of optimizers.

What an operation is called, how it is written, its code and its facts stand in its record
(``engine.op``, ``engine.notation``); here only ``algebra.meanings`` and ``algebra.identities`` know
operations one by one.
"""
