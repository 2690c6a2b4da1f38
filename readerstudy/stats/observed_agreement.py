"""Agreement of any number of readers that takes nothing from how often each category was called."""

from __future__ import annotations

from typing import Any

from readerstudy.estimate import Estimate
from readerstudy.stats import linearised
from readerstudy.stats._arrays import ArrayLike
from readerstudy.stats._reads import coded
from readerstudy.stats.linearised import noted
from readerstudy.stats.multirater import NO_PAIR, ONE_CATEGORY, begun, finished
from readerstudy.stats.proportion import proportion


def brennan_prediger(
    ratings: ArrayLike,
    *,
    weights: str | None = None,
    categories: list[Any] | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Brennan and Prediger's coefficient: agreement beyond what calling each category alike would give.

    (observed - mean weight) / (1 - mean weight); without weights the mean weight of k categories is 1 / k, and with
    two readers this is `pabak`. Range [-1, 1], best 1. Synonyms: Bennett's S, multi-rater PABAK, free-marginal kappa.

    Parameters
    ----------
    ratings, weights, categories, conf_level, alternative
        As in `gwet_ac`.

    Returns
    -------
    Estimate
        `std_error` over cases, interval and test of 0 by Student's t, `df` = n_cases - 1.

    Raises
    ------
    ValueError
        As in `fleiss_kappa`.

    Notes
    -----
    Cases must be independent. When `categories` names one category only, nan with a note.

    References
    ----------
    Brennan and Prediger 1981, doi:10.1177/001316448104100307. Interval: Gwet 2008, doi:10.1348/000711006X126600.

    Examples
    --------
    >>> brennan_prediger([[0, 0, 1, 1], [0, 0, 1, 0]]).estimate  # 3 of 4 alike: 2 x 0.75 - 1
    0.5
    """
    e, reads, w = begun("brennan_prediger", "gwet", ratings, weights, categories, conf_level, alternative)
    if len(w) < 2:
        return e.replace(note=noted(e.note, ONE_CATEGORY if len(w) else NO_PAIR))
    return finished(e, linearised.coefficient(reads.codes, w, linearised.by_equal_calls), reads.codes)


def pairwise_agreement(
    ratings: ArrayLike,
    *,
    weights: str | None = None,
    categories: list[Any] | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """How often two readers of a case agree, on average over pairs and cases, with no chance taken off.

    Range [0, 1], best 1. Synonyms: observed agreement, percent agreement.

    Parameters
    ----------
    ratings, weights, categories, conf_level, alternative
        As in `fleiss_kappa`.

    Returns
    -------
    Estimate
        `std_error` over cases, interval by Student's t with `df` = n_cases - 1, cut at 0 and 1.

    Raises
    ------
    ValueError
        As in `fleiss_kappa`.

    Notes
    -----
    Cases must be independent. No case read by two readers: nan with a note.

    References
    ----------
    Gwet 2008, doi:10.1348/000711006X126600.

    Examples
    --------
    >>> pairwise_agreement([[0, 0, 1, 1], [0, 0, 1, 0]]).estimate
    0.75
    """
    e, reads, w = begun("pairwise_agreement", "gwet", ratings, weights, categories, conf_level, alternative)
    found = linearised.coefficient(reads.codes, w, linearised.by_no_chance)
    return finished(e, found, reads.codes, low=0.0, tested=False)


def unanimous_agreement(
    ratings: ArrayLike, *, method: str = "wilson", conf_level: float = 0.95, alternative: str = "two-sided"
) -> Estimate:
    """Proportion of the cases on which all readers agree.

    Range [0, 1], best 1. It falls as readers are added.

    Parameters
    ----------
    ratings
        Categories, shape (n_readers, n_cases); cases that some reader did not read are left out.
    method, conf_level, alternative
        As in `proportion`.

    Returns
    -------
    Estimate
        With `count` of `total`.

    Raises
    ------
    ValueError
        As in `fleiss_kappa`.

    Notes
    -----
    Cases must be independent. Fewer than two readers or no case read by all: nan with a note.

    References
    ----------
    Wilson 1927, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> e = unanimous_agreement([[0, 0, 1, 1], [0, 0, 1, 0], [0, 1, 1, 0]])
    >>> e.count, e.total
    (2, 4)
    """
    reads = coded(ratings, None)
    codes = reads.codes[:, (reads.codes >= 0).all(axis=0)]
    some = len(codes) >= 2
    count = int((codes == codes[0]).all(axis=0).sum()) if some else 0
    e = proportion(count, codes.shape[1] if some else 0, method=method, conf_level=conf_level, alternative=alternative)
    note = (
        reads.note if some and codes.shape[1] else noted(reads.note, "no case was read by all of two readers or more")
    )
    return e.replace(measure="unanimous_agreement", n_readers=len(codes), note=note)
