"""What runs when code runs: op records, tensors, the recorded graph and its backward pass.

In come NumPy's arrays, or arrays of another kind that answer NumPy's functions (of a device, or
symbolic); out come tensors, the nodes that made them, and gradients. Read in this order:

``op`` (the record of an operation; ``declaration_checks`` checks it, ``domain``, ``notation`` and
``rule`` are parts of it, ``own_op`` declares a user's, ``numeric_rule`` is the rule of one without
a rule), ``tensor`` (a handle on an array; ``operators`` lists its methods, ``arrays`` what it may
hold, ``creation`` and ``index_grids`` how one is made), ``dispatch`` (what a call does;
``operands`` what type checkers let it take, ``explain`` what its failures say, ``stated_facts``
what records say of its results), ``graph`` (nodes, walking them, running them again),
``backward_pass`` (the loop over them), ``autodiff`` (whose gradients are asked for); ``layers``
(arrays below tensors, by which ``transforms`` vmap and push tangents forward). ``function_types``
are for type checkers.

``modes`` says in which mode all this runs, and ``observers`` who watches it. Small parts:
``decorating``, ``comparison``, ``shapes``, ``summation``, ``nested_containers``,
``float_warnings``, ``locks``, ``malloc``, ``random_generator``, ``state_dict``, ``gradient_hook``,
``wanted_numbers``.

``lost_gradients`` says what it means that values leave the graph, for NumPy or as a number.

Parameters, buffers and state change in one function, ``tensor.rebind``; what has to look at values
asks ``arrays.host_values``.
"""
