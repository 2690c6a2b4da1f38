"""Checks that every statistic makes on its arrays, with messages that name the array."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
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
    """`values` as a one-dimensional array; one with masked entries is an error, because its mask would get lost."""
    unmasked(values, name)
    array = np.asarray(values)
    if array.dtype.kind == "U" and not isinstance(values, np.ndarray):
        array = np.asarray(values, dtype=object)  # a nan in a list of words would have become the word "nan"
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {array.shape}")
    return array


def unmasked(values: ArrayLike, name: str) -> None:
    """Raise if `values`, or a row of a list of them, is a masked array with an entry that is masked."""
    rows = values if isinstance(values, (list, tuple)) else [values]
    if any(isinstance(row, np.ma.MaskedArray) and np.ma.is_masked(row) for row in rows):
        raise ValueError(f"{name} has masked entries: fill them with nan or None, or leave such cases out first")


def missing(array: npt.NDArray[Any]) -> Bools:
    """Which labels of `array` are None, nan, pandas.NA or not a time."""
    if array.dtype.kind in "biuSU":
        return np.zeros(array.shape, dtype=bool)
    if array.dtype.kind in "mM":
        not_a_time: Bools = np.isnat(array)
        return not_a_time
    return np.array([_absent(label) for label in array.tolist()], dtype=bool)


def _absent(label: Any) -> bool:
    if label is None:
        return True
    differs = label != label
    # pandas.NA compares as itself, which is neither true nor false.
    return bool(differs) if isinstance(differs, (bool, np.bool_)) else True


def labels(values: ArrayLike, name: str) -> npt.NDArray[Any]:
    """`values` as labels of any kind; None and nan are errors, because a missing label is neither right nor wrong."""
    array = vector(values, name)
    _none_missing(array, name, "")
    return array


def _none_missing(array: npt.NDArray[Any], name: str, said: str = " (nan)") -> None:
    absent = np.isnan(array) if array.dtype.kind == "f" else missing(array)
    if absent.any():
        where = int(np.argmax(absent))
        raise ValueError(f"{name} is missing{said} at position {where}: leave such cases out of every array first")


def kind_of(label: Any) -> str:
    """What sort of label this is: those of two sorts are never equal, nor do they have an order."""
    if isinstance(label, (numbers.Number, np.bool_)):
        return "number"
    return "text" if isinstance(label, str) else type(label).__name__


def same_kind(truth: npt.NDArray[Any], given: npt.NDArray[Any], name: str) -> None:
    """Raise if `given` has a label of a kind that `truth` has none of: it could never be right."""
    known = {kind_of(label) for label in set(truth.tolist())}
    strange = [label for label in dict.fromkeys(given.tolist()) if kind_of(label) not in known]
    if known and strange:
        example = truth.tolist()[0]
        raise ValueError(f"{name} holds {strange[0]!r} where truth has labels such as {example!r}: write them alike")


def sorted_labels(found: Iterable[Any], name: str) -> list[Any]:
    """The distinct labels in order.

    Raises
    ------
    ValueError
        If they are of two kinds, such as 1 and "1".
    """
    distinct = set(found)
    one_of = {kind_of(label): label for label in distinct}
    if len(one_of) > 1:
        said = " and ".join(repr(label) for label in sorted(one_of.values(), key=repr)[:2])
        raise ValueError(f"{name} hold labels of more than one kind, such as {said}: write them alike")
    return sorted(distinct)


def binary(values: ArrayLike, name: str) -> Bools:
    """`values`, coded False/True or 0/1, as booleans. Anything else is an error, nan too: a missing call is neither."""
    array = vector(values, name)
    if array.dtype == np.bool_:
        return array
    _none_missing(array, name)
    try:
        numbers = array.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be boolean or 0/1, got values such as {array[:3].tolist()}") from None
    if np.isnan(numbers).any():  # such as the word "nan"
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
    _none_missing(array, name)
    return array.astype(np.float64)


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
