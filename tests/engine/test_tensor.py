"""The Tensor: its array, Python's and NumPy's protocols, copies, methods."""

import copy
import pickle

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.ops import OPS


def leaf(data, **kwargs):
    return tg.tensor(data, dtype="float64", requires_grad=True, **kwargs)


# ------------------------------------------------------------------------- making, copying, sharing


def test_tensor_copies_an_array():
    array = np.zeros(3)
    x = tg.tensor(array)
    array[0] = 1
    assert not np.shares_memory(x.data, array)
    assert x.data.tolist() == [0, 0, 0]


def test_tensor_copies_a_view_and_a_tensor():
    base = np.arange(6.0)
    assert not np.shares_memory(tg.tensor(base[::2]).data, base)
    x = tg.tensor(base)
    assert not np.shares_memory(tg.tensor(x).data, x.data)
    assert not tg.tensor(leaf([1.0])).requires_grad


def test_the_copy_of_a_result_is_a_new_leaf_without_history():
    x = leaf([1.0, 2.0])
    y = x * 3
    assert tg.tensor(y).is_leaf and not tg.tensor(y).requires_grad
    twin = tg.tensor(y, requires_grad=True)
    assert twin.is_leaf and twin.data.tolist() == [3, 6]
    (twin * twin).sum().backward()
    assert twin.grad.data.tolist() == [6, 12] and x.grad is None


def test_tensor_copies_what_shares_by_a_protocol():
    class Shares:
        array = np.zeros(3)

        def __array__(self, dtype=None, copy=None):
            return self.array

        def __dlpack__(self, **kwargs):
            return self.array.__dlpack__(**kwargs)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    assert not np.shares_memory(tg.tensor(Shares()).data, Shares.array)
    assert np.shares_memory(tg.asarray(Shares()).data, Shares.array)
    memory = bytearray(b"abc")
    x = tg.tensor(memoryview(memory))
    memory[0] = 0
    assert x.data.tolist() == [97, 98, 99]


def test_asarray_shares():
    array = np.zeros(3)
    assert np.shares_memory(tg.asarray(array).data, array)
    assert not np.shares_memory(tg.asarray(array, "float32").data, array)
    x = leaf([1.0])
    assert tg.asarray(x) is x
    assert tg.asarray(x, "float64") is x
    assert tg.asarray(x, "float32").dtype == np.float32


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.0, "float32"),
        ([1.0, 2], "float32"),
        ([[1.0], (2.0,)], "float32"),
        (1, "int64"),
        (True, "bool"),
        ([True, 2], "int64"),
        ([], "float32"),
        (range(3), "int64"),
        (np.float64(1), "float64"),
        (np.float32(1), "float32"),
        ([np.float64(1), 2.0], "float64"),
        ([np.float32(1), 2.0], "float32"),
        ([[np.zeros(2)], [np.ones(2)]], "float64"),
        (np.ones(2, np.float16), "float16"),
        (np.ones(2, np.uint8), "uint8"),
    ],
)
def test_dtype_of_data(data, dtype):
    assert tg.tensor(data).dtype == dtype
    assert tg.asarray(data).dtype == dtype


def test_python_floats_are_not_rounded_on_the_way_to_float64():
    assert tg.tensor(0.1, dtype="float64").item() == 0.1
    assert tg.tensor([0.1], dtype="float64").item() == 0.1


def test_a_tensor_is_not_made_by_its_class_and_not_subclassed():
    with pytest.raises(TypeError, match=r"write tg.tensor\(data\)"):
        tg.Tensor([1.0])
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("Mine", (tg.Tensor,), {})


def test_no_other_attributes():
    with pytest.raises(AttributeError):
        leaf([1.0]).colour = "red"


def test_constants_are_copied_so_that_changing_them_later_changes_no_gradient():
    x, c, index = leaf([1.0, 2.0]), np.array([3.0, 4.0]), np.array([0, 0])
    y = (x * c).sum() + x[index].sum()
    c[:] = 0
    index[:] = 1
    y.backward()
    assert x.grad.data.tolist() == [5, 4]


# ---------------------------------------------------------------------------------------- the array


@pytest.mark.parametrize("handed_out", ["data", "numpy", "array", "asarray", "grad"])
def test_arrays_handed_out_are_read_only(handed_out):
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    array = {
        "data": lambda: x.data,
        "numpy": x.numpy,
        "array": lambda: x.detach().__array__(),
        "asarray": lambda: np.asarray(x.detach()),
        "grad": lambda: x.grad.data,
    }[handed_out]()
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 5
    assert x.data.tolist() == [1, 2]


