"""What hypothesis calls when it is imported: types of tensorgraph are drawn by their annotation.

It lies beside the package, whose import takes longer than that of hypothesis. If the package is
imported later, it does the same then.
"""

import sys


def register() -> None:
    """Tell hypothesis how the package's types are drawn, if the package is there."""
    if "tensorgraph" in sys.modules:
        from tensorgraph.hypothesis_types import register

        register()
