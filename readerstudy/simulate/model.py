"""Roe and Metz's model of scores: its variances, and what they imply for the areas that a study will find."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.stats._arrays import Floats
from readerstudy.stats._bivariate import both_below

STRUCTURES = ("HL", "LL", "HH", "LH")
"""Roe and Metz's own: correlation of the scores high or low, then variance of the readers high or low."""
LEVELS = (0.702, 0.855, 0.962)
"""Their AUCs, for readers who do not vary."""

_SEPARATION = dict(zip(LEVELS, (0.75, 1.5, 2.5), strict=True))
_READERS = {"L": dict.fromkeys(LEVELS, 0.0055), "H": dict(zip(LEVELS, (0.011, 0.03, 0.056), strict=True))}
# Case, modality by case, reader by case, modality by reader by case with the error.
_CASES = {"H": (0.3, 0.3, 0.2, 0.2), "L": (0.1, 0.1, 0.2, 0.6)}


class RoeMetz:
    """Normal scores with effects of readers and cases, each alone and by modality.

    A score is, beside the separation of positive cases, the sum of seven independent effects: reader, case, reader by
    case, and the same three by modality, the last with the error. Every effect is drawn for each class of cases apart,
    with variances of its own, so that there are 6 that all modalities share and 6 for each.

    Parameters
    ----------
    separation
        Mean of the positive cases' scores, shape (n_modalities,); the negative cases' is 0.
    reader, case, reader_case
        Variances that the modalities share: one, or (of negative, of positive cases).
    modality_reader, modality_case, modality_reader_case
        Variances by modality: one, (of negative, of positive cases), or shape (n_modalities, 2).

    Raises
    ------
    ValueError
        If shapes do not fit, a number is negative or not finite, or all variances of a modality are 0.

    Notes
    -----
    The AUC of a modality, over readers and cases, is Phi(separation / sqrt(V0 + V1)) with V the sum of a class's
    variances. Areas of modalities and readers vary together by as much as `moments` says.

    References
    ----------
    Roe and Metz 1997, doi:10.1016/S1076-6332(97)80032-3. Gallas and Hillis 2014 (one variance each),
    doi:10.1117/1.JMI.1.3.031006. Hillis 2012 (unequal variances), doi:10.1016/j.acra.2012.09.011.

    Examples
    --------
    >>> published("HL").auc.round(3)
    array([0.854, 0.854])
    >>> published("HL").at([0.8, 0.85]).separation.round(3)
    array([1.197, 1.474])
    """

    def __init__(
        self,
        separation: npt.ArrayLike,
        *,
        reader: npt.ArrayLike,
        modality_reader: npt.ArrayLike,
        case: npt.ArrayLike,
        modality_case: npt.ArrayLike,
        reader_case: npt.ArrayLike,
        modality_reader_case: npt.ArrayLike,
    ) -> None:
        self.separation: Floats = np.atleast_1d(np.asarray(separation, dtype=np.float64))
        if self.separation.ndim != 1 or not np.isfinite(self.separation).all() or not self.separation.size:
            raise ValueError("separation must be one finite number for each modality")
        shared, own = (2,), (len(self.separation), 2)
        self.reader = _variance(reader, shared, "reader")
        self.case = _variance(case, shared, "case")
        self.reader_case = _variance(reader_case, shared, "reader_case")
        self.modality_reader = _variance(modality_reader, own, "modality_reader")
        self.modality_case = _variance(modality_case, own, "modality_case")
        self.modality_reader_case = _variance(modality_reader_case, own, "modality_reader_case")
        if not (self.variance.sum(axis=1) > 0).all():
            raise ValueError("the variances of a modality are all 0: its scores would not vary")

    @property
    def variance(self) -> Floats:
        """Variance of a score, shape (n_modalities, 2), of negative and of positive cases."""
        by_modality = self.modality_reader + self.modality_case + self.modality_reader_case
        total: Floats = self.reader + self.case + self.reader_case + by_modality
        return total

    @property
    def auc(self) -> Floats:
        """AUC of each modality over readers and cases, shape (n_modalities,)."""
        area: Floats = special.ndtr(self.separation / np.sqrt(self.variance.sum(axis=1)))
        return area

    def at(self, auc: npt.ArrayLike) -> RoeMetz:
        """The same with these AUCs, one for all modalities or one for each.

        Raises
        ------
        ValueError
            Unless they lie between 0 and 1.
        """
        wanted = np.asarray(auc, dtype=np.float64)
        if wanted.shape not in ((), self.separation.shape) or not ((wanted > 0) & (wanted < 1)).all():
            raise ValueError(f"auc must be one number, or {len(self.separation)}, between 0 and 1, got {auc!r}")
        return self._like(special.ndtri(wanted) * np.sqrt(self.variance.sum(axis=1)), np.ones(2))

    def unequal(self, b: float) -> RoeMetz:
        """The same AUCs with the positive cases' variances divided by b^2, as Hillis (2012) constrains them.

        Raises
        ------
        ValueError
            Unless b is positive.
        """
        if not 0 < b < math.inf:
            raise ValueError(f"b must be positive, got {b!r}")
        return self._like(self.separation, np.array([1.0, 1 / b**2])).at(self.auc)

    def _like(self, separation: Floats, factor: Floats) -> RoeMetz:
        return RoeMetz(
            separation,
            reader=self.reader * factor,
            modality_reader=self.modality_reader * factor,
            case=self.case * factor,
            modality_case=self.modality_case * factor,
            reader_case=self.reader_case * factor,
            modality_reader_case=self.modality_reader_case * factor,
        )

    def moments(self, modality: int = 0, versus: int | None = None) -> Floats:
        """Expected products of two pairs' successes: BDG's moments M1 to M8, or those of two modalities.

        Shape (2, 2, 2): reader, positive case and negative case are the same at 0 and others at 1. Exact but for the
        quadrature of bivariate normal probabilities (1e-12).
        """
        versus = modality if versus is None else versus
        same = float(modality == versus)
        spread = np.sqrt(self.variance.sum(axis=1))
        h, k = self.separation[[modality, versus]] / spread[[modality, versus]]
        reader = self.reader + same * self.modality_reader[modality]
        case = self.case + same * self.modality_case[modality]
        both = self.reader_case + same * self.modality_reader_case[modality]
        found = np.empty((2, 2, 2))
        for others in itertools.product((0, 1), repeat=3):
            one_reader, cases = 1 - others[0], 1 - np.array([others[2], others[1]])
            shared = float((one_reader * reader + cases * (case + one_reader * both)).sum())
            found[others] = both_below(h, k, shared / float(spread[modality] * spread[versus]))
        return found

    def auc_covariance(
        self, n_readers: int, n_positive: int, n_negative: int, *, modality: int = 0, versus: int | None = None
    ) -> float:
        """Variance of a modality's mean AUC in a fully crossed study, or covariance of two modalities' means."""
        moments = self.moments(modality, versus)
        weight = np.ones(())
        for n in (n_readers, n_positive, n_negative):
            weight = np.multiply.outer(weight, np.array([1, n - 1]) / n)
        return float((weight * (moments - moments[1, 1, 1])).sum())

    def components(self, n_positive: int, n_negative: int) -> dict[str, float]:
        """Obuchowski and Rockette's components of the AUCs of a fully crossed study.

        As Hillis relates them (2018, doi:10.1002/sim.7616): the readers' own AUCs have the covariance M4 - M8, and what
        is left of the covariances of their estimates is of cases. Each is the mean over modalities, or over pairs of
        modalities; of one modality ``var_reader``, ``var_error`` and ``cov2`` only.
        """
        alone = [self._shares(i, i, n_positive, n_negative) for i in range(len(self.separation))]
        own, error, cov2 = np.mean(alone, axis=0)
        if len(alone) == 1:
            return {"var_reader": float(own), "var_error": float(error), "cov2": float(cov2)}
        pairs = itertools.combinations(range(len(alone)), 2)
        of_reader, cov1, cov3 = np.mean([self._shares(a, b, n_positive, n_negative) for a, b in pairs], axis=0)
        return {
            "var_reader": float(of_reader),
            "var_modality_reader": float(own - of_reader),
            "var_error": float(error),
            "cov1": float(cov1),
            "cov2": float(cov2),
            "cov3": float(cov3),
        }

    def _shares(self, a: int, b: int, n_positive: int, n_negative: int) -> tuple[float, float, float]:
        """Covariance of one reader's own AUCs, and over cases of one reader's estimates, and of two readers'."""
        moments = self.moments(a, b)
        weight = np.multiply.outer(
            np.array([1, n_positive - 1]) / n_positive, np.array([1, n_negative - 1]) / n_negative
        )
        over_cases = (weight * (moments - moments[:, 1:, 1:])).sum(axis=(1, 2))
        return float(moments[0, 1, 1] - moments[1, 1, 1]), float(over_cases[0]), float(over_cases[1])


