"""Recurrent networks: a cell along a sequence.

To be read in this order: ``cells`` (one step, with ``lstm_steps``), ``layers`` (a cell along a
sequence, there and back, in layers upon each other).
"""
