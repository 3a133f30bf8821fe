"""Faults of optimizers: their groups and saved state, schedules and clipping."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "optim/scipy_minimize.py",
        ("minimize", "problem.restore()", "",
         "minimize: parameters stay where a failure left them"),
        ("_Problem._evaluated", "self._draws is None", "True",
         "minimize: a cost with dropout is another one at each evaluation"),
    ),
    *planted_in(
        "optim/base.py",
        ("Optimizer._rate_now", "deepcopy(rate) if callable(rate) else rate", "rate",
         "schedules: reading a rate set by hand is a step of it"),
    ),
    *planted_in(
        "optim/settings.py",
        ("seems_a_setting", "name in rows", "False",
         "optim: a setting of another library is taken and ignored"),
    ),
    *planted_in(
        "optim/groups.py",
        ("Group.__setattr__", "name in self._defaults", "False",
         "optim: a setting assigned to a group is refused"),
    ),
    *planted_in(
        "optim/adam.py",
        ("scale", "divisor(root(state['v'] / (1 - betas[1] ** t)), eps)",
         "divisor(root(state['v'] / (1 - betas[1] ** t) + eps), 0.0)",
         "optim: Adam's ε inside the root"),
        ("scale", "betas[1] ** t", "betas[1] ** (t + 1)",
         "optim: Adam's bias correction one step ahead"),
        ("AdamW.update", "decayed(param, lr, weight_decay) - step",
         "decayed(param - step, lr, weight_decay)", "optim: AdamW's decay takes the step along"),
        ("NAdam.update", "t + 1", "t", "optim: NAdam corrects the next mean as this one"),
    ),
    *planted_in(
        "optim/adaptive.py",
        ("RMSprop.update", "divisor(root(s), eps)", "divisor(root(s + eps), 0.0)",
         "optim: RMSprop's ε inside the root"),
        ("Adagrad.update", "state['s']", "state['s'] * (1 - 1e-8)",
         "optim: Adagrad forgets 1e-8 of its sum"),
    ),
    *planted_in(
        "optim/lion.py",
        ("Lion.update", "(beta1, beta2)", "(beta2, beta1)", "optim: Lion's betas swapped"),
    ),
    *planted_in(
        "optim/momentum.py",
        ("Nesterov.update", "beta * v", "beta * state['v']",
         "optim: Nesterov looks at the old velocity"),
        ("EWMAMomentum.update", "beta ** t", "beta ** (t + 1)",
         "optim: the bias correction of momentum one step ahead"),
    ),
    *planted_in(
        "optim/base.py",
        ("Optimizer._settings_of", "group.settings(self.steps)",
         "self.groups[0].settings(self.steps)", "optim: all groups with the settings of the first"),
        ("Optimizer.load_state_dict", "schedule(max(counts[0] - 1, 0))", "pass",
         "optim: a rate set after loading holds from the first step on"),
        ("Optimizer.step", "updated != self._updated or any(map(_wants_gradient, self._others))",
         "updated != self._updated", "optim: nobody hears of what is unfrozen later"),
        ("_following", "pack.restore(kept)", "pass",
         "optim: a state advances though its step was refused"),
    ),
    *planted_in(
        "optim/groups.py",
        ("Group.settings", "{**self._defaults, **self.own}", "{**self.own, **self._defaults}",
         "optim: a group's own settings give way"),
    ),
    *planted_in(
        "optim/flat_parameters.py",
        ("Pack._part", "Pack(names, [self.params[i] for i in kept], state, self.steps)",
         "Pack(names, [self.params[i] for i in kept], state, 0)",
         "optim: t counts from 1 again once a gradient is missing"),
        ("Pack._next_of_blocks", "update(flat[block], grad[block], _arrays(state), t)",
         "update(flat[block], grad[block], _arrays(self._states[0]), t)",
         "optim: all blocks with the state of the first"),
    ),
    *planted_in(
        "optim/recorded_steps.py",
        ("RecordedPack.next", "update(old, grad, kept, number('t', self, following))",
         "update(old, grad, {k: v.detach() for k, v in kept.items()}, self.steps "
         "+ 1)", "recorded_steps: the state taken as constant"),
        ("RecordedPack.next", "update(old, grad, kept, number('t', self, following))",
         "update(old, grad.detach(), kept, self.steps + 1)",
         "recorded_steps: the gradient taken as constant"),
    ),
    *planted_in(
        "optim/square_root.py",
        ("_slope", "where(zero, 0, g / where(zero, 1, 2 * out))", "g / (2 * out)",
         "recorded_steps: the slope of √0"),
        ("divisor", "where(equal(size, 0), 1, size)", "size",
         "optim: without ε, a gradient of 0 makes a step of 0/0"),
    ),
    *planted_in(
        "optim/working_dtype.py",
        ("working_dtype", "np.result_type(dtype, np.float32, *kept)",
         "np.result_type(dtype, *kept)", "optim: squares of half precision in half precision"),
        ("limit", "float(np.finfo(dtype).max) / 2 ** 26", "np.inf",
         "optim: squares of single precision overflow for good"),
        ("in_double", "_owner(key) in grown", "False",
         "optim: a state saved in double is loaded in single"),
        ("check_range", "all(host_values(np.isfinite(result)).all() for result in results)", "True",
         "optim: infinities in double precision pass"),
    ),
    *planted_in(
        "optim/saved_groups.py",
        ("renumbered", "{_under(key, numbers): value for key, value in rest.items()}", "rest",
         "optim: groups in another order swap their settings"),
        ("_numbers", "shape != param.shape", "False",
         "optim: groups without names in another order swap their settings"),
    ),
    *planted_in(
        "optim/clip.py",
        ("clip_by_global_norm", "[(g * g).sum() for g in scaled]",
         "[(g * g).sum() for g in scaled[:2]]", "clip: the norm of the first two gradients"),
        ("clip_by_global_norm", "max_norm / length", "max_norm / length.detach()",
         "clip: the norm taken as constant, wrong at second order only"),
    ),
    *planted_in(
        "optim/schedules/compose.py",
        ("warmup.at", "self.steps + 1", "self.steps", "schedules: the warmup ends early"),
        ("join.at", "bisect_right(self.boundaries, t)", "bisect_right(self.boundaries, t - 1)",
         "schedules: a boundary one step late"),
    ),
    *planted_in(
        "optim/schedules/decay.py",
        ("cosine.at", "math.pi * min(t / self.steps, 1)", "math.pi * t / self.steps",
         "schedules: the cosine comes back"),
        ("inverse_sqrt.at", "t + 1", "max(t, 1)", "schedules: √t for √(t + 1)"),
    ),
    *planted_in(
        "optim/schedules/manual.py",
        ("Manual._events_from", "event[0] < t", "",
         "schedules: a rate set during a replay gives way to later events"),
    ),
]  # fmt: skip
