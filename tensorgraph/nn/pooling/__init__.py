"""Pooling: many places of a channel reduced to one number, and back.

To be read in this order: ``of_windows`` (windows of one size), ``of_shares`` (as many windows as
results are wanted, or one), ``unpooling`` (the largest elements back in their places).
"""
