"""Faults of what the user's code tells of variables."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "caller/statements.py",
        ("Statements._fit", "STANDS + 2 * meets + (operation.op in ops)", "STANDS",
         "statements: a variable fits any operand where it stands anywhere"),
        ("Statements.fit", "self._is_here(op.function)", "True",
         "derive: what another function says of a name counts as much as the one that runs"),
    ),
    *planted_in(
        "caller/variables.py",
        ("_holders", "said.fit(name) > NOWHERE", "True",
         "variables: what a loop left names a value"),
        ("_receiver", "isinstance(defined[0], staticmethod)", "False",
         "variables: the first parameter of a function that is no method has no name"),
    ),
    *planted_in(
        "caller/bytecode.py",
        ("_read", "'loop' if in_loop else 'alias' if _is_variable(before[-1]) else 'value'",
         "'value'", "variables: code without source has no loops"),
    ),
    *planted_in(
        "caller/asking.py",
        ("written", "step.opname not in _WITHOUT_PLACE", "True",
         "asking: what is called is not found among what stands for nothing"),
        ("_taker", "step.opname.startswith('LOAD_') and not _is_attribute(step)", "False",
         "asking: the format of a text is taken for what takes its value"),
        ("_is_list", "isinstance(_looked_up(step.argval, frame), (list, tuple))", "False",
         "asking: a list in a variable is none"),
    ),
    *planted_in(
        "caller/warning_line.py",
        ("_notes", "_Notes(code, lambda _: _NOTES.pop(key, None))", "_Notes(code, lambda _: None)",
         "asking: what is known of code outlives it"),
    ),
]  # fmt: skip
