"""The user's own code: what its variables hold, and what its statements say of them.

In comes a frame that runs it; out come the variables that may name values, the best first. Read
``source`` (the bindings and operations in a source), ``bytecode`` (the same, where there is no
source), ``statements`` (how well a variable fits an operand, by where it stands), ``variables``
(which variables of which frames count). Knows nothing of tensors: messages, formulas and pictures
call values alike by it. ``asking`` says who calls, and how that line is written; ``warning_line``
warns once for each line, ``op_lines`` says where an operation stands.
"""
