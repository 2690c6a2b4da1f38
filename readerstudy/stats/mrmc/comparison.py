"""Modalities compared by many readers of many cases: the public function, from reads to records."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats
from readerstudy.stats.mrmc.covariance import check_covariance, covariance_by, covariance_of
from readerstudy.stats.mrmc.design import Design, design_of, over
from readerstudy.stats.mrmc.left_out import values_of
from readerstudy.stats.mrmc.measure import Measure, measure_of
from readerstudy.stats.mrmc.reads import names_of, reads_of
from readerstudy.stats.mrmc.records import contrasts_of, terms_of
from readerstudy.stats.mrmc.spread import random_of
from readerstudy.stats.mrmc.study import Study
from readerstudy.stats.mrmc.u_statistic_study import ONE_SHOT, OneShotStudy, check_one_shot
from readerstudy.stats.mrmc.unbiased import sums_of

METHODS = ("or", "dbm", *ONE_SHOT)
"""Names of the analyses."""


def mrmc(
    truth: ArrayLike,
    scores: npt.ArrayLike,
    *,
    measure: str | Measure | Callable[[Bools, Floats], float] = "auc",
    covariance: str | Callable[[Bools, Floats], Floats] = "jackknife",
    random: str | Sequence[str] = ("readers", "cases"),
    contrasts: str | npt.ArrayLike = "pairwise",
    pooled: bool | None = None,
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
    method: str = "or",
    modalities: Sequence[object] | None = None,
    readers: Sequence[object] | None = None,
    conf_level: float = 0.95,
    n_boot: int = 1000,
    rng: np.random.Generator | int | None = 0,
) -> list[Estimate]:
    """Modalities compared through many readers of many cases, for readers and cases like these.

    Multi-reader multi-case (MRMC) analysis of variance. With J readers, the values' mean squares MS and their mean
    covariances over samples of cases - Cov1 of one reader in two modalities, Cov2 of two readers in one, Cov3 of two
    readers in two - the variance of a difference of two means is 2 / J (MS(modality x reader) + J max(Cov2 - Cov3, 0)).

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    scores
        Higher = more suspicious, shape (n_modalities, n_readers, n_cases); nan = not read. Calls coded 0/1 for
        ``"sensitivity"``, ``"specificity"`` and ``"accuracy"``.
    measure
        ``"auc"``, ``"sensitivity"``, ``"specificity"``, ``"accuracy"``; one of `readerstudy.measure`, such as
        ``rs.measure.partial_auc(specificity=(0.8, 1))`` or ``rs.measure.sensitivity(threshold=3)``; or a function
        (truth, score) -> float.
    covariance
        ``"jackknife"``, ``"delong"`` (AUC), ``"unbiased"`` (U-statistics: AUC, sensitivity, specificity, accuracy),
        ``"bootstrap"``, or a function (truth, scores) -> array of shape (n_modalities * n_readers,) * 2.
    random
        ``("readers", "cases")``; ``"readers"`` alone speaks of these cases only, ``"cases"`` of these readers only.
    contrasts
        ``"pairwise"``, ``"reference"`` (each of the others - the first) or a matrix of shape (n_contrasts,
        n_modalities) whose rows sum to 0. Not adjusted for their number: see `adjust`.
    pooled
        One variance for all contrasts, pooled over modalities, or (False) each its own. By default pooled, but where
        some modalities share cases and others do not.
    margin, hypothesis
        How much worse is not worse, above 0 and below the measure's range (contrasts are then means less means, whose
        positive numbers sum to 1): P is then one-sided, to be held against (1 - conf_level) / 2, and `verdict` reads
        the two-sided interval. ``"non-inferiority"`` or ``"equivalence"``.
    alternative
        Of the differences: ``"two-sided"``, ``"greater"`` or ``"less"``.
    patients
        Label of each case's patient, shape (n_cases,): patients are then what is sampled.
    method
        ``"or"`` (Obuchowski and Rockette), ``"dbm"`` (Dorfman, Berbaum and Metz: the same tests, the components of
        pseudovalues; with readers fixed Student's t and F) or ``"u-statistic"`` (Gallas' one-shot variance, without
        bias in any design; means over all reads, contrasts each with their own variance, no test of all modalities;
        AUC, sensitivity, specificity and accuracy) with its biased form ``"v-statistic"``.
    modalities, readers
        Names; by default "1", "2" and so on.
    conf_level
        Level of every interval.
    n_boot, rng
        Replicates and NumPy Generator or seed, for ``"bootstrap"``; ``rng=None`` draws a new seed.

    Returns
    -------
    list of Estimate
        Each reader's value in each modality (`reader` and `modality` set; over samples of cases); each reader's
        differences (`versus` too); each modality's mean, by its own readers' values and covariances; the differences
        modality - versus; the test that all modalities are equal (`statistic`, `df_num`, `df`); the variance components
        (``"var_reader"``, ``"var_modality_reader"``, ``"var_error"``, ``"cov1"``, ``"cov2"``, ``"cov3"``; of one-shot
        analyses the moments ``"bdg_m1"`` to ``"bdg_m8"`` and components ``"bck_n"`` to ``"bck_rnd"`` of each modality,
        and of each two (`versus` set), with their weights in the variance, ``"bdg_m1_weight"`` and so on). The design
        that was found stands in the notes of means, differences and test.

    Raises
    ------
    ValueError
        If shapes, names or levels do not fit; if a method does not hold for the measure or the design; if readers
        read in several modalities, but none in all, unless the analysis is one-shot.

    Notes
    -----
    Cases must be independent, or patients with `patients`, and readers too where they are random. The design is found
    in the reads: fully crossed; readers nested in modality; cases nested in blocks of readers (split-plot), in single
    readers, or in modality; missing reads. A reader without a value in every modality is left out of means and tests,
    unless each read in one alone. With one reader there is nothing to say about readers, with one case of a class
    nothing about cases: intervals and tests are nan. Identical values have difference 0 and P = 1. A negative Cov2 -
    Cov3 is taken as 0 where readers are random. Mean squares are taken within blocks of readers of the same cases;
    where readers are fewer than two a block, over all readers, with the mean covariance of all pairs, 0 for two who
    share no case, which is unbiased whoever shares what (with 12 readers of whom two share cases the level .05 was .05
    in simulations, but .06 to .13 within blocks). The jackknife counts all N cases of the study (of the class that
    matters), as in MRMCaov: where a reader has n of them the variance is (1 - 1/N) / (1 - 1/n) times that of a study of
    these n alone; ``"delong"`` and ``"unbiased"`` have no such factor. The bootstrap draws cases that no chain of reads
    joins apart, and leaves a sample in which a value is undefined out of that value's covariances. An infinite df is
    nan: the reference is then normal. A one-shot analysis keeps every reader who has a value, gives readers weight by
    their reads, has no interval where its variance is not positive, and refers to Student's t with BDG's degrees of
    freedom rounded down, or above 50 to the normal distribution. In simulated studies (1,000 of each kind, 3 to 10
    readers, 50 to 100 cases) U-statistics' tests at .05 rejected in .02 to .06 where the design was complete, but in
    .07 with 10 to 20 % of the reads missing, and then had no positive variance in 3 to 20 % of the studies;
    V-statistics' rejected in .01 to .04. Each case says so in `note`.
    In 2,000 simulated studies of each size and design (docs/mrmc_coverage.md) tests at .05 by ``"or"`` with the
    jackknife rejected what is true in .045 to .067 with 5 to 10 readers and in .044 to .083 with 3, those of
    non-inferiority at .025 in .024 to .033 with 5 and in .018 to .044 with 3, and 95 % intervals of one modality's mean
    held it in .905 to .944, with 10 readers of 300 cases in .939 to .952.

    References
    ----------
    Obuchowski and Rockette 1995, doi:10.1080/03610919508813243. Hillis 2007 (degrees of freedom),
    doi:10.1002/sim.2532. Hillis 2014 (designs), doi:10.1002/sim.5926. Obuchowski, Gallas and Hillis 2012 (split-plot),
    doi:10.1016/j.acra.2012.09.012. Dorfman, Berbaum and Metz 1992, doi:10.1097/00004424-199209000-00015. DeLong,
    DeLong and Clarke-Pearson 1988, doi:10.2307/2531595. Gallas 2006 (unbiased, one-shot),
    doi:10.1016/j.acra.2005.11.030. Gallas, Pennello and Myers 2007 (one-shot, calls), doi:10.1364/JOSAA.24.000B70.
    Gallas, Bandos, Samuelson and Wagner 2009 (V-statistic, components), doi:10.1080/03610920802610084. Obuchowski 1997
    (patients), doi:10.2307/2533958.

    Examples
    --------
    >>> truth = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    >>> screen = [
    ...     [3, 2, 2, 2, 2, 4, 1, 3, 4, 5], [2, 1, 2, 4, 2, 5, 1, 2, 5, 4], [3, 1, 1, 4, 2, 3, 1, 2, 4, 4]
    ... ]
    >>> film = [[3, 3, 1, 5, 3, 4, 1, 2, 4, 4], [4, 2, 1, 4, 3, 2, 1, 1, 2, 4], [4, 1, 1, 4, 3, 4, 1, 2, 4, 4]]
    >>> found = mrmc(truth, [screen, film], modalities=["screen", "film"])
    >>> d = next(e for e in found if e.versus == "film" and e.reader is None)
    >>> print(f"{d.estimate:.3f} ({d.conf_low:.3f}, {d.conf_high:.3f}), df {d.df:.1f}, P = {d.p_value:.3f}")
    0.220 (-0.103, 0.543), df 4.3, P = 0.134
    """
    chosen = measure_of(measure)
    terms = terms_of(conf_level, alternative, margin, hypothesis, chosen)
    sampled = random_of(random)
    _choice.check(method, METHODS, "method")
    one_shot = method in ONE_SHOT
    if one_shot:
        check_one_shot(method, chosen, sampled, covariance, patients is not None)
        if pooled:
            raise ValueError(f"method {method!r} gives each contrast its own variance: leave pooled= out")
    name = check_covariance(covariance, chosen, patients is not None)
    if n_boot < 2:
        raise ValueError(f"n_boot must be 2 or more, got {n_boot!r}")
    reads = reads_of(truth, scores, patients)
    chosen.check(reads.scores)
    modality_names = names_of(modalities, reads.scores.shape[0], "modalities")
    reader_names = names_of(readers, reads.scores.shape[1], "readers")
    for modality, of_modality in zip(modality_names, reads.read, strict=True):
        if not of_modality.any():
            raise ValueError(f"modality {modality!r} was read by nobody: leave it out")
    matrix = contrasts_of(contrasts, len(modality_names), margin)
    design = design_of(reads.by_unit(), partly=one_shot)
    n_units = None
    if method == "dbm":
        n_units = int(chosen.relevant(reads.truth).sum())
        _check_dbm(design, name, patients is not None)
    cell = over(reads.read, 2)
    rows = reads.scores[cell]
    theta = np.full(cell.shape, math.nan)
    theta[cell] = values_of(chosen, reads.truth, rows)
    if one_shot:
        sums = sums_of(chosen, reads.truth, rows)
        alone = OneShotStudy(
            chosen, reads, design, sampled, terms, theta, _of_cells(sums.covariance(), cell), modality_names,
            reader_names, pooled=False, method=method, n_units=None,
        )  # fmt: skip
        return alone.one_shot(matrix, sums)
    spread: Floats | None = None
    said: str | None = None
    if sampled.cases:
        if name == "function":
            assert callable(covariance)
            own = covariance_by(covariance, reads.truth, reads.scores, np.flatnonzero(cell))
        else:
            generator = np.random.default_rng(rng)
            own, said = covariance_of(name, chosen, reads.truth, rows, theta[cell], reads.unit, n_boot, generator)
        spread = _of_cells(own, cell)
    study = Study(
        chosen, reads, design, sampled, terms, theta, spread, modality_names, reader_names,
        pooled=design.equally_paired if pooled is None else bool(pooled),
        method=method if method == "dbm" or not sampled.cases else f"or-{name}",
        n_units=n_units, said=said,
    )  # fmt: skip
    return study.records(matrix)


def _of_cells(own: Floats, cell: Bools) -> Floats:
    """Covariance of the cells that were read among those of all cells, modality by reader, nan elsewhere."""
    places = np.flatnonzero(cell)
    found = np.full((cell.size, cell.size), math.nan)
    found[np.ix_(places, places)] = own
    return found.reshape(*cell.shape, *cell.shape)


def _check_dbm(design: Design, covariance: str, patients: bool) -> None:
    """Raise unless pseudovalues of one set of cases are what the analysis would be of."""
    if covariance != "jackknife":
        raise ValueError(f"method 'dbm' analyses jackknife pseudovalues: covariance {covariance!r} needs method 'or'")
    if patients:
        raise ValueError("method 'dbm' takes cases as independent: with patients= use method 'or'")
    if design.words != "fully crossed":
        raise ValueError(f"method 'dbm' needs a fully crossed study, this one is: {design.words}; use method 'or'")
