"""A strict stand-in for a device: arrays that refuse to become NumPy's."""

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


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

    def __array__(self, *args, **kwargs):
        raise TypeError("an array of the device is not turned into one of NumPy's")

    __float__ = __int__ = __bool__ = __index__ = tolist = __array__

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        found = getattr(ufunc, method)(*map(_inside, inputs), **_inside(options))
        outs = options.get("out")
        return outs[0] if outs else _outside(found)

    def __array_function__(self, function, types, args, kwargs):
        if function is np.asarray:
            (values, *rest) = args
            return DeviceArray(np.asarray(values, *rest, **kwargs))
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
