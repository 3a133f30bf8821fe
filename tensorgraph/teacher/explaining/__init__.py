"""``tg.explain``: why a gradient is missing, zero, tiny, huge or NaN.

In come a tensor or a module, and a loss: its graph, or a function that computes it; out comes an
``Explanation``. Read ``explain`` first (what is asked about) and ``losses`` (of which loss;
``alive`` finds one that was not given, ``watched_run`` runs a function), then ``run_again`` (every
value and gradient of a recorded graph, also with other values in it), ``one_gradient`` (the
verdict) and what it rests on: ``blame`` (operations that let no gradient through; ``words`` and
``slopes`` say by their ``facts`` what each of them means, ``units`` which axis counts units,
``zero_values`` why a result is 0, ``cancelled`` what cancels), ``lost`` (no path at all), ``sizes``
(tiny and huge, on ``flow``, the way through the layers) and ``non_finite``. ``optimized``,
``history`` and ``without_loss`` say the rest; ``names`` calls things as the user does;
``explanation`` is what comes out.
"""
