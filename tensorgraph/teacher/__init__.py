"""What a teacher says: what is wrong with a gradient, and why one is what it is.

In come a recorded graph and what somebody thinks of its gradients; out come words, each of which
was computed before it is said.

The room ``judging`` holds ``tg.judge``, which compares gradients written by hand with the engine's;
``explaining`` holds ``tg.explain``, which says why a gradient is missing, zero, tiny, huge or NaN.
"""
