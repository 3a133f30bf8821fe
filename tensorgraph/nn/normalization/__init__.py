"""Norm layers, which give features mean 0 and variance 1 before they scale and shift them.

To be read in this order: ``scale_and_shift`` (what they have in common), ``layer_norm`` (with
:class:`RMSNorm`), ``group_norm`` (with :class:`InstanceNorm`), ``batch_norm``.
"""
