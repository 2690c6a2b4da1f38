"""The reads of several readers as one array with axes (reader, case), coded or as numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Ints, missing, sorted_labels, unmasked


class Reads(NamedTuple):
    """Reads coded by the place of their category."""

    codes: Ints
    """Shape (n_readers, n_cases); -1 = not read. Readers who read nothing are left out."""
    categories: list[Any]
    note: str | None
    """Which readers were left out."""


def _grid(ratings: ArrayLike) -> npt.NDArray[Any]:
    unmasked(ratings, "ratings")
    try:
        array = np.asarray(ratings)
    except ValueError:
        raise ValueError("ratings: every reader needs one rating a case, nan or None where not read") from None
    if array.dtype.kind == "U" and not isinstance(ratings, np.ndarray):
        array = np.asarray(ratings, dtype=object)  # a nan in a list of words would have become the word "nan"
    if array.ndim != 2:
        raise ValueError(f"ratings must have two dimensions (n_readers, n_cases), got shape {array.shape}")
    return array


def _idle(read: Bools) -> str | None:
    """Which readers, counted from 1, read nothing though others did."""
    idle = [str(place + 1) for place in range(len(read)) if not read[place].any()]
    if not idle or not read.any():
        return None
    return f"left out, having read no case: reader {', '.join(idle)}"


def coded(ratings: ArrayLike, categories: list[Any] | None) -> Reads:
    """`ratings` of shape (n_readers, n_cases) by the place of each in `categories` (by default sorted)."""
    array = _grid(ratings)
    read = ~missing(array.ravel()).reshape(array.shape)
    given = array[read].tolist()
    known = sorted_labels(given, "ratings") if categories is None else list(categories)
    place = {category: code for code, category in enumerate(known)}
    unknown = [label for label in given if label not in place]
    if unknown:
        raise ValueError(f"ratings hold {unknown[0]!r}, which is not among the categories {known}")
    codes = np.full(array.shape, -1, dtype=np.int64)
    codes[read] = [place[label] for label in given]
    return Reads(codes[read.any(axis=1)], known, _idle(read))


def measured(ratings: ArrayLike) -> tuple[Floats, str | None]:
    """`ratings` of shape (n_readers, n_cases) as numbers, nan = not read, and which readers were left out."""
    array = _grid(ratings)
    absent = missing(array.ravel()).reshape(array.shape)
    given = array[~absent].tolist()
    if any(isinstance(value, str) for value in given):
        raise ValueError(f"ratings must be numbers, got text such as {given[0]!r}")
    values = np.full(array.shape, np.nan)
    values[~absent] = given
    if np.isinf(values).any():
        raise ValueError("ratings must be finite numbers")
    return values[~absent.all(axis=1)], _idle(~absent)
