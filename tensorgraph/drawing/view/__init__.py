"""From a scene to a view: which of its operations and modules are drawn, and what is said of them.

In come a ``Scene`` and the ``Options`` of a picture (options.py); out goes a ``View`` (view.py).
build.py leads through it: hierarchy.py sets operations into their modules and joins equal parts
and the turns of a loop (loop.py),
fold.py opens modules as far as there is room, tiles.py and links.py make what is drawn; wording.py
has the texts on tiles, colour.py the meaning of colours.
"""
