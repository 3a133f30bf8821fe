"""Faults of saving and loading, of transfer, and of several tasks at once."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_FILES = [
    *planted_in(
        "train/array_file.py",
        ("write", "_flush(partial)", "", "save: the file is not on the disk when it is renamed"),
        ("write", "_flush(path.parent)", "", "save: the directory is not on the disk"),
        ("write", "save_file(arrays, partial, {MARK: sealed})",
         "save_file(arrays, path, {MARK: sealed})\n"
         "shutil.copy(path, partial)", "save: the last file is overwritten in place"),
        ("write", "shutil.rmtree(workshop, ignore_errors=True)", "pass",
         "save: litter of a save that failed"),
        ("write", "shutil.rmtree(left, ignore_errors=True)", "pass",
         "save: litter of a run that was killed"),
        ("write", 'f".{escape(path.name)}.{\'?\' * TOKEN}.partial"',
         "f'.{escape(path.name)}.*.partial'", "save: litter is what another file is written in"),
        ("write", "workshop.stat().st_mode & 438", "workshop.stat().st_mode & 384",
         "save: a file that only its owner can read"),
        ("_verified", "(mark, version, checksum) != (MARK, VERSION, _checksum(arrays, text))",
         "(mark, version) != (MARK, VERSION)", "save_damaged: nobody looks at the checksum"),
        ("_checksum", "digest.update(np.ascontiguousarray(arrays[name], kind).data)", "pass",
         "save_damaged: the checksum leaves out the numbers"),
        ("_checksum", "[text, kinds]", "[text]",
         "save_damaged: the checksum leaves out names and shapes"),
        ("_verified", "key == MARK or text.startswith(MARK)", "key == MARK",
         "save_damaged: a file with a damaged mark is taken for one of another tool"),
        ("_array", "np.frombuffer(data, '<u2').astype(np.uint32) << 16",
         "np.frombuffer(data, '<u2').astype(np.uint32) << 15", "save: bfloat16 of half the size"),
    ),
    *planted_in(
        "train/state_encoding.py",
        ("_kept", "order='C'", "", "save: arrays as they lie in memory"),
        ("_kept", "name in arrays or name == '__metadata__'", "name == '__metadata__'",
         "save: arrays with one path displace each other"),
        ("decode",
         "if left:\n"
         "    raise ValueError(f'its tree has no place for {errors.listing(list(left))}')",
         "if False:\n"
         "    raise ValueError(f'its tree has no place for {errors.listing(list(left))}')",
         "save_damaged: arrays that have no place in the tree"),
        ("_decoded", "depth < 0", "False", "save_damaged: a tree as deep as one likes"),
        ("_dict", "key not in found", "True", "save_damaged: a key that comes twice"),
        ("_encoded", "math.isfinite(value)", "value == value", "save: infinity is no JSON"),
    ),
    *planted_in(
        "train/saving.py",
        ("load", "parts[name].load_state_dict(before)", "pass",
         "save: some parts are loaded where one does not fit"),
        ("load", "deepcopy(part.state_dict())", "part.state_dict()",
         "save: what was there before is what is being changed"),
    ),
    *planted_in(
        "train/random_state.py",
        ("RandomState.load_state_dict", "Generator(0).load_state_dict(state[name])", "pass",
         "save: some generators are loaded where one does not fit"),
        ("RandomState.generators", "first[id(generator)] == name", "name",
         "save: a generator in two places counts twice"),
        ("RandomState.generators", "found = [('default', default_generator())]",
         "found: list[tuple[str, Generator]] = []", "save: the default generator is not saved"),
    ),
]  # fmt: skip

_TRANSFER = [
    *planted_in(
        "nn/freeze.py",
        ("freeze", "tensor.zero_grad()", "pass",
         "transfer: an optimizer moves what was frozen by the last gradient"),
        ("freeze", "module.frozen, module.training = (True, False)", "module.training = False",
         "transfer: train() wakes what is frozen"),
        ("unfreeze", "t in frozen", "t not in model.parameters()",
         "transfer: buffers are unfrozen into parameters"),
        ("unfreeze", "model.training or model.frozen", "model.training",
         "transfer: an unfrozen model goes on evaluating"),
    ),
    *planted_in(
        "nn/transfer.py",
        ("_check_features", "takes != would_take", "False", "transfer: a head that does not fit"),
        ("_head_of", "found[-1]", "len(model.layers) - 1",
         "transfer: the activation after the head is replaced"),
        ("load_matching", "rebind(own[path], value)", "pass",
         "transfer: nothing is loaded"),
        ("transfer_advice", "new >= share * old", "new > share * old",
         "transfer: advice beside its boundary"),
    ),
    *planted_in(
        "nn/multitask.py",
        ("_of_labelled", "absent.all(axis=tuple(range(1, absent.ndim)))",
         "absent.any(axis=tuple(range(1, absent.ndim)))",
         "multitask: labels beside a missing one are left out"),
        ("_of_labelled",
         "if not len(rows):\n"
         "    return _nothing(output)",
         "if not len(rows):\n"
         "    pass", "multitask: a loss of no examples"),
        ("_nothing", "output[:0]", "output * 0", "multitask: 0 · NaN"),
        ("_as_classes", "target.ndim != output.ndim - 1", "True", "multitask: classes stay floats"),
        ("multitask_loss", "weights.get(task, 1.0) * cost", "cost",
         "multitask: weights have no weight"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_FILES, *_TRANSFER]
