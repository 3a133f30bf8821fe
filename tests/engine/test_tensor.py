"""The Tensor: its array, its place in the graph, Python's protocols, hooks."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.operators import Operators
from tensorgraph.ops import OPS


def leaf(data, **kwargs):
    return tg.tensor(data, dtype="float64", requires_grad=True, **kwargs)


# ------------------------------------------------------------------------ making, copying, sharing


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


# ------------------------------------------------------------------------------ the array


@pytest.mark.parametrize("handed_out", ["data", "numpy", "array", "asarray", "grad"])
def test_arrays_handed_out_are_read_only(handed_out):
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    array = {
        "data": lambda: x.data,
        "numpy": x.numpy,
        "array": lambda: x.__array__(),
        "asarray": lambda: np.asarray(x),
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


# --------------------------------------------------------------------------- NumPy's protocols


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


# ------------------------------------------------------------------------- copies, names, pickles


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


# ------------------------------------------------------------------------- place in the graph


def test_leaves_results_and_constants():
    x, c = leaf([1.0]), tg.tensor([2.0])
    y = x * c
    assert x.is_leaf and c.is_leaf and not y.is_leaf
    assert x.node is None and c.node is None
    assert y.node.op is tg.multiply.op
    assert y.requires_grad and not c.requires_grad and not (c * c).requires_grad
    assert (c * c).is_leaf


def test_setting_requires_grad():
    x = tg.tensor([1.0, 2.0])
    x.requires_grad = True
    (x * x).sum().backward()
    assert x.grad.data.tolist() == [2, 4]
    x.requires_grad = False
    assert not (x * x).requires_grad
    with pytest.raises(
        tg.errors.GraphError, match="leaves only; this tensor is a result of 'multi"
    ):
        (leaf([1.0]) * 2).requires_grad = False


def test_detach_cuts_and_shares():
    x = leaf([1.0, 2.0])
    y = (x * 3).detach()
    assert not y.requires_grad and y.is_leaf
    assert np.shares_memory(x.detach().data, x.data)
    ((x * 3).detach() * x).sum().backward()
    assert x.grad.data.tolist() == [3, 6]


def test_a_result_keeps_its_inputs_alive_only_where_a_rule_needs_them():
    x = leaf([1.0, 2.0])
    middle = x * 3
    seen = weakref.ref(middle)
    y = (middle + 1).sum()
    gc.disable()
    try:
        del middle
        assert seen() is None
    finally:
        gc.enable()
    y.backward()
    assert x.grad.data.tolist() == [3, 3]


def test_grad_setter():
    x = leaf([1.0, 2.0])
    given = np.array([1.0, 1.0])
    x.grad = given
    given[0] = 9
    assert x.grad.data.tolist() == [1, 1]
    x.grad = [0.1, 0.2]
    assert x.grad.dtype == np.float64 and x.grad.data.tolist() == [0.1, 0.2]
    x.grad = None
    assert x.grad is None
    with pytest.raises(tg.errors.ShapeError, match=r"tensor's shape \(2,\), this one is \(3,\)"):
        x.grad = np.zeros(3)
    x.grad = [1.0, 1.0]
    x.zero_grad()
    assert x.grad is None


def test_a_gradient_has_the_dtype_of_its_tensor():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    g = tg.tensor([0.1, 0.2], dtype="float32")
    x.grad = g
    assert x.grad is g
    x.grad = tg.tensor([0.1, 0.2], dtype="float64")
    assert x.grad.dtype == np.float32
    for wrong in (tg.tensor([1, 2]), tg.tensor([True, False])):
        with pytest.raises(tg.errors.DTypeError, match=f"is a floating-point .* {wrong.dtype};"):
            x.grad = wrong
    assert x.grad.dtype == np.float32
    x.grad = [1, 2]
    assert x.grad.dtype == np.float32
    with pytest.raises(tg.errors.DTypeError, match="only floating-point tensors have"):
        tg.tensor([1, 2]).grad = [0.5, 0.5]


# ------------------------------------------------------------------------------------- assign


def test_assign_copies_and_returns_the_leaf():
    x, value = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    assert x.assign(value) is x
    value[0] = 9
    assert x.data.tolist() == [3, 4]
    assert x.assign([0.1, 0.2]).data.tolist() == [0.1, 0.2]
    assert x.assign(tg.tensor([1, 2])).dtype == np.float64
    assert tg.zeros(2).assign(np.array([0.5, 0.5])).dtype == np.float32


def test_older_graphs_keep_the_old_value():
    w = leaf([3.0])
    y = w * w * w
    w.assign([10.0])
    y.backward()
    assert w.grad.data.tolist() == [27]
    assert (w * w).item() == 100


def test_older_graphs_keep_the_old_value_at_second_order():
    w = leaf([3.0])
    y = w * w * w
    w.assign([10.0])
    first = tg.gradients(y, w, create_graph=True)
    assert first.item() == 27
    second = tg.gradients(first, w, create_graph=True)
    assert second.item() == 18
    w.assign([-1.0])
    assert tg.gradients(second, w).item() == 6


def test_a_shared_old_value_is_not_changed_by_assign():
    w = leaf([3.0])
    view, detached = w.data, w.detach()
    w.assign([10.0])
    assert view.tolist() == [3] and detached.item() == 3


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (
            np.zeros(3),
            tg.errors.ShapeError,
            r"assign\(\) got shape \(3,\), tensor 'w' has shape \(2",
        ),
        (1.0, tg.errors.ShapeError, r"got shape \(\)"),
        ("ab", tg.errors.DTypeError, "not strings"),
        ([[1.0], 2.0], tg.errors.ShapeError, "ragged"),
    ],
)
def test_refused_assignments_change_nothing(value, error, text):
    w = leaf([1.0, 2.0], name="w")
    with pytest.raises(error, match=text):
        w.assign(value)
    assert w.data.tolist() == [1, 2]


def test_assign_does_not_cut_floats_to_integers():
    x = tg.tensor([1, 2])
    with pytest.raises(tg.errors.DTypeError, match="got float32, this tensor is int64"):
        x.assign([0.5, 0.5])
    assert x.assign([3, 4]).data.tolist() == [3, 4]


def test_assign_is_for_leaves():
    with pytest.raises(
        tg.errors.GraphError, match="works on leaves; this tensor is a result of 'a"
    ):
        (leaf([1.0]) + 1).assign([2.0])


# ------------------------------------------------------------------------------------- hooks


def test_a_hook_replaces_a_leafs_gradient():
    x = leaf([1.0, -3.0])
    x.register_hook(lambda g: g.clip(-1.0, 1.0))
    (x * x).sum().backward()
    assert x.grad.data.tolist() == [1, -1]


def test_a_hook_that_returns_nothing_only_looks():
    x, seen = leaf([1.0, 2.0]), []
    x.register_hook(seen.append)
    (x * x).sum().backward()
    assert seen[0].data.tolist() == x.grad.data.tolist() == [2, 4]
    assert type(seen[0]) is tg.Tensor


def test_hooks_run_in_order_on_the_whole_gradient_of_a_result():
    x, seen = leaf([1.0]), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.item()))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(g.item()))
    (y * 3 + y * 4).sum().backward()
    assert seen == [7, 70]
    assert x.grad.item() == 140


def test_removing_a_hook():
    x, seen = leaf([1.0]), []
    remove_first, remove_second = x.register_hook(seen.append), x.register_hook(seen.append)
    remove_first()
    remove_first()
    x.sum().backward()
    assert len(seen) == 1
    remove_second()
    x.sum().backward()
    assert len(seen) == 1
    y = x * 2
    y.register_hook(seen.append)()
    y.sum().backward()
    assert len(seen) == 1


def test_hooks_run_for_gradients_too():
    x = leaf([1.0])
    y = x * x
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    dx, dy = tg.gradients(y.sum(), [x, y])
    assert (dx.item(), dy.item()) == (21, 10)
    assert x.grad is None


def test_a_hook_in_a_gradient_of_a_gradient():
    x = leaf([3.0])
    y = x * x
    y.register_hook(lambda g: g * x)
    first = tg.gradients(y.sum(), x, create_graph=True)  # x · 2x
    assert first.item() == 18
    assert tg.gradients(first, x).item() == 12


def test_what_a_hook_returns_takes_the_gradients_dtype_and_memory_of_its_own():
    x, given = tg.tensor([1.0], requires_grad=True), np.array([7.0])
    x.register_hook(lambda g: given)
    x.sum().backward()
    given[0] = 0
    assert x.grad.dtype == np.float32 and x.grad.item() == 7
    y = tg.tensor([1.0], requires_grad=True)
    y.register_hook(lambda g: tg.tensor([2.0], dtype="float64"))
    y.sum().backward()
    assert y.grad.dtype == np.float32


def test_a_failing_hook_leaves_no_gradient_behind():
    a, b = leaf([1.0]), leaf([2.0])

    def fail(g):
        raise RuntimeError("stop")

    b.register_hook(fail)
    with pytest.raises(RuntimeError, match="stop"):
        (a * b).sum().backward()
    assert a.grad is None and b.grad is None


def test_bad_hooks():
    x = leaf([1.0, 2.0])
    with pytest.raises(tg.errors.DTypeError, match="a hook is a function of the gradient, not 3"):
        x.register_hook(3)
    with pytest.raises(tg.errors.GraphError, match="the hook would never run; write requires_grad"):
        tg.tensor([1.0]).register_hook(print)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(
        tg.errors.ShapeError, match=r"hook returned shape \(\), the gradient has \(2"
    ):
        x.sum().backward()
    assert x.grad is None


# ------------------------------------------------------------------------- methods are the ops

ARGUMENTS = {
    "astype": ("float32",),
    "clip": (0.5, 2.5),
    "cumulative_sum": (0,),
    "expand_dims": (1,),
    "permute_dims": ((1, 0),),
    "repeat": (2, 0),
    "squeeze": (0,),
    "take": ([0, 1], 1),
}
METHODS = [name for name in Operators.__annotations__ if name in OPS and name != "reshape"]


@pytest.mark.parametrize("name", METHODS)
def test_method_is_the_op(name):
    x = tg.tensor([[0.5, 1.5, 2.5]], dtype="float64")
    x = x > 1 if name in ("all", "any") else x
    args = ARGUMENTS.get(name, ())
    method, function = getattr(x, name)(*args), OPS[name](x, *args)
    assert np.array_equal(method.data, function.data)
    assert method.dtype == function.dtype


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
        ("transpose", "write x.mT"),
        ("gelu", r"write tg.gelu\(x\)"),
        ("tolist", r"write x.numpy\(\).tolist\(\)"),
        ("copy", "write x, since tensors do not change"),
        ("clone", "write x, since tensors do not change"),
        ("nonsense", "^a Tensor has no attribute 'nonsense'$"),
    ],
)
def test_a_missing_attribute_tells_what_to_write(name, hint):
    with pytest.raises(AttributeError, match=hint):
        getattr(tg.tensor(1.0), name)
