# Written by `make stubs`, from the records of the operations.
# mypy: disable-error-code="overload-overlap, override"

from typing import Any, SupportsFloat, overload

from tensorgraph.engine.operands import MakesTensor, Operand
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops._axes import OneOrMore

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "binary_focal",
    "cosine_embedding",
    "cross_entropy",
    "ctc",
    "dice",
    "focal",
    "gaussian_nll",
    "hinge",
    "huber",
    "info_nce",
    "kl_divergence",
    "l1",
    "margin_ranking",
    "mse",
    "multi_label",
    "multi_margin",
    "nll",
    "nt_xent",
    "poisson_nll",
    "quantile",
    "triplet_margin",
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
    logits: MakesTensor,
    target: Operand,
    reduction: str = "mean",
    *,
    pos_weight: Operand | float | None = None,
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
        pos_weight: w, how much the label 1 counts beside the label 0: the loss is then
            −(w y log a + (1 − y) log(1 − a)). One number, or one for each place along the last
            axis; not negative. The mean divides by the number of elements all the same.

    Raises:
        ShapeError: the shapes differ, or ``pos_weight`` has another.
        ArgumentError: a label outside [0, 1]; a ``pos_weight`` below 0; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> z = tg.tensor([0.0, 100.0], requires_grad=True)
        >>> losses = tg.nn.losses.binary_cross_entropy_with_logits(z, [1, 0], "none")
        >>> print(losses.round(4), tg.gradients(losses.sum(), z))
        [  0.6931 100.    ] [-0.5  1. ]
    """

@overload
def binary_cross_entropy_with_logits(
    logits: Operand,
    target: MakesTensor,
    reduction: str = "mean",
    *,
    pos_weight: Operand | float | None = None,
) -> Tensor: ...
@overload
def binary_cross_entropy_with_logits(
    logits: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    pos_weight: Operand | float | None = None,
) -> Any: ...
@overload
def binary_focal(
    logits: MakesTensor,
    target: Operand,
    reduction: str = "mean",
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
) -> Tensor:
    """Return the focal loss of sigmoid(logits) against labels 0 and 1.

    For each element, with the logit z, a = σ(z) and the label y,

        loss = −(α y (1 − a)^γ log a + (1 − α) (1 − y) a^γ log(1 − a)),

    without α both sides count 1 (Lin et al. 2017, "Focal loss for dense object detection", equation
    5). What is right already hardly counts, so that a few rare positives are not lost among easy
    negatives. γ = 0 is :func:`binary_cross_entropy_with_logits`. For a label that is a probability
    it is the expectation of both sides. ``"mean"`` divides by the number of elements; the paper
    divides by that of the positives.

    Args:
        logits: any numbers, any shape.
        target: labels 0 and 1, or probabilities; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        gamma: γ, not negative.
        alpha: α in [0, 1], how much of the weight the label 1 has; 0.25 in the paper.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a label outside [0, 1], ``gamma`` or ``alpha`` outside its range; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.binary_focal([0.0, 3.0], [1, 1], "none").round(4))
        [0.1733 0.0001]
    """

@overload
def binary_focal(
    logits: Operand,
    target: MakesTensor,
    reduction: str = "mean",
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
) -> Tensor: ...
@overload
def binary_focal(
    logits: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
) -> Any: ...
@overload
def cosine_embedding(
    first: MakesTensor,
    second: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
) -> Tensor:
    """Return how far pairs of vectors are from being alike, or from being different.

    For one pair of vectors with the cosine c of their angle and the label y,

        loss = 1 − c                  where y = 1
               max(0, c − margin)     where y = −1,

    (Chopra, Hadsell & LeCun 2005, "Learning a similarity metric discriminatively", with cosines for
    distances). ``"mean"`` divides by the number of pairs.

    Args:
        first: vectors along the last axis, shape (…, features).
        second: the same shape.
        target: labels, 1 for vectors that are to be alike and −1 for others, shape (…).
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        margin: the cosine up to which vectors are different enough, in [−1, 1].

    Raises:
        ShapeError: the shapes do not fit as above.
        ArgumentError: a label that is neither −1 nor 1, a ``margin`` outside [−1, 1]; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> x, y = [[1.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [1.0, 1.0]]
        >>> print(tg.nn.losses.cosine_embedding(x, y, [1, -1], "none").round(4))
        [1. 1.]
    """

@overload
def cosine_embedding(
    first: Operand,
    second: MakesTensor,
    target: Operand,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
) -> Tensor: ...
@overload
def cosine_embedding(
    first: Operand,
    second: Operand,
    target: MakesTensor,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
) -> Tensor: ...
@overload
def cosine_embedding(
    first: Operand,
    second: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
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
def ctc(
    log_probs: MakesTensor,
    target: Operand,
    reduction: str = "mean",
    *,
    lengths: Operand | None = None,
    target_lengths: Operand | None = None,
    blank: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    """Return the negative log-likelihood of labels in order, at whichever steps they come.

    For one sequence with the log-probabilities log a_t of all classes at each step t,

        loss = −log Σ_π Π_t a_t(π_t),

    over all paths π that become the labels where first repetitions and then blanks are taken out
    (Graves et al. 2006, "Connectionist temporal classification", equation 3). The sum over paths is
    taken step by step and in logarithms, as in its section 4.1; the gradient is that of the
    recursion, at every order.

    A sequence that is too short for its labels costs infinity and has no gradient: n labels, of
    which k follow one like them, take n + k steps. ``"mean"`` divides by the number of sequences;
    PyTorch divides each loss by its number of labels first, and has the steps before the batch.

    Args:
        log_probs: log a, shape (m, T, classes), as from ``tg.log_softmax``.
        target: integer classes of shape (m, S), none of them ``blank``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        lengths: how many steps each sequence has, shape (m,); T unless given. What stands after
            them has no influence.
        target_lengths: how many labels each has, shape (m,); S unless given. What stands after
            them, of any number, has no influence.
        blank: the class that stands for no label.
        zero_infinity: whether sequences that are too short cost 0 instead.

    Raises:
        ShapeError: shapes that do not fit as above.
        DTypeError: classes or lengths that are not integers.
        AxisError: a class outside 0 … classes − 1.
        ArgumentError: a label that is ``blank``, lengths that there are not; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> steps = tg.log([[[0.5, 0.5], [0.5, 0.5]]])  # of the class 1, and of the blank
        >>> print(tg.nn.losses.ctc(steps, [[1]]).round(4))  # by the paths 11, 1– and –1: ¾
        0.2877
    """

@overload
def ctc(
    log_probs: Operand,
    target: MakesTensor,
    reduction: str = "mean",
    *,
    lengths: Operand | None = None,
    target_lengths: Operand | None = None,
    blank: int = 0,
    zero_infinity: bool = False,
) -> Tensor: ...
@overload
def ctc(
    log_probs: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    lengths: Operand | None = None,
    target_lengths: Operand | None = None,
    blank: int = 0,
    zero_infinity: bool = False,
) -> Any: ...
@overload
def dice(
    probabilities: MakesTensor,
    target: Operand,
    reduction: str = "mean",
    *,
    axis: OneOrMore | None = None,
    smooth: float = 1.0,
) -> Tensor:
    """Return one minus the Dice coefficient of predicted and true regions.

    For one example, with the probability a and the label y of each place,

        loss = 1 − (2 Σ a y + s) / (Σ a + Σ y + s),

    0 where they are the same, almost 1 where they do not meet (Milletari, Navab & Ahmadi 2016,
    "V-Net", section 3, with sums for sums of squares). Small regions count as much as large ones.
    s keeps it finite where there is nothing to be found: then it is 0 if nothing is predicted.
    ``"mean"`` divides by the number of losses.

    Args:
        probabilities: numbers in [0, 1], such as ``tg.sigmoid(logits)``, shape (m, …).
        target: labels 0 and 1, or probabilities; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        axis: the axes that are summed over, all but the first unless given: with
            ``axis=(2, 3)`` each class of images (m, classes, height, width) has a loss of its own.
        smooth: s, above 0.

    Raises:
        ShapeError: the shapes differ, or are those of single numbers.
        AxisError: an ``axis`` that there is not.
        ArgumentError: a number outside [0, 1], a ``smooth`` that is not above 0; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.dice([[1.0, 1.0, 0.0, 0.0]], [[1, 0, 0, 0]]))
        0.25
    """

@overload
def dice(
    probabilities: Operand,
    target: MakesTensor,
    reduction: str = "mean",
    *,
    axis: OneOrMore | None = None,
    smooth: float = 1.0,
) -> Tensor: ...
@overload
def dice(
    probabilities: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    axis: OneOrMore | None = None,
    smooth: float = 1.0,
) -> Any: ...
@overload
def focal(
    logits: MakesTensor,
    target: Operand,
    axis: int = -1,
    reduction: str = "mean",
    *,
    gamma: float = 2.0,
    weight: Operand | None = None,
    ignore_index: int | None = None,
) -> Tensor:
    """Return the focal loss of softmax(logits) against classes.

    For one example with the probabilities a = softmax(z) and the class c,

        loss = −w_c (1 − a_c)^γ log a_c,

    where w = 1 unless ``weight`` is given (Lin et al. 2017, "Focal loss for dense object
    detection", equation 5). Examples that are right already hardly count. γ = 0 is
    :func:`cross_entropy`. ``"mean"`` divides by the number of examples; with ``weight`` by the
    weights of the targets.

    Args:
        logits: shape (…, classes, …), the classes along ``axis``.
        target: integer classes, of the shape of the logits without ``axis``.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        gamma: γ, not negative.
        weight: w, how much each class counts, shape (classes,); not negative.
        ignore_index: the class that marks examples which do not count, for instance −100.

    Raises:
        ShapeError: the shapes of logits and target, or of ``weight``, do not fit as above; or there
            is one class, whose probability is 1.
        DTypeError: classes that are not integers.
        AxisError: a class outside 0 … classes − 1, or an ``axis`` that the logits do not have.
        ArgumentError: a ``weight`` or ``gamma`` below 0, an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.focal([[2.0, 0.0], [0.0, 0.0]], [0, 1], reduction="none").round(4))
        [0.0018 0.1733]
    """

@overload
def focal(
    logits: Operand,
    target: MakesTensor,
    axis: int = -1,
    reduction: str = "mean",
    *,
    gamma: float = 2.0,
    weight: Operand | None = None,
    ignore_index: int | None = None,
) -> Tensor: ...
@overload
def focal(
    logits: Operand,
    target: Operand,
    axis: int = -1,
    reduction: str = "mean",
    *,
    gamma: float = 2.0,
    weight: Operand | None = None,
    ignore_index: int | None = None,
) -> Any: ...
@overload
def gaussian_nll(
    prediction: MakesTensor,
    target: Operand,
    reduction: str = "mean",
    *,
    variance: Operand | float = 1.0,
    eps: float = 1e-06,
) -> Tensor:
    """Return the negative log-likelihood of numbers under normal distributions.

    For each element, with the mean μ, the variance σ² and the target y,

        loss = ½ (log σ² + (μ − y)² / σ²),

    to which ½ log 2π is left out (Nix & Weigend 1994, "Estimating the mean and variance of the
    target probability distribution", equation 2): a network that predicts both says how sure it is.
    Variances below ε count as ε, and get no gradient then. ``"mean"`` divides by the number of
    elements.

    Args:
        prediction: μ, any shape.
        target: y, the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        variance: σ², one number or the same shape; such as ``tg.softplus`` of an output.
        eps: ε, above 0.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a negative variance, an ``eps`` that is not above 0; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> losses = tg.nn.losses.gaussian_nll([1.0, 1.0], [1.0, 3.0], "none", variance=[1.0, 4.0])
        >>> print(losses.round(3))
        [0.    1.193]
    """

@overload
def gaussian_nll(
    prediction: Operand,
    target: MakesTensor,
    reduction: str = "mean",
    *,
    variance: Operand | float = 1.0,
    eps: float = 1e-06,
) -> Tensor: ...
@overload
def gaussian_nll(
    prediction: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    variance: Operand | float = 1.0,
    eps: float = 1e-06,
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
def info_nce(
    queries: MakesTensor,
    keys: Operand,
    reduction: str = "mean",
    *,
    temperature: SupportsFloat = 0.1,
) -> Tensor:
    """Return the cross-entropy of telling each query's key among all keys of the batch.

    For query i, with the cosine sᵢⱼ of its angle with key j,

        loss = −log(exp(sᵢᵢ/τ) / Σⱼ exp(sᵢⱼ/τ)),

    (van den Oord, Li & Vinyals 2018, "Representation learning with contrastive predictive coding",
    equation 4, with cosines and a temperature as in He et al. 2020, "Momentum contrast"). Row i of
    the keys belongs to row i of the queries, all other rows are its negatives, so losses depend on
    the whole batch. For both directions, as between images and texts, write
    ``(info_nce(x, y) + info_nce(y, x)) / 2``. ``"mean"`` divides by the number of queries.

    Args:
        queries: of shape (m, features).
        keys: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        temperature: τ, above 0: the lower, the more the nearest negatives count; as a tensor it may
            be learned.

    Raises:
        ShapeError: the shapes differ, or are not those of rows.
        ArgumentError: a ``temperature`` that is not above 0; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[1.0, 0.0], [0.0, 2.0]])
        >>> print(tg.nn.losses.info_nce(x, x, temperature=1.0).round(4))
        0.3133
    """

@overload
def info_nce(
    queries: Operand,
    keys: MakesTensor,
    reduction: str = "mean",
    *,
    temperature: SupportsFloat = 0.1,
) -> Tensor: ...
@overload
def info_nce(
    queries: Operand, keys: Operand, reduction: str = "mean", *, temperature: SupportsFloat = 0.1
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
def margin_ranking(
    first: MakesTensor,
    second: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
) -> Tensor:
    """Return what pairs of scores lack of the order that they are to have.

    For each element, with the scores s and t and the label y,

        loss = max(0, margin − y (s − t)),

    with y = 1 where the first is to be larger, −1 where the second is (Herbrich, Graepel &
    Obermayer 2000, "Large margin rank boundaries for ordinal regression"). ``"mean"`` divides by
    the number of elements.

    Args:
        first: scores, any shape.
        second: other scores, the same shape.
        target: labels −1 and 1, the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        margin: by how much one is to be larger.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a label that is neither −1 nor 1, a ``margin`` that is not finite; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.margin_ranking([2.0, 1.0], [0.5, 3.0], [1, 1], "none", margin=1.0))
        [0. 3.]
    """

@overload
def margin_ranking(
    first: Operand,
    second: MakesTensor,
    target: Operand,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
) -> Tensor: ...
@overload
def margin_ranking(
    first: Operand,
    second: Operand,
    target: MakesTensor,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
) -> Tensor: ...
@overload
def margin_ranking(
    first: Operand,
    second: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
) -> Any: ...
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
    logits: MakesTensor,
    target: Operand,
    reduction: str = "mean",
    *,
    mask: Operand | None = None,
    pos_weight: Operand | float | None = None,
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
        pos_weight: how much the label 1 counts beside 0, as in
            :func:`binary_cross_entropy_with_logits`.

    Raises:
        ShapeError: the shapes differ, or ``pos_weight`` has another.
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
    logits: Operand,
    target: MakesTensor,
    reduction: str = "mean",
    *,
    mask: Operand | None = None,
    pos_weight: Operand | float | None = None,
) -> Tensor: ...
@overload
def multi_label(
    logits: Operand,
    target: Operand,
    reduction: str = "mean",
    *,
    mask: Operand | None = None,
    pos_weight: Operand | float | None = None,
) -> Any: ...
@overload
def multi_margin(
    scores: MakesTensor,
    target: Operand,
    axis: int = -1,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 1.0,
    squared: bool = False,
    weight: Operand | None = None,
    ignore_index: int | None = None,
) -> Tensor:
    """Return the hinge loss of several classes.

    For one example with the scores s of K classes and the class c,

        loss = w_c/K Σₖ max(0, margin − s_c + sₖ)    over k ≠ c,

    or the squares of these, where w = 1 unless ``weight`` is given (Weston & Watkins 1999, "Support
    vector machines for multi-class pattern recognition"). ``"mean"`` divides by the number of
    examples; with ``weight`` by the weights of the targets, where PyTorch divides by the examples.

    Args:
        scores: shape (…, classes, …), the classes along ``axis``.
        target: integer classes, of the shape of the scores without ``axis``.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        margin: by how much the right score is to be larger than all others.
        squared: whether the terms are squared.
        weight: w, how much each class counts, shape (classes,); not negative.
        ignore_index: the class that marks examples which do not count, for instance −100.

    Raises:
        ShapeError: the shapes of scores and target, or of ``weight``, do not fit as above; or there
            is one class.
        DTypeError: classes that are not integers.
        AxisError: a class outside 0 … classes − 1, or an ``axis`` that the scores do not have.
        ArgumentError: a ``weight`` below 0, a ``margin`` that is not finite, an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.multi_margin([[3.0, 2.5, 0.0, 0.0]], [0]))
        0.125
    """

@overload
def multi_margin(
    scores: Operand,
    target: MakesTensor,
    axis: int = -1,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 1.0,
    squared: bool = False,
    weight: Operand | None = None,
    ignore_index: int | None = None,
) -> Tensor: ...
@overload
def multi_margin(
    scores: Operand,
    target: Operand,
    axis: int = -1,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 1.0,
    squared: bool = False,
    weight: Operand | None = None,
    ignore_index: int | None = None,
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
@overload
def nt_xent(
    first: MakesTensor,
    second: Operand,
    reduction: str = "mean",
    *,
    temperature: SupportsFloat = 0.5,
) -> Tensor:
    """Return the cross-entropy of telling each vector's partner among all others of both views.

    For vector i of all 2m, with the cosine sᵢⱼ of its angle with vector j and its partner p(i),

        loss = −log(exp(sᵢₚ/τ) / Σⱼ exp(sᵢⱼ/τ))    over j ≠ i,

    (Chen et al. 2020, "A simple framework for contrastive learning of visual representations",
    equation 1). Row i of both is the same thing seen twice. The loss of a pair is the mean of those
    of its two vectors, so ``"mean"`` divides by the number of pairs.

    Args:
        first: of shape (m, features).
        second: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``, which returns m losses.
        temperature: τ, above 0; as a tensor it may be learned.

    Raises:
        ShapeError: the shapes differ, or are not those of rows.
        ArgumentError: a ``temperature`` that is not above 0; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[1.0, 0.0], [0.0, 2.0]])
        >>> print(tg.nn.losses.nt_xent(x, x, temperature=1.0).round(4))
        0.5514
    """

@overload
def nt_xent(
    first: Operand,
    second: MakesTensor,
    reduction: str = "mean",
    *,
    temperature: SupportsFloat = 0.5,
) -> Tensor: ...
@overload
def nt_xent(
    first: Operand, second: Operand, reduction: str = "mean", *, temperature: SupportsFloat = 0.5
) -> Any: ...
@overload
def poisson_nll(log_rate: MakesTensor, target: Operand, reduction: str = "mean") -> Tensor:
    """Return the negative log-likelihood of counts under Poisson distributions.

    For each element, with the logarithm z of the rate and the count y,

        loss = e^z − y z,

    whose gradient by z is e^z − y (McCullagh & Nelder 1989, "Generalized linear models", section
    6.2). What does not depend on z, log y!, is left out. The prediction is the logarithm, which may
    be any number, as logits are. ``"mean"`` divides by the number of elements.

    Args:
        log_rate: the logarithm of the expected count, any shape.
        target: counts, not negative; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a negative count; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.poisson_nll([0.0, 1.0], [0, 2], "none").round(3))
        [1.    0.718]
    """

@overload
def poisson_nll(log_rate: Operand, target: MakesTensor, reduction: str = "mean") -> Tensor: ...
@overload
def poisson_nll(log_rate: Operand, target: Operand, reduction: str = "mean") -> Any: ...
@overload
def quantile(
    prediction: MakesTensor, target: Operand, reduction: str = "mean", *, q: float = 0.5
) -> Tensor:
    """Return the pinball loss, whose minimum is a quantile of the target.

    For each element, with the error e = y − ŷ,

        loss = q e          where e > 0
               (q − 1) e    where e < 0,

    whose gradient by ŷ is −q where the prediction is too low, 1 − q where it is too high, and 0
    where it is right (Koenker & Bassett 1978, "Regression quantiles", section 3). It is least where
    a share q of the targets lies below the prediction; q = ½ gives half of :func:`l1` and the
    median. ``"mean"`` divides by the number of elements.

    Args:
        prediction: any shape.
        target: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        q: the share, in (0, 1).

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a ``q`` outside (0, 1); an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.quantile([1.0, 1.0], [3.0, 0.0], "none", q=0.75))
        [1.5  0.25]
    """

@overload
def quantile(
    prediction: Operand, target: MakesTensor, reduction: str = "mean", *, q: float = 0.5
) -> Tensor: ...
@overload
def quantile(
    prediction: Operand, target: Operand, reduction: str = "mean", *, q: float = 0.5
) -> Any: ...
@overload
def triplet_margin(
    anchor: MakesTensor,
    positive: Operand,
    negative: Operand,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 1.0,
    ord: float = 2.0,
    swap: bool = False,
    eps: float = 1e-06,
) -> Tensor:
    """Return by how much a vector is not nearer to one that is to be alike than to another.

    For one triple of vectors, the anchor a, the positive p and the negative n,

        loss = max(0, ‖a − p‖ − ‖a − n‖ + margin),

    (Schroff, Kalenichenko & Philbin 2015, "FaceNet", equation 2, with squared distances; Deep
    Learning Specialization, course 4, week 4). With ``swap`` it is min(‖a − n‖, ‖p − n‖) that is
    compared (Balntas et al. 2016). ``"mean"`` divides by the number of triples.

    Args:
        anchor: vectors along the last axis, shape (…, features).
        positive: such as belong to the same thing, the same shape.
        negative: such as belong to another, the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        margin: by how much the negative is to be farther away, above 0.
        ord: the p of the norm, see :func:`tensorgraph.nn.pairwise_distance`.
        swap: whether the negative is compared with the nearer of both others.
        eps: what is added to each difference, so that the slope at 0 is finite.

    Raises:
        ShapeError: the shapes differ, or are those of single numbers.
        ArgumentError: a ``margin`` that is not above 0, an ``ord`` below 1, a negative ``eps``; an
            unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> a, p, n = [[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 5.5]]
        >>> print(tg.nn.losses.triplet_margin(a, p, n, eps=0.0))
        0.5
    """

@overload
def triplet_margin(
    anchor: Operand,
    positive: MakesTensor,
    negative: Operand,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 1.0,
    ord: float = 2.0,
    swap: bool = False,
    eps: float = 1e-06,
) -> Tensor: ...
@overload
def triplet_margin(
    anchor: Operand,
    positive: Operand,
    negative: MakesTensor,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 1.0,
    ord: float = 2.0,
    swap: bool = False,
    eps: float = 1e-06,
) -> Tensor: ...
@overload
def triplet_margin(
    anchor: Operand,
    positive: Operand,
    negative: Operand,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 1.0,
    ord: float = 2.0,
    swap: bool = False,
    eps: float = 1e-06,
) -> Any: ...
