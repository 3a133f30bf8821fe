"""Tensors of files: of every dtype, sparse, and in files that may not lie elsewhere."""

import ml_dtypes
import numpy as np
import onnx
import pytest
from hypothesis import given, strategies as st
from onnx import TensorProto, helper, numpy_helper

import tensorgraph as tg
from tensorgraph.errors import DTypeError, OnnxError
from tensorgraph.onnx.importing.narrow import NARROW
from tests.onnx.networks import X, Y, model, node, refuse, value


def tensor(**fields):
    """Return a model that adds a weight with the given fields."""
    made = model([node("Add", "x w", "y")], X, Y)
    weight = made.graph.initializer.add(name="w", data_type=1)
    for name, given_value in fields.items():
        if isinstance(given_value, (list, tuple)):
            getattr(weight, name).extend(given_value)
        else:
            setattr(weight, name, given_value)
    return made


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"dims": [2**30, 2**30], "raw_data": b"\0" * 8}, r"weight 'w' has 8 bytes, .* say 46116"),
        ({"dims": [2**60], "float_data": [1.0]}, "has 1 elements, its shape and dtype say 1152"),
        ({"dims": [2**60], "data_type": 8, "string_data": [b"a"]}, "has 1 strings"),
        ({"dims": [-2], "float_data": []}, r"has shape \(-2,\), with a negative length"),
        ({"dims": [2], "raw_data": b"\0" * 7}, "has 7 bytes, its shape and dtype say 8"),
        (
            {"dims": [2], "data_type": 99, "raw_data": b""},
            "the dtype with number 99, which is none",
        ),
        ({"dims": [2], "data_type": 16, "raw_data": b"\0" * 8}, "has 8 bytes, .* dtype say 4"),
        ({"dims": [5], "data_type": 22, "int32_data": [0, 0]}, "has 2 bytes, .* dtype say 3"),
        ({"dims": [2], "data_type": 14, "raw_data": b"\0" * 16}, "dtype complex64, and complex"),
        ({"dims": [2], "data_type": 0, "raw_data": b"\0" * 4}, "number 0, which is none"),
    ],
)
def test_weights_that_are_not_what_they_claim_are_refused(fields, text):
    refuse(tensor(**fields), text)


@pytest.mark.parametrize(
    "dtype",
    "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split(),
)
@pytest.mark.parametrize("raw", [True, False])
def test_weights_of_every_dtype_are_read(dtype, raw):
    array = np.array([[0, 1, 2]]).astype(dtype)
    code = helper.np_dtype_to_tensor_dtype(array.dtype)
    data = array.tobytes() if raw else array.reshape(-1).tolist()
    weight = helper.make_tensor("w", code, array.shape, data, raw=raw)
    made = model([node("Identity", "w", "y")], [], [value("y", [1, 3], code)])
    made.graph.initializer.append(weight)
    y = tg.onnx.load(made)()
    assert y.dtype == array.dtype and y.tolist() == array.tolist()


NARROW_NAMES = [one.name for one in NARROW.values()]


def codes_of(narrow):
    """Return all numbers of a dtype, in order of their bits."""
    bits = np.arange(2**narrow.bits).astype(np.uint16 if narrow.bits == 16 else np.uint8)
    return bits.view(narrow.dtype)


@pytest.mark.parametrize("code", NARROW, ids=NARROW_NAMES)
@pytest.mark.parametrize("raw", [True, False])
def test_weights_of_few_bits_are_read_in_wider_dtypes(code, raw):
    narrow = NARROW[code]
    every = codes_of(narrow)[:-1]  # an odd number, that fills no bytes
    weight = numpy_helper.from_array(every, "w")
    if not raw:
        wide = np.uint16 if narrow.bits == 16 else np.uint8
        weight.int32_data.extend(np.frombuffer(weight.raw_data, wide).tolist())
        weight.ClearField("raw_data")
    made = model([node("Identity", "w", "y")], [], [value("y", every.shape, code)])
    made.graph.initializer.append(weight)
    network = tg.onnx.load(made)
    y = network()
    assert y.dtype == narrow.wide and narrow.name in str(network.outputs[0])
    np.testing.assert_array_equal(y.data, every.astype(narrow.wide))


def cast(code, x, **told):
    made = model([node("Cast", "x", "y", to=code, **told)],
                 [value("x", [None], helper.np_dtype_to_tensor_dtype(x.dtype))],
                 [value("y", [None], code)], opset=25)  # fmt: skip
    return tg.onnx.load(made)(x).data


ROUNDED = [code for code, one in NARROW.items() if one.wide.kind == "f" and code != 24]


