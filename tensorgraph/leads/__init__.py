"""Names from elsewhere: what PyTorch, Keras, JAX or NumPy call a thing, and what to write here.

One table, of which errors and the documentation are made. Its rows stand in files by where a name
is typed: ``functions`` and ``operations`` (at ``tg`` itself), ``networks`` (at ``tg.nn``),
``training`` (at the other rooms), ``tensors`` (methods of tensors), ``keywords`` and
``layer_keywords`` (of calls). A row reads::

    cat            P    tg.concat([x, y], axis=0)
    clone,copy     PN   x                           # tensors do not change

that is: the name, or several; who calls it so (P PyTorch, K Keras and TensorFlow, J JAX with Flax
and Optax, N NumPy, S scikit-learn and SciPy); the line to write here, which runs where ``tg`` is
imported and the variables hold what their names say; and a note. Where nothing is to be written,
there is only a note. In ``keywords``, a third column may hold our keyword, ``axis=``, which takes
the same value: such a row holds for every call that has it, and the line is an example.

Read ``table`` (rows as :class:`tensorgraph.leads.table.Lead`), then who tells them: ``attributes``
(a name that is not there), ``modules`` (a module that is called), ``calls`` (a keyword that is not
taken) and ``imports`` (an import of what is not there). A name that stands here, but in another
room, needs no row. At ``np`` stand functions that are something else in NumPy than what is called
so at ``tg``. ``draws`` needs no table: arguments of a random draw in another order than here.
"""
