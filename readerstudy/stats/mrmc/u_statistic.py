"""One-shot variance of a mean over readers and cases, whoever read which cases, by U-statistics.

A mean over readers' reads is squared, and its products are sorted by what the two factors have in common: the same
reader or another, the same positive case or another, the same negative case or another. Each sort's mean is a moment
(BDG, Gallas 2006, doi:10.1016/j.acra.2005.11.030), and the variance of the mean is a sum of moments, weighted by how
many products there are of each sort. Differences of moments are the components of Barrett, Clarkson and Kupinski (BCK).
The degrees of freedom are by Satterthwaite's principle from the V-statistics' components of each sample alone, as iMRMC
has them.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from readerstudy.stats._arrays import Floats, Ints
from readerstudy.stats.mrmc.spread import NO_SPREAD, ONE_CASE, ONE_READER, Spread
from readerstudy.stats.mrmc.unbiased import Sums, apart

# Variances are differences of moments, which lie in [0, 1]: less than this is rounding.
_ROUNDING = 1e-14
_NORMAL_ABOVE = 50

_MOMENTS = {3: tuple("12345678"), 2: tuple("1458")}
"""BDG's numbers, with the same reader before another, and the same case before another."""
_COMPONENTS = {3: ("n", "d", "nd", "r", "nr", "dr", "rnd"), 2: ("c", "r", "rc")}
"""What the two factors have in common: reader, diseased case, non-diseased case; or reader, case."""


class Cells(NamedTuple):
    """Whose reads a mean is over: one row of reads for each reader."""

    reader: Ints
    """Readers' codes, shape (n_readers,)."""
    row: Ints
    """Their rows in `Sums`."""


class Moments(NamedTuple):
    """Moments of two means' product, each of shape (2, 2, 2) - reader, positive, negative - or (2, 2) - reader, case.

    At 0 the two factors have the sample's member in common, at 1 not.
    """

    unbiased: Floats
    """nan where no two reads are so related."""
    biased: Floats
    """With the common members among any two, as in a V-statistic."""
    weight: Floats
    """The covariance of the two means is the sum of weight x moment."""

    def covariance(self, *, biased: bool) -> float:
        """Of the two means."""
        moment = self.biased if biased else self.unbiased
        return float(np.where(self.weight == 0, 0.0, self.weight * moment).sum())

    def named(self, *, biased: bool) -> list[tuple[str, float, float]]:
        """Name, value and weight of BDG's moments and BCK's components."""
        moment, n = (self.biased if biased else self.unbiased), self.weight.ndim
        bdg = [f"bdg_m{k}" for k in _MOMENTS[n]]
        bck = [f"bck_{letters}" for letters in _COMPONENTS[n]]
        # Nothing in common is no component; it stands first, the last sample's member in common next.
        component, share = np.flip(components(moment)), np.flip(self._shares())
        names = [*bdg, *bck]
        values = [*moment.ravel().tolist(), *component.ravel()[1:].tolist()]
        weights = [*self.weight.ravel().tolist(), *share.ravel()[1:].tolist()]
        return list(zip(names, values, weights, strict=True))

    def _shares(self) -> Floats:
        """Weights of BCK's components: a component is in every moment that has its members in common."""
        found = self.weight.copy()
        for axis in range(found.ndim):
            moved = np.moveaxis(found, axis, 0)
            moved[1] += moved[0]
        return found

    def degrees(self) -> list[float]:
        """Members of each sample less one, readers first; effective numbers where the design is uneven."""
        n = self.weight.ndim
        return [float(round(1 / float(self.weight.take(0, axis).sum()) - 1)) for axis in range(n)]

    def alone(self) -> list[float]:
        """Biased component of each sample alone, 0 where the two means have none of it in common."""
        component, n = components(self.biased), self.weight.ndim
        places = [tuple(0 if axis == k else 1 for axis in range(n)) for k in range(n)]
        return [float(np.nan_to_num(component[place])) for place in places]


def components(moment: Floats) -> Floats:
    """Variance components of moments: what having a member in common adds, each beyond its parts."""
    found = moment.copy()
    for axis in range(found.ndim):
        moved = np.moveaxis(found, axis, 0)
        moved[0] -= moved[1]
    return found


