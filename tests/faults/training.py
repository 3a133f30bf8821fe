"""Faults of training: optimizers, their groups and saved state, schedules and clipping."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_STEP = "        return decayed(param, lr, weight_decay) - lr * grad"

_RULES = [
    *planted_in(
        "optim/adam.py",
        ('root(state["v"] / (1 - betas[1] ** t)) + eps',
         'root(state["v"] / (1 - betas[1] ** t) + eps)',
         "optim: Adam's ε inside the root"),
        ('root(state["v"] / (1 - betas[1] ** t))', 'root(state["v"] / (1 - betas[1] ** (t + 1)))',
         "optim: Adam's bias correction one step ahead"),
        ("return decayed(param, lr, weight_decay) - step, state",
         "return decayed(param - step, lr, weight_decay), state",
         "optim: AdamW's decay takes the step along"),
        ("beta1 ** (t + 1)", "beta1**t", "optim: NAdam corrects the next mean as this one"),
    ),
    *planted_in(
        "optim/adaptive.py",
        (f"(grad * grad)\n{_STEP} / (root(s) + eps)", f"(grad * grad)\n{_STEP} / root(s + eps)",
         "optim: RMSprop's ε inside the root"),
        ('s = state["s"] + grad * grad', 's = state["s"] * (1 - 1e-8) + grad * grad',
         "optim: Adagrad forgets 1e-8 of its sum"),
    ),
    *planted_in(
        "optim/lion.py",
        ("beta1, beta2 = betas", "beta2, beta1 = betas", "optim: Lion's betas swapped"),
    ),
    *planted_in(
        "optim/momentum.py",
        ("(grad + beta * v)", '(grad + beta * state["v"])',
         "optim: Nesterov looks at the old velocity"),
        ("lr / (1 - beta**t)", "lr / (1 - beta ** (t + 1))",
         "optim: the bias correction of momentum one step ahead"),
    ),
]  # fmt: skip

_STEPS = [
    *planted_in(
        "optim/base.py",
        ("partial(self.update, **group.settings(self.steps))",
         "partial(self.update, **self.groups[0].settings(self.steps))",
         "optim: all groups with the settings of the first"),
        ("schedule(max(counts[0] - 1, 0))", "pass",
         "optim: a rate set after loading holds from the first step on"),
        (" or any(map(_wants_gradient, self._others)):", ":",
         "optim: nobody hears of what is unfrozen later"),
    ),
    *planted_in(
        "optim/groups.py",
        ("{**self._defaults, **self.own}", "{**self.own, **self._defaults}",
         "optim: a group's own settings give way"),
    ),
    *planted_in(
        "nn/paths.py",
        ('name.startswith(f"{path}.")', "name.startswith(path)",
         "optim: the path layers.1 takes layers.10"),
    ),
    *planted_in(
        "optim/pack.py",
        ("[self.params[i] for i in kept], state, self.steps)",
         "[self.params[i] for i in kept], state, 0)",
         "optim: t counts from 1 again once a gradient is missing"),
        ("update(flat[block], grad[block], _arrays(state), t)",
         "update(flat[block], grad[block], _arrays(self._states[0]), t)",
         "optim: all blocks with the state of the first"),
    ),
    *planted_in(
        "optim/recorded.py",
        ("update(param, param.grad, self.state,",
         "update(param, param.grad, {k: v.detach() for k, v in self.state.items()},",
         "recorded_steps: the state taken as constant"),
        ("update(param, param.grad, self.state,", "update(param, param.grad.detach(), self.state,",
         "recorded_steps: the gradient taken as constant"),
    ),
    *planted_in(
        "optim/root.py",
        ("where(zero, 0, g / where(zero, 1, 2 * out))", "g / (2 * out)",
         "recorded_steps: the slope of √0"),
    ),
    *planted_in(
        "optim/clip.py",
        ("[(g * g).sum() for g in scaled]", "[(g * g).sum() for g in scaled[:2]]",
         "clip: the norm of the first two gradients"),
        ("g * (max_norm / length)", "g * (max_norm / length.detach())",
         "clip: the norm taken as constant, wrong at second order only"),
    ),
]  # fmt: skip

_SCHEDULES = [
    *planted_in(
        "optim/schedules/compose.py",
        ("(t + 1) / (self.steps + 1)", "(t + 1) / self.steps", "schedules: the warmup ends early"),
        ("bisect_right(self.boundaries, t)", "bisect_right(self.boundaries, t - 1)",
         "schedules: a boundary one step late"),
    ),
    *planted_in(
        "optim/schedules/decay.py",
        ("min(t / self.steps, 1)", "t / self.steps", "schedules: the cosine comes back"),
        ("math.sqrt(t + 1)", "math.sqrt(max(t, 1))", "schedules: √t for √(t + 1)"),
    ),
    *planted_in(
        "optim/schedules/manual.py",
        ("if event[0] < t]", "]",
         "schedules: a rate set during a replay gives way to later events"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_RULES, *_STEPS, *_SCHEDULES]
