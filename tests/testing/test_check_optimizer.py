"""``check_optimizer`` on rules that are right, and on what people do wrong."""

import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.errors import ArgumentError, CheckError, DTypeError
from tensorgraph.testing import check_optimizer
from tensorgraph.testing.optimizers import check_optimizer as module
from tensorgraph.testing.optimizers.step_promises import check_equation
from tensorgraph.testing.optimizers.stepping import subject_of
from tensorgraph.testing.optimizers.textbook import TEXTBOOK
from tensorgraph.testing.optimizers.training_promises import check_first_lengths
from tensorgraph.testing.promises import NotAsked
from tests.testing.one_promise import asking_only

# ------------------------------------------------------------------------------- the package's own


def test_the_book_tells_of_every_rule():
    rules = {getattr(optim, name) for name in optim.__all__ if name != "Optimizer"}
    rules = {rule for rule in rules if isinstance(rule, type) and issubclass(rule, optim.Optimizer)}
    assert set(TEXTBOOK) == rules


# ------------------------------------------------------------------------------ right ones of users


class SignDescent(optim.Optimizer):
    def update(self, param, grad, state, t, lr):
        return param - lr * tg.sign(grad), state


class MyMomentum(optim.Optimizer):
    def start(self, param):
        return {"v": np.zeros_like(param)}

    def update(self, param, grad, state, t, lr, beta=0.9, weight_decay=0.0):
        v = beta * state["v"] + grad
        return (1 - lr * weight_decay) * param - lr * v, {"v": v}


class Yogi(optim.Optimizer):
    def start(self, param):
        return {"m": np.zeros_like(param), "v": np.full_like(param, 1e-6)}

    def update(self, param, grad, state, t, lr=0.01, betas=(0.9, 0.999), eps=1e-3):
        m = betas[0] * state["m"] + (1 - betas[0]) * grad
        v = state["v"] - (1 - betas[1]) * tg.sign(state["v"] - grad * grad) * grad * grad
        return param - lr * m / (1 - betas[0] ** t) / (tg.sqrt(v) + eps), {"m": m, "v": v}


class Own:
    """An optimizer of another make: no more than ``step``."""

    def __init__(self, params, lr=0.1):
        self.params, self.lr = list(params), lr
        self.m = [0.0] * len(self.params)

    def step(self):
        self.refuse()
        for k, param in enumerate(self.params):
            if param.grad is not None:
                self.m[k] = 0.5 * self.m[k] + param.grad.data
                param.assign(param.data - self.lr * self.m[k])

    def refuse(self):
        for param in self.params:
            if param.grad is not None and not np.isfinite(param.grad.data).all():
                raise ValueError("not finite")


class Saving(Own):
    def state_dict(self):
        return {"lr": np.array(self.lr), **{f"m{k}": np.array(m) for k, m in enumerate(self.m)}}

    def load_state_dict(self, state):
        self.lr = float(state["lr"])
        self.m = [np.array(state[f"m{k}"]) for k in range(len(self.m))]


class LeavingOut(Own):
    """Leaves out a step that has a gradient that is not finite, as training in float16 does."""

    def step(self):
        try:
            super().step()
        except ValueError:
            pass


class Deaf(Own):
    """Looks at no gradient before it takes it, as most do."""

    def refuse(self):
        pass


class StateOfTensors(MyMomentum):
    def start(self, param):
        return {"v": tg.zeros_like(param)}


RIGHT = {
    "sign": (SignDescent, {"claims": ("sign", "scale", "odd", "shift"), "lr": 0.05}),
    "momentum": (
        MyMomentum,
        {"first_step": lambda w, g: 0.98 * w - 0.2 * g, "lr": 0.2, "weight_decay": 0.1}
        | {"claims": ("linear",)},
    ),
    "Yogi": (Yogi, {"claims": ("odd", "shift")}),
    "another make": (Own, {"first_step": lambda w, g: w - 0.1 * g, "claims": ("linear",)}),
    "another make that saves": (Saving, {}),
    "leaves out": (LeavingOut, {}),
    "takes NaN": (Deaf, {}),
    "a state of tensors": (StateOfTensors, {}),
}


