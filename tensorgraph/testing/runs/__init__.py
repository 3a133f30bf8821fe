"""``check_step`` and ``check_learning``: what a training step and a training run promise.

In comes a step with its arguments, or a model with data; out comes what was checked, or an error
that tells of all that is broken. Read ``check_step`` first: ``surroundings`` finds what a step
reads and changes, and brings it back; ``compared_steps`` takes the same steps in several ways,
``optimizing`` watches the order of an optimizer's calls.
Then ``check_learning``, whose promises stand in ``learning``: ``training`` takes the runs.
"""
