"""A strict stand-in for a device: arrays that refuse to become NumPy's."""

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tests.engine.cupy_names import names

NUMBERS = (bool, int, float, complex, np.generic, list, tuple, slice)


class NotInCuPy(TypeError):
    """A function of NumPy's that CuPy does not have, or not so."""


def check_function(function, args, kwargs):
    """Raise unless CuPy has a function of this name that takes as much."""
    module = ".".join(function.__module__.split(".")[1:])
    path = f"{module}.{function.__name__}" if module else function.__name__
    if path not in names()["functions"]:
        raise NotInCuPy(f"np.{path}")
    parameters = names()["functions"][path]
    if parameters is None:
        return
    more = [name for name in kwargs if name not in parameters]
    if more or len(args) > len(parameters):
        raise NotInCuPy(f"np.{path}({', '.join(f'{name}=' for name in more)})")


def check_ufunc(ufunc, method, inputs, options):
    """Raise unless CuPy has such a ufunc, with this method, for these types, and one result."""
    name = ufunc.__name__
    if name not in names()["ufuncs"]:
        raise NotInCuPy(f"np.{name}")
    methods, types = names()["ufuncs"][name]
    if method != "__call__" and method not in methods:
        raise NotInCuPy(f"np.{name}.{method}")
    given = [getattr(x, "dtype", None) for x in inputs] if method == "__call__" else []
    if given and types and not any(_takes(loop, given) for loop in types):
        raise NotInCuPy(f"np.{name} of {', '.join(map(str, given))}")
    if len(options.get("out", ())) > 1:
        raise NotInCuPy(f"np.{name}(out=) of several results")


def _takes(loop, given):
    kinds = loop.partition("->")[0]
    return all(x is None or np.can_cast(x, kind) for x, kind in zip(given, kinds, strict=True))


class DeviceArray(NDArrayOperatorsMixin):
    """An array in a memory of its own: it answers NumPy's functions, and computes with its like.

    Numbers may stand beside it, but no array of NumPy's; only ``get`` gives its values. So does
    CuPy's.
    """

    taken = 0
    """How often values were taken to the host."""

    def __init__(self, values):
        self._values = np.asarray(values)

    def get(self):
        type(self).taken += 1
        return self._values.copy()

    def item(self):
        type(self).taken += 1
        return self._values.item()

    def __array__(self, *args, **kwargs):
        raise TypeError("an array of the device is not turned into one of NumPy's")

    __float__ = __int__ = __bool__ = __index__ = tolist = __array__

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if not all(isinstance(x, (DeviceArray, np.ndarray, *NUMBERS)) for x in inputs):
            return NotImplemented  # a tensor answers
        check_ufunc(ufunc, method, inputs, options)
        found = getattr(ufunc, method)(*map(_inside, inputs), **_inside(options))
        outs = options.get("out")
        return outs[0] if outs else _outside(found)

    def __array_function__(self, function, types, args, kwargs):
        if not all(issubclass(kind, (DeviceArray, np.ndarray)) for kind in types):
            return NotImplemented
        if function is np.asarray:
            (values, *rest) = args
            return DeviceArray(np.asarray(values, *rest, **kwargs))
        check_function(function, args, kwargs)
        return _outside(function(*_inside(args), **_inside(kwargs)))

    def __getitem__(self, key):
        return DeviceArray(self._values[_inside(key)])

    def __setitem__(self, key, value):
        self._values[_inside(key)] = _inside(value)

    def __len__(self):
        return len(self._values)

    def __repr__(self):
        return f"<device {self.dtype}{list(self.shape)}>"


def _attribute(name):
    return property(lambda self: _outside(getattr(self._values, name)))


def _method(name):
    def call(self, *args, **kwargs):
        return _outside(getattr(self._values, name)(*_inside(args), **_inside(kwargs)))

    return call


for _name in ("shape", "dtype", "ndim", "size", "T", "mT", "real", "imag"):
    setattr(DeviceArray, _name, _attribute(_name))
for _name in ("sum", "reshape", "astype", "copy", "transpose", "clip", "any", "all", "max"):
    setattr(DeviceArray, _name, _method(_name))


def _inside(value):
    """Return what a function of NumPy's is called with on the device."""
    if type(value) is DeviceArray:
        return value._values
    if isinstance(value, np.ndarray):
        raise TypeError(f"an array of NumPy's, of shape {value.shape}, beside one of the device")
    if isinstance(value, (list, tuple)):
        return type(value)(map(_inside, value))
    if isinstance(value, dict):
        return {key: _inside(part) for key, part in value.items()}
    return value


def _outside(value):
    if isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, np.dtype):
        return DeviceArray(value)
    if hasattr(value, "_fields"):
        return type(value)(*map(_outside, value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(_outside, value))
    return value
