"""Reading files of ONNX: ``load`` makes a module of one.

A file is read carefully (``files``, ``arrays``; ``narrow`` has the dtypes that NumPy lacks), and
checked and written out as graphs of nodes (``reading`` with ``scope`` and ``attributes``,
``graph``), each of which knows what computes it (``table``, filled by the room ``operators``;
``definitions`` where ONNX itself defines one by others). ``weights`` says what of it is state, and
where that lies; of all this ``building`` makes modules (``part``, ``imported``) with programs
(``program``), which go through ``values``.
"""
