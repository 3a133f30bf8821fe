"""The formulas of a whole graph: each, read as printed, gives the numbers of the graph."""

import re

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph.drawing.scene.from_graph import capture
from tensorgraph.drawing.scene.recording import recording_of
from tensorgraph.engine.graph import ancestors
from tensorgraph.errors import GraphError
from tensorgraph.formulas.derivation import Scope if False else None
