"""From operations on whole arrays to loops over elements.

In comes a dataflow; out come statements in groups that run together. Read in this order:
``expansion`` (operations in simpler ones) and ``joined_products`` (sums of them), ``scalars`` (the
formula of an element) and ``elements`` (reading one off a kernel), ``memory_order`` (in which order
axes stand in memory), ``statements`` (loops, products, calls of kernels), ``rearranging`` (where
elements come from), ``placing`` (results that are put together), ``convolving``, ``lowering`` (from
operations to statements), ``fusion`` (loops over the same rows become one) and ``nests`` (how those
are nested).
"""
