"""Weights that come from elsewhere, and go there: by PyTorch's names, and by rule.

To be read in this order: ``torch_names`` (what PyTorch calls the tensors of a model, there and
back), ``matching_state`` (a whole state, by either's names), ``layouts`` (how layers of other
libraries keep their arrays), ``foreign_names`` (where an array may belong), ``flax_gates``
(arrays that are one here), ``report`` and ``foreign`` (arrays that are turned as they come in).
Each layer says in its own file what it is called elsewhere.
"""
