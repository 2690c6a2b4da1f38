"""Variance components to plan with: from a pilot study, conjectured, or from a model of the scores."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.power._areas import area_covariance
from readerstudy.power._result import check_count, check_positive, check_share
from readerstudy.stats._bivariate import both_below


def hanley_mcneil(auc: float, n_positive: float, n_negative: float) -> float:
    """Variance of an AUC by an exponential approximation: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> round(hanley_mcneil(0.893, 51, 58) ** 0.5, 4)
    0.0325
    """
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    within = auc * (1 - auc) + (n_positive - 1) * (q1 - auc**2) + (n_negative - 1) * (q2 - auc**2)
    return within / (n_positive * n_negative)


def _values(estimates: Iterable[Estimate], names: Sequence[str], what: str) -> tuple[dict[str, float], int]:
    found: dict[str, Estimate] = {}
    for e in estimates:
        design = re.search("design: ([^;]*)", e.note or "")
        if design and not design[1].startswith(("fully crossed", "crossed with missing reads")):
            raise ValueError(f"the pilot must be crossed, its design is: {design[1]}; give its components by hand")
        if e.measure in names:
            if e.measure in found:
                raise ValueError(f"{e.measure} is there twice: pass the records of one analysis")
            found[e.measure] = e
    missing = [name for name in names if name not in found or math.isnan(found[name].estimate)]
    if missing:
        raise ValueError(f"no estimate of {', '.join(missing)}: pass all records of {what}, of a pilot that has them")
    n_cases = found[names[0]].n_cases
    assert n_cases is not None
    return {name: e.estimate for name, e in found.items()}, n_cases


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Components:
    """Obuchowski and Rockette's components of a study in which every reader reads every case in every modality.

    Parameters
    ----------
    var_modality_reader
        Variance of how much more one reader gains by a modality than another; below 0 it is taken as 0.
    error
        Variance of one reader's value over samples of `n_cases` cases.
    cov1, cov2, cov3
        Covariance over samples of cases of one reader's values in two modalities, of two readers' in one modality, and
        of two readers' in two.
    n_cases
        Cases to which these belong; with other numbers they fall as 1 / n_cases, the mix of cases being the same.
    effect
        Difference that goes with the components, if they were made for one; `mrmc` takes its own `effect` first.
    """

    var_modality_reader: float
    error: float
    cov1: float
    cov2: float
    cov3: float
    n_cases: int
    effect: float | None = None

    def __post_init__(self) -> None:
        check_positive(self.error, "error")
        check_count(self.n_cases, "n_cases", 2)
        for name in ("cov1", "cov2", "cov3"):
            if not abs(getattr(self, name)) <= self.error:
                raise ValueError(f"{name} must lie between -error and error, got {getattr(self, name)!r}")
        if not math.isfinite(self.var_modality_reader):
            raise ValueError(f"var_modality_reader must be a finite number, got {self.var_modality_reader!r}")

    @classmethod
    def of(cls, estimates: Iterable[Estimate]) -> Components:
        """Those of a pilot study: the records that `readerstudy.mrmc` gave, of method ``"or"``.

        Where the pilot's Cov2 - Cov3 is negative, so that the analysis took it as 0, the component of modality and
        reader is what the analysis' mean square leaves with that 0. A study like the pilot then has its standard error.
        """
        names = ("var_modality_reader", "var_error", "cov1", "cov2", "cov3")
        found, n_cases = _values(estimates, names, "rs.mrmc")
        shared = found["cov2"] - found["cov3"]
        return cls(
            var_modality_reader=found["var_modality_reader"] - min(shared, 0.0),
            error=found["var_error"],
            cov1=found["cov1"],
            cov2=found["cov2"],
            cov3=found["cov3"],
            n_cases=n_cases,
        )

    @classmethod
    def dbm(cls, *, modality_reader: float, modality_case: float, error: float, n_cases: int) -> Components:
        """From Dorfman, Berbaum and Metz's components of pseudovalues, of a pilot with `n_cases` cases."""
        shared = modality_case / n_cases
        return cls(
            var_modality_reader=modality_reader,
            error=shared + error / n_cases,
            cov1=0.0,
            cov2=shared,
            cov3=0.0,
            n_cases=n_cases,
        )

    def with_cases(self, n_positive: int, n_negative: int, *, auc: float, pilot: tuple[int, int]) -> Components:
        """The same for another mix of positive and negative cases than the pilot's, for the AUC.

        All covariances change as Hanley and McNeil's variance of an AUC of `auc` does, from `pilot` = (positive,
        negative) cases to the new ones.
        """
        for name, value in (("n_positive", n_positive), ("n_negative", n_negative)):
            check_count(value, name, 2)
        if sum(pilot) != self.n_cases:
            raise ValueError(f"pilot has {pilot[0]} + {pilot[1]} cases, the components are those of {self.n_cases}")
        check_share(auc, "auc")
        scale = hanley_mcneil(auc, n_positive, n_negative) / hanley_mcneil(auc, *pilot)
        changed: dict[str, Any] = {name: scale * getattr(self, name) for name in ("error", "cov1", "cov2", "cov3")}
        return dataclasses.replace(self, n_cases=n_positive + n_negative, **changed)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PanelComponents:
    """Components of the differences d = model - reader, of one model and a panel of readers of the same cases.

    Parameters
    ----------
    var_reader
        Variance of the readers' true values; below 0 it is taken as 0.
    error
        Variance of one difference over samples of `n_cases` cases.
    cov2
        Covariance of two readers' differences over samples of cases.
    n_cases
        Cases to which these belong; with other numbers they fall as 1 / n_cases.
    """

    var_reader: float
    error: float
    cov2: float
    n_cases: int

    def __post_init__(self) -> None:
        check_positive(self.error, "error")
        check_count(self.n_cases, "n_cases", 2)
        if not abs(self.cov2) <= self.error:
            raise ValueError(f"cov2 must lie between -error and error, got {self.cov2!r}")
        if not math.isfinite(self.var_reader):
            raise ValueError(f"var_reader must be a finite number, got {self.var_reader!r}")

    @classmethod
    def of(cls, estimates: Iterable[Estimate]) -> PanelComponents:
        """Those of a pilot study: the records that `readerstudy.model_versus_readers` gave."""
        found, n_cases = _values(estimates, ("var_reader", "var_error", "cov2"), "rs.model_versus_readers")
        # As in `Components.of`: the mean square with the covariance that the analysis took as 0.
        return cls(
            var_reader=found["var_reader"] - min(found["cov2"], 0.0),
            error=found["var_error"],
            cov2=found["cov2"],
            n_cases=n_cases,
        )

    @classmethod
    def conjectured(
        cls,
        auc: float,
        versus: float,
        *,
        n_positive: int,
        n_negative: int,
        reader_sd: float,
        between_readers: float,
        with_model: float,
    ) -> PanelComponents:
        """Guessed for AUCs: the model's is `auc`, the readers' have mean `versus` and standard deviation `reader_sd`.

        `between_readers` and `with_model` are the correlations, over samples of cases, of two readers' AUCs and of a
        reader's with the model's. Variances are Hanley and McNeil's.
        """
        sizes = check_count(n_positive, "n_positive", 2), check_count(n_negative, "n_negative", 2)
        check_share(auc, "auc")
        check_share(versus, "versus")
        if not reader_sd >= 0:
            raise ValueError(f"reader_sd must be 0 or more, got {reader_sd!r}")
        model, reader = hanley_mcneil(auc, *sizes), hanley_mcneil(versus, *sizes)
        _check_correlations(between_readers=between_readers, with_model=with_model)
        shared = with_model * math.sqrt(model * reader)
        return cls(
            var_reader=reader_sd**2,
            error=model + reader - 2 * shared,
            cov2=model + between_readers * reader - 2 * shared,
            n_cases=sum(sizes),
        )


