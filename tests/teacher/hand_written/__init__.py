"""Networks as students write them by hand, with the mistakes that students make in them.

``bank.py`` says what a network and a mistake are; every other file holds networks of one chapter.
They were written by somebody who did not know how mistakes would be looked for. Where a mistake is
``explainable``, a diagnosis has to find one of its ``kinds`` at one of its ``first``; elsewhere it
may as well say that it cannot explain what it sees. What is ``RIGHT`` has to be accepted.
"""

from tests.teacher.hand_written import (
    blocks,
    convolution,
    deep,
    logistic,
    makemore,
    norms,
    regularised,
    repeated,
    sequences,
    shallow,
    shared,
    softmax,
)

CHAPTERS = (
    logistic,
    shallow,
    deep,
    regularised,
    softmax,
    norms,
    convolution,
    sequences,
    shared,
    makemore,
    blocks,
    repeated,
)
MISTAKES = [one for chapter in CHAPTERS for one in chapter.MISTAKES]
RIGHT = [one for chapter in CHAPTERS for one in chapter.RIGHT]
NETWORKS = list({id(one.network): one.network for one in MISTAKES + RIGHT}.values())
