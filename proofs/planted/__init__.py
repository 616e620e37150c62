"""Bugs put into the spec text on purpose: each is refuted by name, or the proofs prove too little.

Every one of them was in a real engine, and has its number from the project's list of bugs. B17, an
endless recursion of two layers, has no counterpart in a spec that has no layers.
"""

from proofs.planted.accounting import B3, B18
from proofs.planted.memory import B1, B2, B10, B11, B12, B13, B16
from proofs.planted.planted import Planted as Planted
from proofs.planted.release import B7, B8, B14, B15, B19
from proofs.planted.sessions import B4, B5, B6, B9, B20

PLANTED = (B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13, B14, B15, B16, B18, B19, B20)
