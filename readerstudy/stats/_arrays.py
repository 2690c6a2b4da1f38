"""Checks that every statistic makes on its arrays, with messages that name the array."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
ArrayLike = Any
"""A one-dimensional NumPy array, pandas Series or list."""


def vector(values: ArrayLike, name: str) -> npt.NDArray[Any]:
    """`values` as a one-dimensional array."""
    array = np.asarray(values)
    if array.dtype.kind == "U" and not isinstance(values, np.ndarray):
        array = np.asarray(values, dtype=object)  # a nan in a list of words would have become the word "nan"
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {array.shape}")
    return array


def missing(array: npt.NDArray[Any]) -> Bools:
    """Which labels of `array` are None or nan."""
    return np.array([label is None or label != label for label in array.tolist()], dtype=bool)


def labels(values: ArrayLike, name: str) -> npt.NDArray[Any]:
    """`values` as labels of any kind; None and nan are errors, because a missing label is neither right nor wrong."""
    array = vector(values, name)
    absent = missing(array)
    if absent.any():
        where = int(np.argmax(absent))
        raise ValueError(f"{name} is missing at position {where}: leave such cases out of every array first")
    return array


def binary(values: ArrayLike, name: str) -> Bools:
    """`values`, coded False/True or 0/1, as booleans. Anything else is an error, nan too: a missing call is neither."""
    array = vector(values, name)
    if array.dtype == np.bool_:
        return array
    try:
        numbers = array.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be boolean or 0/1, got values such as {array[:3].tolist()}") from None
    if np.isnan(numbers).any():
        where = int(np.argmax(np.isnan(numbers)))
        raise ValueError(f"{name} is missing (nan) at position {where}: leave such cases out of every array first")
    wrong = ~((numbers == 0) | (numbers == 1))
    if wrong.any():
        where = int(np.argmax(wrong))
        raise ValueError(f"{name} must be boolean or 0/1, got {array[where]!r} at position {where}")
    coded: Bools = numbers == 1
    return coded


def scores(values: ArrayLike, name: str) -> Floats:
    """`values` as floats; nan is an error, because a missing score must be dropped on purpose."""
    array = vector(values, name)
    if array.dtype.kind in "USO" and any(isinstance(value, str) for value in array.tolist()):
        raise ValueError(f"{name} must be numbers, got text such as {array[0]!r}")
    array = array.astype(np.float64)
    if np.isnan(array).any():
        where = int(np.argmax(np.isnan(array)))
        raise ValueError(f"{name} is missing (nan) at position {where}: leave such cases out of every array first")
    return array


def probabilities(values: ArrayLike, name: str) -> Floats:
    """`values` as floats between 0 and 1; calls are probabilities of 0 and 1."""
    array = scores(values, name)
    outside = (array < 0) | (array > 1)
    if outside.any():
        where = int(np.argmax(outside))
        raise ValueError(f"{name} must be probabilities between 0 and 1, got {array[where]!r} at position {where}")
    return array


def same_length(**arrays: npt.NDArray[Any]) -> int:
    """The common length of `arrays`."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError("not one length: " + ", ".join(f"{name} has {n}" for name, n in lengths.items()))
    return next(iter(lengths.values()))


def check_level(conf_level: float) -> None:
    """Raise unless `conf_level` is a level, such as .95."""
    if not 0 < conf_level < 1:
        raise ValueError(f"conf_level must lie between 0 and 1, such as 0.95 for 95 %; got {conf_level!r}")


class Tails(NamedTuple):
    """How much probability an interval leaves out below and above."""

    low: float
    high: float


def tails(conf_level: float, alternative: str) -> Tails:
    """The two tails of an interval at `conf_level`; ``"greater"`` gives a lower limit only, ``"less"`` an upper."""
    check_level(conf_level)
    _choice.check(alternative, ("two-sided", "greater", "less"), "alternative")
    outside = 1 - conf_level
    return {
        "two-sided": Tails(outside / 2, outside / 2),
        "greater": Tails(outside, 0.0),
        "less": Tails(0.0, outside),
    }[alternative]


def z_of(tail: float) -> float:
    """The standard normal deviate with `tail` probability above it; infinite when nothing is left out."""
    return math.inf if tail == 0 else float(-special.ndtri(tail))


def normal_p(z: float, alternative: str) -> float:
    """P-value of a standard normal statistic; nan stays nan."""
    if alternative == "greater":
        return float(special.ndtr(-z))
    if alternative == "less":
        return float(special.ndtr(z))
    return float(2 * special.ndtr(-abs(z)))
