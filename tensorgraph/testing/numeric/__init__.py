"""Derivatives from values alone, and ``gradcheck``, which compares gradients with them.

In comes a function with arguments; out comes what was compared, or an error that says where a
derivative is wrong. Read ``gradcheck`` first, then ``comparison``, which compares in groups and
looks at elements where that shows a difference. ``checked_function`` runs the function, ``probes``
says along what it is differentiated, ``derivatives`` how, by the methods of the room ``numeric``.
``rounding`` and ``extended`` tell rounding from mistakes, ``kinks`` judges where there is no one
derivative, and ``findings`` is what is told.
"""
