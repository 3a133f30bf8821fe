"""Faults of formulas: the algebra, the names, and how they are set."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "formulas/algebra/algebra.py",
        ("Algebra.joined", "before + e", "before + 2 * e",
         "rules: exponents of a repeated factor add up wrongly"),
        ("Algebra.total", "self.product({mono: k}, self.count(n))", "{mono: k}",
         "rules: a sum of n equal terms is one of them"),
        ("Algebra.joined", "self.facts.binary(a.expr)", "", "rules: every value is its own square"),
        ("Algebra.power", "not (whole or self.nonnegative(a))", "False",
         "rules: the root of a square is not negative"),
    ),
    *planted_in(
        "formulas/algebra/from_normal_form.py",
        ("_sum", "k * count", "k", "rules: a mean is a sum"),
    ),
    *planted_in(
        "formulas/algebra/branches.py",
        ("_guarded", "bare(x) if known else None", "bare(x)",
         "derive_names: a guard against 0 is left out where there is a 0"),
        ("_does_not_limit", "follows(condition, test)", "True",
         "rules: a limit is left out inside any other"),
        ("_either", "((condition, p, q), (other, q, p))", "((condition, p, q), (condition, q, p))",
         "rules: a mask that hides where a condition holds is the condition"),
        ("_only_where", "follows(condition, c)", "True",
         "rules: a choice is a sum whatever its branches are elsewhere"),
    ),
    *planted_in(
        "formulas/algebra/conditions.py",
        ("_solved", "k > 0", "True",
         "rules: −x > 0 is x > 0"),
        ("follows", "g.orders <= c.orders", "g.orders & c.orders",
         "rules: x > y follows from x ≥ y"),
    ),
    *planted_in(
        "formulas/facts.py",
        ("Facts.of", "some_axes(e.static[value], e.ndim)", "e.static[value]",
         "derive: a fact along an axis counted from the end is lost"),
        ("Facts.sum_along", "wide and wide <= set(axes)", "wide",
         "symbolic: a sum along another axis is taken as known"),
        ("_negated", "Interval(-x.high, -x.low, x.high_open, x.low_open)",
         "Interval(x.low, x.high, x.low_open, x.high_open)", "symbolic: −x has the sign of x"),
        ("violation", "array > 0", "array >= 0", "symbolic: 0 is assumed to be positive"),
    ),
    *planted_in(
        "formulas/naming/constants.py",
        ("Constants.one_hot", "inside and np.array_equal(hot, array)", "inside",
         "derive: any zeros and ones are the one-hot form of the labels at hand"),
        ("Constants.number", "isinstance(plain, bool) or plain in (0, 1, -1)",
         "isinstance(plain, bool)",
         "derive: the number 1 stands under the name of any variable that holds it"),
    ),
    *planted_in(
        "formulas/naming/parameters.py",
        ("symbols", "len(group) > 1 or symbol in taken", "len(group) > 1",
         "parameter_symbols: a parameter has the name of a variable"),
        ("_told_apart", "any(path[i:][:1] != other[i:][:1] for other in group)", "True",
         "parameter_symbols: modules are told apart by what they have in common"),
    ),
    *planted_in(
        "formulas/verify.py",
        ("Checker.__call__", "allowed + self._doubt(k, i)", "1000000000.0",
         "derive: a wrong formula is returned"),
        ("Checker.same", "found > allowed", "found > 1000000000.0",
         "derive: a wrong formula is used by others"),
        ("_varied", "rng.uniform(0.8, 1.2, array.shape)", "1.0",
         "rules: formulas are checked on the recorded data alone"),
        ("_read_off", "float(np.finfo(np.float32).eps)", "0.0",
         "derive: decimals of float32 that cancel are taken for a wrong formula"),
    ),
    *planted_in(
        "formulas/derive.py",
        ("_Derivation._scale", "e * divisor", "e / divisor",
         "derive: dZ is taken for the m-th of what it is"),
    ),
    *planted_in(
        "formulas/derivation.py",
        ("Derivation._assumptions", "f.source == 'assertion'", "f.source == 'op'",
         "derive: what is assumed is not told"),
        ("Derivation._difference", "0.0 if np.isnan(found) else found", "0.0",
         "derive: steps of a derivation are not checked"),
    ),
    *planted_in(
        "formulas/writing/broadcasting.py",
        ("Placement.misread", "len({self.shift(x) for x in e.args if wide(x.shape)}) < 2", "True",
         "derive: g · x is printed for the outer product g xᵀ"),
        ("Placement.misread", "all(len(wide(x.shape)) < len(wide(e.shape)) for x in e.args)",
         "False", "derive: g · x is printed for an outer product whose lengths differ"),
    ),
    *planted_in(
        "formulas/algebra/indexing.py",
        ("scattered", "{new: old for old, new in to.items()}", "to",
         "derive: the gradient of x[:, None] is broadcast along the other axis"),
    ),
    *planted_in(
        "formulas/algebra/meanings.py",
        ("_recorded", "twin in nf.forward", "False",
         "derive: std is spelt out beside its own value with another number of axes"),
    ),
    *planted_in(
        "formulas/writing/formula.py",
        ("cost", "(_body(x),) if spelt else x.args", "x.args",
         "derive: what is written as its body costs no more than its operands"),
        ("_Writer._operands", "part.kind == 'relation' and e.op.operand_name(i) in asked",
         "part.kind == 'relation'", "derive: a relation as a value stands without its brackets"),
    ),
    *planted_in(
        "formulas/writing/numpy_code.py",
        ("_Code._operator", "(_in(x, tight + (sign == '**')), _in(y, tight + (sign != '**')))",
         "(_in(x, tight), _in(y, tight))", "derive: code without the parentheses of a − (b − c)"),
        ("_in_order_of_use", "_parts(spelt[e], names)", "_parts(definitions[e][1], names)",
         "derive: code that uses a value before it is defined"),
    ),
    *planted_in(
        "formulas/writing/latex.py",
        ("_item", "'_' in base", "False", "latex: x_{0}_{1} has two subscripts, which TeX refuses"),
    ),
    *planted_in(
        "formulas/writing/latex_lines.py",
        ("_filled", "size > left", "False", "latex: long formulas run out of the page"),
        ("_joined", "filter(None, (piece for piece, _ in pieces))", "[pieces[-1][0]]",
         "latex: what stands before a broken part is lost"),
    ),
    *planted_in(
        "formulas/writing/text.py",
        ("_set", "_in(f.parts[1], POWER)", "_in(f.parts[1], PRODUCT)",
         "derive: a / (b c) is printed as a / b c"),
    ),
]  # fmt: skip
