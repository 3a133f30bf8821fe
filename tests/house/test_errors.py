"""The classes of errors; what each mistake is told is tested in the room that raises it."""

import inspect

from tensorgraph import errors


def test_errors_are_pythons_own_kinds_too():
    builtin = (ValueError, TypeError, RuntimeError, AttributeError, AssertionError, UserWarning)
    classes = [
        c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__
    ]
    assert len(classes) >= 10
    assert all(issubclass(c, builtin) and inspect.getdoc(c) for c in classes)
    assert issubclass(errors.AxisError, IndexError)
    assert issubclass(errors.AnomalyError, FloatingPointError)
