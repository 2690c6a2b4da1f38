"""Free-response reads of many readers and many cases: the public functions, from marks to records."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats
from readerstudy.stats.froc.marked import Marked, Table, marked_of
from readerstudy.stats.froc.measure import NAMES, question_of
from readerstudy.stats.mrmc import model_versus_readers, mrmc

COVARIANCES = ("jackknife", "bootstrap")
"""Names of the covariances."""
METHODS = ("or", "dbm")
"""Names of the analyses: a figure of merit of marks is no mean over cases, or pairs of them, that U-statistics need."""


def froc(
    cases: Table,
    marks: Table,
    lesions: Table,
    *,
    reads: Table | None = None,
    measure: str = "wAFROC",
    fpf: float = 1.0,
    covariance: str = "jackknife",
    random: str | Sequence[str] = ("readers", "cases"),
    contrasts: str | npt.ArrayLike = "pairwise",
    pooled: bool | None = None,
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
    method: str = "or",
    conf_level: float = 0.95,
    n_boot: int = 1000,
    rng: np.random.Generator | int | None = 0,
) -> list[Estimate]:
    """Modalities compared by marks on lesions, for readers and cases like these (FROC and LROC studies).

    A reader marks as many places of a case as look suspicious, and rates each mark (free response, FROC); or the one
    most suspicious place (LROC). Each figure of merit is analysed as `mrmc` analyses the AUC.

    Parameters
    ----------
    cases
        Every case that was shown: a DataFrame, or a mapping, with column `case_id`.
    marks
        Columns `case_id`, `reader_id`, `score` (higher = more suspicious) and `lesion_id` (empty = on no lesion);
        optional `modality`. Of several marks on a lesion the highest counts, and the others are nothing.
    lesions
        Every lesion there is: columns `case_id`, `lesion_id`; optional `weight`, the share of a lesion in what finding
        all of a case's is worth, positive and of sum 1 in each case; by default equal. A case in it is diseased.
    reads
        Who read what: columns `case_id`, `reader_id`, optional `modality`. By default a reader who made a mark in a
        modality has read every case in it.
    measure
        With x the highest false mark of a case without lesions, and y a lesion's mark: ``"wAFROC"`` is the share of
        pairs, by weight, in which y is above x, equal ones counted half; ``"AFROC"`` without weights. With x from every
        case, for studies in which each has a lesion: ``"wAFROC1"``, ``"AFROC1"``. ``"FROC"``: area under the share of
        lesions found against false marks a case. ``"HrAuc"``, ``"HrSe"``, ``"HrSp"``: AUC of a case's highest mark,
        share of the diseased cases with a mark, of the others without. ``"MaxLLF"``: share of the lesions found;
        ``"MaxNLF"``: false marks for each case without lesions, ``"MaxNLFAllCases"`` for each case, lower is better;
        ``"ExpTrnsfmSp"``: exp(-MaxNLF).
        LROC, where a case's highest mark localises it if on a lesion, and no false mark is as high: ``"PCL"``, share of
        the diseased cases localised, where the share of the others called diseased is `fpf`; ``"ALROC"``, the area
        under that curve.
    fpf
        Of PCL and ALROC: the share of cases without lesions that are called diseased, or up to which the area goes.
    covariance
        ``"jackknife"`` or ``"bootstrap"``, of cases.
    random, contrasts, pooled, margin, hypothesis, alternative, conf_level, n_boot, rng
        As in `mrmc`.
    method
        ``"or"`` or ``"dbm"``, as in `mrmc`.
    patients
        Label of the patient of each row of `cases`: patients are then what is sampled.

    Returns
    -------
    list of Estimate
        As `mrmc` gives them: each reader's value in each modality, each reader's differences, the modalities' means,
        their differences modality - versus, the test that all are equal, the variance components. `measure` is
        ``"wafroc"``, ``"wafroc_difference"`` and so on. wAFROC, AFROC, HrAuc, shares and ALROC lie in [0, 1] (ALROC in
        [0, `fpf`]), best 1; FROC and MaxNLF have no upper end.

    Raises
    ------
    ValueError
        If a column or id is missing or unknown, weights do not sum to 1, or an option does not hold for the measure.

    Notes
    -----
    Cases must be independent (or patients with `patients`), not their marks. A lesion without a mark, and a case
    without a false mark, is below every mark; the two are equal, as in the curve that ends in a straight line to
    (1, 1). The jackknife leaves out cases, those that a figure is of: diseased ones for HrSe, MaxLLF and PCL at `fpf`
    1, others for HrSp, MaxNLF and ExpTrnsfmSp. Without lesions, or without cases that have none, a figure that needs
    them is nan. The area under the FROC curve ends where a reader stopped marking, so that marks at random raise it: it
    describes, and decides nothing. Each case says so in `note`.

    References
    ----------
    Chakraborty and Berbaum 2004 (AFROC, as JAFROC), doi:10.1118/1.1769352. Chakraborty and Zhai 2016 (wAFROC),
    doi:10.1118/1.4947125. Chakraborty 2013 (FROC), doi:10.1016/j.acra.2013.03.001. Popescu 2007 (ALROC),
    doi:10.1118/1.2717407. Wunderlich and Noo 2012 (ALROC compared), doi:10.1109/TMI.2012.2205015. Popescu 2011
    (ExpTrnsfmSp; no end to the FROC curve), doi:10.1118/1.3633938.

    Examples
    --------
    Two readers with and without a tool; cases C and D have a lesion, E has two.

    >>> cases = {"case_id": list("ABCDE")}
    >>> lesions = {"case_id": list("CDEE"), "lesion_id": [1, 1, 1, 2]}
    >>> marks = {
    ...     "case_id": list("ACDEE" "BCDE" "ACEE" "BCD"),
    ...     "reader_id": ["R1"] * 5 + ["R2"] * 4 + ["R1"] * 4 + ["R2"] * 3,
    ...     "modality": ["tool"] * 9 + ["none"] * 7,
    ...     "lesion_id": [None, 1, 1, 1, 2, None, 1, 1, 2, None, 1, 1, None, None, 1, 1],
    ...     "score": [2, 3, 5, 4, 2, 1, 4, 2, 3, 3, 4, 2, 1, 2, 3, 1],
    ... }
    >>> found = froc(cases, marks, lesions)
    >>> d = next(e for e in found if e.versus == "none" and e.reader is None)
    >>> print(f"{d.estimate:.3f} ({d.conf_low:.3f}, {d.conf_high:.3f}), df {d.df:.1f}, P = {d.p_value:.3f}")
    0.354 (-0.440, 1.000), df 1.0, P = 0.111
    """
    _check(measure, covariance)
    _choice.check(method, METHODS, "method")
    marked = marked_of(cases, marks, lesions, reads)
    asked = question_of(measure, marked, fpf)
    found = mrmc(
        marked.diseased, asked.scores, measure=asked.measure, covariance=covariance, random=random,
        contrasts=contrasts, pooled=pooled, margin=margin, hypothesis=hypothesis, alternative=alternative,
        patients=patients, method=method, modalities=marked.modalities, readers=marked.readers, conf_level=conf_level,
        n_boot=n_boot, rng=rng,
    )  # fmt: skip
    return asked.named(found)


def froc_model_versus_readers(
    cases: Table,
    marks: Table,
    lesions: Table,
    *,
    model: str = "model",
    modality: str | None = None,
    reads: Table | None = None,
    measure: str = "wAFROC",
    fpf: float = 1.0,
    covariance: str = "jackknife",
    random: str | Sequence[str] = ("readers", "cases"),
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
    conf_level: float = 0.95,
    n_boot: int = 1000,
    rng: np.random.Generator | int | None = 0,
) -> list[Estimate]:
    """One standalone model against a panel of readers, by marks on lesions (FROC and LROC studies).

    Parameters
    ----------
    cases, marks, lesions, reads, measure, fpf, covariance
        As in `froc`.
    model
        The `reader_id` of the model among the marks. Model and readers need not share a scale of scores.
    modality
        In which modality the readers are taken; by default the only one. The model is taken in it too, or in the one
        modality that it has.
    random, margin, hypothesis, alternative, patients, conf_level, n_boot, rng
        As in `model_versus_readers`.

    Returns
    -------
    list of Estimate
        As `model_versus_readers` gives them: the model's value, each reader's, the differences model - reader, the
        readers' mean, model - mean (`versus` is ``"all readers"``), the variance components of the differences.

    Raises
    ------
    ValueError
        As `froc`; if the model has no marks and no reads, or the readers have several modalities.

    Notes
    -----
    As in `froc` and `model_versus_readers`.

    References
    ----------
    Hillis, Obuchowski and Berbaum 2011, doi:10.1016/j.acra.2010.09.007; of the measures, see `froc`.

    Examples
    --------
    >>> cases, lesions = {"case_id": list("ABCDE")}, {"case_id": list("CDE"), "lesion_id": [1, 1, 1]}
    >>> marks = {
    ...     "case_id": list("ABCDE" "ACDE" "BCDE"),
    ...     "reader_id": ["CAD"] * 5 + ["R1"] * 4 + ["R2"] * 4,
    ...     "lesion_id": [None, None, 1, 1, 1, None, 1, 1, 1, None, 1, 1, None],
    ...     "score": [0.5, 0.2, 0.9, 0.4, 0.3, 2, 3, 1, 4, 1, 2, 3, 2],
    ... }
    >>> found = froc_model_versus_readers(cases, marks, lesions, model="CAD")
    >>> d = next(e for e in found if e.versus == "all readers")
    >>> print(f"{d.estimate:.3f} ({d.conf_low:.3f}, {d.conf_high:.3f}), df {d.df:.1f}, P = {d.p_value:.3f}")
    -0.125 (-0.678, 0.428), df 2097.6, P = 0.658
    """
    _check(measure, covariance)
    marked = marked_of(cases, marks, lesions, reads)
    if model not in marked.readers:
        known = _choice.did_you_mean(model, marked.readers)
        raise ValueError(f"no mark or read is the model's: model is {model!r}, {known}")
    asked = question_of(measure, marked, fpf)
    one = marked.readers.index(model)
    others = [j for j in range(len(marked.readers)) if j != one]
    chosen = _modality_of(marked, others, modality, "the readers")
    own = chosen if marked.read[chosen, one].any() else _modality_of(marked, [one], None, f"the model {model!r}")
    panel: Floats = asked.scores[chosen][others]
    there = [k for k, j in enumerate(others) if marked.read[chosen, j].any()]
    found = model_versus_readers(
        marked.diseased, asked.scores[own, one], panel[there], measure=asked.measure, covariance=covariance,
        random=random, margin=margin, hypothesis=hypothesis, alternative=alternative, patients=patients,
        readers=[marked.readers[others[k]] for k in there], model=model, conf_level=conf_level, n_boot=n_boot, rng=rng,
    )  # fmt: skip
    return asked.named(found)


def _check(measure: str, covariance: str) -> None:
    _choice.check(measure, NAMES, "measure")
    _choice.check(covariance, COVARIANCES, "covariance")


def _modality_of(marked: Marked, readers: Sequence[int], named: str | None, who: str) -> int:
    """The place of the one modality of some readers, or of the one that was named."""
    if named is not None:
        return marked.modalities.index(_choice.check(named, marked.modalities, "modality"))
    found = np.flatnonzero(marked.read[:, list(readers)].any(axis=(1, 2)))
    if not len(found):
        raise ValueError(f"{who} read nothing: give their marks, or their reads")
    if len(found) > 1:
        several = ", ".join(marked.modalities[i] for i in found)
        raise ValueError(f"{who} read in several modalities, {several}: say which with modality=")
    return int(found[0])
