"""Two readings of the same cases: sensitivity and specificity tested together."""

from __future__ import annotations

import math

from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, binary, same_length
from readerstudy.stats.paired import discordant, mcnemar_p, paired_difference


def joint_chi2(pairs: tuple[tuple[int, int], ...]) -> tuple[float, int]:
    """Sum of McNemar's chi2 over groups of different cases, and its df: the groups with a discordant pair."""
    found = [mcnemar_p(b, c, "chi2")[0] for b, c in pairs if b + c > 0]
    return (math.fsum(found), len(found)) if found else (math.nan, 0)


def compare_sensitivity_specificity(
    truth: ArrayLike,
    call: ArrayLike,
    versus: ArrayLike,
    *,
    method: str = "tango",
    conf_level: float = 0.95,
) -> list[Estimate]:
    """Differences in sensitivity and in specificity of two readings, call - versus, and the test of both together.

    Parameters
    ----------
    truth, call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,); no missing values.
    method, conf_level
        Interval of the differences, as in `paired_difference`.

    Returns
    -------
    list of Estimate
        ``sensitivity_difference`` and ``specificity_difference``, each with McNemar's chi2 (1 df), and
        ``sensitivity_and_specificity``: the sum of the two, chi-squared with 2 df, whose hypothesis is that neither
        differs. It has no estimate, for it is of two numbers.

    Raises
    ------
    ValueError
        If the arrays do not fit or `method` is unknown.

    Notes
    -----
    Cases must be independent; positive and negative cases are different cases, so that the two statistics are
    independent. A class without a discordant pair adds nothing, and no degree of freedom, with a note. One reading may
    be better in sensitivity and worse in specificity: the test says that they differ, not which is better.

    References
    ----------
    Lachenbruch and Lynch 1998, doi:10.1002/(SICI)1097-0258(19981015)17:19<2207::AID-SIM920>3.0.CO;2-Y.

    Examples
    --------
    Exercise test against history of chest pain in Weiner 1979, doi:10.1056/NEJM197908023010502:

    >>> diseased = [1] * 1023 + [0] * 442
    >>> exercise = [1] * 815 + [0] * 208 + [1] * 115 + [0] * 327
    >>> history = [1] * 786 + [0] * 29 + [1] * 183 + [0] * 25 + [1] * 69 + [0] * 46 + [1] * 176 + [0] * 151
    >>> [round(e.statistic, 1) for e in compare_sensitivity_specificity(diseased, exercise, history)]
    [111.9, 76.1, 188.0]
    """
    truth, call, versus = binary(truth, "truth"), binary(call, "call"), binary(versus, "versus")
    n = same_length(truth=truth, call=call, versus=versus)
    # A negative call is right in a negative case: specificity is the share of right calls there.
    groups = ((truth, call, versus, "sensitivity"), (~truth, ~call, ~versus, "specificity"))
    records, pairs = [], []
    for cases, first, second, measure in groups:
        e = paired_difference(first[cases], second[cases], method=method, conf_level=conf_level)
        e = e.replace(measure=f"{measure}_difference", n_cases=n, null=0.0, test_method="mcnemar-chi2", statistic=None)
        pair = discordant(first[cases], second[cases])
        pairs.append(pair)
        if cases.any():
            statistic, p = mcnemar_p(*pair, "chi2")
            e = e.replace(statistic=statistic, df=1 if sum(pair) else None, p_value=p)
            if not sum(pair):
                e = e.replace(note=e.note or "no discordant pair")
        else:
            e = e.replace(note=f"no {'positive' if measure == 'sensitivity' else 'negative'} case")
        records.append(e)
    statistic, df = joint_chi2(tuple(pairs))
    empty = [kind for (b, c), kind in zip(pairs, ("positive", "negative"), strict=True) if b + c == 0]
    missing = f"no discordant pair among the {' nor the '.join(empty)} cases" if empty else None
    joint = Estimate(
        measure="sensitivity_and_specificity",
        test_method="lachenbruch-lynch",
        statistic=statistic,
        df=df or math.nan,
        p_value=float(special.chdtrc(df, statistic)) if df else 1.0 if n else math.nan,
        n_cases=n,
        note="; ".join(filter(None, ("a test of two numbers: no estimate of its own", missing))),
    )
    return [*records, joint]