def test_shape_and_friends():
    x = tg.zeros((2, 3, 4), dtype="float64")
    assert (x.shape, x.ndim, x.size, len(x)) == ((2, 3, 4), 3, 24, 2)
    assert x.dtype == np.dtype("float64")
    assert x.T.shape == (4, 3, 2)
    assert x.mT.shape == (2, 4, 3)
    assert x.data.shape == x.numpy().shape == (2, 3, 4)


def test_results_of_no_axes_are_arrays():
    x = leaf([1.0, 2.0])
    for y in (x.sum(), x[0], x.mean() * 2, tg.exp(x[1]), x @ x, -x.max(), x.argmax(), x[0] > 1):
        assert type(y) is tg.Tensor
        assert type(y.data) is np.ndarray
        assert y.shape == ()


@pytest.mark.parametrize("value", [3, 2.5, True])
def test_item_is_a_python_number(value):
    for x in (tg.tensor(value), tg.tensor([[value]])):
        assert x.item() == value
        assert type(x.item()) is type(value)


def test_numbers():
    x = tg.tensor([2.5])
    assert (float(x), int(x), complex(x), bool(x)) == (2.5, 2, 2.5 + 0j, True)
    assert not tg.tensor(0)
    assert [10, 20, 30][tg.tensor(1)] == 20
    assert list(range(tg.tensor(2))) == [0, 1]
    with pytest.raises(tg.errors.DTypeError, match="only an integer tensor can be an index"):
        [1, 2][tg.tensor(1.0)]
    with pytest.raises(tg.errors.DTypeError, match="not bool"):
        [1, 2][tg.tensor(True)]


def test_iteration_unpacking_and_membership():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    first, second = x
    assert second.data.tolist() == [3, 4]
    assert [row.shape for row in x] == [(2,), (2,)]
    first.sum().backward()
    assert x.grad.data.tolist() == [[1, 1], [0, 0]]
    assert 3.0 in x
    assert 5.0 not in x
    assert x in [x]
    assert [1.0, 2.0] in x


def test_repr_and_format():
    assert repr(tg.tensor([1.0, 2.0])) == "tensor([1., 2.])"
    assert repr(tg.tensor(3)) == "tensor(3)"
    assert repr(tg.tensor([True])) == "tensor([ True])"
    assert repr(leaf(2.0, name="w")) == "tensor(2., dtype=float64, requires_grad=True, name='w')"
    assert repr(leaf([2.0]) * 3) == "tensor([6.], dtype=float64, op='multiply')"
    assert repr(tg.zeros((2, 2))).splitlines() == ["tensor([[0., 0.],", "        [0., 0.]])"]
    x = tg.tensor([0.25])
    assert f"{x}" == str(x) == "[0.25]"
    assert f"{x:.1%}" == "25.0%"
    assert "..." in repr(tg.zeros(10_000))


def test_hash_is_identity_and_equality_is_elementwise():
    a, b = tg.tensor([1.0, 2.0]), tg.tensor([1.0, 3.0])
    assert (a == b).data.tolist() == [True, False]
    assert (a != b).data.tolist() == [False, True]
    assert len({a, b, a}) == 2
    assert {a: "a"}[a] == "a"
    assert hash(tg.tensor(1.0)) != hash(tg.tensor(1.0))


@pytest.mark.parametrize("other", [None, "a", object(), {}, 1j])
def test_nothing_equals_a_stranger(other):
    x = tg.tensor([1.0, 2.0])
    assert (x == other) is False
    assert (other == x) is False
    assert (x != other) is True


# -------------------------------------------------------------------------------- NumPy's protocols


def test_array_protocol():
    x = tg.tensor([1.5, 2.5])
    assert np.shares_memory(np.asarray(x), x.data)
    assert np.shares_memory(np.asarray(x, copy=False), x.data)
    copied = np.array(x)
    copied[0] = 9
    assert x.data.tolist() == [1.5, 2.5]
    assert np.asarray(x, dtype="float64").dtype == np.float64
    assert np.array(x, dtype=int).tolist() == [1, 2]
    with pytest.raises(ValueError, match="a copy is needed to turn float32 into float64"):
        np.asarray(x, dtype="float64", copy=False)
    assert np.array([x, x]).shape == (2, 2)


def test_dlpack_gives_a_copy():
    x = tg.tensor([1.0, 2.0])
    there = np.from_dlpack(x)
    assert there.tolist() == [1, 2]
    assert not np.shares_memory(there, x.data)
    assert tg.asarray(there).data.tolist() == [1, 2]
    assert x.__dlpack_device__() == x.data.__dlpack_device__()
    with pytest.raises(BufferError, match="a tensor's memory is not shared"):
        x.__dlpack__(copy=False)


