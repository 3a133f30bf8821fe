"""``check_module`` and ``check_function``: what whole layers, models and functions promise.

In comes a module or a function with inputs; out comes what was checked, or an error that tells of
all that is broken. Read ``check_module`` and ``check_function`` first. ``subject`` is what is
called, ``differences`` says where two calls part, ``drawn`` has hypothesis draw the inputs. The
promises stand by what they are of: ``gradients`` (``stops`` says
where none flows), ``parameters``, ``examples`` (batches), ``modes``
(training and evaluation), ``copies`` (state), ``purity`` (inputs and precision), ``memory``, and
``signature`` (shapes).
"""
