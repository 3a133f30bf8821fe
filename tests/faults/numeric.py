"""Faults of derivatives from values alone."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "numeric/followed.py",
        ("Followed.__array_ufunc__", "not _ANALYTIC[ufunc](*arrays)", "False",
         "op without a rule: a singular point passes as any other"),
        ("_Trail.lose", "self.is_lost = True", "pass",
         "op without a rule: a kernel that swallows a refusal passes as followed"),
    ),
    *planted_in(
        "numeric/by_element.py",
        ("confirmed", "s.allows(exact, AGREES * scale)", "True",
         "op without a rule: the complex step is taken though values disagree"),
    ),
    *planted_in(
        "numeric/dependence.py",
        ("moves_alone", "return False", "break",
         "op without a rule: a kernel that mixes elements counts as elementwise"),
    ),
    *planted_in(
        "numeric/close_by.py",
        ("closer", "kink and h >= least and (kink * h > _BEYOND * rounding)", "False",
         "op without a rule: beside a kink the slope is between those of its sides"),
    ),
    *planted_in(
        "numeric/by_column.py",
        ("_confirmed", "not s.is_kink and accepted(s, seen.change, seen.size, seen.value)",
         "accepted(s, seen.change, seen.size, seen.value)",
         "op without a rule: a kink of one element hides a wrong derivative of another"),
    ),
    *planted_in(
        "numeric/sampled_kernel.py",
        ("SampledKernel._run", "operands[self._i] = np.array(x)", "operands[self._i] = x",
         "op without a rule: a kernel changes what it is differentiated at"),
        ("_same", "bool(np.allclose(values, out, rtol=0.0, atol=margin, equal_nan=True))", "True",
         "op without a rule: random numbers in a kernel go unseen"),
    ),
    *planted_in(
        "numeric/roughness.py",
        ("roughness_of", "np.any(flat) and apart < _FARTHEST", "False",
         "op without a rule: a staircase is smooth from one of its steps"),
    ),
]  # fmt: skip
