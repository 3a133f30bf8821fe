"""Faults of saving and loading, of transfer, and of several tasks at once."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_FILES = [
    *planted_in(
        "train/files.py",
        ("        _flush(partial)\n", "", "save: the file is not on the disk when it is renamed"),
        ("    _flush(path.parent)\n", "", "save: the directory is not on the disk"),
        ("        save_file(arrays, partial, {MARK: sealed})",
         "        save_file(arrays, path, {MARK: sealed})\n        shutil.copy(path, partial)",
         "save: the last file is overwritten in place"),
        ("        shutil.rmtree(workshop, ignore_errors=True)", "        pass",
         "save: litter of a save that failed"),
        ("shutil.rmtree(left, ignore_errors=True)", "pass",
         "save: litter of a run that was killed"),
        ("{'?' * TOKEN}.partial", "*.partial", "save: litter is what another file is written in"),
        ("& 0o666", "& 0o600", "save: a file that only its owner can read"),
        ("(mark, version, checksum) != (MARK, VERSION, _checksum(arrays, text))",
         "(mark, version) != (MARK, VERSION)", "save_damaged: nobody looks at the checksum"),
        ("digest.update(np.ascontiguousarray(arrays[name], kind).data)", "pass",
         "save_damaged: the checksum leaves out the numbers"),
        ("json.dumps([text, kinds])", "json.dumps([text])",
         "save_damaged: the checksum leaves out names and shapes"),
        (" or text.startswith(MARK)", "",
         "save_damaged: a file with a damaged mark is taken for one of another tool"),
        (".astype(np.uint32) << 16", ".astype(np.uint32) << 15", "save: bfloat16 of half the size"),
    ),
    *planted_in(
        "train/pack.py",
        ("array.dtype.newbyteorder(\"<\"), order=\"C\")", "array.dtype.newbyteorder(\"<\"))",
         "save: arrays as they lie in memory"),
        ("    while name in arrays or", "    while",
         "save: arrays with one path displace each other"),
        ("    if left:\n", "    if False:\n",
         "save_damaged: arrays that have no place in the tree"),
        ("    if depth < 0:\n", "    if False:\n", "save_damaged: a tree as deep as one likes"),
        ("if key not in found:", "if True:", "save_damaged: a key that comes twice"),
        ("if math.isfinite(value) else", "if value == value else", "save: infinity is no JSON"),
    ),
    *planted_in(
        "train/save.py",
        ("            parts[name].load_state_dict(before)", "            pass",
         "save: some parts are loaded where one does not fit"),
        ("deepcopy(part.state_dict())", "part.state_dict()",
         "save: what was there before is what is being changed"),
    ),
    *planted_in(
        "train/random_state.py",
        ("            Generator(0).load_state_dict(state[name])  # ", "            pass  # ",
         "save: some generators are loaded where one does not fit"),
        ("first[id(generator)] == name", "name", "save: a generator in two places counts twice"),
        ('    found = [("default", default_generator())]',
         '    found: list[tuple[str, Generator]] = []',
         "save: the default generator is not saved"),
    ),
]  # fmt: skip

_TRANSFER = [
    *planted_in(
        "nn/freeze.py",
        ("        tensor.zero_grad()", "        pass",
         "transfer: an optimizer moves what was frozen by the last gradient"),
        ("        module.frozen, module.training = True, False", "        module.training = False",
         "transfer: train() wakes what is frozen"),
        ("if t in frozen}\n    for module", "if t not in model.parameters()}\n    for module",
         "transfer: buffers are unfrozen into parameters"),
        ("training = model.training or model.frozen", "training = model.training",
         "transfer: an unfrozen model goes on evaluating"),
    ),
    *planted_in(
        "nn/transfer.py",
        ("takes != would_take", "False", "transfer: a head that does not fit"),
        ("return f\"layers.{found[-1]}\"", "return f\"layers.{len(model.layers) - 1}\"",
         "transfer: the activation after the head is replaced"),
        ("rebind(own[path], value)", "pass", "transfer: nothing is loaded"),
        ("if new >= share * old", "if new > share * old", "transfer: advice beside its boundary"),
    ),
    *planted_in(
        "nn/multitask.py",
        ("~absent.all(", "~absent.any(", "multitask: labels beside a missing one are left out"),
        ("            return _nothing(output)\n        output", "            pass\n        output",
         "multitask: a loss of no examples"),
        ("return sum(output[:0])", "return sum(output * 0)", "multitask: 0 · NaN"),
        ("if target.ndim != output.ndim - 1:", "if True:", "multitask: classes stay floats"),
        ("weights.get(task, 1.0) * cost", "cost", "multitask: weights have no weight"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_FILES, *_TRANSFER]
