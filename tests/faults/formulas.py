"""Faults of the symbolic room: algebra, facts, formulas, and what guards a derivation."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_ALGEBRA = [
    *planted_in(
        "formulas/algebra/algebra.py",
        ("powers[a, x] = before + e", "powers[a, x] = before + 2 * e",
         "rules: exponents of a repeated factor add up wrongly"),
        ("result = added(result, self.product({mono: k}, self.count(n)))",
         "result = added(result, {mono: k})", "rules: a sum of n equal terms is one of them"),
        ("if e > 0 and e != 1 and a.expr is not None and self.facts.binary(a.expr):",
         "if e > 0 and e != 1 and a.expr is not None:", "rules: every value is its own square"),
        ("if not (whole or self.nonnegative(a)):", "if False:",
         "rules: the root of a square is not negative"),
    ),
    *planted_in(
        "formulas/algebra/from_normal_form.py",
        ("return k * count, _along(mean, body, bound, ndim, sign)",
         "return k, _along(mean, body, bound, ndim, sign)", "rules: a mean is a sum"),
    ),
    *planted_in(
        "formulas/algebra/choices.py",
        ("    return bare(x) if known else None", "    return bare(x)",
         "derive_names: a guard against 0 is left out where there is a 0"),
        ("return value is not None and np.ndim(value) == 0 and float(value) == bound",
         "return True", "rules: a limit is left out inside any other"),
        ("        chosen = condition if p else opposite(condition)", "        chosen = condition",
         "rules: a mask that hides where a condition holds is the condition"),
    ),
]  # fmt: skip

_FACTS = [
    *planted_in(
        "formulas/facts.py",
        ("if wide and wide <= set(axes):", "if wide:",
         "symbolic: a sum along another axis is taken as known"),
        ("return Interval(-x.high, -x.low, x.high_open, x.low_open)",
         "return Interval(x.low, x.high, x.low_open, x.high_open)",
         "symbolic: −x has the sign of x"),
        ("bad = ~(array > 0)", "bad = ~(array >= 0)", "symbolic: 0 is assumed to be positive"),
    ),
    *planted_in(
        "formulas/naming/variables.py",
        ("if inside and np.array_equal(hot, array):", "if inside:",
         "derive: any zeros and ones are the one-hot form of the labels at hand"),
        ("if isinstance(plain, bool) or plain in (0, 1, -1):", "if isinstance(plain, bool):",
         "derive: the number 1 stands under the name of any variable that holds it"),
    ),
    *planted_in(
        "symbolic/replay.py",
        ("chosen = 1 if mask.flat[0] else 2", "chosen = 2 if mask.flat[0] else 1",
         "derive: a mask that is the same everywhere chooses the other side"),
        ("float(x.value) if type(x.value) in (int, float) else x for x in args", "*args",
         "derive_names: an exponent takes the name of a length"),
    ),
]  # fmt: skip

_GUARDS = [
    *planted_in(
        "formulas/verify.py",
        ("if found > allowed + self._doubt(k, i):", "if found > 1e9:",
         "derive: a wrong formula is returned"),
        ("            if found > allowed:", "            if found > 1e9:",
         "derive: a wrong formula is used by others"),
        ("varied = array * rng.uniform(0.8, 1.2, array.shape)", "varied = array * 1.0",
         "rules: formulas are checked on the recorded data alone"),
    ),
    *planted_in(
        "formulas/derive.py",
        ("self.multiples[e] = e * divisor, divisor", "self.multiples[e] = e / divisor, divisor",
         "derive: dZ is taken for the m-th of what it is"),
    ),
    *planted_in(
        "formulas/derivation.py",
        ('if f.source == "assertion"]', 'if f.source == "op"]',
         "derive: what is assumed is not told"),
        ('return 0.0 if np.isnan(found) else found', "return 0.0",
         "derive: steps of a derivation are not checked"),
    ),
    *planted_in(
        "formulas/writing/broadcasting.py",
        ("if len({self.shift(x) for x in e.args if wide(x.shape)}) < 2:", "if True:",
         "derive: g · x is printed for the outer product g xᵀ"),
        ("return all(len(wide(x.shape)) < len(wide(e.shape)) for x in e.args)", "return False",
         "derive: g · x is printed for an outer product whose lengths differ"),
    ),
    *planted_in(
        "formulas/algebra/meanings.py",
        ("{new: old for old, new in to.items()}", "to",
         "derive: the gradient of x[:, None] is broadcast along the other axis"),
    ),
    *planted_in(
        "formulas/writing/numpy_code.py",
        ('left, right = _in(x, tight + (sign == "**")), _in(y, tight + (sign != "**"))',
         "left, right = _in(x, tight), _in(y, tight)",
         "derive: code without the parentheses of a − (b − c)"),
    ),
    *planted_in(
        "formulas/writing/in_numpy.py",
        ("slice(i * d, i * d + s * n, s)", "slice(i, i + s * n, s)",
         "derive: windows of the printed code overlap without dilation"),
    ),
    *planted_in(
        "formulas/writing/text.py",
        ('return f"{_in(f.parts[0], PRODUCT)} / {_in(f.parts[1], POWER)}", PRODUCT',
         'return f"{_in(f.parts[0], PRODUCT)} / {_in(f.parts[1], PRODUCT)}", PRODUCT',
         "derive: a / (b c) is printed as a / b c"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_ALGEBRA, *_FACTS, *_GUARDS]
