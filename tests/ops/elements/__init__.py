"""What structured ops compute, one element at a time, in plain Python and mpmath.

Arrays serve as storage only: no NumPy function here computes anything. Every function is named like
the op or composite that it stands for, and takes the same arguments.
"""

from tests.ops.elements.contractions import *
from tests.ops.elements.elementwise import *
from tests.ops.elements.fourier import *
from tests.ops.elements.indexing import *
from tests.ops.elements.linalg import *
from tests.ops.elements.logits import *
from tests.ops.elements.padding import *
from tests.ops.elements.placing import *
from tests.ops.elements.reductions import *
from tests.ops.elements.scans import *
from tests.ops.elements.shapes import *
from tests.ops.elements.special import *
from tests.ops.elements.statistics import *
from tests.ops.elements.windows import *
