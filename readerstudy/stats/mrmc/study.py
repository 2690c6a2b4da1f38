"""A study whose values and covariance are known, written down: readers, means, differences, test, components.

Any measure of many readers and cases can end here, whatever its values were made from.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Bools, Floats, Ints
from readerstudy.stats.mrmc.anova import Crossed, Nested
from readerstudy.stats.mrmc.design import Design, grouped, over, sparse_note
from readerstudy.stats.mrmc.measure import Measure
from readerstudy.stats.mrmc.reads import Reads
from readerstudy.stats.mrmc.records import Terms, contrast_names, joined, with_difference, with_mean, with_reader
from readerstudy.stats.mrmc.spread import NO_SPREAD, ONE_CASE, ROUNDING, Random, Spread

_FIXED = {
    "or": "readers fixed: normal and chi-squared reference distributions",
    "dbm": "readers fixed: Student's t and F reference distributions, with the cases less one",
}

_ONE_READER = {
    "or": "over samples of cases: normal reference distribution",
    "dbm": "over samples of cases: Student's t, with the cases less one",
}


class Study(NamedTuple):
    """A study with its values and their covariance, ready to be written down."""

    measure: Measure
    reads: Reads
    design: Design
    random: Random
    terms: Terms
    theta: Floats
    """Shape (n_modalities, n_readers); nan where undefined."""
    covariance: Floats | None
    """Over samples of cases, shape (n_modalities, n_readers, n_modalities, n_readers); None when cases are fixed."""
    modalities: list[str]
    readers: list[str]
    pooled: bool
    """One variance for all contrasts."""
    method: str
    n_units: int | None
    """As in `Crossed`."""
    said: str | None = None
    """What must be said of the covariance."""

    def records(self, matrix: Floats) -> list[Estimate]:
        """All estimates; `matrix` holds the contrasts, shape (n_contrasts, n_modalities)."""
        analysis, kept, left_out = self._analysis()
        return [
            *self._readers(),
            *self._reader_differences(matrix),
            *self._means(analysis, kept, left_out),
            *self._differences(analysis, kept, left_out, matrix),
            *self._components(analysis, kept),
        ]

    def _analysis(self) -> tuple[Crossed | Nested | None, Bools, str | None]:
        """The model, which readers' values are in it, and a note on readers who are not."""
        known = ~np.isnan(self.theta)
        read = self.reads.read.any(axis=2)
        kept = known.copy()
        if not self.design.readers_nested:
            kept &= known.all(axis=0)
        missed = [self.readers[j] for j in np.flatnonzero((~kept & read).any(axis=0) | ~read.any(axis=0))]
        where = "where the measure is undefined" if self.design.readers_nested else "without a value in every modality"
        note = f"left out, {where}: {', '.join(missed)}" if missed else None
        if not kept.any(axis=1).all():
            return None, kept, joined(note, "undefined for every reader of a modality")
        if self.design.readers_nested:
            modality, reader = np.nonzero(kept)
            own = None if self.covariance is None else self.covariance[kept][:, kept]
            blocks: Ints = grouped(self.design.blocks[reader], modality)
            note = joined(note, sparse_note(self.design.blocks[reader], modality))
            return Nested(self.theta[kept], modality, own, blocks, self.random), kept, note
        there = np.flatnonzero(kept[0])
        blocks = grouped(self.design.blocks[there])
        note = joined(note, sparse_note(self.design.blocks[there]))
        own = None if self.covariance is None else self.covariance[:, there][:, :, :, there]
        return Crossed(self.theta[:, there], own, blocks, self.random, self.n_units), kept, note

    def _one(self, *notes: str | None, cases: Bools, **identity: Any) -> Estimate:
        return Estimate(
            measure=identity.pop("measure", self.measure.name),
            method=identity.pop("method", self.method),
            threshold=self.measure.threshold,
            conf_level=self.terms.conf_level,
            alternative="two-sided",
            note=joined(self.measure.note, *notes),
            **{"random": self.random.words, **self.reads.counts(cases), **identity},
        )

    def _readers(self) -> list[Estimate]:
        found = []
        for i, j in zip(*np.nonzero(self.reads.read.any(axis=2)), strict=True):
            there = self.reads.read[i, j]
            truth, score = self.reads.truth[there], self.reads.scores[i, j, there]
            e = self._one(
                cases=there, reader=self.readers[j], modality=self.modalities[i],
                random="cases" if self.random.cases else None,
            )  # fmt: skip
            relevant = self.measure.relevant(truth)
            right = self.measure.right(truth[relevant], score[relevant])
            if right is not None:
                e = e.replace(count=int(right.sum()), total=len(right))
            value = float(self.theta[i, j])
            if math.isnan(value):
                found.append(e.replace(note=joined(e.note, "undefined for the cases that were read")))
                continue
            if self.covariance is None:
                found.append(e.replace(estimate=value, note=joined(e.note, "cases fixed: one reader has no interval")))
                continue
            spread = self._case_spread(float(self.covariance[i, j, i, j]), value)
            positives = int(truth.sum())
            found.append(with_reader(e, value, spread, self.measure, (positives, len(truth) - positives)))
        return found

    def _case_spread(self, variance: float, value: float) -> Spread:
        """Spread over cases of one reader's number."""
        if math.isnan(variance):
            return NO_SPREAD._replace(notes=(ONE_CASE,))
        variance = 0.0 if variance <= ROUNDING * max(1.0, value * value) else variance
        return Spread(variance, math.inf if self.n_units is None else self.n_units - 1)

    def _reader_differences(self, matrix: Floats) -> list[Estimate]:
        if self.design.readers_nested or self.covariance is None:
            return []
        found = []
        for j in np.flatnonzero(~np.isnan(self.theta).any(axis=0)):
            one = Crossed(
                self.theta[:, [j]], self.covariance[:, [j]][:, :, :, [j]], np.zeros(1, dtype=np.int64),
                Random(readers=False, cases=True), self.n_units,
            )  # fmt: skip
            for weights in matrix:
                cases = over(self.reads.read[weights != 0, j], 0)
                e = self._one(
                    _ONE_READER["dbm" if self.n_units else "or"], cases=cases, reader=self.readers[j], random="cases",
                    measure=f"{self.measure.name}_difference", **contrast_names(weights, self.modalities),
                )  # fmt: skip
                spread = one.of_contrast(weights, pooled=self.pooled)
                found.append(self._difference(e, float(weights @ self.theta[:, j]), spread, weights))
        return found

    def _difference(self, e: Estimate, value: float, spread: Spread, weights: Floats) -> Estimate:
        return with_difference(e, value, spread, self.measure, self.terms, float(weights[weights > 0].sum()))

    def _said(self, left_out: str | None) -> str | None:
        fixed = None if self.random.readers else _FIXED["dbm" if self.n_units else "or"]
        return joined(f"design: {self.design.words}", fixed, left_out, self.said)

    def _cases(self, kept: Bools, modalities: Bools | list[int] | None = None) -> Bools:
        """Cases that went in: those of the kept values, shape (n_modalities, n_readers), of some modalities."""
        there: Bools = self.reads.read & kept[:, :, None]
        return over(there if modalities is None else there[modalities], (0, 1))

    def _means(self, analysis: Crossed | Nested | None, kept: Bools, left_out: str | None) -> list[Estimate]:
        found = []
        for i, modality in enumerate(self.modalities):
            cases = over(self.reads.read[i, kept[i]], 0)
            e = self._one(self._said(left_out), cases=cases, modality=modality, n_readers=int(kept[i].sum()))
            if analysis is not None:
                e = with_mean(e, float(analysis.means[i]), analysis.of_modality(i), self.measure)
            found.append(e)
        return found

    def _differences(
        self, analysis: Crossed | Nested | None, kept: Bools, left_out: str | None, matrix: Floats
    ) -> list[Estimate]:
        if len(self.modalities) == 1:
            return []
        found = []
        measure = f"{self.measure.name}_difference"
        for weights in matrix:
            of = weights != 0
            e = self._one(
                self._said(left_out), cases=self._cases(kept, of), measure=measure,
                n_readers=int(kept[of].any(axis=0).sum()), **contrast_names(weights, self.modalities),
            )  # fmt: skip
            if analysis is not None:
                spread = analysis.of_contrast(weights, pooled=self.pooled)
                e = self._difference(e, float(weights @ analysis.means), spread, weights)
            found.append(e)
        everything = self._one(
            f"one test of all {len(self.modalities)} modalities: no single difference", self._said(left_out),
            cases=self._cases(kept), measure=measure, n_readers=int(kept.any(axis=0).sum()),
        )  # fmt: skip
        if analysis is not None:
            everything = _with_equality(everything, analysis)
        return [*found, everything]

    def _components(self, analysis: Crossed | Nested | None, kept: Bools) -> list[Estimate]:
        if analysis is None:
            return []
        everyone = self._cases(kept)
        found = []
        for name, value in analysis.components():
            said = "a negative estimate: read it as 0" if value < 0 and name.startswith("var") else None
            if math.isnan(value):
                said = "undefined: too few readers, or one case of a class"
            e = self._one(said, cases=everyone, measure=name).replace(conf_level=None, alternative=None, estimate=value)
            found.append(e)
        return found


def _with_equality(e: Estimate, analysis: Crossed | Nested) -> Estimate:
    equality = analysis.equality()
    if math.isnan(equality.statistic):
        return e.replace(note=joined(e.note, "no variance of differences is known, or it is 0: no test"))
    if math.isinf(equality.df):
        p = float(special.chdtrc(equality.df_num, equality.statistic))
        if not analysis.random.readers:
            return e.replace(statistic=equality.statistic, df_num=equality.df_num, p_value=p, test_method="or-chi2")
        statistic = equality.statistic / equality.df_num
        return e.replace(statistic=statistic, df_num=equality.df_num, p_value=p, test_method="or-f")
    p = float(special.fdtrc(equality.df_num, equality.df, equality.statistic))
    return e.replace(
        statistic=equality.statistic,
        df_num=equality.df_num,
        df=equality.df,
        p_value=p,
        test_method="dbm-f" if e.method == "dbm" else "or-f",
    )