def moments_of(sums: Sums, first: Cells, second: Cells) -> Moments:
    """Moments of the product of two means of reads."""
    same = first.reader[:, None] == second.reader
    product, number = (
        np.stack([(of_rows * same).sum(axis=(-2, -1)), of_rows.sum(axis=(-2, -1))])
        for of_rows in (part[..., first.row[:, None], second.row] for part in sums)
    )
    n = product.ndim
    unbiased, count = apart(product, n), apart(number, n)
    weight = count / number[(1,) * n]
    weight[(1,) * n] -= 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        return Moments(
            np.where(count > 0, unbiased / count, math.nan), np.where(number > 0, product / number, math.nan), weight
        )


class OneShot:
    """Means of groups of reads - modalities, or a model beside its readers - with the variances of their contrasts.

    Parameters
    ----------
    sums
        Of all rows of reads.
    theta
        The rows' means, shape (n_rows,).
    groups
        Whose reads each mean is over; none empty.
    biased
        V-statistics in the place of U-statistics.
    """

    def __init__(self, sums: Sums, theta: Floats, groups: list[Cells], *, biased: bool) -> None:
        self.biased = biased
        self.moments = {
            (a, b): moments_of(sums, groups[a], groups[b])
            for a, b in itertools.combinations_with_replacement(range(len(groups)), 2)
        }
        number = np.diag(sums.number[(0,) * (sums.number.ndim - 2)])
        self.means = np.array([np.average(theta[cells.row], weights=number[cells.row]) for cells in groups])
        self.even = all(len(np.unique(number[cells.row])) == 1 for cells in groups)

    def of_difference(self) -> Moments:
        """Moments of the first mean less the second, of the same reads."""
        first, second, both = (self.moments[pair] for pair in ((0, 0), (1, 1), (0, 1)))
        return Moments(
            first.unbiased + second.unbiased - 2 * both.unbiased, first.biased + second.biased - 2 * both.biased,
            both.weight,
        )  # fmt: skip

    def spread_of(self, weights: Floats) -> tuple[Spread, float]:
        """Spread of a contrast of the means, or of one of them, and BDG's degrees of freedom.

        The reference distribution of `Spread` is Student's with BDG's degrees of freedom rounded down, or normal above
        50 of them.
        """
        used = np.flatnonzero(weights).tolist()
        variance, of_v, alone = 0.0, 0.0, np.zeros(self.moments[0, 0].weight.ndim)
        degrees = np.full(len(alone), math.inf)
        for a, b in itertools.product(used, used):
            moments, factor = self.moments[min(a, b), max(a, b)], float(weights[a] * weights[b])
            variance += factor * moments.covariance(biased=self.biased)
            of_v += factor * moments.covariance(biased=True)
            alone += factor * np.array(moments.alone())
            if a == b:
                degrees = np.minimum(degrees, moments.degrees())
        if degrees[0] < 1:
            return NO_SPREAD._replace(notes=(ONE_READER,)), math.nan
        if degrees.min() < 1 or math.isnan(variance):
            return NO_SPREAD._replace(notes=(ONE_CASE,)), math.nan
        if variance <= _ROUNDING:
            # The V-statistic's is 0 where nothing varies, not where positive and negative parts make up for each other.
            nothing = abs(variance) <= _ROUNDING and abs(of_v) <= _ROUNDING
            said = f"the estimate of the variance is not positive, {variance:.3g}: no interval and no test"
            return Spread(0.0, math.inf) if nothing else NO_SPREAD._replace(notes=(said,)), math.nan
        spread_of_variance = float((alone**2 / degrees**3).sum())
        df = max(variance**2 / spread_of_variance if spread_of_variance > 0 else math.inf, float(degrees.min()))
        if df > _NORMAL_ABOVE:
            said = "normal reference distribution, as df is above 50"
            return Spread(variance, math.inf, (said,)), df if math.isfinite(df) else math.nan
        return Spread(variance, math.floor(df), (f"Student's t with {math.floor(df)} df, BDG's rounded down",)), df
