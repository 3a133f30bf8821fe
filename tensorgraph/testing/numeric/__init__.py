"""Derivatives from values alone, and ``gradcheck``, which compares gradients with them.

In comes a function with arguments; out comes what was compared, or an error that says where a
derivative is wrong. Read ``gradcheck`` first: ``checked_function`` runs the function, ``probes``
says along what it is differentiated, ``ridders`` and ``kinks`` how, and ``findings`` what is told.
"""
