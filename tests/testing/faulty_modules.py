"""Modules and functions with the mistakes that people make, each with what the check must say."""

from __future__ import annotations

import copy
from collections import UserList
from dataclasses import dataclass
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.random import Generator

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))


def weight(*shape: int, seed: int = 0) -> tg.Tensor:
    """Return a parameter of random numbers."""
    values = np.random.default_rng(seed).normal(size=shape).astype("float32")
    return tg.tensor(values, requires_grad=True)


@dataclass(frozen=True)
class Fault:
    """A faulty module or function, and where the check must find the mistake."""

    subject: Any
    promise: str
    """The broken promise."""
    told: tuple[str, ...]
    """What the message must say of it: the parameter, the layer, the line, the numbers."""
    inputs: tuple[Any, ...] = (X,)
    also: tuple[str, ...] = ()
    """Other promises that the same mistake breaks."""


BANK: dict[str, Fault] = {}


def faulty(promise: str, *told: str, also: tuple[str, ...] = (), inputs: tuple[Any, ...] = (X,)):
    """Put a module's class or a function into the bank."""

    def add(subject: Any) -> Any:
        BANK[subject.__name__] = Fault(subject, promise, told, inputs, also)
        return subject

    return add


OF_FIRST_CALL = ("evaluation changes nothing", "calls leave no trace")

# ------------------------------------------------------------------------------------- examples


@faulty("examples are independent", "softmax", "example 0", "model")
class SoftmaxOverTheBatch(nn.Module):
    def forward(self, x):
        return tg.softmax(x, axis=0)


@faulty("examples are independent", "mean in model.norm OwnBatchNorm")
class StatisticsOfTheBatchInEvaluation(nn.Module):
    class OwnBatchNorm(nn.Module):
        def forward(self, x):
            return (x - x.mean(axis=0)) / tg.sqrt(x.var(axis=0) + 1e-5)

    def __init__(self):
        self.read = nn.Linear(3, 3)
        self.norm = self.OwnBatchNorm()

    def forward(self, x):
        return self.norm(self.read(x))


@faulty("examples are independent", "cumulative_sum", "example 0")
class CumulativeSumAlongTheWrongAxis(nn.Module):
    def forward(self, x):
        return tg.cumulative_sum(x, axis=0)


@faulty("any number of examples", "for one example alone", "(4, -1)")
class BatchSizeInTheCode(nn.Module):
    def forward(self, x):
        return tg.tanh(x).reshape(4, -1)


@faulty("any number of examples", "for an empty batch", "nn.Flatten()")
class FlattensAsPeopleDo(nn.Module):
    def forward(self, x):
        return tg.tanh(x).reshape(len(x), -1)


@faulty("a permuted batch", "come in another order", also=("any number of examples",))
class DependsOnThePlaceInTheBatch(nn.Module):
    def forward(self, x):
        return x * np.arange(1.0, len(x) + 1).reshape(-1, 1).astype(x.dtype)


@faulty("examples are independent", "no result has 4 entries", "batch_axis=None")
class MeanOfEverything(nn.Module):
    def forward(self, x):
        return tg.tanh(x).mean()


@faulty("examples are independent", "example 2", also=("gradients",))
class ScaledByTheLargestInTheBatch(nn.Module):
    def forward(self, x):
        return x / (1 + np.abs(x.numpy()).max()).astype(x.dtype)


# ----------------------------------------------------------------------------------- parameters


@faulty("parameters", "wants a gradient", "forward")
class ParameterMadeInForward(nn.Module):
    def forward(self, x):
        return x @ weight(3, 2).astype(x.dtype)


@faulty("parameters", "comes to be in the first call", "model.weight", also=OF_FIRST_CALL)
class ParameterMadeInTheFirstCall(nn.Module):
    weight = None

    def forward(self, x):
        if self.weight is None:
            self.weight = weight(3, 2).detach().astype(x.dtype)
            self.weight.requires_grad = True
        return x @ self.weight


@faulty("every parameter gets a gradient", "model.unused.weight", "no result depends on it")
class LayerNeverUsed(nn.Module):
    def __init__(self):
        self.used, self.unused = nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x):
        return self.used(x)


