"""From a recorded graph to a scene: all that can be told of it, as plain data.

In comes what ``tg.render`` was given; out goes a ``Scene`` (scene.py), which holds no tensors and
no nodes. recording.py runs a module or function where one is given, and knows the names of
variables; from_graph.py turns its graph into boxes and wires, with the help of module_calls.py (the
modules around an operation) and settings.py (how it was called). Of a compiled function
from_program.py makes a scene of what its program runs; of a trace or an optimizer's rule
from_expressions.py makes one. When they are asked for, statistics.py adds numbers and samples.py
what the arrays look like, by computing the graph again; op_formulas.py adds the formulas of
operations, and derived.py those of the values and gradients themselves. What is compared of a
scene's operations, to find parts that are built alike, is in subgraphs.py. Numbers and labels of
the caller's own come on it by own_notes.py.
"""
