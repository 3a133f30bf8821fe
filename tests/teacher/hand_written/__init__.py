"""Networks as students write them by hand, with the mistakes that students make in them.

``bank.py`` says what a network and a mistake are; every other file holds networks of one chapter.
"""

from tests.teacher.hand_written import (
    convolution,
    deep,
    logistic,
    makemore,
    norms,
    regularised,
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
)
MISTAKES = [one for chapter in CHAPTERS for one in chapter.MISTAKES]
RIGHT = [one for chapter in CHAPTERS for one in chapter.RIGHT]
NETWORKS = list({id(one.network): one.network for one in MISTAKES + RIGHT}.values())
