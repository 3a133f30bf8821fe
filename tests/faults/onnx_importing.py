"""Faults of reading ONNX files."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

HERE = "onnx/importing"

FAULTS: list[Fault] = [
    *planted_in(
        f"{HERE}/files.py",
        ("_inside", "'..' in Path(place).parts", "False",
         "onnx files: weights may lie above the model's folder"),
        ("_inside", "Path(place).is_absolute()", "False", "onnx files: weights may lie anywhere"),
        ("_inside", "not path.resolve(strict=True).is_relative_to(inside)", "False",
         "onnx files: a link of a folder leads out of the model's"),
        ("external_bytes", "path.stat().st_size < start + length", "False",
         "onnx files: weights that are cut off are read"),
        ("external_bytes", "file.seek(start)", "pass",
         "onnx files: where weights begin is ignored"),
        ("read_model", "path.stat().st_size > MAX_BYTES", "False",
         "onnx files: a file larger than any is read"),
    ),
    *planted_in(
        f"{HERE}/arrays.py",
        ("_elements", "_check_count(len(data), size, what, 'bytes')", "",
         "onnx files: a weight of another size than it claims"),
        ("_elements", "np.array(field, np.uint32).astype(np.uint16).view(np.float16)",
         "np.array(field, np.float16)", "onnx files: bits of half precision are taken for numbers"),
    ),
    *planted_in(
        f"{HERE}/reading.py",
        ("Reader._nodes", "self._count > MAX_NODES", "False",
         "onnx files: functions that grow without end"),
        ("Reader._graph", "depth > MAX_DEPTH", "False", "onnx files: graphs in graphs have no end"),
        ("Reader._written_out", "standard | attributes", "attributes | standard",
         "onnx functions: the caller's attributes do not count"),
    ),
    *planted_in(
        f"{HERE}/load.py",
        ("_state", "array.ndim > 0 and not statistic", "array.ndim > 0",
         "onnx weights: running averages are trained"),
        ("_place", "len(set(users)) > 1", "False",
         "onnx weights: what several modules use lies in the first"),
        ("_state", "all(use.place in use.node.operator.settings for use in uses)", "False",
         "onnx weights: settings are parameters"),
    ),
    *planted_in(
        f"{HERE}/building.py",
        ("Builder._child", "self._last.get(value, -1) >= stop", "False",
         "onnx modules: a part returns nothing"),
        ("_freeing", "{i for i in (*taken, *makes) if i >= fixed} - kept",
         "{i for i in (*taken, *makes) if i >= fixed}",
         "onnx modules: a value is let go that is read later"),
    ),
    *planted_in(
        f"{HERE}/imported.py",
        ("_check_shape", "lengths.setdefault(wanted, found)", "found",
         "onnx inputs: two lengths of one name may differ"),
        ("_check_shape", "len(shape) == len(declared.shape)", "True",
         "onnx inputs: any number of axes is taken"),
    ),
    *planted_in(
        f"{HERE}/values.py",
        ("allowed", "math.prod(n or 1 for n in shape) > MAX_ELEMENTS", "False",
         "onnx values: a file may ask for any number of elements"),
    ),
    *planted_in(
        f"{HERE}/operators/control.py",
        ("_scan", "row[::-1] if b else row", "row", "onnx loops: a scan's results are not turned"),
    ),
    *planted_in(
        f"{HERE}/operators/recurrent.py",
        ("_along", "ops.where(inside, n, s)", "n",
         "onnx layers: a state goes on behind the end of its sequence"),
        ("_gru", "reset * own[:, 2 * n:]", "own[:, 2 * n:]", "onnx layers: GRU without its reset"),
        ("_lstm", "forget * memory + into * g(new)", "forget * memory + g(new)",
         "onnx layers: LSTM takes in all that is new"),
    ),
    *planted_in(
        f"{HERE}/operators/normalization.py",
        ("_of_batch", "mean * momentum + own_mean * (1 - momentum)",
         "mean * (1 - momentum) + own_mean * momentum",
         "onnx layers: the momentum of batch norm the other way round"),
        ("Dropout.forward", "not self.training", "True", "onnx layers: dropout never drops"),
    ),
    *planted_in(
        f"{HERE}/operators/pooling.py",
        ("_beyond", "count -= 1", "pass",
         "onnx pooling: a last window may start behind the image"),
        ("average_pool", "sides = ((0, 0),) * len(sides)", "pass",
         "onnx pooling: padding that counts is padded twice"),
    ),
    *planted_in(
        f"{HERE}/operators/indexing.py",
        ("_bounded", "min(max(end, -1), n - 1)", "max(end, 0)",
         "onnx slices: backwards never to the first element"),
    ),
]  # fmt: skip