def _check_correlations(**correlations: float) -> None:
    for name, value in correlations.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be a correlation between 0 and 1, got {value!r}")


def conjectured(
    auc: float,
    *,
    n_positive: int,
    n_negative: int,
    modality_reader_sd: float,
    r1: float,
    r2: float,
    r3: float,
    within: float = 0.0,
) -> Components:
    """Components guessed for AUCs where there is no pilot study.

    Parameters
    ----------
    auc
        Mean AUC of the modalities.
    n_positive, n_negative
        Cases to which the components shall belong.
    modality_reader_sd
        Standard deviation, over readers, of a reader's own gain or loss in a modality: readers' differences between two
        modalities vary by sqrt(2) times it. If 95 % of them are thought to lie within plus or minus x of the mean
        difference, it is x / 2.77.
    r1, r2, r3
        Correlations over samples of cases: of one reader's AUCs in two modalities, of two readers' in one, and of two
        readers' in two; r1 >= r3 and r2 >= r3 as a rule.
    within
        Variance of a reader who reads the same cases again, added to the variance of one AUC.

    Returns
    -------
    Components

    Raises
    ------
    ValueError
        If a number is impossible.

    Notes
    -----
    Hanley and McNeil's variance of one AUC, times the correlations.

    References
    ----------
    Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747. Hillis, Obuchowski and Berbaum 2011,
    doi:10.1016/j.acra.2010.09.007.

    Examples
    --------
    >>> found = conjectured(0.85, n_positive=50, n_negative=50, modality_reader_sd=0.015, r1=0.45, r2=0.4, r3=0.35)
    >>> round(found.error, 6), round(found.cov1, 6), round(found.var_modality_reader, 6)
    (0.001525, 0.000686, 0.000225)
    """
    check_share(auc, "auc")
    sizes = check_count(n_positive, "n_positive", 2), check_count(n_negative, "n_negative", 2)
    _check_correlations(r1=r1, r2=r2, r3=r3)
    for name, value in (("modality_reader_sd", modality_reader_sd), ("within", within)):
        if not value >= 0:
            raise ValueError(f"{name} must be 0 or more, got {value!r}")
    variance = hanley_mcneil(auc, *sizes)
    return Components(
        var_modality_reader=modality_reader_sd**2,
        error=variance + within,
        cov1=r1 * variance,
        cov2=r2 * variance,
        cov3=r3 * variance,
        n_cases=sum(sizes),
    )


