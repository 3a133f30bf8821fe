"""What watches a computation while it runs, without changing what it computes.

``debug`` says where a NaN or infinity arose, ``profile`` how long each op took and what it
allocated, ``watch`` how large the activations and gradients of each layer are. The first two are
told of every kernel and gradient rule by the engine (``engine.modes.observing``); a watch wraps the
``forward`` of modules. What comes out is an error, a table, and columns of norms;
``bytes_and_seconds`` writes both, ``root_names`` says what variables call modules.
"""