@faulty(
    "every parameter gets a gradient",
    "model.first.weight",
    "model.first.bias",
    "detach at",
    "faulty_modules.py:",
    also=("gradients",),
)
class DetachedInBetween(nn.Module):
    def __init__(self):
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x):
        return self.second(tg.relu(self.first(x)).detach())


@faulty("every parameter gets a gradient", "model.first.weight", "numpy at", also=("gradients",))
class ThroughNumPy(nn.Module):
    def __init__(self):
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x):
        return self.second(np.tanh(self.first(x).numpy()))


@faulty("every parameter gets a gradient", "model.score.weight", "no result depends on it")
class HardChoice(nn.Module):
    def __init__(self):
        self.score, self.value = nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x):
        return self.value(x) * (self.score(x) > 0)


@faulty("every parameter gets a gradient", "model.layers[0].weight", "nothing but zeros")
class DeadUnits(nn.Module):
    def __init__(self):
        self.layers = [nn.Linear(3, 4), nn.Linear(4, 2)]
        self.layers[0].bias.assign(np.full(4, -100.0, "float32"))

    def forward(self, x):
        return self.layers[1](tg.relu(self.layers[0](x)))


@faulty("parameters", "model.layers.data[0].weight", "trained by nobody")
class LayersInAContainerThatIsNotSearched(nn.Module):
    def __init__(self):
        self.layers = UserList([nn.Linear(3, 2)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


@faulty("parameters", "model.decoder", "model.encoder", "tied")
class TiedByCopy(nn.Module):
    def __init__(self):
        self.encoder = nn.Linear(3, 2, bias=False)
        self.decoder = tg.tensor(self.encoder.weight.data, requires_grad=True)

    def forward(self, x):
        return self.encoder(x) @ self.decoder


@faulty("parameters", "model.bias", "model.weight", "same memory")
class ParametersOfOneMemory(nn.Module):
    def __init__(self):
        both = np.random.default_rng(0).normal(size=(3, 2)).astype("float32")
        self.weight, self.bias = tg.asarray(both), tg.asarray(both[0])
        self.weight.requires_grad = self.bias.requires_grad = True

    def forward(self, x):
        return x @ self.weight + self.bias


@faulty("every parameter gets a gradient", "model.running_mean", "no result depends on it")
class RunningMeanIsTrained(nn.Module):
    mixes_examples = True

    def __init__(self):
        self.running_mean = tg.zeros(3, requires_grad=True)

    def forward(self, x):
        if not self.training:
            return x - self.running_mean
        mean = x.mean(axis=0)
        self.running_mean.assign(0.9 * self.running_mean.data + 0.1 * mean.data)
        return x - mean


# ------------------------------------------------------------------------------------ gradients


@faulty("gradients", "the input x", "all computed as 0")
class DetachedInput(nn.Module):
    def forward(self, x):
        return tg.exp(x.detach()) * 2.0 + 0.0 * x


straight = tg.op("straight", lambda x: np.floor(x * 8) / 8 + x, {"x": lambda g: g * 2.0})
wrong_cube = tg.op("wrong_cube", lambda x: x**3, {"x": lambda g, x: g * 3.001 * x * x})
greedy = tg.op(
    "greedy_double",
    lambda x, y: 2 * x + y,
    {"x": lambda g, x, y: g * 2 + 0 * tg.tanh(y).shape[0], "y": lambda g: g},
)


@faulty("gradients", "the input x", "factor 1.0003", inputs=(X,))
class OwnOperationWithAWrongRule(nn.Module):
    def forward(self, x):
        return wrong_cube(x)


@faulty("gradients", "model.scale", "the same holds for", "the input x")
class WrongForAllAndAsksForTensorsMethods(nn.Module):
    def __init__(self):
        self.scale = tg.tensor([1.5, 0.5, 1.0], requires_grad=True)

    def forward(self, x):
        assert x.detach().shape == x.numpy().shape and not self.scale.detach().requires_grad
        return wrong_cube(x * self.scale)


@faulty("gradients", "model.scale", "no_grad at", "stops_gradients = True")
class NormWithoutGraph(nn.Module):
    def __init__(self):
        self.scale = tg.tensor([1.5, 0.5, 1.0], requires_grad=True)

    def forward(self, x):
        with tg.no_grad():
            size = tg.norm(self.scale)
        return x * self.scale / size


@faulty("gradients", "model.scale", "detach at", "stops_gradients = True")
class MeanHeldConstantInTheVariance(nn.Module):
    def __init__(self):
        self.scale = tg.tensor([1.5, 0.5, 1.0], requires_grad=True)

    def forward(self, x):
        y = x * self.scale
        spread = tg.sqrt((y * y).mean(axis=1, keepdims=True) + 0.1)
        return y / spread.detach()


# ---------------------------------------------------------------------------------------- modes


@faulty("evaluation is deterministic", "random numbers are drawn in model", also=())
class DropoutInEvaluation(nn.Module):
    def forward(self, x):
        return x * tg.random.bernoulli(0.5, x.shape) / 0.5


@faulty(
    "evaluation is deterministic",
    "model.? Dropout",
    "a layer that the module does not find",
)
class DropoutThatEvalDoesNotFind(nn.Module):
    class Body:
        def __init__(self):
            self.drops = nn.Dropout(p=0.5)

    def __init__(self):
        self.body = self.Body()

    def forward(self, x):
        return self.body.drops(x)


@faulty("training means the same", "model", "times", "keep_prob")
class DropoutThatDoesNotDivide(nn.Module):
    def forward(self, x):
        return x * tg.random.bernoulli(0.8, x.shape) if self.training else x


@faulty(
    "evaluation changes nothing",
    "model.running_mean",
    "if self.training",
    also=("evaluation is deterministic",),
)
class RunningStatisticsInEvaluation(nn.Module):
    mixes_examples = True

    def __init__(self):
        self.running_mean = tg.zeros(3)

    def forward(self, x):
        mean = x.mean(axis=0)
        result = x - (mean if self.training else self.running_mean)
        self.running_mean.assign(0.9 * self.running_mean.data + 0.1 * mean.data)
        return result


@faulty("evaluation is deterministic", "multiply in model", also=("evaluation changes nothing",))
class CountsItsCalls(nn.Module):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return x * float(self.calls)


@faulty("calls leave no trace", "model.last")
class RemembersTheLastBatch(nn.Module):
    def __init__(self):
        self.last = [0.0]

    def forward(self, x):
        y = x + self.last[0] if self.training else x
        if self.training:
            self.last[0] = float(np.abs(x.detach().numpy()).mean())
        return y


@faulty("no_grad", "under tg.no_grad()")
class AsksWhetherItRecords(nn.Module):
    def forward(self, x):
        return tg.tanh(x) if tg.is_grad_enabled() else tg.clip(x, -1, 1)


# --------------------------------------------------------------------------------------- copies


@faulty("state_dict", "model.mean")
class StateInAnArray(nn.Module):
    mixes_examples = True

    def __init__(self):
        self.mean = np.zeros(3)

    def forward(self, x):
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * np.asarray(x.detach()).mean(axis=0)
            return x - x.mean(axis=0)
        return x - self.mean.astype(x.dtype)


class HoldsALambda(nn.Module):
    def __init__(self):
        self.f = lambda x: tg.tanh(x)

    def forward(self, x):
        return self.f(x)


BANK["HoldsALambda"] = Fault(HoldsALambda, "pickle", ("HoldsALambda.f, a lambda", "def"))


class FunctionHoldsTheWeight(nn.Module):
    def __init__(self):
        self.weight = weight(3, 2)
        self.multiply = self.by_weight

    def by_weight(self, x):
        return x @ self.weight

    def forward(self, x):
        return self.multiply(x)


BANK["FunctionHoldsTheWeight"] = Fault(
    FunctionHoldsTheWeight, "functional_call", ("model.weight", "bound method")
)


class CopiesShare(nn.Module):
    def __init__(self):
        self.weight = weight(3, 2)

    def __deepcopy__(self, memo):
        return copy.copy(self)

    def forward(self, x):
        return x @ self.weight.astype(x.dtype)


BANK["CopiesShare"] = Fault(CopiesShare, "deepcopy", ("the copy is not one", "weight"))


# --------------------------------------------------------------------------------------- inputs


@faulty("inputs stay", "the input x is written to")
class WritesIntoItsInput(nn.Module):
    def forward(self, x):
        if isinstance(x, np.ndarray):
            x -= x.mean(axis=1, keepdims=True)
        return tg.tanh(x)


@faulty("float32", "the result is float64", "multiply in model", "float64 array of shape (3,)")
class ConstantInDoublePrecision(nn.Module):
    def __init__(self):
        self.scales = np.array([1.0, 2.0, 3.0])

    def forward(self, x):
        return x * self.scales


@faulty("float32", "float64 is model.freqs", "multiply in model", "faulty_modules.py:")
class BufferInDoublePrecision(nn.Module):
    def __init__(self):
        self.freqs, self.mix = tg.tensor(np.array([1.0, 2.0, 3.0])), nn.Linear(3, 2)

    def forward(self, x):
        return self.mix(tg.sin(x * self.freqs))


@faulty("float32", "a single float64", "faulty_modules.py:", "math.sqrt")
class RootOfNumPys(nn.Module):
    def forward(self, x):
        return x / np.sqrt(3)


@faulty("float32", "float32 where all that goes in is float64", also=("gradients",))
class RoundsToSinglePrecision(nn.Module):
    def forward(self, x):
        return tg.tanh(x.astype("float32"))


@faulty("float32", "in float32", inputs=(20 * X,), also=())
class SoftmaxWithoutItsMaximum(nn.Module):
    def forward(self, x):
        z = tg.exp(x * x)
        return z / z.sum(axis=1, keepdims=True)


# --------------------------------------------------------------------------------------- memory


@faulty("memory", "model.losses", "longer with each call", also=("calls leave no trace",))
class KeepsResults(nn.Module):
    def __init__(self):
        self.losses = []

    def forward(self, x):
        y = tg.tanh(x)
        if self.training:
            self.losses.append(y.mean())
        return y


@faulty("memory", "cycle of references")
class FunctionThatCallsItself(nn.Module):
    def forward(self, x):
        def power(k):
            return x if k == 1 else x * power(k - 1)

        return power(3)


@faulty("saved values", "hoards", "which no gradient reads")
class OperationThatSavesTooMuch(nn.Module):
    def forward(self, x):
        return hoards(x)


hoards = tg.op("hoards", lambda x: 2 * x, {"x": lambda g, x: 2.0 * g})

# ------------------------------------------------------------------------------------- functions

FUNCTIONS: dict[str, Fault] = {}


def of_function(promise: str, *told: str, also: tuple[str, ...] = (), inputs=(X,)):
    """Put a function into the bank."""

    def add(f: Any) -> Any:
        FUNCTIONS[f.__name__] = Fault(f, promise, told, inputs, also)
        return f

    return add


@of_function("gradients", "the input x", "all computed as 0", also=())
def through_numpy(x):
    return tg.tensor(np.tanh(np.asarray(x.detach() if isinstance(x, tg.Tensor) else x)))


SEEN: list[Any] = []
OWN = Generator(0)


@of_function("calls are deterministic", "random numbers are drawn")
def noisy(x):
    return x + tg.random.normal(x.shape).astype(x.dtype)


@of_function("memory", "SEEN", "longer with each call")
def keeps(x):
    y = tg.tanh(x)
    SEEN.append(float(y.detach().sum()))
    return y


@of_function("inputs stay", "the input x is written to")
def in_place(x):
    return tg.tanh(np.abs(x, out=x) if isinstance(x, np.ndarray) else tg.abs(x))


@of_function("float32", "float64", "add")
def promotes(x):
    return tg.tanh(x + np.full(3, 0.5))


@of_function("layouts", "for strided")
def reads_memory(x):
    order = x.detach().numpy().ravel(order="K")
    return tg.tanh(x) + (np.sign(order[1]) if order.size else 0.0)


@of_function("examples are independent", "softmax")
def over_the_batch(x):
    return tg.softmax(x, axis=0)


@of_function("gradients", "the input x", "factor 1.0003")
def wrong_rule(x):
    return wrong_cube(x)