@pytest.mark.parametrize("case", RIGHT)
def test_right_rules_pass_at_the_first_try(case):
    rule, said = RIGHT[case]
    found = check_optimizer(rule, **said)
    assert not found.broken
    assert ("left out without a word" in repr(found)) == (rule is LeavingOut)
    assert ("goes into the parameters; nothing stops it" in repr(found)) == (rule is Deaf)
    assert {"converges", "all or nothing"} <= {kept.promise for kept in found.promises}


# ------------------------------------------------------------------------------------- wrong ones


def adam(lr=0.01, betas=(0.9, 0.999), eps=1e-8):
    """Return the formula of Adam's first step."""
    return lambda w, g: w - lr * g / (np.abs(g) + eps)


def variant(step, start=(), base=optim.Optimizer, **more):
    """Return a rule made of ``step(self, param, grad, state, t, lr, weight_decay)``."""

    class Variant(base):
        def start(self, param):
            return {key: np.zeros_like(param) for key in start}

        def update(self, param, grad, state, t, lr, weight_decay=0.0):
            return step(self, param, grad, state, t, lr, weight_decay)

    for name, value in more.items():
        setattr(Variant, name, value)
    return Variant


def moments(state, g):
    return {"m": 0.9 * state["m"] + 0.1 * g, "v": 0.999 * state["v"] + 0.001 * g * g}


def adam_like(divide):
    """Return a rule like Adam's with its own way from moments to a step."""

    def step(self, param, grad, state, t, lr, weight_decay):
        after = moments(state, grad)
        return (1 - lr * weight_decay) * param - lr * divide(after["m"], after["v"], t), after

    return variant(step, ("m", "v"))


def uncoupled(self, param, grad, state, t, lr, weight_decay):
    return param - lr * grad - lr * weight_decay * param, state


def uphill(self, param, grad, state, t, lr, weight_decay):
    return (1 + lr * weight_decay) * param + lr * grad, state


def frictionless(self, param, grad, state, t, lr, weight_decay):
    v = state["v"] + grad
    return (1 - lr * weight_decay) * param - lr * v, {"v": v}


def decay_in_gradient(self, param, grad, state, t, lr, weight_decay):
    after = moments(state, grad + weight_decay * param)
    m, v = after["m"] / (1 - 0.9**t), after["v"] / (1 - 0.999**t)
    return param - lr * m / (tg.sqrt(v) + 1e-8), after


def on_self(self, param, grad, state, t, lr, weight_decay):
    self.v = 0.9 * getattr(self, "v", 0.0) + grad
    return (1 - lr * weight_decay) * param - lr * self.v, state


def on_the_class(self, param, grad, state, t, lr, weight_decay):
    type(self).seen = getattr(type(self), "seen", 0) + 1
    return (1 - lr * weight_decay) * param - lr * grad / type(self).seen, state


def own_time(self, param, grad, state, t, lr, weight_decay):
    self.t = getattr(self, "t", 0) + 1
    return (1 - lr * weight_decay) * param - lr * grad / (1 - 0.5**self.t), state


def noisy(self, param, grad, state, t, lr, weight_decay):
    noise = np.random.default_rng().standard_normal(param.shape).astype(param.dtype)
    return (1 - lr * weight_decay) * param - lr * (grad + 1e-3 * noise), state


def by_norm(self, param, grad, state, t, lr, weight_decay):
    length = tg.sqrt((grad * grad).sum() + 1e-12)
    return (1 - lr * weight_decay) * param - lr * grad / length, state


def forgets_nothing(self, param, grad, state, t, lr, weight_decay):
    self.kept = [*getattr(self, "kept", []), 1.0 * grad]
    return uncoupled(self, param, grad, state, t, lr, weight_decay)


def in_place(self, param, grad, state, t, lr, weight_decay):
    grad *= lr
    return (1 - lr * weight_decay) * param - grad, state


def clipped(self, param, grad, state, t, lr, weight_decay):
    return (1 - lr * weight_decay) * param - lr * tg.clip(grad, -1, 1), state


