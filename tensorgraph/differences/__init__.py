"""Two computations beside each other, operation by operation: ``tg.diff``, ``tg.precision``.

Two graphs, models or runs come in; what differs comes out, as text, a table and one picture. Read
diff.py first, which is ``tg.diff`` and chooses what is compared:

- graph_pairs.py matches the boxes of two scenes (``drawing.scene``), each of which graph_side.py
  knows: structure first, names and values where they help; longest_common.py is the longest common
  subsequence that it uses.
- graph_changes.py says what is not alike in two that match; graph_values.py compares what they
  compute, forward and backward, and finds where that differs first.
- one_order.py lists what both have in one order, for the text and the picture; graph_result.py is
  what ``tg.diff`` returns of graphs, graph_picture.py its picture.
- module_rows.py compares modules that nothing runs; named_arrays.py what has names: checkpoints,
  histories.
- array_difference.py is how two arrays are compared, for all of them; result.py what all results
  have in common.
- digits is what ``tg.precision`` finds: one computation in two precisions, and where digits go.
"""
