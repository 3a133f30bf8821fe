"""``check_op``: all that the engine's tests ask of its own operations, asked of yours.

In comes an operation's record; out comes what was checked. Read ``check_op`` first: ``op_calls``
says what an operation is called with, and ``orders`` what such a call gives with its derivatives;
``requirements`` what each call is held to, ``references`` what its value is, ``points`` what holds
at 0, at infinity and at NaN, ``precision`` in float32, ``sizes`` in arrays of all sizes;
``record_requirements`` what a record's fields are, ``suggested_rule`` which rule one without could
have.
"""
