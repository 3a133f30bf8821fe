"""What ``pytest`` gets from an installed tensorgraph: options, fixtures, and readable failures.

pytest itself finds ``_tensorgraph_pytest``, a module beside the package, which imports these when
they are used. Read in this order: ``around_tests`` (what runs around each test), then what it
calls: ``sanitizer`` (sees each gradient rule that runs), ``judgement`` (is it right?),
``recorded_calls`` (what it was called with), ``leaks``, ``seeds``, ``hypothesis_settings``; and
``failures`` (what is added to the error of a failed test), with ``assertions`` and ``snippets``.
"""
