"""Functions of functions: what differentiates a function, as ``backward`` does a graph.

All of them take a function of tensors (or of nested lists, tuples, dicts and dataclasses of them:
see :mod:`tensorgraph.tree`) and differentiate what it computes, or say how it is differentiated. A
list is a container: write ``tg.tensor([1.0, 2.0])`` for a vector. Where all that is differentiated
by are NumPy's arrays or numbers, so are the results, in arrays of their own, unless they are part
of a graph: ``scipy.optimize`` takes these functions as they are. They nest: a result that still
depends on something that wants a gradient is recorded like any other, so a gradient of a gradient
of a gradient is right.

``function_call`` is one call of such a function, which the others read, and ``forward_call`` one
that is differentiated forward; ``gradients`` (grad, value_and_grad), ``products`` (vjp, jvp, hvp),
``jacobians`` (jacobian, hessian), ``vmap``. Two kinds of arrays below tensors do the work of the
last: ``batched`` ones hold many examples, ``dual`` ones a value and its tangent; see
``engine/layers.py``.

``joint`` records part of a graph as one operation with a gradient of its own, where several
results lie one after the other (``packing``). Such are ``checkpoint``, ``custom_gradient`` (and
stop_gradient), whose gradient ``own_gradient`` makes that of all layers around, and ``implicit``:
``root`` connects a solution, found from ``values``, to what its equation is made of, in any layer,
and ``linear_solve`` solves the systems; ``loops`` (scan, fori_loop) checkpoint their blocks.
"""