class Alone(Own):
    """Refuses what is not finite when it comes to it."""

    def step(self):
        for param in self.params:
            if param.grad is None:
                continue
            if not np.isfinite(param.grad.data).all():
                raise ValueError("not finite")
            param.assign(param.data - self.lr * param.grad.data)


class Filling(Own):
    """Takes what is not finite for 0."""

    def step(self):
        for param in self.params:
            if param.grad is not None:
                param.assign(param.data - self.lr * np.nan_to_num(param.grad.data, posinf=0))


class ByIdentity(Own):
    def __init__(self, params, lr=0.1):
        super().__init__(params, lr)
        self.of = {}

    def step(self):
        self.refuse()
        for param in self.params:
            if param.grad is not None:
                self.of[id(param)] = 0.5 * self.of.get(id(param), 0.0) + param.grad.data
                param.assign(param.data - self.lr * self.of[id(param)])


class OneTime(Own):
    """Counts the steps of all parameters together."""

    t = 0

    def step(self):
        self.refuse()
        self.t += 1
        for param in self.params:
            if param.grad is not None:
                param.assign(param.data - self.lr / (1 - 0.5**self.t) * param.grad.data)


class FirstOnly(Own):
    def step(self):
        self.params, everything = self.params[:1], self.params
        super().step()
        self.params = everything


class OneMemory(Own):
    """Keeps one velocity for all."""

    def step(self):
        self.refuse()
        for param in self.params:
            if param.grad is not None and param.size:
                self.mean = 0.5 * getattr(self, "mean", 0.0) + float(param.grad.data.mean())
                param.assign(param.data - self.lr * (param.grad.data + self.mean))


class ClippingGradients(Own):
    def step(self):
        for param in self.params:
            if param.grad is not None:
                param.grad = param.grad * 0.5
        super().step()


class StepsWithoutGradient(Own):
    def step(self):
        self.refuse()
        for k, param in enumerate(self.params):
            if param.grad is not None:
                self.m[k] = 0.5 * self.m[k] + param.grad.data
            param.assign(param.data - self.lr * self.m[k])


class SavesTheRateOnly(Saving):
    def state_dict(self):
        return {"lr": np.array(self.lr)}

    def load_state_dict(self, state):
        self.lr = float(state["lr"])


class ForgetsTheRate(Saving):
    def load_state_dict(self, state):
        super().load_state_dict({**state, "lr": self.lr})


class HandsOutItsMemory(Saving):
    def state_dict(self):
        return {"lr": np.array(self.lr), **{f"m{k}": m for k, m in enumerate(self.m)}}

    def load_state_dict(self, state):
        self.lr, self.m = float(state["lr"]), [state[f"m{k}"] for k in range(len(self.m))]


def forgetful(self, param, grad, state, t, lr, weight_decay):
    s = state["s"] + grad * grad
    return (1 - lr * weight_decay) * param - lr * grad / (tg.sqrt(s) + 1e-8), state


def without_eps(self, param, grad, state, t, lr, weight_decay):
    s = state["s"] + grad * grad
    return (1 - lr * weight_decay) * param - lr * grad / tg.sqrt(s), {"s": s}


def yogi_of_the_other_sign(self, param, grad, state, t, lr, weight_decay):
    m, g2 = 0.9 * state["m"] + 0.1 * grad, grad * grad
    v = state["v"] + 0.001 * tg.sign(state["v"] - g2) * g2
    return (1 - lr * weight_decay) * param - lr * m / (tg.sqrt(v) + 1e-3), {"m": m, "v": v}


