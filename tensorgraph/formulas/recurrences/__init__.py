"""Loops: what each step computed, and backpropagation through time as equations for a step t.

In comes a recorded graph, in which nobody wrote that it came from a loop; out come names with a
step as their index, and equations that hold for all t. Read ``slices`` (what is made for all steps
at once, read as what each step makes), ``families`` (what plays the same part in each step),
``inputs`` (what each step is given of its own), ``counters`` (numbers computed of a loop's
counter), ``names`` (their letters), ``terms`` (gradients
that are sums over steps, term by term), ``shifts`` (a formula of one step as that of another),
``step_simplifier`` (each step's gradient by itself), ``equations`` (equations that are alike, as
one).

Each gradient of each step is derived, and checked, by itself; only on paper they are one.
"""
