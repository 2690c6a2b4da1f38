"""AUC of a score when only some cases have a reference standard."""

from __future__ import annotations

import math

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, check_level, labels, same_length, scores
from readerstudy.stats._influence import codes_of, patient_codes, spread_of
from readerstudy.stats.linearised import noted
from readerstudy.stats.verification import assumption, cell_weights, known_truth, unverified_influence
from readerstudy.stats.weighted import area_limits, effective_size, weighted_area


def verification_corrected_auc(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    verified: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    probability: ArrayLike | None = None,
    patients: ArrayLike | None = None,
    method: str = "logit",
    conf_level: float = 0.95,
) -> Estimate:
    """AUC when not every case has a reference standard: each verified case stands for others like it.

    Pairs of verified cases count with the product of their weights 1 / (probability of having been verified). Range
    [0, 1], best 1.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,); None or nan = not verified.
    score
        Score or rating of every case, higher = more suspicious, of the same shape.
    verified, patients, conf_level
        As in `verification_corrected`.
    strata
        Groups of cases, as one label a case, within which it was chance who was verified: ranges of the score, with
        whatever else it depended on. By default each score is its own group, which fits ratings.
    probability
        Instead, the known probability of each case to be verified, above 0, as a design has it.
    method
        Interval: ``"logit"`` or ``"wald"``.

    Returns
    -------
    Estimate
        The standard error is linearised; with groups it allows for their probabilities being estimated, which makes
        it smaller. With every case verified it is DeLong's (but for factors n / (n - 1)).

    Raises
    ------
    ValueError
        If the arrays do not fit, `strata` and `probability` are both given, or a probability is not above 0.

    Notes
    -----
    Patients must be independent. Within a group, or at the known probabilities, being verified must not depend on the
    truth (missing at random). A group without a verified case leaves the AUC undefined, with a note: a continuous score
    needs `strata` or `probability`. The limits are normal, also with `patients`, as those of `auc` are. At 0 and 1 the
    limits are Newcombe's with effective numbers.

    References
    ----------
    Alonzo and Pepe 2005, doi:10.1111/j.1467-9876.2005.00477.x. He, Lyness and McDermott 2009, doi:10.1002/sim.3388.

    Examples
    --------
    Every rating of 2 was verified, every second one of 1 and every fourth of 0:

    >>> truth = [1, 1, 1, 0] + [1, 0, None, None] + [0, None, None, None]
    >>> e = verification_corrected_auc(truth, [2] * 4 + [1] * 4 + [0] * 4)
    >>> round(e.estimate, 3)  # (3 x 6.5 + 2 x (4 + 1)) / (5 x 7)
    0.843
    """
    _choice.check(method, ("logit", "wald"), "method")
    check_level(conf_level)
    true, known = known_truth(truth, verified)
    rated = scores(score, "score")
    n = same_length(truth=true, score=rated)
    if strata is not None and probability is not None:
        raise ValueError("give strata or probability, not both: the weights come from one of them")
    patient = patient_codes(patients, n)
    within = "each group" if strata is not None else "each score"
    e = Estimate(
        measure="auc",
        method=f"inverse-probability-{method}",
        conf_level=conf_level,
        n_cases=n,
        n_patients=len(np.unique(patient)) if patients is not None else None,
        note=assumption(known, within if probability is None else "the given probabilities"),
    )
    positive, negative = known & true, known & ~true
    if not positive.any() or not negative.any():
        why = "no case" if n == 0 else f"undefined: no verified {'negative' if positive.any() else 'positive'} case"
        return e.replace(note=noted(e.note, why))
    cell = codes_of(rated) if strata is None else codes_of(labels(strata, "strata"))
    if len(cell) != n:
        raise ValueError(f"not one length: strata has {len(cell)}, the other arrays have {n}")
    if probability is None:
        bare = int((np.bincount(cell[known], minlength=int(cell.max()) + 1) == 0).sum())
        if bare:
            said = f"undefined: {bare} group{'s have' if bare > 1 else ' has'} no verified case: give coarser strata"
            return e.replace(note=noted(e.note, said))
        weight = cell_weights(known, cell)
    else:
        weight = np.where(known, 1 / _probability(probability, n), 0.0)
    area, influence = weighted_area(true[known], rated[known], weight[known])
    whole = np.zeros(n)
    whole[known] = influence / (1.0 if probability is not None else weight[known])
    if probability is None:
        whole = unverified_influence(whole, known, cell)
    sizes = (effective_size(weight[positive], patient[positive]), effective_size(weight[negative], patient[negative]))
    spread = spread_of(whole, patient)
    if min(np.count_nonzero(positive), np.count_nonzero(negative)) < 2:
        spread = spread._replace(variance=math.nan)
    return area_limits(e, area, spread, sizes, logit=method == "logit")


def _probability(probability: ArrayLike, n: int) -> Floats:
    found = scores(probability, "probability")
    if len(found) != n:
        raise ValueError(f"not one length: probability has {len(found)}, the other arrays have {n}")
    if not ((found > 0) & (found <= 1)).all():
        raise ValueError(
            "probability must lie above 0 and not above 1: a case that could not be verified has no weight"
        )
    return found
