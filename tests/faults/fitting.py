"""Faults of fitting: the loop, what it measures, early stopping, resumption, and searches."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_LOOP = [
    *planted_in(
        "train/loop.py",
        ("                optimizer.zero_grad()\n", "", "fit: gradients add up from step to step"),
        ("run.cost + value * size", "run.cost + value * self.batches.batch_size",
         "fit: a small batch counts as a whole one in the epoch's cost"),
        ("run.batch, run.cost, run.examples = 0, 0.0, 0", "run.batch, run.cost = 0, 0.0",
         "fit: the examples of all epochs divide the cost"),
        ("max(optimizer.steps - 1, 0)", "optimizer.steps",
         "fit: the learning rate recorded is that of the next step"),
        ("            if not model.training:  # else", "            if True:  # else",
         "fit: training mode for parts that are to stay out of it"),
        ("            self.interrupts.updating = True\n", "",
         "fit: the second Ctrl-C comes between parameters"),
        ("        except BaseException as error:\n            _put_back(self.buffers, before)",
         "        except BaseException as error:",
         "fit: a broken step leaves its mark on running averages"),
        ("                if checkpoint is not None and \"batches\" in checkpoint.parts:\n"
         "                    checkpoint.save()\n", "",
         "fit: Ctrl-C does not save where it was"),
        ("if checkpoint is not None and (last or not checkpoint.steps)",
         "if checkpoint is not None and not checkpoint.steps",
         "fit: a run saved every few steps does not save its end"),
        ('"random": RandomState(model), ', "", "fit: random numbers are not in the checkpoint"),
        ('"early_stopping": self.early_stopping, "norms": self.norms,', '"norms": self.norms,',
         "fit: early stopping begins anew after a resumption"),
        ("others |= {f\"callbacks/{i}\": f for i, f in enumerate(self.callbacks)}", "pass",
         "fit: the state of callbacks is not in the checkpoint"),
        ("if self.run.stopped == INTERRUPTED:", "if False:",
         "fit: a run that was interrupted is over"),
        ("if PASS_ON.get() and", "if False and", "fit, search: Ctrl-C ends one trial of a search"),
    ),
    *planted_in(
        "train/evaluate.py",
        ("        model.eval()\n        yield", "        yield",
         "fit: measured in training mode"),
        ("        for module, training in before:\n            module.training = training",
         "        model.train(before[0][1])",
         "fit: the parts of a model come back in the mode of the whole"),
        ("np.concatenate(column) for column in columns",
         "np.concatenate(column[::-1]) for column in columns",
         "fit: predictions of several batches come in the wrong order"),
    ),
    *planted_in(
        "train/examples.py",
        ("self.table.take(chosen if self.rows is None else self.rows[chosen])",
         "self.table.take(chosen)", "fit: the train error looks at rows left out of the batches"),
        ("default_rng(seed).permutation(len(self))", "default_rng().permutation(len(self))",
         "fit: each run measures its train error on other examples"),
    ),
    *planted_in(
        "train/stopping.py",
        ("handicap = self.min_delta if down else -self.min_delta",
         "handicap = -self.min_delta if down else self.min_delta",
         "fit: min_delta makes improvement easier"),
        ("self.best_epoch >= self.patience", "self.best_epoch > self.patience",
         "fit: early stopping waits an epoch longer"),
    ),
    *planted_in(
        "train/fit.py",
        ("        early_stopping.start()\n", "", "fit: early stopping remembers the run before"),
    ),
    *planted_in(
        "train/checkpointing.py",
        ("        if different:\n", "        if False:\n", "fit: goes on with another run"),
        ("        load(self.path, **self.parts)\n", "",
         "fit: says that it goes on, and begins anew"),
    ),
    *planted_in(
        "train/norms.py",
        ("        self.watch = Watch(self.watch.model)\n        return", "        return",
         "fit: norms are means over all epochs"),
    ),
    *planted_in(
        "train/interrupt.py",
        ("            signal.signal(signal.SIGINT, self._before)", "            pass",
         "fit: Ctrl-C stays caught after the run"),
        ("if self.wished and not self.updating:", "if self.wished:",
         "fit: an impatient Ctrl-C breaks an update off"),
    ),
    *planted_in(
        "train/history.py",
        ('if name != "seconds"', 'if name not in ("seconds", "lr")',
         "history: equal in spite of other learning rates"),
        ("(self[name].tolist() for name in self), s", "(self[name].round(12) for name in self), s",
         "history: a file holds 12 digits"),
    ),
]  # fmt: skip

_LOOKS = [
    *planted_in(
        "train/trial_runs.py",
        ("            random.load_state_dict(drawn)\n", "", "fit_looks: random numbers go on"),
        ("tensor._data, tensor._grad = data, grad", "tensor._data = data",
         "fit_looks: gradients are lost"),
        ("            optimizer.load_state_dict(state)\n", "",
         "fit_looks: the optimizer's state is spent"),
    ),
    *planted_in(
        "train/lr_range.py",
        ("average / (1 - BETA ** len(lrs))", "average",
         "fit_looks: the smoothed loss without bias correction"),
        ("curve[few : -2 * lag] - curve[few + 2 * lag :]",
         "curve[few : -2 * lag] - curve[few + lag : -lag]",
         "fit_looks: where the loss falls most, counted from the step itself"),
        ("min(round(1 / (1 - BETA)), len(lrs) // 4)", "0",
         "fit_looks: the noise of the first mini-batches suggests a rate"),
    ),
    *planted_in(
        "train/curve.py",
        ("examples.taken(order[:count])", "examples.taken(order[-count:])",
         "fit_looks: other examples than the first of the order"),
        ("            generator.seed(seed)\n", "",
         "fit_looks: each size begins with other weights"),
    ),
    *planted_in(
        "train/space.py",
        ("return -math.log(1 - x)", "return math.log(x)", "search: β on the scale of β"),
        ("endpoint=True", "endpoint=False", "search: the last whole number is never drawn"),
        ("np.random.default_rng([seed, trial])", "np.random.default_rng([trial])",
         "search: the same points for every seed"),
    ),
    *planted_in(
        "train/search.py",
        ("            future.cancel()\n", "            pass\n",
         "search: goes on in the background after it ended"),
        ("return bad, 0.0 if bad else sign * trial.value, trial.number",
         "return False, 0.0 if bad else sign * trial.value, trial.number",
         "search: failed trials among the others"),
        ("_trial(objective, n, space.point(seed, n), _seed_of(seed, n))\n        return",
         "_trial(objective, n, space.point(seed, n), _seed_of(seed, 0))\n        return",
         "search: all trials draw the same weights"),
        ("            os.truncate(self._path, len(whole_lines))\n", "            pass\n",
         "search: a line cut in half stays in the file"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_LOOP, *_LOOKS]