SGD = {"first_step": lambda w, g: w - 0.1 * g}
FAULTY = {
    # name: (rule, what is said, the promise that is broken, what is told)
    "no bias correction": (
        adam_like(lambda m, v, t: m / (tg.sqrt(v) + 1e-8)), {"first_step": adam(), "lr": 0.01},
        "first step", "after the first step parameter",
    ),
    "bias correction one step late": (
        adam_like(lambda m, v, t: m / (1 - 0.9 ** (t + 1)) / (tg.sqrt(v / (1 - 0.999**t)) + 1e-8)),
        {"first_step": adam(), "lr": 0.01}, "first step", "the step is 0.526316 times the formula",
    ),
    "bias correction one step early": (
        adam_like(lambda m, v, t: m / (1 - 0.9 ** (t - 1)) / (tg.sqrt(v / (1 - 0.999**t)) + 1e-8)),
        {"lr": 0.01}, "converges", "ZeroDivision|does not find the bottom",
    ),
    "ε inside the root": (
        adam_like(
            lambda m, v, t: m / (1 - 0.9**t) / tg.sqrt(v / (1 - 0.999**t) + 1e-8)
        ),
        {"first_step": adam(), "lr": 0.01}, "first step", r"parameter 'vector' at \(1,\)",
    ),
    "root of the mean forgotten": (
        adam_like(lambda m, v, t: m / (1 - 0.9**t) / (v / (1 - 0.999**t) + 1e-8)),
        {"claims": ("scale",)}, "claim: scale", "2²⁰ times as large",
    ),
    "returns the old state": (
        variant(forgetful, ("s",)), {}, "state advances",
        r"after 3 steps state\['s'\] is what start returned, though the step depends on it",
    ),
    "0 / 0 at a gradient of 0": (
        variant(without_eps, ("s",)), {}, "gradients of 0",
        r"as of a dead unit, in float64, after step 1, parameter 'vector' at \(0,\) is nan.*eps",
    ),
    "a root of what is negative": (
        variant(yogi_of_the_other_sign, ("m", "v")), {}, "finite steps",
        "after step 1, parameter 'scalar' is nan: a root of what is negative",
    ),
    "uphill": (
        variant(uphill), {}, "converges", r"H being 1: after 500 steps .* lr=1: inf.* uphill",
    ),
    "a momentum of 1": (
        variant(frictionless, ("v",)), {}, "converges", "does not find the bottom",
    ),
    "a step that shrinks too soon": (
        variant(lambda self, p, g, s, t, lr, wd: ((1 - lr * wd) * p - lr * g / t**2, s)), {},
        "converges", "condition of H being 10:",
    ),
    "decay in the gradient": (
        variant(decay_in_gradient, ("m", "v")), {}, "weight decay", "decay stands beside",
    ),
    "decay twice": (
        variant(lambda self, p, g, s, t, lr, wd: ((1 - 2 * lr * wd) * p - lr * g, s)), {},
        "weight decay", "it shrinks by 2·α·λ·θ",
    ),
    "decay without the rate": (
        variant(lambda self, p, g, s, t, lr, wd: ((1 - wd) * p - lr * g, s)), {},
        "weight decay", "it shrinks by 10·α·λ·θ",
    ),
    "decay of the wrong sign": (
        variant(lambda self, p, g, s, t, lr, wd: ((1 + lr * wd) * p - lr * g, s)), {},
        "weight decay", "it shrinks by -1·α·λ·θ",
    ),
    "decay at a rate of 0": (
        variant(lambda self, p, g, s, t, lr, wd: ((1 - 0.01 * wd) * p - lr * g, s)),
        {"weight_decay": 0.5}, "lr of 0", "that lr is not a factor of",
    ),
    "a state on self": (variant(on_self), {}, "resumes", "not on self"),
    "a state on the class": (
        variant(on_the_class), {}, "begins afresh", "kept on the class",
    ),
    "a time of its own": (
        variant(own_time), {}, "resumes", "saved after 1 steps and loaded into a new one",
    ),
    "noise": (variant(noisy), {}, "begins afresh", "drawn at random"),
    "the norm of all": (
        variant(by_norm), {}, "parameters by themselves", "summed over them",
    ),
    "the norm of a block": (
        variant(by_norm), {}, "large parameters", "each element must be treated by itself",
    ),
    "the rate of self": (
        variant(lambda self, p, g, s, t, lr, wd: ((1 - lr * wd) * p - self.lr * g, s)), {},
        "groups", "in a group with lr=0.0750+.*\ntake lr as update is given it, not from self",
    ),
    "the decay of self": (
        variant(lambda self, p, g, s, t, lr, wd: ((1 - lr * self.weight_decay) * p - lr * g, s)),
        {}, "groups", "in a group with weight_decay=0.05",
    ),
    "grows": (variant(forgets_nothing), {}, "memory", r"leaves 8,\d+ bytes behind"),
    "in place": (
        variant(in_place), {}, "gradients unchanged", "changes an array in place",
    ),
    "clips, and claims to be linear": (
        variant(clipped), {"claims": ("linear",)}, "claim: linear", "not twice that of g",
    ),
    "no sign": (optim.SGD, {"claims": ("sign",)}, "claim: sign", "not by the learning rate 0.1"),
    "the sign of the other side": (
        variant(lambda self, p, g, s, t, lr, wd: ((1 - lr * wd) * p + lr * tg.sign(g), s)),
        {"claims": ("sign",)}, "claim: sign", "does not go against the gradient's signs",
    ),
    "only upwards": (
        variant(
            lambda self, p, g, s, t, lr, wd: ((1 - lr * wd) * p - lr * tg.maximum(g, 0.1 * g), s)
        ),
        {"claims": ("odd",)}, "claim: odd", "the way is not the one back",
    ),
    "a step as long as the parameter": (
        variant(lambda self, p, g, s, t, lr, wd: ((1 - lr * wd) * p - lr * g * (abs(p) + 1), s)),
        {"claims": ("shift",)}, "claim: shift", "from 2 farther on",
    ),
    "float64 in single precision": (
        variant(
            lambda self, p, g, s, t, lr, wd: ((1 - lr * wd) * p - np.full(p.shape, lr) * g, s)
        ), {}, "single precision", "float64",
    ),
    "digits lost in single precision": (
        variant(
            lambda self, p, g, s, t, lr, wd: (((1 - lr * wd) * p - lr * g + 4e3) - 4e3, s)
        ), {}, "single precision", "in float32 parameter",
    ),
    "the number of the rate": (
        variant(
            lambda self, p, g, s, t, lr, wd: ((1 - lr * wd) * p - getattr(lr, "data", lr) * g, s)
        ), {}, "derivative by lr", "the gradient is wrong",
    ),
    "other numbers on tensors": (
        variant(
            lambda self, p, g, s, t, lr, wd: (
                (1 - lr * wd) * p - (1.0 if isinstance(g, np.ndarray) else 0.5) * lr * g, s
            )
        ), {}, "recorded steps", "with differentiable=True the parameter is",
    ),
    "refused midway": (Alone, SGD, "all or nothing", "'matrix' that holds nan parameter 'scalar'"),
    "NaN is 0": (Filling, {}, "all or nothing", "that holds nan parameter 'matrix'"),
    "memory by identity": (ByIdentity, {}, "copies", "copied by copy.deepcopy after 3 steps"),
    "one time for all": (OneTime, {}, "without a gradient", "counted for all parameters"),
    "one parameter alone": (
        FirstOnly, {}, "parameters by themselves", "beside other parameters parameter 'matrix'",
    ),
    "one memory for all": (
        OneMemory, {}, "parameters by themselves", "is something kept for all of them",
    ),
    "gradients halved": (
        ClippingGradients, {}, "gradients unchanged", "changed the gradient of 'scalar'",
    ),
    "coasts on": (StepsWithoutGradient, {}, "without a gradient", "which it was before the step"),
    "a momentum that is not saved": (SavesTheRateOnly, {}, "resumes", "saved after 1 steps"),
    "a rate that is not loaded": (ForgetsTheRate, {}, "resumes", "saved after 0 steps"),
    "memory handed out": (
        HandsOutItsMemory, {}, "state of its own", "return copies, and keep copies",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTY)
def test_what_people_do_wrong_is_found_in_its_place(case, monkeypatch):
    rule, said, promise, told = FAULTY[case]
    asking_only(promise, module, monkeypatch)
    with pytest.raises(CheckError) as caught:
        check_optimizer(rule, **said)
    (kept,) = caught.value.result.broken
    assert re.search(told, kept.broken, re.DOTALL), kept.broken


def test_all_that_is_broken_is_told_at_once():
    with pytest.raises(CheckError) as caught:
        check_optimizer(variant(uphill), first_step=lambda w, g: w - 0.1 * g)
    assert [kept.promise for kept in caught.value.result.broken] == [
        "first step", "converges", "weight decay",
    ]  # fmt: skip


def test_what_follows_from_a_broken_promise_is_not_told_again():
    with pytest.raises(CheckError) as caught:
        check_optimizer(variant(yogi_of_the_other_sign, ("m", "v")))
    assert [kept.promise for kept in caught.value.result.broken] == ["finite steps"]


class FromTheStart(optim.Optimizer):
    """Pulls back to where it began, which stays in its state as it was."""

    def start(self, param):
        return {"begun": np.array(param)}

    def update(self, param, grad, state, t, lr):
        return param - lr * (grad + 1e-6 * (param - state["begun"])), state


def test_a_state_that_is_meant_to_stay_may_stay():
    assert not check_optimizer(FromTheStart).broken


class Uncorrected(optim.Optimizer):
    """Adam as it is written from memory."""

    corrected = False

    def start(self, param):
        return {"m": tg.zeros_like(param), "v": tg.zeros_like(param)}

    def update(self, param, grad, state, t, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        m = betas[0] * state["m"] + (1 - betas[0]) * grad
        v = betas[1] * state["v"] + (1 - betas[1]) * grad * grad
        first, second = (1 - b**t if self.corrected else 1 for b in betas)
        return param - lr * m / first / (tg.sqrt(v / second) + eps), {"m": m, "v": v}


class Corrected(Uncorrected):
    corrected = True


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.9, 0.99)])
def test_a_missing_bias_correction_is_found_by_itself(betas):
    assert "✓ bias correction" in str(check_optimizer(Corrected, betas=betas))
    with pytest.raises(CheckError, match=r"(?s)bias correction: .*m / \(1 - betas"):
        check_optimizer(Uncorrected, betas=betas)


