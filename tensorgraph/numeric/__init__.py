"""Derivatives from values alone: of a kernel without a gradient rule, and to check gradients.

In come a function and a point; out come derivatives, or an error that says why there are none.
``kernel_gradient`` is what an operation without a rule calls. It differentiates by ``by_element``
where one element of the result depends on one of the input, as ``dependence`` finds out, otherwise
by ``by_column``; both see the kernel through ``sampled_kernel``, and kinks from ``close_by``.
``followed`` runs a kernel on arrays that carry a derivative along and see each function they are
given to. ``complex_step`` and ``ridders`` are the methods, ``roughness`` says how noisy values are;
``gradcheck`` uses them too. ``not_settled`` is what is said where values do not tell a derivative.
"""
