"""Reading files of ONNX: ``load`` makes a module of one.

A file is read carefully (``files``, ``arrays``), checked and written out as graphs of nodes
(``reading``, ``graph``), each of which knows what computes it (``table``, filled by the room
``operators``; ``definitions`` where ONNX itself defines one by others); of these ``building`` makes
modules (``part``, ``imported``) with programs (``program``), which go through ``values``.
"""
