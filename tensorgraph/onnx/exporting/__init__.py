"""Writing ONNX files.

A function is traced (``graph_reading``, with ``sequences`` for recurrent layers) at several sizes
of its dynamic axes, those of the examples among them (``sampling``). What several operations do
that ONNX has one operator for is found (``idioms``), what has none is taken apart (``lowering``, by
``definitions`` and the records). The traces are read side by side as one program, in which sizes
stand for numbers that differ (``program``, with ``sizes`` and ``summed_gradients``), and for each
operation its form (``forms``, the table) adds nodes (``emitter``). ``example_call`` says what is
exported, ``export`` is the public function, ``files`` writes.
"""
