"""Functions of PyTorch and of JAX as functions of tensors, where these are installed.

Run beside PyTorch, as ``make machines`` does; not part of the tests.
"""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import DTypeError, GradcheckError
from tensorgraph.testing import from_jax, from_torch, gradcheck
from tests.machine.needs import reason

torch = pytest.importorskip("torch", reason=reason("torch"))
jax = pytest.importorskip("jax", reason=reason("jax"))
peer = torch.nn.functional

X = np.random.default_rng(0).standard_normal((2, 3))
W = np.random.default_rng(1).standard_normal((3, 2))


# ------------------------------------------------------------------------------------- PyTorch


class Gelu(torch.autograd.Function):
    """PyTorch's own gelu, its gradient wrong by five parts in ten thousand."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return peer.gelu(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        density = torch.exp(-x * x / 2) / np.sqrt(2 * np.pi)
        return g * (1 + 5e-4) * (torch.special.ndtr(x) + x * density)


def test_a_fault_in_gelu_that_torchs_own_check_lets_pass():
    x = torch.linspace(-2.0, 2.0, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(Gelu.apply, (x,))
    values = x.detach().numpy()
    with pytest.raises(GradcheckError, match=r"7 of 7 .* wrong, all by the factor 1\.0005"):
        gradcheck(from_torch(Gelu.apply), values)
    assert gradcheck(from_torch(peer.gelu), values, order=2).order == 2


def test_values_and_gradients_are_torchs():
    x, w = (torch.tensor(a, requires_grad=True) for a in (X, W))
    torch.tanh(x @ w).square().sum().backward()
    a, b = (tg.tensor(v, requires_grad=True) for v in (X, W))
    tg.square(from_torch(lambda x, w: torch.tanh(x @ w))(a, b)).sum().backward()
    np.testing.assert_array_equal(a.grad, x.grad.numpy())
    np.testing.assert_array_equal(b.grad, w.grad.numpy())


def test_both_orders_by_the_complex_step_of_torch():
    found = gradcheck(from_torch(lambda x, w: torch.exp(torch.tanh(x @ w))), X, W, order=2)
    assert found.method == "complex step"


def test_labels_containers_and_modules():
    cross_entropy = from_torch(peer.cross_entropy)
    gradcheck(cross_entropy, X, np.array([2, 0]))
    module = torch.nn.Linear(3, 2)
    with pytest.raises(DTypeError, match=r"weight is torch\.float32.*module\.double\(\)"):
        from_torch(module)
    gradcheck(from_torch(module.double()), X)
    parameters = {name: p.detach().numpy() for name, p in module.named_parameters()}
    found = gradcheck(
        from_torch(lambda p, x: torch.func.functional_call(module, p, (x,))), parameters, X
    )
    assert found.elements == 8 + X.size


def test_several_results_one_without_a_gradient():
    f = from_torch(lambda x: {"s": torch.sin(x), "d": x.detach() ** 2, "at": x.argmax()})
    found = f(tg.tensor(X, requires_grad=True))
    assert found["at"] == X.argmax()
    with pytest.raises(GradcheckError, match=r"all computed as 0: is something .* detached"):
        gradcheck(lambda x: f(x)["d"], X)


# ----------------------------------------------------------------------------------------- JAX


def test_jax_runs_with_64_bits_whatever_is_configured():
    assert not jax.config.jax_enable_x64
    found = gradcheck(from_jax(jax.jit(lambda x, w: jax.numpy.tanh(x @ w))), X, W, order=2)
    assert found.method == "complex step" and found.relative_difference < 1e-14
    assert not jax.config.jax_enable_x64


def test_a_wrong_rule_of_jax_is_found():
    @jax.custom_vjp
    def halved(x):
        return x * x

    halved.defvjp(lambda x: (x * x, x), lambda x, g: (g * x,))
    with pytest.raises(GradcheckError, match=r"6 of 6 .* by the factor 0\.5"):
        gradcheck(from_jax(halved), X)


def test_a_tree_of_parameters():
    f = from_jax(lambda p, x: {"y": [jax.nn.gelu(x @ p["w"]), x.argmax()]})
    gradcheck(f, {"w": W}, X)
