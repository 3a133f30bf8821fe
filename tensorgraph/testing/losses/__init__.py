"""``check_loss``: what every loss promises, asked of yours.

In come a loss and example inputs; out comes which promises are kept, or an error that tells of all
that are broken. To be read in this order: ``check_loss`` (what is asked), ``loss_calls`` (a loss
with its inputs, and what can be told from these), ``value_promises``, ``batch_promises`` and
``label_promises`` (the promises), and ``textbook`` (the package's own losses, as books write them).
"""
