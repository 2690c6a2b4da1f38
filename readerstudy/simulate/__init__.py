"""Simulated reader studies of known truth: Roe and Metz's model of scores, in any design."""

from readerstudy.simulate.files import Frames, frames
from readerstudy.simulate.model import LEVELS, STRUCTURES, RoeMetz, published
from readerstudy.simulate.study import DESIGNS, Simulated, roe_metz

__all__ = ["DESIGNS", "LEVELS", "STRUCTURES", "Frames", "RoeMetz", "Simulated", "frames", "published", "roe_metz"]
