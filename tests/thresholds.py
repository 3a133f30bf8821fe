"""Every number of the package that a size is compared with: where another path begins.

What runs on small arrays alone is not shown to work on large ones: tests take these numbers from
where they stand, and run on both sides of each. ``house/test_thresholds.py`` holds that none is
missing.
"""

from __future__ import annotations

from importlib import import_module

ELEMENTWISE = {
    "ops._blocks.FEW": "the cutting off of numbers where none may need it",
    "ops._blocks.BLOCK": "one block of a kernel of several passes",
}
"""Elements of an array to which a kernel is applied one by one."""

ADDED_AT = {"ops._scattering.WIDE": "elements of slices that are added one slice after the other"}
"""Elements of each slice that indices name, where such are added up."""

SORTED = {"ops.sorting.MANY": "elements that are sorted by what keeps the order of equal ones"}
"""Elements of a row that is sorted."""

ADDED_UP = {
    "engine.summation.BLOCK": "terms added one by one",
    "engine.summation.MANY": "elements in short rows that BLAS adds up",
}
"""Elements of an array that is added up."""

WINDOWS = {
    "ops.pool._FEW": "places of a window along one axis that are added one by one",
    "ops._convolution.BLOCK": "elements of all windows of a convolution",
}

SCANNED = {"ops.scans.WIDE": "elements side by side that are computed place by place"}
"""Elements at each place of an axis along which results run."""

RESAMPLED = {
    "nn.place_products.MOST": "places along an axis whose weighted sums are matrix products"
}

TRANSFORMS = {
    "transforms.jacobians.FIRST": "columns of a Jacobian that are pushed forward first",
    "transforms.jacobians.MOST_AT_ONCE": "elements of the largest array of a block of rows",
}

OPTIMIZERS = {"optim.flat_parameters.BLOCK": "numbers that are stepped on together"}

COMPILER = {
    "compiler.loops.lowering.LONG_SUM": "terms of float32 added up in float32",
    "compiler.loops.lowering.LONG": "characters of an expression that is not written twice",
    "compiler.loops.fusion.MOST": "statements of one loop",
    "compiler.c.products.SMALL": "multiplications that are no matter for BLAS",
    "compiler.c.products.IN_ORDER": "elements of an operand that is brought in order first",
    "compiler.c.loop_functions.ROW_BYTES": "bytes between the rows of a loop",
    "compiler.c.runner.SMALL": "bytes of a result that is copied",
}

NO_SIZES = {
    "engine.malloc": "bytes that the allocator is told to keep",
    "ops.activation.FAR": "a number where functions no longer change",
    "compiler.arena.ALIGNMENT": "bytes",
    "compiler.compiled.KINDS": "programs kept",
    "compiler.compiled.MANY": "calls before advice is given",
    "compiler.things_read.MOST": "things looked at",
    "compiler.surroundings.MOST_BYTES": "bytes of surroundings that are compared",
    "compiler.c.library_cache._LIMIT": "bytes on disk",
    "compiler.c.products": "words of BLAS",
    "compiler.c.openblas": "words of BLAS",
    "compiler.summary.LONGEST": "lines of a text",
    "optim.descent.SIDE": "points along a side of a map",
}
"""Numbers of other kinds, by module or name."""

THRESHOLDS = {
    **ELEMENTWISE, **ADDED_AT, **SORTED, **ADDED_UP, **WINDOWS, **SCANNED, **RESAMPLED,
    **TRANSFORMS, **OPTIMIZERS, **COMPILER,
}  # fmt: skip


def value(name: str) -> int:
    """Return a threshold, from where it stands."""
    module, _, constant = name.rpartition(".")
    found: int = getattr(import_module(f"tensorgraph.{module}"), constant)
    return found
