# Written by `make stubs`, from the records of the operations.
# mypy: disable-error-code="overload-overlap, override"

from typing import Any, overload

from tensorgraph.engine.operands import MakesTensor, Operand
from tensorgraph.engine.tensor import Tensor

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "hinge",
    "huber",
    "kl_divergence",
    "l1",
    "mse",
    "multi_label",
    "nll",
]

@overload
def binary_cross_entropy(
    probabilities: MakesTensor, target: Operand, reduction: str = "mean"
) -> Tensor:
    """Return the cross-entropy of probabilities against labels 0 and 1.

    For each element, with the probability a of the label 1 and the label y,

        loss = −(y log a + (1 − y) log(1 − a)),

    whose gradient by a is −y/a + (1 − y)/(1 − a) (Deep Learning Specialization, course 1, week 2).
    A label may also be a probability.

    A certain and right answer costs exactly 0. For a certain and wrong one, the logarithm of 0 has
    no finite value: below 10⁻³⁰, −log goes on along its tangent. So a = 0 for y = 1 costs 70.1, and
    value and gradient stay finite and agree with each other. (In float16 it is 6·10⁻⁵ and 10.7.
    PyTorch cuts the logarithm off at
    −100, and the gradient at 10¹².) A network should end in logits rather than probabilities:
    :func:`binary_cross_entropy_with_logits` needs no such care.

    Args:
        probabilities: numbers in [0, 1], any shape.
        target: labels 0 and 1, or probabilities; the same shape.
        reduction: ``"mean"``, which divides by the number of elements; ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a number outside [0, 1]; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> a = tg.tensor([0.5, 1.0], requires_grad=True)
        >>> losses = tg.nn.losses.binary_cross_entropy(a, [1, 1], "none")
        >>> print(losses.round(4), tg.gradients(losses.sum(), a))
        [0.6931 0.    ] [-2. -1.]
    """

@overload
def binary_cross_entropy(
    probabilities: Operand, target: MakesTensor, reduction: str = "mean"
) -> Tensor: ...
@overload
def binary_cross_entropy(
    probabilities: Operand, target: Operand, reduction: str = "mean"
) -> Any: ...
@overload
def binary_cross_entropy_with_logits(
    logits: MakesTensor, target: Operand, reduction: str = "mean"
) -> Tensor:
    """Return the cross-entropy of sigmoid(logits) against labels 0 and 1.

    For each element, with the logit z and the label y,

        loss = −(y log a + (1 − y) log(1 − a))   with   a = σ(z),
             = max(z, 0) − z y + log(1 + e^−|z|),

    whose gradient by z is a − y (Deep Learning Specialization, course 1, week 2; Goodfellow, Bengio
    & Courville 2016, section 6.2.2.2). A label may also be a probability. The second form is the
    one computed: it is right for every logit, also where σ(z) is rounded to 0 or 1.

    Args:
        logits: any numbers, any shape.
        target: labels 0 and 1, or probabilities; the same shape.
        reduction: ``"mean"``, which divides by the number of elements; ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a label outside [0, 1]; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> z = tg.tensor([0.0, 100.0], requires_grad=True)
        >>> losses = tg.nn.losses.binary_cross_entropy_with_logits(z, [1, 0], "none")
        >>> print(losses.round(4), tg.gradients(losses.sum(), z))
        [  0.6931 100.    ] [-0.5  1. ]
    """