def roe_metz(
    separation: float,
    *,
    n_positive: int,
    n_negative: int,
    reader: float,
    modality_reader: float,
    case: float,
    modality_case: float,
    reader_case: float,
    error: float,
    versus: float | None = None,
    b: float = 1.0,
) -> Components:
    """Components of AUCs whose scores follow Roe and Metz's model: exact, not simulated.

    A score is separation (of positive cases) + reader + modality x reader + case + modality x case + reader x case +
    error, all normal; reader effects are drawn for each class of cases.

    Parameters
    ----------
    separation
        Distance of the classes' means in the modality.
    n_positive, n_negative
        Cases to which the components shall belong.
    reader, modality_reader, case, modality_case, reader_case, error
        Variances; in Roe and Metz's own structures the last four add up to 1.
    versus
        Separation in the other modality; by default the same.
    b
        Standard deviation of the negative cases' scores over that of the positive ones'; the reader variances are the
        same in both classes.

    Returns
    -------
    Components
        With `effect`: the difference of the mean AUCs, modality - versus.

    Raises
    ------
    ValueError
        If a variance is negative, or those within a reader are all 0.

    Notes
    -----
    Where the two modalities differ, each component is the mean over the two, as in the analysis.

    References
    ----------
    Roe and Metz 1997, Academic Radiology 4, 298-303. Hillis 2018 (the relation to Obuchowski and Rockette's
    components), doi:10.1002/sim.7616.

    Examples
    --------
    >>> found = roe_metz(
    ...     1.5, n_positive=50, n_negative=50, reader=0.0055, modality_reader=0.0055, case=0.3, modality_case=0.3,
    ...     reader_case=0.2, error=0.2,
    ... )
    >>> found.effect, round(found.error, 6), round(found.cov2, 6)
    (0.0, 0.001384, 0.000729)
    """
    sizes = check_count(n_positive, "n_positive", 2), check_count(n_negative, "n_negative", 2)
    variances = {
        "reader": reader, "modality_reader": modality_reader, "case": case, "modality_case": modality_case,
        "reader_case": reader_case, "error": error,
    }  # fmt: skip
    for name, value in variances.items():
        if not (value >= 0 and math.isfinite(value)):
            raise ValueError(f"{name} is a variance and must be 0 or more, got {value!r}")
    check_positive(b, "b")
    inside = check_positive(case + modality_case + reader_case + error, "case + modality_case + reader_case + error")
    positive = 1 / b**2
    total = 2 * (reader + modality_reader) + inside * (1 + positive)
    means = [d / math.sqrt(total) for d in (separation, separation if versus is None else versus)]

    def covariance(h: float, k: float, same_reader: bool, same_modality: bool) -> float:
        shared = 2 * (reader * same_reader + modality_reader * (same_reader and same_modality))
        of_case = case + modality_case * same_modality + reader_case * same_reader
        of_case += error * (same_reader and same_modality)
        parts = (shared, shared + positive * of_case, shared + of_case, shared + (1 + positive) * of_case)
        neither, one, zero, both = (part / total for part in parts)
        return area_covariance(h, k, (neither, one, zero, both), *sizes)

    def between(h: float, k: float, share: float) -> float:
        """Covariance over readers of their true areas."""
        return both_below(h, k, share / total) - float(special.ndtr(h) * special.ndtr(k))

    h, k = means
    var_one = (between(h, h, 2 * (reader + modality_reader)) + between(k, k, 2 * (reader + modality_reader))) / 2
    return Components(
        var_modality_reader=max(0.0, var_one - between(h, k, 2 * reader)),
        error=(covariance(h, h, True, True) + covariance(k, k, True, True)) / 2,
        cov1=covariance(h, k, True, False),
        cov2=(covariance(h, h, False, True) + covariance(k, k, False, True)) / 2,
        cov3=covariance(h, k, False, False),
        n_cases=sum(sizes),
        effect=float(special.ndtr(h) - special.ndtr(k)),
    )
