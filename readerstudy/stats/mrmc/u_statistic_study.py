"""The one-shot analysis of a study, written down: readers, means, differences, moments and components."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Floats
from readerstudy.stats.mrmc.design import Design, over
from readerstudy.stats.mrmc.measure import Measure
from readerstudy.stats.mrmc.records import Terms, contrast_names, joined, with_difference, with_mean
from readerstudy.stats.mrmc.spread import Random
from readerstudy.stats.mrmc.study import Study
from readerstudy.stats.mrmc.u_statistic import Cells, Moments, OneShot
from readerstudy.stats.mrmc.unbiased import EXACT, Sums

ONE_SHOT = ("u-statistic", "v-statistic")
"""Names of the analyses."""
UNEVEN = "readers count by their numbers of reads"
_UNSTEADY = (
    "missing reads make the variance unsteady: in simulations with 10 to 20 % missing, tests at .05 rejected in .07 "
    "to .08, and those of method 'or' in .05 to .07"
)
BIASED = "the variance is overestimated on average, so that tests reject too seldom"


def check_one_shot(method: str, measure: Measure, random: Random, covariance: object, patients: bool) -> None:
    """Raise unless the one-shot analysis answers what is asked.

    Raises
    ------
    ValueError
        For measures that are no mean over cases, fixed readers or cases, patients, and a covariance of another kind.
    """
    if measure.name not in EXACT:
        raise ValueError(
            f"method {method!r} needs a measure that is a mean over cases or pairs of cases (AUC, sensitivity, "
            "specificity, accuracy): use method 'or'"
        )
    if not (random.readers and random.cases):
        raise ValueError(f"method {method!r} takes readers and cases both as samples: use method 'or' with random=")
    if patients:
        raise ValueError(f"method {method!r} takes cases as independent: with patients= use method 'or'")
    if covariance not in ("jackknife", "unbiased"):
        raise ValueError(f"method {method!r} has covariances of its own: leave covariance= out")


def caution(design: Design, *, biased: bool) -> str | None:
    """What must be said beside a mean over readers."""
    return joined(_UNSTEADY if "missing" in design.words else None, BIASED if biased else None)


class OneShotStudy(Study):
    """A study whose means and differences are U-statistics, or V-statistics, of readers and cases.

    Each reader alone is as in `Study`.
    """

    def one_shot(self, matrix: Floats, sums: Sums) -> list[Estimate]:
        """All estimates; `sums` are of the cells that were read, `matrix` as in `Study.records`."""
        there = self.reads.read.any(axis=2)
        row = np.full(there.shape, -1)
        row[there] = np.arange(int(there.sum()))
        kept = ~np.isnan(self.theta)
        missed = sorted({self.readers[j] for j in np.nonzero(there & ~kept)[1]})
        said = joined(
            f"design: {self.design.words}",
            f"left out, where the measure is undefined: {', '.join(missed)}" if missed else None,
            caution(self.design, biased=self.method == "v-statistic"),
        )
        analysis = None
        if kept.any(axis=1).all():
            groups = [Cells(np.flatnonzero(kept[i]), row[i, kept[i]]) for i in range(len(kept))]
            analysis = OneShot(sums, self.theta[there], groups, biased=self.method == "v-statistic")
        found = [*self._readers(), *self._reader_differences(matrix)]
        for i, modality in enumerate(self.modalities):
            e = self._one(
                said, cases=over(self.reads.read[i, kept[i]], 0), modality=modality, n_readers=int(kept[i].sum())
            )
            if analysis is None:
                found.append(e.replace(note=joined(e.note, "undefined for every reader of a modality")))
                continue
            weights = np.eye(len(kept))[i]
            found.append(mean_of(e, analysis, weights, self.measure))
        for weights in matrix if len(self.modalities) > 1 else []:
            of = weights != 0
            e = self._one(
                said, cases=self._cases(kept, of), measure=f"{self.measure.name}_difference",
                n_readers=int(kept[of].any(axis=0).sum()), **contrast_names(weights, self.modalities),
            )  # fmt: skip
            if analysis is None:
                found.append(e.replace(note=joined(e.note, "undefined for every reader of a modality")))
                continue
            found.append(difference_of(e, analysis, weights, self.measure, self.terms))
        if analysis is not None:
            for (a, b), moments in analysis.moments.items():
                pair: dict[str, Any] = {"modality": self.modalities[a]}
                if a != b:
                    pair |= {"versus": self.modalities[b], "versus_kind": "modality"}
                e = self._one(cases=self._cases(kept, [a, b]), **pair)
                found += moment_records(e, moments, biased=analysis.biased)
        return found


def mean_of(e: Estimate, analysis: OneShot, weights: Floats, measure: Measure) -> Estimate:
    """`e` with one of the means."""
    spread, df = analysis.spread_of(weights)
    found = with_mean(e, float(weights @ analysis.means), spread, measure)
    return found.replace(df=df, note=joined(found.note, _uneven(analysis)))


def difference_of(e: Estimate, analysis: OneShot, weights: Floats, measure: Measure, terms: Terms) -> Estimate:
    """`e` with a contrast of the means."""
    spread, df = analysis.spread_of(weights)
    scale = float(weights[weights > 0].sum())
    found = with_difference(e, float(weights @ analysis.means), spread, measure, terms, scale)
    return found.replace(df=df, note=joined(found.note, _uneven(analysis)))


def _uneven(analysis: OneShot) -> str | None:
    return None if analysis.even else UNEVEN


def moment_records(e: Estimate, moments: Moments, *, biased: bool) -> list[Estimate]:
    """BDG's moments and BCK's components, each with its weight in the variance, or the covariance of two means."""
    e = e.replace(conf_level=None, alternative=None)
    common = {field.name: getattr(e, field.name) for field in dataclasses.fields(e)}
    found = []
    for name, value, weight in moments.named(biased=biased):
        said = "undefined: no two reads are so related" if math.isnan(value) else None
        if name.startswith("bck") and e.versus is None and value < 0:
            said = "a negative estimate: read it as 0"
        found += [
            Estimate(**{**common, "measure": name, "estimate": value, "note": joined(e.note, said)}),
            Estimate(**{**common, "measure": f"{name}_weight", "estimate": weight}),
        ]
    return found
