"""``check_optimizer`` and ``check_schedule``: what every optimizer and schedule promises.

In comes the class of an optimizer, or a learning rate as a function of the step; out comes which
promises are kept, or an error that tells of all that are broken. To be read in this order:
``check_optimizer`` (what is asked), ``stepping`` (an optimizer that can be made again and again,
and what it steps on), ``step_promises``, ``state_promises``, ``training_promises`` and ``claims``
(the promises), ``textbook`` (the package's own rules, as their sources write them);
``check_schedule``, with ``schedule_promises`` and ``schedule_claims``, stands by itself.
"""