@pytest.mark.parametrize("code", ROUNDED, ids=[NARROW[code].name for code in ROUNDED])
@given(xs=st.lists(st.floats(width=32), min_size=1), near=st.floats(-4, 4))
def test_casts_round_as_the_standards_package_does(code, xs, near):
    """Also of numbers in the middle between two, and beside it, and beyond the largest."""
    narrow = NARROW[code]
    with np.errstate(all="ignore"):
        every = np.unique(codes_of(narrow).astype(np.float32))
        every = every[np.isfinite(every)]
        every = every if len(every) < 999 else every[:: len(every) // 499]
        middle = ((every[1:].astype(np.float64) + every[:-1]) / 2).astype(np.float32)
        beside = np.nextafter(middle, np.float32([[-np.inf], [np.inf]])).reshape(-1)
        x = np.concatenate([np.float32(xs), every, middle, beside, every[-1:] + np.float32(near)])
        wanted = x.astype(narrow.dtype).astype(np.float32)
    if code == 16:
        np.testing.assert_array_equal(cast(code, x), wanted)
        return
    largest = every[-1]
    if code != 23:
        found = cast(code, x, saturate=0)
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(
            np.signbit(found[wanted == 0]), np.signbit(wanted[wanted == 0])
        )
        wanted = np.where(
            np.isnan(x), np.nan, np.where(np.abs(x) > largest, np.copysign(largest, x), wanted)
        )
    np.testing.assert_array_equal(cast(code, x), wanted)


def test_double_precision_is_rounded_once():
    """Through single precision 1 + 2⁻⁸ + 2⁻⁴⁰ would be a tie, and become 1."""
    assert cast(16, np.array([1 + 2.0**-8 + 2.0**-40])).tolist() == [1 + 2.0**-7]


def test_powers_of_two_are_those_above_below_or_nearest():
    x = np.float32([0.124, 1.1, 1.5, 2.0, 3.1])
    for mode, wanted in {"up": [0.125, 2, 2, 2, 4], "down": [0.0625, 1, 1, 2, 2],
                         "nearest": [0.125, 1, 2, 2, 4]}.items():  # fmt: skip
        assert cast(24, x, round_mode=mode).tolist() == wanted
    ends = np.float32([0, np.inf, np.nan])
    np.testing.assert_array_equal(cast(24, ends), np.float32([2.0**-127, 2.0**127, np.nan]))
    assert np.isnan(cast(24, ends, saturate=0)).all()
    with pytest.raises(OnnxError, match="round_mode 'sideways'; known are up, down"):
        cast(24, x, round_mode="sideways")


def test_a_cast_to_fewer_digits_has_the_gradient_of_a_conversion():
    made = model([node("Cast", "x", "m", to=16), node("Mul", "m m", "y")], X, [value("y", [2], 16)])
    x = tg.tensor(np.float32([1.0 + 2.0**-9, 3.0]), requires_grad=True)
    y = tg.onnx.load(made)(x)
    y.sum().backward()
    assert y.tolist() == [1.0, 9.0] and x.grad.tolist() == [2.0, 6.0]


def test_inputs_of_few_bits_are_taken_as_such_or_rounded():
    made = model([node("Identity", "x", "y")], [value("x", [2], 16)], [value("y", [2], 16)])
    network = tg.onnx.load(made)
    assert "'x' (bfloat16 as float32, shape (2))" in repr(network)
    given_values = np.float32([1.0 + 2.0**-9, 3.0])
    assert network(given_values).tolist() == [1.0, 3.0]
    assert network(given_values.astype(ml_dtypes.bfloat16)).tolist() == [1.0, 3.0]
    with pytest.raises(DTypeError, match="bfloat16 as float32"):
        network(np.array([1, 2]))


def test_weights_of_bfloat16_are_trained():
    made = model([node("Gemm", "x w", "y")], [value("x", [1, 2], 16)], [value("y", [1, 1], 16)])
    weight = np.float32([[1], [2]]).astype(ml_dtypes.bfloat16)
    made.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    network = tg.onnx.load(made)
    network(np.float32([[3, 4]])).sum().backward()
    [(name, parameter)] = network.named_parameters()
    assert (name, parameter.dtype, parameter.grad.tolist()) == ("w", np.float32, [[3], [4]])


@pytest.mark.parametrize(("code", "ends"), [(21, (0, 15)), (22, (-8, 7)), (25, (0, 3))])
def test_quantised_numbers_of_few_bits_stay_between_their_ends(code, ends):
    zero = numpy_helper.from_array(np.zeros((), NARROW[code].dtype), "z")
    scale = numpy_helper.from_array(np.float32(0.5), "s")
    made = model([node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "y")],
                 [value("x", [3])], [value("y", [3])], opset=25)  # fmt: skip
    made.graph.initializer.extend([zero, scale])
    low, high = ends
    assert tg.onnx.load(made)([-99.0, 0.6, 99.0]).tolist() == [low / 2, 0.5, high / 2]