# --------------------------------------------------------------------------- copies, names, pickles


def test_deepcopy_of_a_leaf():
    x = leaf([1.0, 2.0], name="x")
    (x * x).sum().backward()
    twin = copy.deepcopy(x)
    assert (twin.name, twin.requires_grad, twin.dtype) == ("x", True, np.float64)
    assert twin.grad.data.tolist() == [2, 4]
    assert not np.shares_memory(twin.data, x.data)
    twin.assign([5.0, 5.0])
    twin.zero_grad()
    assert x.data.tolist() == [1, 2] and x.grad is not None
    both = copy.deepcopy([x, x])
    assert both[0] is both[1]


def test_shallow_copy_is_another_leaf():
    x = leaf([1.0, 2.0], name="x")
    twin = copy.copy(x)
    assert twin is not x and twin.name == "x" and twin.requires_grad
    twin.assign([3.0, 4.0])
    assert x.data.tolist() == [1, 2]
    y = x * 2
    copy.copy(y).sum().backward()
    assert x.grad.data.tolist() == [2, 2]


def test_pickle_of_a_leaf():
    x = leaf([1.0, 2.0], name="x")
    twin = pickle.loads(pickle.dumps(x))
    assert (twin.data.tolist(), twin.name, twin.requires_grad) == ([1, 2], "x", True)


@pytest.mark.parametrize("copying", [copy.deepcopy, pickle.dumps])
def test_results_are_neither_copied_deeply_nor_pickled(copying):
    with pytest.raises(tg.errors.GraphError, match=r"only leaves .* write .detach\(\)"):
        copying(leaf([1.0]) * 2)


def test_names():
    x = tg.tensor(1.0, name="x")
    assert x.name == "x"
    x.name = "y"
    assert x.name == "y"
    x.name = None
    assert x.name is None
    with pytest.raises(tg.errors.DTypeError, match="a name is a str or None, not int"):
        x.name = 3
    with pytest.raises(tg.errors.DTypeError, match="a name is a str or None, not int"):
        tg.tensor(1.0, name=3)


# ------------------------------------------------------------------------------ methods are the ops


ARGUMENTS = {
    "astype": ("float32",),
    "clip": (0.5, 2.5),
    "cumulative_sum": (0,),
    "expand_dims": (1,),
    "permute_dims": ((1, 0),),
    "repeat": (2, 0),
    "squeeze": (0,),
    "swapaxes": (0, 1),
    "take": ([0, 1], 1),
}
OF_THEIR_OWN = {"reshape", "choose", "compress", "nonzero"}
"""Methods that take their arguments in another way than the functions, or give back several."""


METHODS = [name for name in OPS if hasattr(tg.Tensor, name) and name not in OF_THEIR_OWN]


@pytest.mark.parametrize("name", METHODS)
def test_method_is_the_op(name):
    x = tg.tensor([[0.5, 1.5, 2.5]], dtype="float64")
    x = x > 1 if name in ("all", "any") else x
    args = ARGUMENTS.get(name, ())
    method, function = getattr(x, name)(*args), OPS[name](x, *args)
    assert np.array_equal(method.data, function.data)
    assert method.dtype == function.dtype


def test_methods_that_pick_take_what_numpys_take():
    x, rows = leaf([[0.5, 1.5], [2.5, 3.5]]), [[1, 2], [3, 4]]
    assert x.compress([False, True], axis=0).data.tolist() == [[2.5, 3.5]]
    assert tg.tensor([1, 0]).choose(rows).data.tolist() == [3, 2]
    assert [i.data.tolist() for i in (x > 1).nonzero()] == [[0, 1, 1], [1, 0, 1]]


def test_reshape_takes_lengths_or_a_tuple():
    x = leaf(np.arange(6.0))
    for y in (x.reshape(2, 3), x.reshape((2, 3)), x.reshape([2, -1]), x.reshape(shape=(-1, 3))):
        assert y.shape == (2, 3)
        assert y.node.op.name == "reshape"
    assert x.reshape(-1).shape == (6,)
    assert tg.tensor([[5.0]]).reshape().shape == ()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("view", r"write x.reshape\(2, -1\)"),
        ("gelu", r"write tg.gelu\(x\)"),
        ("copysign", r"write tg.copysign\(x, y\)"),
        ("exp_", r"write x.assign\(tg.exp\(x\)\)"),
        ("nonsense", "^a Tensor has no attribute 'nonsense'$"),
    ],
)
def test_a_missing_attribute_tells_what_to_write(name, hint):
    with pytest.raises(AttributeError, match=hint):
        getattr(tg.tensor(1.0), name)
