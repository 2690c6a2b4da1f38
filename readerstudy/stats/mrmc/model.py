"""One standalone model against a panel of readers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Ints, vector
from readerstudy.stats.mrmc.covariance import check_covariance, covariance_of
from readerstudy.stats.mrmc.design import Design, design_of, grouped, over, sparse_note
from readerstudy.stats.mrmc.left_out import values_of
from readerstudy.stats.mrmc.measure import Measure, measure_of
from readerstudy.stats.mrmc.reads import Reads, names_of, reads_of
from readerstudy.stats.mrmc.records import Terms, joined, terms_of, with_difference, with_mean, with_reader
from readerstudy.stats.mrmc.spread import (
    NO_SPREAD,
    ONE_CASE,
    ROUNDING,
    Random,
    Spread,
    averaged,
    mean_known,
    random_of,
    sharing,
    within_blocks,
)
from readerstudy.stats.mrmc.u_statistic import Cells, OneShot
from readerstudy.stats.mrmc.u_statistic_study import (
    BIASED,
    ONE_SHOT,
    caution,
    check_one_shot,
    difference_of,
    mean_of,
    moment_records,
)
from readerstudy.stats.mrmc.unbiased import Sums, sums_of

_CASES_FIXED = "cases fixed: no interval of its own"
_READERS_FIXED = "readers fixed: normal reference distribution"
_OF_DIFFERENCES = "of the differences, model - reader"


def model_versus_readers(
    truth: ArrayLike,
    model_score: ArrayLike,
    scores: npt.ArrayLike,
    *,
    measure: str | Measure | Callable[[Bools, Floats], float] = "auc",
    covariance: str = "jackknife",
    random: str | Sequence[str] = ("readers", "cases"),
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
    method: str = "or",
    readers: Sequence[object] | None = None,
    model: str = "model",
    conf_level: float = 0.95,
    n_boot: int = 1000,
    rng: np.random.Generator | int | None = 0,
) -> list[Estimate]:
    """One standalone model against the mean of a panel of readers: model - readers.

    The model adds the cases' variance but no readers'. With d_j = measure(model) - measure(reader j), MS the variance
    of the d_j over J readers and C2 the mean covariance of two of them over samples of cases,
    t = mean(d) / sqrt((MS + J max(C2, 0)) / J) with df = (MS + J max(C2, 0))^2 / (MS^2 / (J - 1)).

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    model_score
        The model's score of each case, shape (n_cases,); nan = none, then no reader's read of the case counts.
    scores
        The readers', shape (n_readers, n_cases); nan = not read. Both are calls coded 0/1 for ``"sensitivity"``,
        ``"specificity"`` and ``"accuracy"``; model and readers need not share a scale for the AUC.
    measure, covariance
        As in `mrmc`; the covariance by name.
    random
        ``("readers", "cases")``; ``"readers"`` alone speaks of these cases only, ``"cases"`` of these readers only.
    margin, hypothesis, alternative
        As in `mrmc`.
    patients
        Label of each case's patient, shape (n_cases,): patients are then what is sampled.
    method
        ``"or"`` (the formula above), or Gallas' one-shot variance of the differences: ``"u-statistic"`` and its biased
        form ``"v-statistic"``, as in `mrmc`.
    readers, model
        Names; by default "1", "2" and so on, and "model".
    conf_level
        Level of every interval.
    n_boot, rng
        Replicates and NumPy Generator or seed, for ``"bootstrap"``; ``rng=None`` draws a new seed.

    Returns
    -------
    list of Estimate
        The model's value; each reader's; the model's difference to each reader (`versus` is the reader); the readers'
        mean (`reader_group`); the difference to their mean (`versus` is ``"all readers"``), and the variance
        components, or moments, of the differences.

    Raises
    ------
    ValueError
        If shapes, names or levels do not fit, or a method does not hold for the measure.

    Notes
    -----
    Cases must be independent, or patients with `patients`, and readers too where they are random. Where readers read
    different cases (blocks of a split-plot design, missing reads) the model is measured on each reader's own cases, so
    that every difference is paired. Blocks of readers, jackknife and bootstrap are as in `mrmc`. One reader has no
    interval unless readers are fixed; identical values have difference 0 and P = 1; a negative C2 is taken as 0; an
    infinite df is nan. Each case says so in `note`.
    In 2,000 simulated studies of each size and design (docs/mrmc_coverage.md) tests at .05 of a model as good as the
    readers, by ``"or"`` with the jackknife, rejected in .038 to .059 with 5 to 10 readers of 100 to 300 cases, in .042
    to .080 with 10 readers of 50 cases and in .045 to .076 with 3 readers; those of non-inferiority at .025 in .025 to
    .039.

    References
    ----------
    Hillis, Obuchowski and Berbaum 2011, doi:10.1016/j.acra.2010.09.007. Hillis 2014, doi:10.1002/sim.5926. Gallas,
    Bandos, Samuelson and Wagner 2009 (one-shot), doi:10.1080/03610920802610084.

    Examples
    --------
    >>> truth = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    >>> panel = [[3, 3, 1, 5, 3, 4, 1, 2, 4, 4], [4, 2, 1, 4, 3, 2, 1, 1, 2, 4], [4, 1, 1, 4, 3, 4, 1, 2, 4, 4]]
    >>> score = [0.64, 0.30, 0.12, 0.58, 0.62, 0.68, 0.14, 0.42, 0.84, 0.93]
    >>> d = next(e for e in model_versus_readers(truth, score, panel) if e.versus == "all readers")
    >>> print(f"{d.estimate:.3f} ({d.conf_low:.3f}, {d.conf_high:.3f}), df {d.df:.1f}, P = {d.p_value:.3f}")
    0.233 (-0.041, 0.507), df 5.7, P = 0.082
    """
    chosen = measure_of(measure)
    terms = terms_of(conf_level, alternative, margin, hypothesis, chosen)
    sampled = random_of(random)
    if not isinstance(covariance, str):
        raise ValueError("covariance must be a name: 'jackknife', 'delong', 'unbiased' or 'bootstrap'")
    if _choice.check(method, ("or", *ONE_SHOT), "method") in ONE_SHOT:
        check_one_shot(method, chosen, sampled, covariance, patients is not None)
    check_covariance(covariance, chosen, patients is not None)
    if n_boot < 2:
        raise ValueError(f"n_boot must be 2 or more, got {n_boot!r}")
    panel = np.asarray(scores, dtype=np.float64)
    if panel.ndim != 2:
        raise ValueError(f"scores must have shape (n_readers, n_cases), nan = not read; got {panel.shape}")
    names = names_of(readers, len(panel), "readers")
    if model in names or model == ALL_READERS:
        raise ValueError(f"model {model!r} has the name of a reader: give it one of its own, model=...")
    own = np.asarray(vector(model_score, "model_score"), dtype=np.float64)
    if own.shape != panel.shape[1:]:
        raise ValueError(f"model_score must have shape {panel.shape[1:]}, as the readers' cases; got {own.shape}")
    # The model's row first, so that a case is kept if and only if the model and some reader have read it.
    panel = np.where(np.isnan(own), np.nan, panel)
    own = np.where(np.isnan(panel).all(axis=0), np.nan, own)
    reads = reads_of(truth, np.concatenate((own[None], panel))[None], patients)
    chosen.check(reads.scores)
    if method == "or" and sampled.cases:
        method = f"or-{covariance}"
    study = _Panel(chosen, reads, names, model, sampled, terms, method)
    return study.records(covariance, n_boot, np.random.default_rng(rng))


class _Values(NamedTuple):
    """Values with their covariance over samples of cases, None when cases are fixed."""

    theta: Floats
    covariance: Floats | None

    def of(self, rows: Ints) -> _Values:
        """Some of the values."""
        return _Values(self.theta[rows], None if self.covariance is None else self.covariance[np.ix_(rows, rows)])

    def minus(self, first: Ints, second: Ints) -> _Values:
        """Differences of pairs of values, where what is undefined stays with its own pair."""
        theta, c = self.theta[first] - self.theta[second], self.covariance
        if c is None:
            return _Values(theta, None)
        crossed = c[np.ix_(first, second)]
        return _Values(theta, c[np.ix_(first, first)] - crossed - crossed.T + c[np.ix_(second, second)])

    def spread_of(self, k: int) -> Spread:
        """Spread of one value over samples of cases."""
        if self.covariance is None:
            return NO_SPREAD._replace(notes=(_CASES_FIXED,))
        variance = float(self.covariance[k, k])
        if math.isnan(variance):
            return NO_SPREAD._replace(notes=(ONE_CASE,))
        return Spread(0.0 if variance <= ROUNDING * max(1.0, self.theta[k] ** 2) else variance, math.inf)


class _Panel(NamedTuple):
    """The model, in the first row of the reads, and the readers, in the others."""

    measure: Measure
    reads: Reads
    names: list[str]
    model: str
    random: Random
    terms: Terms
    method: str

    def records(self, covariance: str, n_boot: int, rng: np.random.Generator) -> list[Estimate]:
        scores = self.reads.scores[0]
        read = ~np.isnan(scores)
        # The model as each reader's cases show it; most often all read the same, and it is measured once.
        patterns, which = np.unique(read, axis=0, return_inverse=True)
        which = which.ravel()
        seen = np.where(patterns, scores[0], np.nan)
        rows = np.concatenate((seen, scores[1:]))
        theta = values_of(self.measure, self.reads.truth, rows)
        spread: Floats | None = None
        sums: Sums | None = None
        said: str | None = None
        if self.method in ONE_SHOT:
            sums = sums_of(self.measure, self.reads.truth, rows)
            spread = sums.covariance()
        elif self.random.cases:
            spread, said = covariance_of(
                covariance, self.measure, self.reads.truth, rows, theta, self.reads.unit, n_boot, rng
            )
        values = _Values(theta, spread)
        j, n_seen = len(self.names), len(patterns)
        of_readers: Ints = n_seen + np.arange(j)
        each = values.of(np.concatenate((which[:1], of_readers)))
        differences = values.minus(which[1:], of_readers)
        known = ~np.isnan(differences.theta)
        design = design_of(self.reads.by_unit()[:, 1:][:, read[1:].any(axis=1)])
        blocks: Ints = np.zeros(j, dtype=np.int64)
        blocks[read[1:].any(axis=1)] = design.blocks
        everyone = over(self.reads.read[0, 1:][known], 0)
        mean, difference = self._templates(known, design, everyone, moved=n_seen > 1)
        there = np.flatnonzero(known)
        if not there.size:
            nothing = "undefined for every reader"
            panel = [e.replace(note=joined(e.note, nothing)) for e in (mean, difference)]
        elif sums is not None:
            # As if the model were read by each reader: it brings no variance of readers with it.
            groups = [Cells(there, which[there + 1]), Cells(there, of_readers[there])]
            analysis = OneShot(sums, theta, groups, biased=self.method == "v-statistic")
            mean = mean.replace(note=joined(mean.note, caution(design, biased=analysis.biased)))
            difference = difference.replace(note=joined(difference.note, BIASED if analysis.biased else None))
            panel = self._one_shot(mean, difference, analysis, everyone)
        else:
            d = differences.of(there)
            mean, difference = (
                e.replace(note=joined(e.note, sparse_note(blocks[there]), said)) for e in (mean, difference)
            )
            panel = self._panel(mean, difference, each.of(there + 1), d, grouped(blocks[there]))
            panel += self._components(d, grouped(blocks[there]), everyone)
        return [
            *(self._value(each, k) for k in range(j + 1) if read[k].any()),
            *(self._difference(differences, k) for k in there.tolist()),
            *panel,
        ]

    def _one(self, *notes: str | None, cases: Bools, **identity: Any) -> Estimate:
        return Estimate(
            measure=identity.pop("measure", self.measure.name),
            method=self.method,
            threshold=self.measure.threshold,
            conf_level=self.terms.conf_level,
            alternative="two-sided",
            note=joined(self.measure.note, *notes),
            **{"random": self.random.words, **self.reads.counts(cases), **identity},
        )

    def _value(self, each: _Values, k: int) -> Estimate:
        there = self.reads.read[0, k]
        truth, score = self.reads.truth[there], self.reads.scores[0, k, there]
        name, kind = (self.names[k - 1], "human") if k else (self.model, "model")
        e = self._one(cases=there, random="cases" if self.random.cases else None, reader=name, reader_kind=kind)
        relevant = self.measure.relevant(truth)
        right = self.measure.right(truth[relevant], score[relevant])
        if right is not None:
            e = e.replace(count=int(right.sum()), total=len(right))
        value = float(each.theta[k])
        if math.isnan(value):
            return e.replace(note=joined(e.note, "undefined for the cases that were read"))
        positives = int(truth.sum())
        return with_reader(e, value, each.spread_of(k), self.measure, (positives, len(truth) - positives))

    def _difference(self, differences: _Values, k: int) -> Estimate:
        e = self._one(
            "over samples of cases: normal reference distribution" if self.random.cases else None,
            cases=self.reads.read[0, k + 1], measure=f"{self.measure.name}_difference", reader=self.model,
            reader_kind="model", versus=self.names[k], versus_kind="reader",
            random="cases" if self.random.cases else None,
        )  # fmt: skip
        value = float(differences.theta[k])
        return with_difference(e, value, differences.spread_of(k), self.measure, self.terms, 1.0)

    def _templates(self, known: Bools, design: Design, everyone: Bools, *, moved: bool) -> tuple[Estimate, Estimate]:
        """The readers' mean, and the model's difference to it, without their numbers."""
        missed = [name for name, defined in zip(self.names, known, strict=True) if not defined]
        said = joined(
            f"design: {design.words}",
            None if self.random.readers else _READERS_FIXED,
            f"left out, where the measure is undefined: {', '.join(missed)}" if missed else None,
        )
        own_cases = "the model is measured on each reader's own cases" if moved else None
        n = int(known.sum())
        mean = self._one(said, cases=everyone, reader_group=ALL_READERS, reader_kind="human", n_readers=n)
        return mean, self._one(
            said, own_cases, cases=everyone, measure=f"{self.measure.name}_difference", reader=self.model,
            reader_kind="model", versus=ALL_READERS, versus_kind="group", n_readers=n,
        )  # fmt: skip

    def _panel(self, mean: Estimate, difference: Estimate, panel: _Values, d: _Values, blocks: Ints) -> list[Estimate]:
        spread = averaged(panel.theta, panel.covariance, blocks, self.random)
        mean = with_mean(mean, float(panel.theta.mean()), spread, self.measure)
        spread = averaged(d.theta, d.covariance, blocks, self.random)
        return [mean, with_difference(difference, float(d.theta.mean()), spread, self.measure, self.terms, 1.0)]

    def _one_shot(self, mean: Estimate, difference: Estimate, analysis: OneShot, everyone: Bools) -> list[Estimate]:
        e = self._one(_OF_DIFFERENCES, cases=everyone)
        return [
            mean_of(mean, analysis, np.array([0.0, 1.0]), self.measure),
            difference_of(difference, analysis, np.array([1.0, -1.0]), self.measure, self.terms),
            *moment_records(e, analysis.of_difference(), biased=analysis.biased),
        ]

    def _components(self, d: _Values, blocks: Ints, cases: Bools) -> list[Estimate]:
        if d.covariance is None:
            return []
        mean_square, _ = within_blocks(d.theta, blocks)
        error, shared = mean_known(np.diag(d.covariance)), mean_known(d.covariance[sharing(blocks)])
        found = []
        for name, value in (("var_reader", mean_square - error + shared), ("var_error", error), ("cov2", shared)):
            low = "a negative estimate: read it as 0" if value < 0 and name != "cov2" else None
            e = self._one(_OF_DIFFERENCES, low, cases=cases, measure=name)
            found.append(e.replace(conf_level=None, alternative=None, estimate=value))
        return found
