"""Random graphs: whole programs of operations, drawn step by step.

In come operations to choose from; out comes a strategy for functions of their leaves. Read
``graph`` first (what is drawn, and how it runs and prints), then ``kinds`` (what a step can do)
with ``choices`` and ``windowed`` (static parameters that fit shapes) and ``written`` (a step as
code); ``growing`` keeps values in domains and away from kinks, ``drawn`` is the strategy.
"""
