"""Faults of training: the loop, what it measures, resumption, searches, and files."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "train/training_loop.py",
        ("Training._descend", "optimizer.zero_grad()", "",
         "fit: gradients add up from step to step"),
        ("Training._step", "value * size", "value * self.batches.batch_size",
         "fit: a small batch counts as a whole one in the epoch's cost"),
        ("Training._end_epoch", "run.batch, run.cost, run.examples = (0, 0.0, 0)",
         "run.batch, run.cost = (0, 0.0)", "fit: the examples of all epochs divide the cost"),
        ("_rate", "max(optimizer.steps - 1, 0)", "optimizer.steps",
         "fit: the learning rate recorded is that of the next step"),
        ("Training.run_all", "not model.training", "True",
         "fit: training mode for parts that are to stay out of it"),
        ("Training._descend", "self.interrupts.updating = True", "",
         "fit: the second Ctrl-C comes between parameters"),
        ("Training._step",
         "_put_back(self.buffers, before)\n"
         "if isinstance(error, errors.AnomalyError):\n"
         "    try:\n"
         "        self._diverged(error, cost)\n"
         "    finally:\n"
         "        _put_back(self.buffers, before)",
         "if isinstance(error, errors.AnomalyError):\n"
         "    try:\n"
         "        self._diverged(error, cost)\n"
         "    finally:\n"
         "        _put_back(self.buffers, before)",
         "fit: a broken step leaves its mark on running averages"),
        ("Training._epoch",
         "if checkpoint is not None and 'batches' in checkpoint.parts:\n"
         "    checkpoint.save()", "", "fit: Ctrl-C does not save where it was"),
        ("Training._epoch", "last or not checkpoint.steps", "not checkpoint.steps",
         "fit: a run saved every few steps does not save its end"),
        ("Training.resume",
         "{'model': model, 'optimizer': optimizer, 'random': RandomState(model), 'run': self.run}",
         "{'model': model, 'optimizer': optimizer, 'run': self.run}",
         "fit: random numbers are not in the checkpoint"),
        ("Training.resume",
         "{'batches': self.batches, 'early_stopping': self.early_stopping, 'norms': self.norms}",
         "{'batches': self.batches, 'norms': self.norms}",
         "fit: early stopping begins anew after a resumption"),
        ("Training.resume", "others |= {f'callbacks/{i}': f for i, f in enumerate(self.callbacks)}",
         "pass", "fit: the state of callbacks is not in the checkpoint"),
        ("Training.resume", "self.run.stopped == INTERRUPTED", "False",
         "fit: a run that was interrupted is over"),
        ("Training.run_all", "PASS_ON.get()", "False",
         "fit, search: Ctrl-C ends one trial of a search"),
        ("Training.resume", "seed=self.seed", "",
         "fit: another seed goes on with the run of the first one"),
    ),
    *planted_in(
        "train/evaluation.py",
        ("evaluating", "model.eval()", "", "fit: measured in training mode"),
        ("modes_kept",
         "for module, training in before:\n"
         "    module.training = training", "model.train(before[0][1])",
         "fit: the parts of a model come back in the mode of the whole"),
        ("_joined", "np.concatenate(column)", "np.concatenate(column[::-1])",
         "fit: predictions of several batches come in the wrong order"),
    ),
    *planted_in(
        "train/example_sets.py",
        ("Examples.taken", "chosen if self.rows is None else self.rows[chosen]", "chosen",
         "fit: the train error looks at rows left out of the batches"),
        ("Examples.sample", "np.random.default_rng(seed)", "np.random.default_rng()",
         "fit: each run measures its train error on other examples"),
    ),
    *planted_in(
        "train/early_stopping.py",
        ("EarlyStopping._improves", "self.criterion.direction == 'min'",
         "self.criterion.direction == 'max'", "fit: min_delta makes improvement easier"),
        ("EarlyStopping.__call__", "run.epoch - self.best_epoch >= self.patience",
         "run.epoch - self.best_epoch > self.patience",
         "fit: early stopping waits an epoch longer"),
    ),
    *planted_in(
        "train/fitting.py",
        ("fit", "early_stopping.start()", "", "fit: early stopping remembers the run before"),
    ),
    *planted_in(
        "train/checkpoint_file.py",
        ("Checkpoint.resume",
         "if different:\n"
         "    raise errors.StateError(f'fit: {str(self.path)!r} is the checkpoint of another "
         "run: {errors.listing(different, 4)}; to begin a new one, give another path or delete "
         "the file')",
         "if False:\n"
         "    raise errors.StateError(f'fit: {str(self.path)!r} is the checkpoint of another "
         "run: {errors.listing(different, 4)}; to begin a new one, give another path or delete "
         "the file')", "fit: goes on with another run"),
        ("Checkpoint.resume", "load(self.path, **self.parts)", "",
         "fit: says that it goes on, and begins anew"),
    ),
    *planted_in(
        "train/epoch_norms.py",
        ("Norms.take", "self.watch = Watch(self.watch.model)", "",
         "fit: norms are means over all epochs"),
    ),
    *planted_in(
        "train/interrupt.py",
        ("Interrupts.__exit__", "signal.signal(signal.SIGINT, self._before)", "pass",
         "fit: Ctrl-C stays caught after the run"),
        ("Interrupts._pressed", "self.wished and not self.updating", "self.wished",
         "fit: an impatient Ctrl-C breaks an update off"),
    ),
    *planted_in(
        "train/history.py",
        ("History.__eq__", "name != 'seconds'", "name not in ('seconds', 'lr')",
         "history: equal in spite of other learning rates"),
        ("History.to_csv", "self[name].tolist()", "self[name].round(12)",
         "history: a file holds 12 digits"),
    ),
    *planted_in(
        "train/temporary_training.py",
        ("unchanged", "random.load_state_dict(drawn)", "", "fit_looks: random numbers go on"),
        ("unchanged", "tensor._grad = grad", "",
         "fit_looks: gradients are lost"),
        ("unchanged", "optimizer.load_state_dict(state)", "",
         "fit_looks: the optimizer's state is spent"),
    ),
    *planted_in(
        "train/lr_range.py",
        ("lr_range_test", "average / (1 - BETA ** len(lrs))", "average",
         "fit_looks: the smoothed loss without bias correction"),
        ("_steepest", "curve[few + 2 * lag:]", "curve[few + lag:-lag]",
         "fit_looks: where the loss falls most, counted from the step itself"),
        ("_steepest", "min(round(1 / (1 - BETA)), len(lrs) // 4)", "0",
         "fit_looks: the noise of the first mini-batches suggests a rate"),
    ),
    *planted_in(
        "train/learning_curves.py",
        ("_verdict", "train[known], dev[known]", "train, dev",
         "fit_looks: the trend of sizes that could not be measured"),
        ("_judge", "len(failed) == sizes", "False", "fit_looks: what always fails is a curve"),
        ("learning_curve", "order[:count]", "order[-count:]",
         "fit_looks: other examples than the first of the order"),
        ("learning_curve", "generator.seed(seed)", "",
         "fit_looks: each size begins with other weights"),
    ),
    *planted_in(
        "train/search_space.py",
        ("one_minus_log_uniform.scale", "-math.log(1 - x)", "math.log(x)",
         "search: β on the scale of β"),
        ("integers.draw", "rng.integers(int(self.low), int(self.high), endpoint=True)",
         "rng.integers(int(self.low), int(self.high), endpoint=False)",
         "search: the last whole number is never drawn"),
        ("Space.point", "[seed, trial]", "[trial]", "search: the same points for every seed"),
    ),
    *planted_in(
        "train/hyperparameter_search.py",
        ("search", "n < count and not trial.failed", "n < count",
         "search: a trial that failed is never tried again"),
        ("Trial.failed", "bool(self.error) and not diverged", "bool(self.error)",
         "search: what diverged is tried again and again"),
        ("_run", "future.cancel()", "pass", "search: goes on in the background after it ended"),
        ("Search.__init__.rank", "(bad, 0.0 if bad else sign * trial.value, trial.number)",
         "(False, 0.0 if bad else sign * trial.value, trial.number)",
         "search: failed trials among the others"),
        ("_run", "_trial(objective, n, space.point(seed, n), _seed_of(seed, n))",
         "_trial(objective, n, space.point(seed, n), _seed_of(seed, 0))",
         "search: all trials draw the same weights"),
        ("_Log.read", "os.truncate(self._path, len(whole_lines))", "pass",
         "search: a line cut in half stays in the file"),
    ),
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
