"""``check_op``: all that the engine's tests ask of its own operations, asked of yours.

In comes an operation's record; out comes what was checked. Read ``check_op`` first: ``op_calls``
says what an operation is called with, ``requirements`` what each call is held to,
``record_requirements`` what a record's fields are.
"""
