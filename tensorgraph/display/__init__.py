"""Tables and small charts, as text, HTML and SVG, with which results show themselves.

In come strings and arrays of numbers, out come strings; nothing here knows what they mean. Read
``text`` first (``tex_text`` is that of LaTeX), then ``tables`` and ``svg``, of whose parts
``line_chart`` is made, ``png``, which writes small images, and ``frame``, a whole page inside
another one. ``figure`` is a chart by matplotlib, where that is there, ``cost_map`` one of a cost
over a plane; ``terminal`` prints lines, where somebody reads them.
"""
