"""Describing patients: means, medians and frequencies by group, and the tests that go with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Ints, labels, same_length
from readerstudy.stats.contingency import chi2_p, expected, fisher_table_p

KINDS = ("mean-sd", "median-iqr", "count")
"""How a variable can be described."""
RANK_TESTS = ("mann-whitney", "kruskal-wallis")
"""Names of the rank tests of two groups."""
ALL = "all"
"""The column of all cases."""

_SHAPIRO = (3, 5000)
"""Numbers of values between which the P-value of Shapiro and Wilk's test is known."""
_EXACT_RANKS = 50
"""Mann-Whitney is exact with fewer values than this in both groups and no ties."""
_RARE = 5
"""Fisher's test instead of chi-square where a cell is expected to hold fewer."""


class Comparison(NamedTuple):
    """What a test of two groups or more found; `name` is None where there was nothing to test."""

    name: str | None = None
    statistic: float = math.nan
    df: float = math.nan
    p_value: float = math.nan
    note: str | None = None


def normality(values: Floats) -> tuple[float, float]:
    """Shapiro and Wilk's W and its P; nan outside 3 to 5000 values, and where all values are equal."""
    from scipy.stats import shapiro

    if not _SHAPIRO[0] <= len(values) <= _SHAPIRO[1] or np.ptp(values) == 0:
        return math.nan, math.nan
    # The statistic does not change with place and scale; far from 0 the routine loses digits.
    w, p = shapiro((values - np.median(values)) / np.ptp(values))
    return float(w), float(p)


def compare_means(samples: Sequence[Floats], equal_variance: bool = True) -> Comparison:
    """Student's t test of two groups, analysis of variance of more; Welch's forms where variances may differ.

    Welch 1947, doi:10.1093/biomet/34.1-2.28, and 1951, doi:10.1093/biomet/38.3-4.330.
    """
    k = len(samples)
    n = np.array([len(sample) for sample in samples], dtype=np.float64)
    if k < 2 or n.min() < 1 or n.sum() <= k or (not equal_variance and n.min() < 2):
        return Comparison(note="a group has too few values to test")
    if np.ptp(np.concatenate(samples)) == 0:
        return Comparison("t" if k == 2 else "anova", p_value=1.0, note="all values are equal: P = 1")
    mean = np.array([sample.mean() for sample in samples])
    squares = np.array([((sample - sample.mean()) ** 2).sum() for sample in samples])
    if squares.sum() == 0 or (not equal_variance and squares.min() == 0):
        return Comparison(note="no variation within a group: not tested")
    if equal_variance:
        within = float(n.sum() - k)
        f = float((n * (mean - (n * mean).sum() / n.sum()) ** 2).sum() / (k - 1) / (squares.sum() / within))
    else:
        weight = n * (n - 1) / squares
        spread = float(((1 - weight / weight.sum()) ** 2 / (n - 1)).sum())
        between = (weight * (mean - (weight * mean).sum() / weight.sum()) ** 2).sum() / (k - 1)
        f = float(between / (1 + 2 * (k - 2) / (k * k - 1) * spread))
        within = (k * k - 1) / (3 * spread)
    p = float(special.fdtrc(k - 1, within, f))
    welch = None if equal_variance else "Welch's test: variances may differ"
    if k == 2:
        return Comparison("t", math.copysign(math.sqrt(f), mean[0] - mean[1]), within, p, welch)
    both = f"F with {k - 1} and {within:.4g} degrees of freedom"
    return Comparison("anova", f, within, p, both if welch is None else f"{welch}; {both}")


def compare_ranks(samples: Sequence[Floats], two: str = "mann-whitney") -> Comparison:
    """Mann-Whitney test of two groups (or Kruskal-Wallis, if `two` says so), Kruskal-Wallis test of more."""
    from scipy.stats import kruskal, mannwhitneyu

    k = len(samples)
    if k < 2 or min(len(sample) for sample in samples) < 1:
        return Comparison(note="a group has too few values to test")
    name = two if k == 2 else "kruskal-wallis"
    values = np.concatenate(samples)
    if np.ptp(values) == 0:
        return Comparison(name, p_value=1.0, note="all values are equal: P = 1")
    if name == "kruskal-wallis":
        h, p = kruskal(*samples)
        same = "two groups: the Mann-Whitney test without continuity correction" if k == 2 else None
        return Comparison(name, float(h), k - 1, float(p), same)
    exact = max(len(sample) for sample in samples) < _EXACT_RANKS and len(np.unique(values)) == len(values)
    u, p = mannwhitneyu(samples[0], samples[1], method="exact" if exact else "asymptotic")
    return Comparison(name, float(u), p_value=float(p))


