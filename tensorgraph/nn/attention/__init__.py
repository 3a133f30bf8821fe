"""Attention, and what is built of it.

To be read in this order: ``scaled_dot_product`` (the equation), ``multi_head`` (the layer),
``positions`` (how steps are told apart), ``transformer_layers`` and ``transformer`` (encoders and
decoders).
"""
