# Written by `make stubs`, from the records of the operations.
# mypy: disable-error-code="overload-overlap, override"

from collections.abc import Iterable, Sequence
from typing import Any, SupportsFloat, SupportsIndex, TypeVar

from numpy.typing import DTypeLike

from tensorgraph.engine.operands import Index, Operand
from tensorgraph.ops._axes import OneOrMore, SomeAxes

Own = TypeVar("Own", bound=Operators)

METHODS: tuple[str, ...]

class Operators:
    """What can be written ``x + y`` or ``x.sum()``."""
    def __add__(self: Own, other: Operand, /) -> Own: ...
    def __radd__(self: Own, other: Operand, /) -> Own: ...
    def __sub__(self: Own, other: Operand, /) -> Own: ...
    def __rsub__(self: Own, other: Operand, /) -> Own: ...
    def __mul__(self: Own, other: Operand, /) -> Own: ...
    def __rmul__(self: Own, other: Operand, /) -> Own: ...
    def __truediv__(self: Own, other: Operand, /) -> Own: ...
    def __rtruediv__(self: Own, other: Operand, /) -> Own: ...
    def __floordiv__(self: Own, other: Operand, /) -> Own: ...
    def __rfloordiv__(self: Own, other: Operand, /) -> Own: ...
    def __mod__(self: Own, other: Operand, /) -> Own: ...
    def __rmod__(self: Own, other: Operand, /) -> Own: ...
    def __divmod__(self: Own, other: Operand, /) -> tuple[Own, Own]: ...
    def __rdivmod__(self: Own, other: Operand, /) -> tuple[Own, Own]: ...
    def __pow__(self: Own, other: Operand, /) -> Own: ...
    def __rpow__(self: Own, other: Operand, /) -> Own: ...
    def __matmul__(self: Own, other: Operand, /) -> Own: ...
    def __rmatmul__(self: Own, other: Operand, /) -> Own: ...
    def __and__(self: Own, other: Operand, /) -> Own: ...
    def __rand__(self: Own, other: Operand, /) -> Own: ...
    def __or__(self: Own, other: Operand, /) -> Own: ...
    def __ror__(self: Own, other: Operand, /) -> Own: ...
    def __xor__(self: Own, other: Operand, /) -> Own: ...
    def __rxor__(self: Own, other: Operand, /) -> Own: ...
    def __lshift__(self: Own, other: Operand, /) -> Own: ...
    def __rlshift__(self: Own, other: Operand, /) -> Own: ...
    def __rshift__(self: Own, other: Operand, /) -> Own: ...
    def __rrshift__(self: Own, other: Operand, /) -> Own: ...
    def __eq__(self: Own, other: object, /) -> Own: ...
    def __ne__(self: Own, other: object, /) -> Own: ...
    def __lt__(self: Own, other: Operand, /) -> Own: ...
    def __le__(self: Own, other: Operand, /) -> Own: ...
    def __gt__(self: Own, other: Operand, /) -> Own: ...
    def __ge__(self: Own, other: Operand, /) -> Own: ...
    def __neg__(self: Own, /) -> Own: ...
    def __pos__(self: Own, /) -> Own: ...
    def __abs__(self: Own, /) -> Own: ...
    def __invert__(self: Own, /) -> Own: ...
    def __getitem__(self: Own, key: Index, /) -> Own: ...
    def __round__(self: Own, digits: SupportsIndex | None = None, /) -> Own: ...
    @property
    def T(self: Own, /) -> Own:
        """Return x with its axes in another order: ``x.transpose(1, 0, 2)``; reversed by default."""
    @property
    def mT(self: Own, /) -> Own:
        """Return x with its last two axes swapped; also `x.mT`.

        Example:
            >>> import tensorgraph as tg
            >>> tg.matrix_transpose(tg.zeros((5, 2, 3))).shape
            (5, 3, 2)
        """
    def abs(self: Own) -> Own:
        """Return |x|; the derivative at 0 is 0.

        Example:
            >>> import tensorgraph as tg
            >>> tg.abs([3.0, -4.0])
            tensor([3., 4.])
        """
    def all(self: Own, axis: SomeAxes = None, keepdims: bool = False) -> Own:
        """Return whether all elements over `axis` are true.

        Example:
            >>> import tensorgraph as tg
            >>> tg.all([[True, False], [True, True]], axis=1)
            tensor([False,  True])
        """
    def any(self: Own, axis: SomeAxes = None, keepdims: bool = False) -> Own:
        """Return whether any element over `axis` is true.

        Example:
            >>> import tensorgraph as tg
            >>> tg.any([[True, False], [False, False]], axis=1)
            tensor([ True, False])
        """
    def argmax(self: Own, axis: SupportsIndex | None = None, keepdims: bool = False) -> Own:
        """Return the position of the first largest element along `axis` (of the flat tensor).

        Example:
            >>> import tensorgraph as tg
            >>> tg.argmax([[1.0, 2.0], [4.0, 3.0]], axis=1)
            tensor([1, 0])
        """
    def argmin(self: Own, axis: SupportsIndex | None = None, keepdims: bool = False) -> Own:
        """Return the position of the first smallest element along `axis` (of the flat tensor).

        Example:
            >>> import tensorgraph as tg
            >>> tg.argmin([[1.0, 2.0], [4.0, 3.0]], axis=1)
            tensor([0, 1])
        """
    def argsort(self: Own, axis: SupportsIndex = -1, descending: bool = False) -> Own:
        """Return the positions that sort x along `axis`; equal elements keep their order.

        Example:
            >>> import tensorgraph as tg
            >>> tg.argsort([30, 10, 20])
            tensor([1, 2, 0])
        """
    def astype(self: Own, dtype: DTypeLike) -> Own:
        """Return x with another dtype; the gradient comes back in x's own.

        Example:
            >>> import tensorgraph as tg
            >>> tg.astype([1.5, 2.5], "int64")
            tensor([1, 2])
        """
    def clip(
        self: Own,
        min: Operand | SupportsFloat | None = None,
        max: Operand | SupportsFloat | None = None,
    ) -> Own:
        """Return x limited to [min, max]; the gradient passes inside and on the bounds.

        Bounds may be arrays, that are broadcast: where x lies beyond one, that gets the gradient, and
        on a bound x does. Where a bound is NaN the result is; where min is above max it is max.

        Example:
            >>> import tensorgraph as tg
            >>> tg.clip([1.0, 5.0, 9.0], 2.0, 6.0)
            tensor([2., 5., 6.])
            >>> tg.clip([1.0, 5.0, 9.0], [2.0, 2.0, 9.5])
            tensor([2. , 5. , 9.5])
        """
    def cos(self: Own) -> Own:
        """Return the cosine.

        Example:
            >>> import tensorgraph as tg
            >>> tg.cos([0.0, 1.0]).round(3)
            tensor([1.  , 0.54])
        """
    def cumulative_sum(self: Own, axis: SupportsIndex | None = None) -> Own:
        """Return the running sum along `axis`.

        Terms are added one by one, those of float32 in float64 and those of float16 in float32, so that
        rounding does not grow with their number. float64 has nothing wider: the n-th of its sums may be
        off by n units in the last place of Σ|x|.

        Example:
            >>> import tensorgraph as tg
            >>> tg.cumulative_sum([1, 2, 3])
            tensor([1, 3, 6])
        """
    def exp(self: Own) -> Own:
        """Return eˣ.

        Example:
            >>> import tensorgraph as tg
            >>> tg.exp([0.0, 1.0]).round(3)
            tensor([1.   , 2.718])
        """
    def expand_dims(self: Own, axis: OneOrMore = 0) -> Own:
        """Return x with a new axis of length 1 at `axis` of the result.

        Example:
            >>> import tensorgraph as tg
            >>> tg.expand_dims([1, 2], axis=1)
            tensor([[1],
                    [2]])
        """
    def flip(self: Own, axis: SomeAxes = None) -> Own:
        """Return x in reverse order along `axis` (all axes by default).

        Example:
            >>> import tensorgraph as tg
            >>> tg.flip([1, 2, 3])
            tensor([3, 2, 1])
        """
    def log(self: Own) -> Own:
        """Return the natural logarithm; −inf at 0, NaN below.

        Example:
            >>> import tensorgraph as tg
            >>> tg.log([1.0, 0.0])
            tensor([  0., -inf])
        """
    def log_softmax(self: Own, axis: SomeAxes = -1) -> Own:
        """Return x − log Σ eˣ along `axis`, the logarithm of softmax, without overflow.

        Example:
            >>> import tensorgraph as tg
            >>> tg.log_softmax([1000.0, 1000.0]).round(3)
            tensor([-0.693, -0.693])
        """
    def logsumexp(self: Own, axis: SomeAxes = None, keepdims: bool = False) -> Own:
        """Return log Σ eˣ over `axis` without overflow; −inf for nothing.

        Example:
            >>> import tensorgraph as tg
            >>> tg.logsumexp([1000.0, 1000.0]).round(3)
            tensor(1000.693)
        """
    def max(self: Own, axis: SomeAxes = None, keepdims: bool = False) -> Own:
        """Return the largest element over `axis`; tied ones share the gradient evenly.

        NaN where one is: those share it then.

        Example:
            >>> import tensorgraph as tg
            >>> tg.max([[1.0, 2.0], [3.0, 4.0]], axis=1)
            tensor([2., 4.])
        """
    def mean(self: Own, axis: SomeAxes = None, keepdims: bool = False) -> Own:
        """Return the mean over `axis`; NaN for nothing.

        Example:
            >>> import tensorgraph as tg
            >>> tg.mean([[1.0, 2.0], [3.0, 4.0]], axis=0)
            tensor([2., 3.])
        """
    def min(self: Own, axis: SomeAxes = None, keepdims: bool = False) -> Own:
        """Return the smallest element over `axis`; tied ones share the gradient evenly.

        NaN where one is: those share it then.

        Example:
            >>> import tensorgraph as tg
            >>> tg.min([[1.0, 2.0], [3.0, 4.0]], axis=1)
            tensor([1., 3.])
        """
    def norm(self: Own, axis: SomeAxes = None, keepdims: bool = False) -> Own:
        """Return the Euclidean length √Σx² over `axis`, without overflow; its derivative at 0 is 0.

        So is the second one there, which has no value: of ‖x‖² write `tg.vecdot(x, x)`.

        Example:
            >>> import tensorgraph as tg
            >>> tg.norm([3.0, 4.0])
            tensor(5.)
        """
    def permute_dims(self: Own, axes: Sequence[SupportsIndex] | None = None) -> Own:
        """Return x with its axes in the order `axes` (reversed by default).

        Example:
            >>> import tensorgraph as tg
            >>> tg.permute_dims(tg.zeros((2, 3, 4)), (2, 0, 1)).shape
            (4, 2, 3)
        """
    def prod(self: Own, axis: SomeAxes = None, keepdims: bool = False) -> Own:
        """Return the product over `axis`; 1 for nothing. The gradient is exact at zeros too.

        The product may lie in the range of numbers where those of some of its factors do not; a
        subnormal one costs digits. For its gradient also the products of neighbouring pairs, fours and
        so on must lie in it.

        Example:
            >>> import tensorgraph as tg
            >>> tg.prod([[1.0, 2.0], [3.0, 4.0]], axis=0)
            tensor([3., 8.])
        """
    def relu(self: Own) -> Own:
        """Return max(x, 0); the derivative at 0 is 0, and at NaN.

        Example:
            >>> import tensorgraph as tg
            >>> tg.relu([3.0, -4.0])
            tensor([3., 0.])
        """
    def repeat(self: Own, repeats: OneOrMore, axis: SupportsIndex | None = None) -> Own:
        """Return x with each element repeated `repeats` times along `axis` (of the flat tensor).

        Several numbers, one for each element along the axis, repeat unevenly.

        Example:
            >>> import tensorgraph as tg
            >>> tg.repeat([1, 2], 2)
            tensor([1, 1, 2, 2])
            >>> tg.repeat([1, 2], [3, 1])
            tensor([1, 1, 1, 2])
        """
    def round(self: Own, decimals: SupportsIndex = 0) -> Own:
        """Round to `decimals` places, halves to even; its derivative is 0.

        Example:
            >>> import tensorgraph as tg
            >>> tg.round([0.5, 1.5, 2.25], decimals=1)
            tensor([0.5, 1.5, 2.2])
        """
    def sigmoid(self: Own) -> Own:
        """Return the logistic function σ(x) = 1 / (1 + e⁻ˣ).

        Example:
            >>> import tensorgraph as tg
            >>> tg.sigmoid([0.0, -1e4])
            tensor([0.5, 0. ])
        """
    def sin(self: Own) -> Own:
        """Return the sine.

        Example:
            >>> import tensorgraph as tg
            >>> tg.sin([0.0, 1.0]).round(3)
            tensor([0.   , 0.841])
        """
    def softmax(self: Own, axis: SomeAxes = -1) -> Own:
        """Return eˣ / Σ eˣ along `axis`, without overflow: positive, and its sum there is 1.

        Example:
            >>> import tensorgraph as tg
            >>> tg.softmax([1000.0, 1000.0])
            tensor([0.5, 0.5])
        """
    def sort(self: Own, axis: SupportsIndex = -1, descending: bool = False) -> Own:
        """Return x sorted along ``axis``; a gradient goes back to where each element came from.

        Example:
            >>> import tensorgraph as tg
            >>> tg.sort(tg.tensor([3.0, 1.0, 2.0]))
            tensor([1., 2., 3.])
        """
    def sqrt(self: Own) -> Own:
        """Return √x; NaN below 0. The derivative at 0 is inf.

        Example:
            >>> import tensorgraph as tg
            >>> tg.sqrt([4.0, 9.0])
            tensor([2., 3.])
        """
    def square(self: Own) -> Own:
        """Return x².

        Example:
            >>> import tensorgraph as tg
            >>> tg.square([3.0, -4.0])
            tensor([ 9., 16.])
        """
    def squeeze(self: Own, axis: SomeAxes = None) -> Own:
        """Return x without axes of length 1: those at `axis`, or all.

        Example:
            >>> import tensorgraph as tg
            >>> tg.squeeze([[1, 2]])
            tensor([1, 2])
        """
    def std(self: Own, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False) -> Own:
        """Return the standard deviation, √var; its derivative is 0 where all elements are equal.

        The derivative is that of x − mean as it is rounded: where that is subnormal, so are its digits.

        Example:
            >>> import tensorgraph as tg
            >>> tg.std([1.0, 3.0])
            tensor(1.)
        """
    def sum(self: Own, axis: SomeAxes = None, keepdims: bool = False) -> Own:
        """Return the sum over `axis`; 0 for nothing.

        It is as exact along any axis as along the last, where NumPy adds in pairs: off by some 10 units
        in the last place of Σ|x| at worst. float16 is added up in float32.

        Example:
            >>> import tensorgraph as tg
            >>> tg.sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
            tensor([4., 6.])
        """
    def swapaxes(self: Own, axis1: SupportsIndex, axis2: SupportsIndex) -> Own:
        """Return x with two axes exchanged.

        Example:
            >>> import tensorgraph as tg
            >>> tg.swapaxes(tg.zeros((2, 3, 4)), 0, 2).shape
            (4, 3, 2)
        """
    def take(
        self: Own, indices: Operand, axis: SupportsIndex | None = None, mode: str = "raise"
    ) -> Own:
        """Return the slices of x at integer ``indices`` along ``axis`` (elements of the flat tensor).

        What lies outside is an error, begins again at the other end (``mode="wrap"``), or stands for
        the nearest (``mode="clip"``, in which negative ones do not count from the end).

        Raises:
            AxisError: an index is out of range, and ``mode`` is ``"raise"``.

        Example:
            >>> import tensorgraph as tg
            >>> tg.take(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 0], axis=1)
            tensor([[2., 1.],
                    [4., 3.]])
        """
    def tanh(self: Own) -> Own:
        """Return the hyperbolic tangent.

        Example:
            >>> import tensorgraph as tg
            >>> tg.tanh([0.0, 1.0]).round(3)
            tensor([0.   , 0.762])
        """
    def var(self: Own, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False) -> Own:
        """Return the variance over `axis`, Σ(x − mean)² / (n − correction).

        With no more elements than the correction it is infinite, or NaN where all are equal, as
        NumPy's and PyTorch's.

        Example:
            >>> import tensorgraph as tg
            >>> tg.var([1.0, 3.0], correction=1)
            tensor(2.)
        """
    def reshape(self: Own, *lengths: OneOrMore, shape: OneOrMore | None = None) -> Own:
        """Return the same elements in another shape: ``x.reshape(2, -1)`` or ``x.reshape((2, -1))``."""
    def ravel(self: Own) -> Own:
        """Return the elements of x in a row."""
    def flatten(self: Own) -> Own:
        """Return the elements of x in a row."""
    def transpose(self: Own, *axes: OneOrMore | None) -> Own:
        """Return x with its axes in another order: ``x.transpose(1, 0, 2)``; reversed by default."""
    def dot(self: Own, y: Operand) -> Own:
        """Return NumPy's dot: a product of matrices or vectors, or with a number.

        Of more axes it sums over the last of x and the last but one of y, which keeps all others.
        """
    def cumsum(self: Own, axis: SupportsIndex | None = None) -> Own:
        """Return the running sum along an axis, or of the elements in a row."""
    def cumprod(self: Own, axis: SupportsIndex | None = None) -> Own:
        """Return the running product along an axis, or of the elements in a row."""
    def copy(self: Own) -> Own:
        """Return a copy of x, through which gradients flow to it."""
    def compress(self: Own, condition: Operand, axis: SupportsIndex | None = None) -> Own:
        """Return the slices of x along an axis where a vector of conditions is true."""
    def choose(self: Own, choices: Iterable[Operand], mode: str = "raise") -> Own:
        """Return each element of the choice whose number stands at its place in x."""
    def nonzero(self: Own) -> Any:
        """Return the places of what is not 0: a tensor of positions for each axis."""
    def tolist(self: Own) -> Any:
        """Return the values as numbers of Python's in nested lists."""
    def backward(
        self: Own, gradient: Any = None, *, retain_graph: bool = False, create_graph: bool = False
    ) -> None:
        """Add the gradient of ``output`` to ``.grad`` of every leaf it was computed from.

        Either all leaves are updated or, if anything raises, none. The hooks of a leaf run as soon as
        its gradient is complete, before gradients have reached what was computed earlier.

        Args:
            output: a tensor with one element, unless ``gradient`` is given.
            gradient: what to start from, of the output's shape; 1 by default.
            retain_graph: keep the saved arrays, so that this graph can be differentiated again.
            create_graph: make gradients that can be differentiated themselves. A leaf's ``.grad`` then
                refers to a graph that refers to the leaf: prefer :func:`gradients`, which makes no
                such cycle.

        Raises:
            GraphError: the output needs no gradient, is not a scalar, or its graph was released.
            ShapeError: ``gradient`` has another shape than the output.

        Example:
            >>> import tensorgraph as tg
            >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
            >>> (x * x).sum().backward()
            >>> print(x.grad)
            [2. 4.]
        """