def compare_counts(table: ArrayLike) -> Comparison:
    """Pearson's chi-square test of a table of groups by levels; Fisher's where a cell is expected to hold below 5.

    A two-by-two table has Yates's correction. A table too large for the exact test keeps chi-square, with a note.
    """
    counts = np.asarray(table, dtype=np.int64)
    if counts.shape[0] < 2 or counts.sum(axis=1).min() < 1:
        return Comparison(note="a group has too few values to test")
    counts = counts[:, counts.sum(axis=0) > 0]
    yates = counts.shape == (2, 2)
    statistic, df, p = chi2_p(counts, correction=yates)
    if df == 0:
        return Comparison("chi2", p_value=1.0, note="all values are equal: P = 1")
    note = "with Yates's correction" if yates else None
    if expected(counts).min() >= _RARE:
        return Comparison("chi2", statistic, df, p, note)
    exact = fisher_table_p(counts)
    if math.isnan(exact):
        return Comparison(
            "chi2", statistic, df, p, "expected counts below 5, but the table is too large for the exact test"
        )
    return Comparison("fisher", p_value=exact)


def describe(
    values: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    name: str = "",
    kind: str | None = None,
    alpha: float = 0.05,
    equal_variance: bool = True,
    rank_test: str = "mann-whitney",
) -> list[dict[str, Any]]:
    """Describe one variable, by group if there are groups, and test whether the groups differ.

    Parameters
    ----------
    values
        One value of each case: numbers, words or booleans; None and nan are counted as missing.
    groups
        Group of each case; a missing group is an error.
    name
        What the rows call the variable.
    kind
        ``"mean-sd"``, ``"median-iqr"`` or ``"count"``. By default words, booleans and numbers that are all 0 or 1
        are counted; other numbers get mean and SD where Shapiro and Wilk's test finds every group normal, and
        median and quartiles otherwise.
    alpha
        A group is taken as normal when P of that test is `alpha` or more.
    equal_variance
        Student's t test and analysis of variance; False gives Welch's.
    rank_test
        Rank test of two groups. ``"kruskal-wallis"``, which Wang 2021 used, is Mann-Whitney's test without continuity
        correction; of more than two groups it is always used.

    Returns
    -------
    list of dict
        One row, or one for each level of a counted variable: `variable`, `level`, `kind`, `values` (for ``"all"``
        and each group `n`, `missing` and `mean`, `sd` or `median`, `q1`, `q3` or `count`, `total`), and in the first
        row `test`, `statistic`, `df`, `p_value` and `note`. None = undefined or not done.

    Raises
    ------
    ValueError
        If a value is infinite, words are to be averaged, a group is missing or is called ``"all"``.

    Notes
    -----
    Cases must be independent. SD has n - 1 in its denominator. Quartiles are R's type 7, NumPy's default; SPSS and
    SAS interpolate otherwise and can differ in small groups. Fewer than 3 or more than 5000 values are not tested for
    normality, and a group without variation is not normal: median, quartiles and rank test, with a note. Mann-Whitney
    is exact with fewer than 50 values in both groups and no ties, and has the continuity correction otherwise.

    References
    ----------
    Shapiro and Wilk 1965, doi:10.1093/biomet/52.3-4.591. Mann and Whitney 1947, doi:10.1214/aoms/1177730491. Kruskal
    and Wallis 1952, doi:10.1080/01621459.1952.10483441. Hyndman and Fan 1996 (quantiles),
    doi:10.1080/00031305.1996.10473566.

    Examples
    --------
    Sex of the patients of Wang 2021, doi:10.1186/s13244-021-01117-z, Table 2, printed p = 0.647:

    >>> sex = ["male"] * 212 + ["female"] * 144 + ["male"] * 50 + ["female"] * 39
    >>> female, male = describe(sex, ["development"] * 356 + ["test"] * 89)
    >>> female["values"]["test"]["count"], female["values"]["test"]["total"], round(female["p_value"], 3)
    (39, 89, 0.647)
    """
    if kind is not None:
        _choice.check(kind, KINDS, "kind")
    _choice.check(rank_test, RANK_TESTS, "rank_test")
    column = np.asarray(values, dtype=object)
    if column.ndim != 1:
        raise ValueError(f"{name or 'values'} must have one dimension, got shape {column.shape}")
    members = _members(column, groups)
    present = _present(column)
    if kind is None and present.any() and _is_counted(column[present]):
        kind = "count"
    if kind == "count":
        return _counted(name, column, present, members)
    return [_measured(name, _numbers(column, present, name), members, kind, alpha, equal_variance, rank_test)]


def characteristics(
    columns: Mapping[str, ArrayLike],
    groups: ArrayLike | None = None,
    *,
    kinds: Mapping[str, str] | None = None,
    alpha: float = 0.05,
    equal_variance: bool = True,
    rank_test: str = "mann-whitney",
) -> list[dict[str, Any]]:
    """The table of patient characteristics: `describe` for every column, in order; `kinds` fixes some by name."""
    kinds = {} if kinds is None else kinds
    for name in kinds:
        _choice.check(name, columns, "kinds names a column that")
    options: dict[str, Any] = {"alpha": alpha, "equal_variance": equal_variance, "rank_test": rank_test}
    return [
        row
        for name, values in columns.items()
        for row in describe(values, groups, name=name, kind=kinds.get(name), **options)
    ]


def _present(column: Any) -> Bools:
    import pandas as pd

    known: Bools = ~np.asarray(pd.isna(column), dtype=bool)
    return known


