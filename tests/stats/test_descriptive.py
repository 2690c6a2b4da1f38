import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from readerstudy.stats import descriptive
from readerstudy.stats.descriptive import characteristics, describe, normality

RNG = np.random.default_rng(20210)
NORMAL = RNG.normal(60, 10, 80)
SKEWED = np.exp(RNG.normal(3, 0.8, 80))
TWO = np.repeat(["development", "test"], [50, 30])
THREE = np.repeat(["a", "b", "c"], [30, 30, 20])
FIELDS = ["variable", "level", "kind", "values", "test", "statistic", "df", "p_value", "note"]


def samples(values, groups):
    return [values[groups == group] for group in sorted(set(groups))]


def test_a_normal_variable():
    (row,) = describe(NORMAL, TWO, name="age")
    theirs = stats.ttest_ind(*samples(NORMAL, TWO))
    assert list(row) == FIELDS
    assert (row["variable"], row["level"], row["kind"], row["test"], row["note"]) == ("age", None, "mean-sd", "t", None)
    assert (row["statistic"], row["df"], row["p_value"]) == pytest.approx((theirs.statistic, 78, theirs.pvalue))
    assert list(row["values"]) == ["all", "development", "test"]
    first = row["values"]["development"]
    assert (first["n"], first["missing"]) == (50, 0)
    assert (first["mean"], first["sd"]) == pytest.approx((NORMAL[:50].mean(), NORMAL[:50].std(ddof=1)))


def test_a_skewed_variable():
    (row,) = describe(SKEWED, TWO)
    theirs = stats.mannwhitneyu(*samples(SKEWED, TWO), method="asymptotic")
    assert (row["kind"], row["test"], row["df"]) == ("median-iqr", "mann-whitney", None)
    assert (row["statistic"], row["p_value"]) == pytest.approx((theirs.statistic, theirs.pvalue))
    q1, median, q3 = np.percentile(SKEWED, (25, 50, 75))
    assert row["values"]["all"] == {"n": 80, "missing": 0, "median": median, "q1": q1, "q3": q3}


def test_one_group_that_is_not_normal_decides():
    mixed = np.concatenate([NORMAL[:50], SKEWED[:30]])
    assert describe(mixed, TWO)[0]["kind"] == "median-iqr"
    assert describe(mixed[:50])[0]["kind"] == "mean-sd"
    assert describe(mixed, TWO, alpha=1e-12)[0]["kind"] == "mean-sd"


def test_welch():
    (row,) = describe(NORMAL, TWO, equal_variance=False)
    theirs = stats.ttest_ind(*samples(NORMAL, TWO), equal_var=False)
    assert (row["statistic"], row["df"], row["p_value"]) == pytest.approx((theirs.statistic, theirs.df, theirs.pvalue))
    assert row["note"] == "Welch's test: variances may differ"


def test_three_groups():
    parts = samples(NORMAL, THREE)
    (row,) = describe(NORMAL, THREE)
    theirs = stats.f_oneway(*parts)
    assert (row["test"], row["df"], row["note"]) == ("anova", 77, "F with 2 and 77 degrees of freedom")
    assert (row["statistic"], row["p_value"]) == pytest.approx((theirs.statistic, theirs.pvalue))

    (row,) = describe(NORMAL, THREE, equal_variance=False)
    theirs = anova_oneway(parts, use_var="unequal", welch_correction=True)
    assert (row["statistic"], row["p_value"]) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert row["df"] == pytest.approx(theirs.df_denom)

    (row,) = describe(SKEWED, THREE)
    theirs = stats.kruskal(*samples(SKEWED, THREE))
    assert (row["test"], row["df"], row["note"]) == ("kruskal-wallis", 2, None)
    assert (row["statistic"], row["p_value"]) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_kruskal_wallis_of_two_groups_is_mann_whitney_without_continuity():
    (row,) = describe(SKEWED, TWO, rank_test="kruskal-wallis")
    theirs = stats.mannwhitneyu(*samples(SKEWED, TWO), method="asymptotic", use_continuity=False)
    assert row["test"] == "kruskal-wallis"
    assert row["p_value"] == pytest.approx(theirs.pvalue)
    assert row["note"] == "two groups: the Mann-Whitney test without continuity correction"


def test_mann_whitney_is_exact_in_small_groups_without_ties():
    """1 2 3 against 4 5 6 7: two of 35 orders are as extreme."""
    groups = [0, 0, 0, 1, 1, 1, 1]
    assert describe([1, 2, 3, 4, 5, 6, 7], groups, kind="median-iqr")[0]["p_value"] == pytest.approx(2 / 35)
    assert describe([1, 2, 3, 3, 5, 6, 7], groups, kind="median-iqr")[0]["p_value"] > 2 / 35


def test_quartiles_are_of_type_7():
    """1 2 3 4: R's quantile gives 1.75 and 3.25; SPSS (type 6) 1.25 and 3.75."""
    values = describe([1, 2, 3, 4], kind="median-iqr")[0]["values"]["all"]
    assert (values["q1"], values["median"], values["q3"]) == (1.75, 2.5, 3.25)


