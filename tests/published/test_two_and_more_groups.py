"""Worked examples of tests of two groups and more, with the numbers that R prints for the examples of its help pages.

Student 1908 (sleep), Biometrika 6:1-25, doi:10.1093/biomet/6.1.1; Hollander and Wolfe 1973, Nonparametric Statistical
Methods, pp. 69 and 116; Dobson 1983 (plants), An Introduction to Statistical Modelling, p. 41; Agresti 2002,
Categorical Data Analysis, p. 57 (job satisfaction), doi:10.1002/0471249688; Fisher's tea tasting.
"""

import numpy as np
import pytest

from readerstudy.stats.contingency import fisher_p, fisher_table_p
from readerstudy.stats.descriptive import describe
from readerstudy.stats.times import time_ratio

SLEEP = (
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
)
PERMEABILITY = (
    [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
    [1.15, 0.88, 0.90, 0.74, 1.21],
)
CLEARANCE = ([2.9, 3.0, 2.5, 2.6, 3.2], [3.8, 2.7, 4.0, 2.4], [2.8, 3.4, 3.7, 2.2, 2.0])
PLANTS = (
    [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
)
JOBS = [[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]]


def row_of(samples, **options):
    values = np.concatenate(samples)
    groups = np.repeat(np.arange(len(samples)), [len(sample) for sample in samples])
    (row,) = describe(values, groups, **options)
    return row


def test_student():
    row = row_of(SLEEP)
    assert (row["kind"], row["test"], row["df"]) == ("mean-sd", "t", 18)
    assert row["statistic"] == pytest.approx(-1.8608, abs=0.00005)
    assert row["p_value"] == pytest.approx(0.07919, abs=0.000005)
    assert [row["values"][group]["mean"] for group in ("0", "1")] == pytest.approx([0.75, 2.33])


def test_welch():
    row = row_of(SLEEP, equal_variance=False)
    assert row["df"] == pytest.approx(17.776, abs=0.0005)
    assert row["p_value"] == pytest.approx(0.07939, abs=0.000005)


def test_student_paired():
    """The logarithm of a ratio of exponentials is the difference: t = -4.0621, df 9, P = .002833."""
    e = time_ratio(np.exp(SLEEP[0]), np.exp(SLEEP[1]))
    assert (e.statistic, e.df, e.p_value) == (
        pytest.approx(-4.0621, abs=0.00005),
        9,
        pytest.approx(0.002833, abs=0.0000005),
    )
    assert np.log([e.conf_low, e.conf_high]) == pytest.approx([-2.4598858, -0.7001142], abs=5e-8)


def test_mann_whitney():
    """Printed one-sided, W = 35 and P = .1272."""
    row = row_of(PERMEABILITY, kind="median-iqr")
    assert (row["test"], row["statistic"]) == ("mann-whitney", 35)
    assert row["p_value"] / 2 == pytest.approx(0.1272, abs=0.00005)


def test_kruskal_wallis():
    row = row_of(CLEARANCE, kind="median-iqr")
    assert (row["test"], row["df"]) == ("kruskal-wallis", 2)
    assert row["statistic"] == pytest.approx(0.77143, abs=0.000005)
    assert row["p_value"] == pytest.approx(0.68, abs=0.0005)


def test_analysis_of_variance():
    row = row_of(PLANTS)
    assert (row["test"], row["df"], row["note"]) == ("anova", 27, "F with 2 and 27 degrees of freedom")
    assert row["statistic"] == pytest.approx(4.846, abs=0.0005)
    assert row["p_value"] == pytest.approx(0.01591, abs=0.000005)


def test_analysis_of_variance_after_welch():
    row = row_of(PLANTS, equal_variance=False)
    assert row["statistic"] == pytest.approx(5.181, abs=0.0005)
    assert row["df"] == pytest.approx(17.128, abs=0.0005)
    assert row["p_value"] == pytest.approx(0.01739, abs=0.000005)


def test_fisher_four_by_four():
    assert fisher_table_p(JOBS) == pytest.approx(0.7827, abs=0.00005)


def test_tea_tasting():
    """Three of four cups right: 17 of the 70 ways to guess do as well."""
    assert fisher_p(3, 1, 1, 3, "greater") == pytest.approx(17 / 70)
    assert fisher_p(3, 1, 1, 3) == pytest.approx(34 / 70)
