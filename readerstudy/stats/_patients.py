"""Several cases of one patient: whose case is whose, and how far sums over patients spread.

Every estimate is, to first order, a sum to which each case adds its term. Cases of one patient are not independent,
patients are: so the terms are added up patient by patient, and the spread of these sums gives the variance. Over that
of the terms themselves it is the design effect.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Ints, labels, z_of

ONE_PATIENT = "one patient: the cases of one cannot say how much patients vary, so there is no interval"
_NOTHING = 1e-8
"""A statistic whose two tails are as good as equal: Student's deviate of half is 0, and 0 / 0 is no ratio."""
_FAR = 37.0
"""A normal deviate with a tail that is still a number."""


class Design(NamedTuple):
    """How much wider a standard error is than that of independent cases."""

    factor: float
    """Square root of the design effect; nan for one patient."""
    note: str | None
    estimated_from: Patients | None = None
    """Where the variance of patients gave it."""

    def reach(self, tail: float) -> float:
        """How many standard errors an interval reaches that leaves `tail` out, see `Patients.reach`."""
        if self.estimated_from is None:
            return math.inf if tail == 0 else z_of(tail)
        return self.estimated_from.reach(tail)

    def widening(self, tail: float) -> float:
        """`reach` over the normal deviate, see `Patients.widening`."""
        return 1.0 if self.estimated_from is None else self.estimated_from.widening(tail)

    def normal(self, statistic: float) -> float:
        """The standard normal deviate that has the tail of `statistic`."""
        return statistic if self.estimated_from is None else self.estimated_from.normal(statistic)


class Patients(NamedTuple):
    """Whose each case is."""

    codes: Ints
    """Shape (n_cases,), from 0; every patient has at least one case."""
    number: int

    def of(self, cases: Bools) -> Patients:
        """The patients of some of the cases."""
        codes = self.codes[cases]
        present = np.bincount(codes, minlength=self.number) > 0
        place = np.cumsum(present, dtype=np.int64) - 1
        return Patients(place[codes], int(np.count_nonzero(present)))

    def sums(self, terms: npt.NDArray[Any]) -> Floats:
        """Sum of `terms`, one a case, over each patient; sums of whole numbers are exact."""
        return np.bincount(self.codes, weights=terms, minlength=self.number).astype(np.float64)

    @property
    def sizes(self) -> Ints:
        """Cases of each patient."""
        return np.bincount(self.codes, minlength=self.number)

    @property
    def alone(self) -> bool:
        """Whether each patient has one case."""
        return self.number == len(self.codes)

    @property
    def effective(self) -> float:
        """How many independent cases there would be if all cases of a patient were copies of one: Kish's formula."""
        sizes = self.sizes.astype(np.float64)
        return float(sizes.sum() ** 2 / (sizes * sizes).sum())

    def spread(self, terms: npt.NDArray[Any]) -> float:
        """Variance of the sum of `terms`, one a case, when patients are drawn at random; nan for one patient."""
        return _spread(self.sums(terms))

    def design(self, terms: npt.NDArray[Any]) -> Design:
        """The design effect of an estimate to which each case adds its term; 1 where each patient has one case.

        Where the patients leave no variance, all cases of a patient are taken as copies of one.
        """
        if self.number < 2:
            return Design(math.nan, ONE_PATIENT)
        if self.alone:
            return Design(1.0, None)
        centred = terms - terms.mean()
        patients, cases = self.spread(centred), _spread(centred)
        # Sums that should be 0 leave rounding behind.
        if cases == 0 or patients <= 1e-24 * cases:
            return Design(math.sqrt(len(self.codes) / self.effective), no_variance(self.effective))
        return Design(math.sqrt(patients / cases), None, self)

    def reach(self, tail: float) -> float:
        """How many standard errors an interval reaches that leaves `tail` out.

        The normal deviate, times Student's of as many patients over Student's of as many cases: the standard error
        comes from the patients, of which there are fewer. With one case a patient it is the normal deviate.
        """
        return math.inf if tail == 0 else z_of(tail) * self.widening(tail)

    def widening(self, tail: float) -> float:
        """Student's deviate of as many patients over that of as many cases; 1 where half is left out, of 0 and 0."""
        if self.alone:
            return 1.0
        of_patients, of_cases = (float(special.stdtrit(n - 1, tail)) for n in (self.number, len(self.codes)))
        return 1.0 if abs(of_cases) < _NOTHING else of_patients / of_cases

    def normal(self, statistic: float) -> float:
        """The standard normal deviate that has the tail of `statistic`; the inverse of `reach`."""
        if self.alone or math.isnan(statistic) or abs(statistic) < _NOTHING:
            return statistic
        low, high = 0.0, min(abs(statistic), _FAR)
        while low < (middle := (low + high) / 2) < high:
            if middle * self.widening(float(special.ndtr(-middle))) < abs(statistic):
                low = middle
            else:
                high = middle
        return math.copysign(high, statistic)


def _spread(sums: Floats) -> float:
    n = len(sums)
    return float(((sums - sums.mean()) ** 2).sum()) * n / (n - 1) if n > 1 else math.nan


def no_variance(effective: float) -> str:
    """What is said where the patients leave no variance."""
    return (
        "the patients leave no variance: the cases of a patient are taken as copies of one, "
        f"which makes {effective:.3g} independent cases"
    )


def patients_of(values: ArrayLike, n_cases: int) -> Patients:
    """Patients from labels of any kind, one a case, in the order in which they first occur.

    So that what is drawn with a seed does not depend on how the patients are called.

    Raises
    ------
    ValueError
        If a label is missing, or there are not `n_cases`.
    """
    array = labels(values, "patients")
    if len(array) != n_cases:
        raise ValueError(f"not one length: patients has {len(array)}, the other arrays have {n_cases}")
    if array.dtype == object:
        place: dict[Any, int] = {}
        coded = np.array([place.setdefault(label, len(place)) for label in array.tolist()], dtype=np.int64)
        return Patients(coded, len(place))
    first, codes = np.unique(array, return_index=True, return_inverse=True)[1:]
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return Patients(rank[codes], len(first))