def test_frequencies():
    scanner = ["Siemens"] * 20 + ["GE"] * 30 + ["Philips"] * 30
    rows = describe(scanner, TWO, name="scanner")
    table = pd.crosstab(TWO, np.array(scanner))
    theirs = stats.chi2_contingency(table)
    assert [row["level"] for row in rows] == ["GE", "Philips", "Siemens"]
    assert rows[0]["test"] == "chi2"
    assert (rows[0]["statistic"], rows[0]["df"], rows[0]["p_value"]) == pytest.approx(
        (theirs.statistic, 2, theirs.pvalue)
    )
    for row in rows:
        assert list(row) == FIELDS
        assert row["kind"] == "count"
        for group in ("development", "test"):
            total = int((group == TWO).sum())
            expected = {"n": total, "missing": 0, "count": int(table.loc[group, row["level"]]), "total": total}
            assert row["values"][group] == expected
    assert all(row[field] is None for row in rows[1:] for field in FIELDS[4:])


def test_two_by_two_has_yates_correction():
    sex = ["m"] * 30 + ["f"] * 20 + ["m"] * 12 + ["f"] * 18
    row = describe(sex, TWO)[0]
    theirs = stats.chi2_contingency([[20, 30], [18, 12]], correction=True)
    assert (row["statistic"], row["p_value"]) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert row["note"] == "with Yates's correction"


def test_fisher_where_few_are_expected():
    cirrhosis = [1] * 2 + [0] * 48 + [1] * 5 + [0] * 25
    row = describe(cirrhosis, TWO)[0]
    assert (row["level"], row["test"], row["statistic"], row["df"]) == ("0", "fisher", None, None)
    assert row["p_value"] == pytest.approx(stats.fisher_exact([[48, 2], [25, 5]]).pvalue)


def test_a_table_too_large_for_fisher_keeps_chi_square():
    rng = np.random.default_rng(3)
    words = rng.choice([f"w{i}" for i in range(400)], 800)
    row = describe(words, np.repeat(["a", "b", "c", "d"], 200))[0]
    assert row["test"] == "chi2"
    assert row["note"] == "expected counts below 5, but the table is too large for the exact test"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False, True, True], "count"),
        ([0, 1, 1, 0], "count"),
        ([0.0, 1.0, math.nan, 0.0], "count"),
        (["a", "b", None, "a"], "count"),
        (["1", "2", "3", "4"], "count"),
        ([0, 1, 2, 3.5], "mean-sd"),
        ([1, 2, 3, 400], "median-iqr"),
    ],
)
def test_how_a_variable_is_described(values, kind):
    for given in (values, pd.Series(values), np.array(values, dtype=object)):
        assert describe(given)[0]["kind"] == kind


def test_levels_in_order():
    assert [row["level"] for row in describe([10, 9, 9, 10, 2], kind="count")] == ["2", "9", "10"]
    assert [row["level"] for row in describe([1.0, math.nan, 0.0])] == ["0", "1"]
    assert [row["level"] for row in describe(["b", 2, "a"])] == ["2", "a", "b"]


@pytest.mark.parametrize("absent", [None, math.nan, pd.NA, pd.NaT])
def test_missing_values_are_counted(absent):
    groups = ["a", "a", "a", "a", "b", "b", "b", "b"]
    (row,) = describe([1.0, 2.0, 4.0, absent, 3.0, 5.0, 6.0, absent], groups)
    assert {group: (v["n"], v["missing"]) for group, v in row["values"].items()} == {
        "all": (6, 2), "a": (3, 1), "b": (3, 1),
    }  # fmt: skip
    rows = describe(["x", "y", "x", absent, "x", "x", "y", absent], groups)
    assert [row["values"]["b"] for row in rows] == [
        {"n": 3, "missing": 1, "count": 2, "total": 3},
        {"n": 3, "missing": 1, "count": 1, "total": 3},
    ]


def test_no_value_at_all():
    (row,) = describe([None, None, None], ["a", "a", "b"])
    assert row["values"]["a"] == {"n": 0, "missing": 2, "median": None, "q1": None, "q3": None}
    assert (row["test"], row["p_value"]) == (None, None)
    assert row["note"] == "normality not tested (a: n < 3); a group has too few values to test"
    (row,) = describe([None, None], ["a", "b"], kind="count")
    assert row["values"]["a"] == {"n": 0, "missing": 1, "count": 0, "total": 0}
    assert (row["level"], row["note"]) == (None, "no value")
    (row,) = describe([None, None], kind="mean-sd")
    assert row["values"]["all"] == {"n": 0, "missing": 2, "mean": None, "sd": None}


