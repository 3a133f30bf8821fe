"""A user's program that uses every room: mypy and Pyright read it, in strict mode; nothing runs it.

``assert_type`` says what both must infer, and an ignored error that is none is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import tensorgraph as tg
from tensorgraph import Tensor, data, diagnose, exp, nn, optim, testing, train


def tensors(x: Tensor, a: NDArray[np.float64]) -> None:
    assert_type(tg.tensor([1.0, 2.0], requires_grad=True, name="x"), Tensor)
    assert_type(x * 2 + 1 - x / 3, Tensor)
    assert_type(2.0 * x - 1 + np.float32(3) * x, Tensor)
    assert_type(x**2 // 1 % 3, Tensor)
    assert_type(x @ x.T + x @ a, Tensor)
    assert_type(-abs(x), Tensor)
    assert_type(x[0] + x[1:, None, ..., [0, 1]] + x[x > 0], Tensor)
    assert_type((x > 0) & (x <= a) | ~(x == 1) ^ (x != a), Tensor)
    assert_type(divmod(x, 2), tuple[Tensor, Tensor])
    assert_type(round(x, 2), Tensor)
    assert_type(x.sum(axis=0, keepdims=True).mean((0, 1)), Tensor)
    assert_type(x.reshape(2, -1).reshape((4, 1)), Tensor)
    assert_type(x.T.mT.permute_dims((1, 0)).astype("float64"), Tensor)
    assert_type(x.numpy(), NDArray[Any])
    assert_type(x.shape, tuple[int, ...])
    assert_type(x.grad, Tensor | None)
    assert_type(float(x) + int(x) + len(x), float)
    assert_type([part for part in x], list[Tensor])
    x.sum().backward(retain_graph=True)
    (a @ x - a * x).sum().backward()  # NumPy's own types do not know: no error
    x.zero_grad()
    x.assign(x.detach() - 0.1 * a)
    assert_type(tg.zeros((2, 3), dtype=np.float32).ndim, int)
    x.nonsense()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    print(x["a"])  # type: ignore[index]  # pyright: ignore[reportArgumentType]
    x.sum(axes=0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    x += "a"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]


def operations(x: Tensor, a: NDArray[np.float64]) -> None:
    assert_type(exp(x), Tensor)
    assert_type(tg.exp([1.0, 2.0]), Tensor)
    assert_type(tg.exp(a), NDArray[Any])
    assert_type(tg.maximum(a, 0), NDArray[Any])
    assert_type(tg.maximum(a, x), Tensor)
    assert_type(tg.where(x > 0, x, 0), Tensor)
    assert_type(tg.where(a > 0, x, a), Tensor)
    assert_type(tg.where(a > 0, a, 0.0), NDArray[Any])
    assert_type(tg.softmax(x, axis=(0, 1)), Tensor)
    assert_type(tg.clip(x, min=0), Tensor)
    assert_type(tg.conv(x, a, stride=(1, 2), padding="same"), Tensor)
    assert_type(tg.concat([x, a], axis=1), Tensor)
    assert_type(tg.stack((x, x)), Tensor)
    assert_type(tg.split(x, 2), list[Tensor])
    assert_type(tg.unstack(x), tuple[Tensor, ...])
    assert_type(tg.einsum("ij,jk->ik", x, a), Tensor)
    assert_type(tg.one_hot([0, 1], 2), Tensor)
    assert_type(tg.take(x, [0, 1], axis=0), Tensor)
    assert_type(tg.set_at(x, (slice(2), None), 1.0), Tensor)
    assert_type(tg.REGISTRY["exp"].symbol, str)
    tg.exp("a")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    tg.sum(x, keepdim=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def own_operation(x: Tensor) -> None:
    cube = tg.op("cube", lambda x: x**3, {"x": lambda g, x: g * 3 * x**2}, domain={"x": tg.Real()})
    assert_type(cube(x), Tensor)
    assert_type(cube.op.inputs, tuple[str, ...])
    testing.check_op(cube)


def differentiating(x: Tensor, a: NDArray[np.float64]) -> None:
    def cost(w: Tensor, b: float = 0.0) -> Tensor:
        return (w * w + b).sum()

    def of_weights(weights: dict[str, Tensor]) -> Tensor:
        return weights["w"].sum()

    weights = {"w": x}
    assert_type(tg.grad(cost)(x, 1.0), Tensor)
    assert_type(tg.grad(cost)(a), NDArray[Any])
    assert_type(tg.grad(tg.grad(lambda w: w**3))(2.0), Tensor)
    assert_type(tg.grad(of_weights)(weights), dict[str, Tensor])
    assert_type(tg.grad(lambda p: (p["w"] * 2).sum())(weights), dict[str, Tensor])
    assert_type(tg.grad(lambda w, b: (w * b).sum(), argnums=(0, 1))(x, x), tuple[Any, ...])
    assert_type(tg.value_and_grad(cost)(x), tuple[Tensor, Tensor])
    assert_type(tg.value_and_grad(of_weights)(weights), tuple[Tensor, dict[str, Tensor]])
    assert_type(tg.jacobian(cost)(x), Tensor)
    assert_type(tg.jacobian(cost, mode="forward")(x), Tensor)
    assert_type(tg.hessian(lambda w: (w**3).sum())(x), Tensor)
    assert_type(tg.jvp(cost, (x,), (x,)), tuple[Tensor, Tensor])
    assert_type(tg.vjp(cost, x)[0], Tensor)
    (product,) = tg.hvp(cost, (x,), (x,))
    print(product)
    assert_type(tg.gradients(x.sum(), x), Tensor)
    assert_type(tg.gradients(x.sum(), weights), dict[str, Tensor])
    assert_type(tg.gradients(x.sum(), [x, x]), list[Tensor])
    assert_type(tg.checkpoint(cost)(x, b=2.0), Tensor)

    def with_parts(w: Tensor) -> tuple[Tensor, list[Tensor]]:
        return w.sum(), [w * w]

    assert_type(tg.grad(with_parts, has_aux=True)(x), tuple[Tensor, list[Tensor]])
    assert_type(
        tg.value_and_grad(with_parts, has_aux=True)(x),
        tuple[tuple[Tensor, list[Tensor]], Tensor],
    )
    assert_type(tg.vjp(with_parts, x, has_aux=True)[2], list[Tensor])
    assert_type(tg.jvp(with_parts, (x,), (x,), has_aux=True)[2], list[Tensor])


def transforming(x: Tensor) -> None:
    def scaled(x: Tensor, by: float) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, None]]]:
        return x * by, lambda g: (g * by, None)

    assert_type(tg.custom_gradient(scaled)(x, 2.0), Tensor)
    assert_type(tg.stop_gradient({"w": x}), dict[str, Tensor])
    assert_type(tg.fori_loop(0, 3, lambda i, v: v * x, x), Tensor)
    last, outputs = tg.scan(lambda carry, row: (carry + row, carry), x, tg.ones((3, 2)))
    root = tg.implicit(lambda z, a: z * z - a, lambda a: a**0.5)
    vector, unravel = tg.tree.ravel([x, x])
    print(last, outputs, root(x), unravel(vector), tg.tree.map(tg.sqrt, [x]))

    def pair(x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x

    assert_type(tg.checkpoint(pair)(x), tuple[Tensor, Tensor])


def modes(x: Tensor) -> None:
    with tg.no_grad(), tg.enable_grad(), tg.debug(), tg.profile() as measured:
        print(measured)

    @tg.no_grad
    def predicted(x: Tensor) -> Tensor:
        return x

    @tg.no_grad()
    def doubled(x: Tensor) -> Tensor:
        return x * 2

    assert_type(predicted(x), Tensor)
    assert_type(doubled(x), Tensor)


def seeing(x: Tensor) -> None:
    print(tg.derive(x.sum(), wrt=x), tg.derive(lambda x: (x * x).sum(), x, wrt="x"))
    tg.derive(x.sum(), x).latex  # noqa: B018
    picture = tg.render(x, depth=2, values=True)
    picture.save("graph.svg")
    tg.trace(tg.relu, x)
    assert_type(tg.assume(x, sums_to_one=1), Tensor)
    print(tg.update_rule(optim.Adam))


class Net(nn.Module):
    def __init__(self) -> None:
        self.first = nn.Linear(4, 8, init=nn.init.he_normal)
        self.blocks = nn.ModuleList([nn.Linear(8, 8), nn.Tanh()])
        self.last = nn.Linear(8, 1)
        self.scale = tg.tensor(1.0, requires_grad=True)

    def forward(self, x: Tensor) -> Tensor:
        h = tg.relu(self.first(x))
        for block in self.blocks:
            assert_type(block, nn.Module)
            h = h + block(h)
        assert_type(h, Tensor)
        return self.last(h) * self.scale


class Recurrent(nn.Module):
    def __init__(self) -> None:
        self.rnn = nn.LSTM(4, 8)

    def forward(self, x: Tensor, steps: int = 1) -> tuple[Tensor, list[Tensor]]:
        outputs, (h, c) = self.rnn(x)
        assert_type(outputs, Tensor)
        assert_type(h, Tensor)
        return outputs, [h, c] * steps


def networks(x: Tensor, y: NDArray[np.int64]) -> None:
    model = Net()
    assert_type(model(x), Tensor)
    assert_type(Recurrent()(x, steps=2), tuple[Tensor, list[Tensor]])
    assert_type(nn.GRU(4, 8)(x), tuple[Tensor, Tensor])
    layers = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), tg.tanh, nn.Dropout(p=0.5), lambda x: x)
    assert_type(layers(x), Tensor)
    assert_type(layers[:2], nn.Sequential)
    print(layers[0].weight.shape, layers.layers[0].weight)
    cnn = nn.Sequential(nn.Conv2d(1, 8, 3, padding="same"), nn.BatchNorm(8), nn.MaxPool2d(2))
    assert_type(cnn(y), Tensor)
    assert_type(nn.LeakyReLU(slope=0.1)(x), Tensor)
    assert_type(nn.Softmax(axis=0).extra_repr(), str)
    activation: nn.ReLU = nn.ReLU()
    nn.ELU(beta=2.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    attention = nn.MultiHeadAttention(8, heads=2, causal=True)
    assert_type(attention(x, key_mask=y > 0), Tensor)
    assert_type(nn.MultiTask(model, {"age": nn.Linear(8, 1)})(x), dict[str, Tensor])
    assert_type(nn.losses.cross_entropy(model(x), y, weight=[1.0, 2.0]), Tensor)
    assert_type(nn.losses.mse(model(x), y, "sum"), Tensor)
    assert_type(nn.l2_penalty(model, 0.1, 4), Tensor)
    assert_type(nn.functional_call(model, dict(model.named_parameters()), x), Tensor)
    assert_type(model.state_dict(), dict[str, NDArray[Any]])
    assert_type(model.train().eval(), Net)
    print(model.parameters()[0].grad, activation, nn.init.orthogonal(2.0))
    with nn.Watch(model) as watch:
        print(watch.activations)


def optimizing(model: nn.Module, x: Tensor) -> None:
    assert_type(model(x), Tensor)
    schedule = optim.schedules.warmup(optim.schedules.cosine(0.1, steps=100), steps=10)
    for optimizer in (
        optim.SGD(model.parameters(), lr=0.1, weight_decay=0.01),
        optim.Adam(model.named_parameters(), lr=schedule, betas=(0.9, 0.99)),
        optim.SGD(model.parameters(), 0.1, momentum=0.9, nesterov=True, l2=0.01, maximize=False),
        optim.Muon(model.parameters(), lr=optim.schedules.cosine_restarts(0.1, 100, factor=2)),
        optim.RMSprop(optim.decay_groups(model, 0.1), lr=lambda step: 0.1 / (1 + step)),
    ):
        optimizer.zero_grad()
        nn.losses.mse(model(x), x).backward()
        assert_type(optimizer.step(), None)
    optim.clip_by_global_norm(model.parameters(), 1.0)
    optim.SGD(model.parameters(), lr="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    optim.SGD(model.parameters())  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def training(model: nn.Module, X: NDArray[np.float32], y: NDArray[np.int64]) -> None:
    parts = data.split(X, y, dev=0.2, stratify=y)
    train_set, dev_set, _ = parts
    normalize = data.Normalize().fit(parts.train[0])
    assert_type(normalize(X), NDArray[Any])
    batches = data.Batches(X, y, batch_size=32, augment=data.augment.noise(0.1))
    for X_batch, y_batch in batches:
        print(model(X_batch), y_batch)
    history = train.fit(
        model, nn.losses.cross_entropy, optim.Adam(model.parameters()), train_set, dev_set,
        epochs=2, metrics={"accuracy": diagnose.accuracy}, callbacks=[train.EarlyStopping()],
    )  # fmt: skip
    assert_type(history, train.History)
    assert_type(history["loss"], NDArray[Any])
    train.save("model.tg", model=model, history=history)
    train.load("model.tg", model=model)
    print(train.predict(model, X), train.evaluate(model, nn.losses.mse, (X, y))["loss"])
    search = train.search(
        {"lr": train.log_uniform(1e-4, 1)}, lambda point, _: point["lr"], trials=3
    )
    assert_type(search.best.value, float)


class Regression:
    @tg.compile
    def step(self, x: Tensor, rate: float = 0.1) -> Tensor:
        return x * rate


def compiling(x: Tensor, a: NDArray[np.float64]) -> None:
    @tg.compile
    def loss(x: Tensor, scale: float = 1.0) -> Tensor:
        return (x * scale).sum()

    @tg.compile(wait=True)
    def both(x: NDArray[np.float64]) -> tuple[Tensor, int]:
        return tg.tensor(x), 1

    assert_type(loss(x), Tensor)
    assert_type(loss(x, scale=2.0), Tensor)
    assert_type(both(a), tuple[Tensor, int])
    assert_type(tg.compile(nn.Linear(2, 1))(x), Tensor)
    assert_type(tg.compile(Recurrent(), wait=True)(x, 2), tuple[Tensor, list[Tensor]])
    assert_type(tg.compile(lambda: 1)(), int)
    assert_type(Regression().step(x, rate=0.5), Tensor)
    assert_type(loss.source + loss.trace + str(loss), str)
    tg.render(loss).save("step.svg")
    loss(x, 1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    both("a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tg.compile(3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def diagnosing(scores: NDArray[np.float64], y: NDArray[np.int64]) -> None:
    assert_type(diagnose.accuracy([1], [1]), float)
    assert_type(diagnose.ladder(human=0.1, train=0.2, train_dev=0.2, dev=0.3).verdict, str)
    assert_type(diagnose.confusion_matrix(y, y).accuracy, float)
    assert_type(diagnose.roc_auc(scores, y), float)
    diagnose.report("report.html", title="Training")


def checking(x: Tensor) -> None:
    result = testing.gradcheck(lambda x: (x * x).sum(), x, order=2)
    assert_type(result.verdict, str)
    testing.check_op(tg.exp, limit=2.0)
    try:
        tg.matmul(x, x)
    except (tg.errors.ShapeError, tg.errors.GraphError) as error:
        print(error)
    tg.random.seed(0)
    assert_type(tg.random.normal((2, 3), generator=tg.random.Generator(1)), Tensor)


def lazily(x: Tensor, X: NDArray[np.float32]) -> None:
    assert_type(tg.diagnose.accuracy([1], [1]), float)
    print(tg.data.split(X), tg.train.History(), tg.testing.gradcheck, tg.notation.function("f"))