@pytest.mark.parametrize("name", ["NAdam", "RAdam", "Adamax", "Lion", "ScheduleFreeAdamW"])
def test_rules_that_step_evenly_or_by_scale_lack_no_correction(name):
    subject = subject_of(getattr(optim, name), {"lr": 0.1})
    try:
        assert "within a factor of" in check_first_lengths(subject)
    except NotAsked:
        assert name == "RAdam"  # its first steps are not adapted


def test_that_no_number_was_compared_is_told():
    told = "first step: not asked for, so nothing says that the numbers of its steps are right"
    assert told in " ".join(repr(check_optimizer(SignDescent)).split())
    assert "not asked for" not in repr(check_optimizer(optim.SGD))


@pytest.mark.parametrize("rule", TEXTBOOK, ids=lambda rule: rule.__name__)
def test_a_rule_of_the_package_is_held_to_its_equation(rule):
    class Off(rule):
        def update(self, param, grad, state, t, **settings):
            new, after = super().update(param, grad, state, t, **settings)
            return new + 1e-8 * (t == 3) * (new - param), after

    with pytest.raises(AssertionError, match="after 7 steps parameter '"):
        check_equation(
            subject_of(Off, {"lr": 10.0 if rule in (optim.LARS, optim.Adadelta) else 0.1}),
            TEXTBOOK[rule].equation,
        )


# ------------------------------------------------------------------------------------ what is asked


def test_what_is_no_claim_is_refused():
    with pytest.raises(ArgumentError, match="a claim is one of 'scale', 'sign', 'linear', 'odd'"):
        check_optimizer(optim.SGD, claims=("fast",))
    with pytest.raises(ArgumentError, match=r"a claim is one of .*, not 'fast'"):
        check_optimizer(optim.SGD, claims="fast")
    made = optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=0.1)
    with pytest.raises(DTypeError, match="a class, not an optimizer that SGD made; write"):
        check_optimizer(made)
    with pytest.raises(DTypeError, match="a class, not 'adam'"):
        check_optimizer("adam")
    with pytest.raises(ArgumentError, match="SGD has no setting 'beta'"):
        check_optimizer(optim.SGD, beta=0.9)