def _is_counted(column: Any) -> bool:
    """Words, booleans, and numbers that are all 0 or 1."""
    values = column.tolist()
    return any(isinstance(value, str | bool | np.bool_) for value in values) or all(value in (0, 1) for value in values)


def _members(column: Any, groups: ArrayLike | None) -> dict[str, Bools]:
    """Which cases belong to each column of the table, all of them first."""
    members = {ALL: np.ones(len(column), dtype=bool)}
    if groups is None:
        return members
    given = labels(groups, "groups")
    same_length(values=column, groups=given)
    order, codes = _coded(given.tolist())
    for i, label in enumerate(order):
        if _word(label) in members:
            raise ValueError(f"two groups would be called {_word(label)!r}")
        members[_word(label)] = codes == i
    return members


def _coded(found: Sequence[Any]) -> tuple[list[Any], Ints]:
    """Each label once, numbers by size and then words by alphabet; and the place of every label among them."""
    order = sorted(set(found), key=lambda label: (isinstance(label, str), label))
    place = {label: i for i, label in enumerate(order)}
    return order, np.array([place[label] for label in found], dtype=np.int64)


def _word(label: Any) -> str:
    return f"{label:g}" if isinstance(label, float) else str(label)


def _numbers(column: Any, present: Bools, name: str) -> Floats:
    numbers = np.full(len(column), math.nan)
    try:
        numbers[present] = column[present].astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name or 'values'} holds words, which have no mean: describe it by count") from None
    if np.isinf(numbers).any():
        raise ValueError(f"{name or 'values'} is infinite at position {int(np.argmax(np.isinf(numbers)))}")
    return numbers


def _row(name: str, level: str | None, kind: str, values: dict[str, Any], test: Comparison | None) -> dict[str, Any]:
    def known(value: float | None) -> float | None:
        return None if value is None or not math.isfinite(value) else float(value)

    found = Comparison() if test is None else test
    return {
        "variable": name,
        "level": level,
        "kind": kind,
        "values": values,
        "test": found.name,
        "statistic": known(found.statistic),
        "df": known(found.df),
        "p_value": known(found.p_value),
        "note": found.note,
    }


def _counted(name: str, column: Any, present: Bools, members: dict[str, Bools]) -> list[dict[str, Any]]:
    levels, found = _coded(column[present].tolist())
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[present] = found
    test = None
    if len(members) > 1:
        groups = list(members.values())[1:]
        table = [np.bincount(codes[group & present], minlength=len(levels)) for group in groups]
        test = compare_counts(table) if levels else Comparison(note="no value")
    rows: list[dict[str, Any]] = []
    for i, level in enumerate(levels or [None]):
        values = {}
        for group, inside in members.items():
            n = int(np.count_nonzero(inside & present))
            count = int(np.count_nonzero(inside & present & (codes == i)))
            values[group] = {"n": n, "missing": int(np.count_nonzero(inside)) - n, "count": count, "total": n}
        rows.append(_row(name, None if level is None else _word(level), "count", values, None if rows else test))
    return rows


def _measured(
    name: str,
    numbers: Floats,
    members: dict[str, Bools],
    kind: str | None,
    alpha: float,
    equal_variance: bool,
    rank_test: str,
) -> dict[str, Any]:
    samples = {group: numbers[inside & ~np.isnan(numbers)] for group, inside in members.items()}
    compared = {group: sample for group, sample in samples.items() if group != ALL} or samples
    notes = []
    if kind is None:
        kind, reason = _kind_by_normality(compared, alpha)
        notes.append(reason)
    values = {}
    for group, sample in samples.items():
        missing = int(np.count_nonzero(members[group])) - len(sample)
        values[group] = {"n": len(sample), "missing": missing} | _summary(sample, kind)
    test = Comparison()
    if len(members) > 1:
        groups = list(compared.values())
        test = compare_means(groups, equal_variance) if kind == "mean-sd" else compare_ranks(groups, rank_test)
        notes.append(test.note)
    return _row(name, None, kind, values, test._replace(note="; ".join(filter(None, notes)) or None))


def _kind_by_normality(samples: Mapping[str, Floats], alpha: float) -> tuple[str, str | None]:
    """Mean and SD if every group looks normal; where that could not be tested, why."""
    normal, reason = True, None
    for group, sample in samples.items():
        _, p = normality(sample)
        normal = normal and p >= alpha
        if math.isnan(p) and reason is None:
            low, high = _SHAPIRO
            why = f"n < {low}" if len(sample) < low else f"n > {high}" if len(sample) > high else "all values are equal"
            reason = f"normality not tested ({group}: {why})"
    return ("mean-sd", None) if normal else ("median-iqr", reason)


def _summary(sample: Floats, kind: str) -> dict[str, float | None]:
    if kind == "mean-sd":
        return {
            "mean": float(sample.mean()) if len(sample) else None,
            "sd": float(sample.std(ddof=1)) if len(sample) > 1 else None,
        }
    if not len(sample):
        return {"median": None, "q1": None, "q3": None}
    q1, median, q3 = np.quantile(sample, (0.25, 0.5, 0.75))
    return {"median": float(median), "q1": float(q1), "q3": float(q3)}