def test_what_is_cast_to_few_bits_is_known_as_such():
    nodes = [node("Cast", "zero", "z", to=22), node("QuantizeLinear", "x s z", "q"),
             node("Cast", "q", "y", to=1)]  # fmt: skip
    weights = {"zero": np.float32(0), "s": np.float32(1)}
    made = model(nodes, [value("x", [2])], [value("y", [2])], weights, opset=25)
    assert tg.onnx.load(made)([-99.0, 99.0]).tolist() == [-8.0, 7.0]


def test_a_value_in_a_wider_dtype_has_not_the_bits_of_the_file():
    made = model([node("BitCast", "x", "y", to=6)], [value("x", [2], 16)], Y, opset=26)
    with pytest.raises(OnnxError, match="BitCast of a dtype that is held in a wider one"):
        tg.onnx.load(made)([1.0, 2.0])


def test_sparse_weights_are_read_and_checked():
    values = numpy_helper.from_array(np.float32([5, 7]), "w")
    flat = numpy_helper.from_array(np.array([1, 5]), "")
    made = model([node("Add", "x w", "y")], [value("x", [2, 3])], [value("y", [2, 3])])
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, flat, [2, 3]))
    assert tg.onnx.load(made)(np.zeros((2, 3), np.float32)).tolist() == [[0, 5, 0], [0, 0, 7]]
    made.graph.sparse_initializer[0].dims[0] = 2**40
    refuse(made, "elements are made of the numbers in a file")
    made.graph.sparse_initializer[0].dims[0] = 1
    refuse(made, "its places do not fit its shape")


# ------------------------------------------------------------------- weights in other files


@pytest.fixture
def outside(tmp_path):
    """Return a function that writes a model whose weight lies elsewhere."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "data.bin").write_bytes(np.float32([9, 1, 2]).tobytes())
    (tmp_path / "secret.bin").write_bytes(np.float32([3, 4]).tobytes())

    def write(**told):
        made = tensor(dims=[2], data_location=TensorProto.EXTERNAL)
        weight = made.graph.initializer[0]
        for key, text in told.items():
            weight.external_data.add(key=key, value=str(text))
        path = folder / "model.onnx"
        onnx.save(made, path)
        return path

    return write


def test_weights_in_a_file_beside_the_model_are_read(outside):
    path = outside(location="data.bin", offset=4, length=8)
    assert tg.onnx.load(path)([0.0, 0.0]).tolist() == [1.0, 2.0]
    refuse(path.read_bytes(), r"'data.bin', and where that is only a path to the model says")


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"location": "../secret.bin"}, "which is not in the model's folder"),
        ({"location": "sub/../../secret.bin"}, "which is not in the model's folder"),
        ({"location": "/etc/passwd"}, "which is not in the model's folder"),
        ({"location": ""}, "which is not in the model's folder"),
        ({"location": "..\\secret.bin"}, "which is not in the model's folder"),
        ({"location": "C:\\secret.bin"}, "which is not in the model's folder"),
        ({"location": "C:secret.bin"}, "which is not in the model's folder"),
        ({"location": "\\\\host\\share"}, "which is not in the model's folder"),
        ({"location": "a\0b"}, "which is not in the model's folder"),
        ({}, "which is not in the model's folder"),
        ({"location": "none.bin"}, "where there is no file"),
        ({"location": "."}, "which is no file in the folder"),
        ({"location": "data.bin", "length": 4}, "4 bytes are given, its shape and dtype have 8"),
        ({"location": "data.bin", "offset": 8}, "has 12 bytes, not 16; the file is cut off"),
        ({"location": "data.bin", "offset": -4}, "is a number of bytes, not '-4'"),
        ({"location": "data.bin", "offset": "1e3"}, "is a number of bytes, not '1e3'"),
        ({"location": "data.bin", "length": 10**30}, "is a number of bytes"),
    ],
)
def test_weights_elsewhere_may_not_leave_the_folder(outside, told, text):
    refuse(outside(**told), text)


def test_links_out_of_the_folder_are_not_followed(outside, tmp_path):
    folder = outside(location="link.bin").parent
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    refuse(outside(location="link.bin"), "which is no file in the folder")
    (folder / "sub").symlink_to(tmp_path)
    refuse(outside(location="sub/secret.bin"), "which is no file in the folder")


def test_files_larger_than_any_model_are_not_read(tmp_path):
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(2**31 + 1)  # a hole, which takes no space
    refuse(path, "huge.onnx has 2147483649 bytes")