@overload
def binary_cross_entropy_with_logits(
    logits: Operand, target: MakesTensor, reduction: str = "mean"
) -> Tensor: ...
@overload
def binary_cross_entropy_with_logits(
    logits: Operand, target: Operand, reduction: str = "mean"
) -> Any: ...
@overload
def cross_entropy(
    logits: MakesTensor,
    target: Operand,
    axis: int = -1,
    reduction: str = "mean",
    *,
    weight: Operand | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> Tensor:
    """Return the cross-entropy of softmax(logits) against the target.

    For one example with logits z and target distribution y over K classes,

        loss = −Σₖ wₖ yₖ log aₖ   with   a = softmax(z),

    where w = 1 unless ``weight`` is given. Its gradient by z is then a − y (Goodfellow, Bengio &
    Courville 2016, equation 6.30; Deep Learning Specialization, course 2, week 3). A class c stands
    for the distribution that is 1 at c. The logits come straight from a linear layer; a softmax
    before the loss would be a second one, and is warned of. A logit of −inf rules a class out.

    ``"mean"`` divides by the number of examples; with ``weight`` by the weights of the targets,
    Σᵢ Σₖ wₖ yᵢₖ, so that equal weights change nothing. (PyTorch does so for classes only, and
    divides by the number of examples for distributions.)

    Args:
        logits: shape (…, classes, …), the classes along ``axis``.
        target: integer classes, of the shape of the logits without ``axis``; or distributions, of
            the same shape as the logits.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        weight: w, how much each class counts, shape (classes,); not negative.
        label_smoothing: ε in [0, 1): y becomes (1 − ε) y + ε / K (Szegedy et al. 2016, section 7).
            That asks a little of every class, so the loss is infinite if one is ruled out.
        ignore_index: the class that marks examples which do not count, for instance −100.

    Raises:
        ShapeError: the shapes of logits and target, or of ``weight``, do not fit as above; or there
            is one class, whose probability is 1.
        DTypeError: classes that are not integers.
        AxisError: a class outside 0 … classes − 1, or an ``axis`` that the logits do not have.
        ArgumentError: a ``weight`` below 0, ``label_smoothing`` outside [0, 1), ``ignore_index``
            for distributions, an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> z = tg.tensor([[2.0, 0.0], [0.0, 0.0]], requires_grad=True)
        >>> cost = tg.nn.losses.cross_entropy(z, [0, 1])
        >>> print(f"{cost:.4f}")
        0.4100
        >>> cost.backward()
        >>> print((z.grad * 2).round(4))  # m dZ = A − Y
        [[-0.1192  0.1192]
         [ 0.5    -0.5   ]]
        >>> print(tg.nn.losses.cross_entropy(z, [0, -1], ignore_index=-1).round(4))
        0.1269
    """

@overload
def cross_entropy(
    logits: Operand,
    target: MakesTensor,
    axis: int = -1,
    reduction: str = "mean",
    *,
    weight: Operand | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> Tensor: ...
@overload
def cross_entropy(
    logits: Operand,
    target: Operand,
    axis: int = -1,
    reduction: str = "mean",
    *,
    weight: Operand | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> Any: ...
@overload
def hinge(scores: MakesTensor, target: Operand, reduction: str = "mean") -> Tensor:
    """Return the hinge loss of scores against labels −1 and 1.

    For each element, with the score s and the label y,

        loss = max(0, 1 − y s),

    whose gradient by s is −y inside the margin y s < 1, and 0 elsewhere (Cortes & Vapnik 1995,
    "Support-vector networks"). Only here labels are −1 and 1: from y in {0, 1}, write 2 * y - 1.
    ``"mean"`` divides by the number of elements.

    Args:
        scores: any numbers, any shape; their sign is the predicted class.
        target: labels −1 and 1; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a label that is neither −1 nor 1; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.hinge([2.0, 0.5, 0.5], [1, 1, -1], "none"))
        [0.  0.5 1.5]
    """

@overload
def hinge(scores: Operand, target: MakesTensor, reduction: str = "mean") -> Tensor: ...
@overload
def hinge(scores: Operand, target: Operand, reduction: str = "mean") -> Any: ...
@overload
def huber(
    prediction: MakesTensor, target: Operand, reduction: str = "mean", *, delta: float = 1.0
) -> Tensor:
    """Return Huber's loss: squared error for small errors, absolute error for large ones.

    For each element, with the error e = ŷ − y,

        loss = ½ e²            where |e| ≤ δ
               δ (|e| − ½ δ)   elsewhere,

    whose gradient is e limited to [−δ, δ] (Huber 1964, "Robust estimation of a location
    parameter"). ``"mean"`` divides by the number of elements.

    Args:
        prediction: any shape.
        target: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        delta: δ, above 0.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: ``delta`` is not above 0; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.huber([0.5, 3.0], [0.0, 0.0], "none"))
        [0.125 2.5  ]
    """

@overload
def huber(
    prediction: Operand, target: MakesTensor, reduction: str = "mean", *, delta: float = 1.0
) -> Tensor: ...
@overload
def huber(
    prediction: Operand, target: Operand, reduction: str = "mean", *, delta: float = 1.0
) -> Any: ...
@overload
def kl_divergence(
    log_probs: MakesTensor, target: Operand, axis: int = -1, reduction: str = "mean"
) -> Tensor:
    """Return the Kullback–Leibler divergence of a predicted distribution from the target.

    For one example with the target distribution p and the log-probabilities log q predicted,

        loss = D(p ‖ q) = Σₖ pₖ (log pₖ − log qₖ),

    where 0 · log 0 = 0 (Goodfellow, Bengio & Courville 2016, equation 3.50). It is the
    cross-entropy of q against p without the entropy of p: 0 where they are equal, infinite where q
    rules out what p does not.

    As in all losses the prediction comes first, here as logarithms (from ``log_softmax``); the
    target holds probabilities. In mathematics they are written the other way round. ``"mean"``
    divides by the number of examples, which PyTorch calls ``"batchmean"``. The gradient by a target
    of 0, truly −∞, is finite: below 10⁻³⁰ the logarithm goes on along its tangent.

    Args:
        log_probs: log q, shape (…, classes, …), the classes along ``axis``.
        target: p, of the same shape; not logarithms.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        AxisError: an ``axis`` that log_probs does not have.
        ArgumentError: a target outside [0, 1], an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> log_q, p = tg.log([[0.5, 0.5], [0.5, 0.5]]), [[0.5, 0.5], [1, 0]]
        >>> print(tg.nn.losses.kl_divergence(log_q, p, reduction="none").round(4))
        [0.     0.6931]
    """

@overload
def kl_divergence(
    log_probs: Operand, target: MakesTensor, axis: int = -1, reduction: str = "mean"
) -> Tensor: ...
@overload
def kl_divergence(
    log_probs: Operand, target: Operand, axis: int = -1, reduction: str = "mean"
) -> Any: ...
@overload
def l1(prediction: MakesTensor, target: Operand, reduction: str = "mean") -> Tensor:
    """Return the absolute error.

    For each element, with prediction ŷ and target y,

        loss = |ŷ − y|,

    whose gradient is the sign of ŷ − y, and 0 where they are equal. Its minimum is the median, as
    that of the squared error is the mean: outliers count less. ``"mean"`` divides by the number of
    elements.

    Args:
        prediction: any shape.
        target: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.l1([1.0, 2.0, 3.0], [1.0, 0.0, 4.0]))
        1.0
    """

@overload
def l1(prediction: Operand, target: MakesTensor, reduction: str = "mean") -> Tensor: ...
@overload
def l1(prediction: Operand, target: Operand, reduction: str = "mean") -> Any: ...
@overload
def mse(prediction: MakesTensor, target: Operand, reduction: str = "mean") -> Tensor:
    """Return the squared error.

    For each element, with prediction ŷ and target y,

        loss = (ŷ − y)²,

    whose gradient is 2(ŷ − y) (Goodfellow, Bengio & Courville 2016, equation 5.4). There is no ½ in
    it. ``"mean"`` divides by the number of elements, for shape (m, k) by m·k; for 1/m Σ‖ŷ − y‖²
    write ``mse(prediction, target, "sum") / m``.

    Args:
        prediction: any shape.
        target: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> prediction = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> target = [[1.0, 0.0], [3.0, 3.0]]
        >>> print(tg.nn.losses.mse(prediction, target))
        1.25
        >>> print(tg.nn.losses.mse(prediction, target, "sum") / 2)  # 1/m, two examples
        2.5
    """

@overload
def mse(prediction: Operand, target: MakesTensor, reduction: str = "mean") -> Tensor: ...
@overload
def mse(prediction: Operand, target: Operand, reduction: str = "mean") -> Any: ...
@overload
def multi_label(
    logits: MakesTensor, target: Operand, reduction: str = "mean", *, mask: Operand | None = None
) -> Tensor:
    """Return the binary cross-entropy of many labels an example, some of which may be missing.

    For example i and label j, with the logit z and the label y,

        lossᵢⱼ = −(y log a + (1 − y) log(1 − a))   with   a = σ(z),

    whose gradient by z is a − y; it is 0 where the label is missing (Deep Learning Specialization,
    course 3, week 2, multi-task learning: the sum runs over the labels that are there). A label is
    missing where the target is NaN, and where ``mask`` is False. What stands there, in the logits
    too, has no influence on value or gradient.

    ``"mean"`` divides by the number of labels that are there, so it does not depend on how many are
    missing; it is 0 if all are. For the course's 1/m write ``multi_label(logits, target, "sum") /
    m``.

    Args:
        logits: any numbers, any shape; usually (m, labels).
        target: labels 0 and 1, probabilities, or NaN; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        mask: booleans of the same shape, True where there is a label.

    Raises:
        ShapeError: the shapes differ.
        DTypeError: a ``mask`` that is not boolean.
        ArgumentError: a label outside [0, 1]; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> z = tg.zeros((2, 2), requires_grad=True)
        >>> cost = tg.nn.losses.multi_label(z, [[1, float("nan")], [0, 0]])
        >>> cost.backward()
        >>> print((z.grad * 3).round(4))  # three labels are there
        [[-0.5  0. ]
         [ 0.5  0.5]]
    """

@overload
def multi_label(
    logits: Operand, target: MakesTensor, reduction: str = "mean", *, mask: Operand | None = None
) -> Tensor: ...
@overload
def multi_label(
    logits: Operand, target: Operand, reduction: str = "mean", *, mask: Operand | None = None
) -> Any: ...
@overload
def nll(
    log_probs: MakesTensor,
    target: Operand,
    axis: int = -1,
    reduction: str = "mean",
    *,
    weight: Operand | None = None,
    ignore_index: int | None = None,
) -> Tensor:
    """Return the negative log-likelihood of classes under log-probabilities.

    For one example with the log-probabilities log a and the class c,

        loss = −w_c log a_c,

    where w = 1 unless ``weight`` is given (Goodfellow, Bengio & Courville 2016, section 5.5).
    ``nll(log_softmax(z), c)`` is ``cross_entropy(z, c)``, which is one operation instead of three.
    ``"mean"`` divides by the number of examples; with ``weight`` by the weights of the targets.

    Args:
        log_probs: log a, shape (…, classes, …), the classes along ``axis``.
        target: integer classes, of the shape of the log-probabilities without ``axis``.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        weight: w, how much each class counts, shape (classes,); not negative.
        ignore_index: the class that marks examples which do not count, for instance −100.

    Raises:
        ShapeError: the shapes of log_probs and target, or of ``weight``, do not fit as above; or
            there is one class, whose probability is 1.
        DTypeError: classes that are not integers.
        AxisError: a class outside 0 … classes − 1, or an ``axis`` that log_probs does not have.
        ArgumentError: a ``weight`` below 0, an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> log_probs = tg.log([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])
        >>> print(tg.nn.losses.nll(log_probs, [0, 2], reduction="none").round(4))
        [0.6931 0.2231]
    """

@overload
def nll(
    log_probs: Operand,
    target: MakesTensor,
    axis: int = -1,
    reduction: str = "mean",
    *,
    weight: Operand | None = None,
    ignore_index: int | None = None,
) -> Tensor: ...
@overload
def nll(
    log_probs: Operand,
    target: Operand,
    axis: int = -1,
    reduction: str = "mean",
    *,
    weight: Operand | None = None,
    ignore_index: int | None = None,
) -> Any: ...