def test_normality_that_cannot_be_tested_is_said():
    (row,) = describe([1.5, 2.5, 3.0, 4.0, 9.0], ["a", "a", "b", "b", "b"])
    assert (row["kind"], row["note"]) == ("median-iqr", "normality not tested (a: n < 3)")
    (row,) = describe(np.tile(NORMAL, 63), np.repeat(["a", "b"], [20, 5020]))
    assert (row["kind"], row["note"]) == ("median-iqr", "normality not tested (b: n > 5000)")
    (row,) = describe([5, 5, 5, 5, 1, 2, 4], ["a", "a", "a", "a", "b", "b", "b"])
    assert (row["kind"], row["note"]) == ("median-iqr", "normality not tested (a: all values are equal)")


@pytest.mark.parametrize("kind", ["mean-sd", "median-iqr", "count"])
def test_all_values_equal(kind):
    for groups in (["a", "a", "b", "b"], ["a", "a", "b", "c"]):
        row = describe([5, 5, 5, 5], groups, kind=kind)[0]
        assert (row["p_value"], row["note"]) == (1, "all values are equal: P = 1")


def test_means_that_cannot_be_compared():
    groups = ["a", "a", "b", "b"]
    row = describe([1, 1, 2, 2], groups, kind="mean-sd")[0]
    assert (row["test"], row["note"]) == (None, "no variation within a group: not tested")
    row = describe([1, 1, 2, 3], groups, kind="mean-sd", equal_variance=False)[0]
    assert row["test"] is None
    row = describe([1, None, 2, None], groups, kind="mean-sd")[0]
    assert row["values"]["a"] == {"n": 1, "missing": 1, "mean": 1, "sd": None}
    assert row["note"] == "a group has too few values to test"
    row = describe([1, None, 2, 3], groups, kind="mean-sd")[0]
    assert row["test"] == "t"


def test_one_group_is_not_tested():
    for row in describe(NORMAL) + describe(["a", "b"]):
        assert list(row["values"]) == ["all"]
        assert row["test"] is None
    assert describe(NORMAL, ["only"] * 80)[0]["test"] is None


def test_shapiro_wilk():
    theirs = stats.shapiro(NORMAL)
    assert normality(NORMAL) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert normality(1e9 + NORMAL) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-4)
    for untested in (NORMAL[:2], np.ones(10), np.tile(NORMAL, 63)):
        assert all(math.isnan(value) for value in normality(untested))


def test_characteristics():
    columns = {"age": NORMAL, "diameter": SKEWED, "sex": ["m", "f"] * 40, "grade": [1, 2, 3, 4] * 20}
    rows = characteristics(columns, TWO, kinds={"grade": "count"})
    assert [(row["variable"], row["level"]) for row in rows] == [
        ("age", None), ("diameter", None), ("sex", "f"), ("sex", "m"),
        ("grade", "1"), ("grade", "2"), ("grade", "3"), ("grade", "4"),
    ]  # fmt: skip
    assert rows[1] == describe(SKEWED, TWO, name="diameter")[0]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    order = np.random.default_rng(1).permutation(80)
    shuffled = {name: np.asarray(values)[order] for name, values in columns.items()}
    for ours, theirs in zip(rows, characteristics(shuffled, TWO[order], kinds={"grade": "count"}), strict=True):
        assert ours["p_value"] == (None if theirs["p_value"] is None else pytest.approx(theirs["p_value"]))
        for group, values in ours["values"].items():
            assert values == pytest.approx(theirs["values"][group])


def test_groups_of_numbers_and_of_a_frame():
    frame = pd.DataFrame({"age": NORMAL, "set": pd.Categorical(TWO)})
    assert list(describe(frame["age"], frame["set"])[0]["values"]) == ["all", "development", "test"]
    assert list(describe([1, 2, 3], [1.0, 0.0, 0.5])[0]["values"]) == ["all", "0", "0.5", "1"]


@pytest.mark.parametrize(
    ("values", "groups", "options", "message"),
    [
        ([1, 2], ["a"], {}, "not one length: values has 2, groups has 1"),
        ([1, 2], ["a", None], {}, "groups is missing at position 1"),
        ([1, 2], ["a", "all"], {}, "two groups would be called 'all'"),
        ([1, 2], [1, "1"], {}, "two groups would be called '1'"),
        ([1, math.inf, 3], None, {"name": "age"}, "age is infinite at position 1"),
        (["a", "b"], None, {"kind": "mean-sd"}, "values holds words"),
        ([[1, 2]], None, {}, "values must have one dimension"),
        ([1, 2], None, {"kind": "mean"}, "Did you mean 'mean-sd'"),
        ([1, 2], None, {"rank_test": "kruskal"}, "Did you mean 'kruskal-wallis'"),
    ],
)
def test_wrong_input(values, groups, options, message):
    with pytest.raises(ValueError, match=message):
        describe(values, groups, **options)


def test_kinds_of_columns_that_do_not_exist():
    with pytest.raises(ValueError, match="Did you mean 'age'"):
        characteristics({"age": NORMAL}, kinds={"ages": "count"})


def test_tests_with_too_few_groups():
    for test in (descriptive.compare_means([NORMAL]), descriptive.compare_ranks([NORMAL])):
        assert test.note == "a group has too few values to test"
