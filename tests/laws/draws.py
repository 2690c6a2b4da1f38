"""Studies of few cases, most of them degenerate in some way, and what the laws compare."""

import dataclasses
import math

import numpy as np
from hypothesis import strategies as st

from readerstudy.estimate import Estimate


@dataclasses.dataclass(frozen=True)
class Study:
    """One truth and two readers of the same cases: calls, ratings and probabilities, an array each."""

    truth: np.ndarray
    calls: tuple[np.ndarray, np.ndarray]
    scores: tuple[np.ndarray, np.ndarray]
    probs: tuple[np.ndarray, np.ndarray]

    def map(self, change):
        """The same with every array changed in the same way."""
        pairs = (tuple(map(change, pair)) for pair in (self.calls, self.scores, self.probs))
        return Study(change(self.truth), *pairs)

    def swapped(self):
        return Study(self.truth, self.calls[::-1], self.scores[::-1], self.probs[::-1])

    def turned(self):
        """Positive is negative and the other way round."""
        return Study(
            ~self.truth, tuple(~c for c in self.calls), tuple(-s for s in self.scores), tuple(1 - p for p in self.probs)
        )

    @property
    def both_classes(self):
        return 0 < self.truth.sum() < len(self.truth)


@st.composite
def studies(draw, least=1, most=20):
    """A case is one number, for the sake of speed; few levels make ties."""
    codes = np.array(draw(st.lists(st.integers(0, 2**12 - 1), min_size=least, max_size=most)))
    truth, call, versus = (codes >> k & 1 == 1 for k in range(3))
    bits = (codes >> 4 & 7, codes >> 7 & 7)
    # Eighths but for the ends are probabilities that a double holds, and so does 1 less them.
    probs = tuple((2 * b + 1) / 16 for b in bits)
    return Study(truth, (call, versus), tuple(b.astype(float) for b in bits), probs)


@st.composite
def grids(draw, readers=(2, 4), cases=(2, 10), categories=3, complete=False):
    """Reads of shape (n_readers, n_cases) in whole numbers from 0, nan = not read."""
    r = draw(st.integers(*readers))
    base = categories if complete else categories + 1
    codes = np.array(draw(st.lists(st.integers(0, base**r - 1), min_size=cases[0], max_size=cases[1])))
    digits = codes[None, :] // base ** np.arange(r)[:, None] % base
    return np.where(digits == categories, np.nan, digits.astype(float))


def records(found):
    return [found] if isinstance(found, Estimate) else list(found)


def floats(e):
    return {f.name: v for f in dataclasses.fields(e) if isinstance(v := getattr(e, f.name), float)}


def same(e, other, rel=1e-9, but=()):
    """Are the numbers of two records the same but for rounding?"""
    pairs = [(v, w) for (name, v), w in zip(floats(e).items(), floats(other).values(), strict=True) if name not in but]
    return all(math.isclose(v, w, rel_tol=rel, abs_tol=rel) or (math.isnan(v) and math.isnan(w)) for v, w in pairs)


def known(*numbers):
    return not any(map(math.isnan, numbers))


def numbers(e):
    """Estimate, limits and P."""
    return e.estimate, e.conf_low, e.conf_high, e.p_value