def _variance(given: npt.ArrayLike, shape: tuple[int, ...], name: str) -> Floats:
    try:
        found = np.broadcast_to(np.asarray(given, dtype=np.float64), shape)
    except ValueError:
        raise ValueError(f"{name} must be one variance or of shape {shape}, got {given!r}") from None
    if not (np.isfinite(found).all() and (found >= 0).all()):
        raise ValueError(f"{name} must be 0 or more and finite, got {given!r}")
    return found


def published(structure: str, auc: float = 0.855) -> RoeMetz:
    """Roe and Metz's own variances, for two modalities that do not differ.

    Parameters
    ----------
    structure
        ``"HL"``, ``"LL"``, ``"HH"`` or ``"LH"``: correlation of the scores high or low, then variance of the readers
        high or low.
    auc
        0.702, 0.855 or 0.962: the AUC without variance of readers. It sets the separation, and in ``"HH"`` and
        ``"LH"`` the readers' variance.

    Raises
    ------
    ValueError
        If there is no such structure or level.

    References
    ----------
    Roe and Metz 1997, doi:10.1016/S1076-6332(97)80032-3, as configured by the authors of Gallas and Hillis 2014,
    doi:10.1117/1.JMI.1.3.031006.

    Examples
    --------
    >>> lh = published("LH", 0.962)
    >>> float(lh.reader[0]), float(lh.case[0]), float(lh.separation[0])
    (0.056, 0.1, 2.5)
    """
    _choice.check(structure, STRUCTURES, "structure")
    if auc not in LEVELS:
        raise ValueError(f"auc must be one of {LEVELS}, got {auc!r}; for another, published({structure!r}).at(auc)")
    case, modality_case, reader_case, error = _CASES[structure[0]]
    reader = _READERS[structure[1]][auc]
    return RoeMetz(
        [_SEPARATION[auc]] * 2,
        reader=reader,
        modality_reader=reader,
        case=case,
        modality_case=modality_case,
        reader_case=reader_case,
        modality_reader_case=error,
    )
