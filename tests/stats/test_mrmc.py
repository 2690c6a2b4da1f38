"""The mean of several readers: closed-form jackknife against a naive one, the interval against RJafroc and theory."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from readerstudy.stats import mrmc
from readerstudy.stats.roc import auc


def data(n_readers=4, n_cases=40, seed=0, gaps=0.0):
    rng = np.random.default_rng(seed)
    truth = np.arange(n_cases) % 3 == 0
    scores = np.round(truth + rng.normal(size=n_cases) + rng.normal(size=(n_readers, n_cases)), 1)
    scores[rng.random(scores.shape) < gaps] = np.nan
    return truth, scores


def value(measure, truth, row):
    """The measure of one reader on the cases they read, by the plainest means."""
    read = ~np.isnan(row)
    truth, row = truth[read], row[read]
    if measure == "auc":
        return auc(truth, row).estimate
    if measure == "sensitivity":
        return row[truth].mean()
    if measure == "specificity":
        return (1 - row[~truth]).mean()
    return (row == truth).mean()


@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("measure", mrmc.AVERAGED)
def test_leaving_one_out_is_leaving_one_out(measure, gaps):
    truth, values = data(gaps=gaps)
    if measure != "auc":
        values = np.where(np.isnan(values), np.nan, values > 0.5)
    theta, left_out = mrmc.leave_one_out(measure, truth, values)
    units = {"sensitivity": np.flatnonzero(truth), "specificity": np.flatnonzero(~truth)}.get(
        measure, np.arange(len(truth))
    )
    assert left_out.shape == (len(values), len(units))
    for j, row in enumerate(values):
        assert theta[j] == pytest.approx(value(measure, truth, row), rel=1e-12)
        for column, unit in enumerate(units):
            without = np.delete(np.arange(len(truth)), unit)
            assert left_out[j, column] == pytest.approx(value(measure, truth[without], row[without]), rel=1e-10)


def test_the_covariance_of_a_proportion_is_the_sample_covariance_over_n():
    truth, values = data()
    calls = (values > 0.5).astype(float)
    _, left_out = mrmc.leave_one_out("sensitivity", truth, calls)
    expected = np.cov(calls[:, truth]) / truth.sum()
    np.testing.assert_allclose(mrmc.jackknife_covariance(left_out), expected, rtol=1e-10)


def test_the_interval_by_the_formula_written_out():
    truth, values = data()
    found = mrmc.average_of_readers(truth, values)
    areas = np.array([auc(truth, row).estimate for row in values])
    n, j = len(truth), len(values)
    without = np.array([[auc(np.delete(truth, k), np.delete(row, k)).estimate for k in range(n)] for row in values])
    covariance = (n - 1) ** 2 / n * np.cov(without)
    shared = covariance[~np.eye(j, dtype=bool)].mean()
    ms = areas.var(ddof=1)
    df = (ms + j * shared) ** 2 / (ms**2 / (j - 1))
    half = stats.t.ppf(0.975, df) * math.sqrt((ms + j * shared) / j)
    assert found.estimate == pytest.approx(areas.mean())
    assert found.df == pytest.approx(df, rel=1e-9)
    assert found.conf_low == pytest.approx(areas.mean() - half, rel=1e-9)
    assert found.conf_high == pytest.approx(min(1, areas.mean() + half), rel=1e-9)


def test_coverage_when_readers_and_cases_vary():
    """Simulated calls with reader and case effects: about 95 of 100 intervals hold the true sensitivity.

    The tolerance is four standard errors of the simulation, and Hillis' interval is known to be a little wide.
    """
    rng = np.random.default_rng(11)
    n_studies, j, n = 600, 5, 60
    truth = np.ones(n, dtype=bool)
    hits = 0
    mean = stats.norm.cdf(0.8 / math.sqrt(1 + 0.3**2 + 1))
    for _ in range(n_studies):
        latent = 0.8 + 0.3 * rng.normal(size=(j, 1)) + rng.normal(size=n) + rng.normal(size=(j, n))
        e = mrmc.average_of_readers(truth, latent > 0, measure="sensitivity")
        hits += e.conf_low <= mean <= e.conf_high
    error = math.sqrt(0.95 * 0.05 / n_studies)
    assert 0.95 - 4 * error < hits / n_studies < 0.95 + 4 * error


@pytest.mark.parametrize(
    ("truth", "values", "words"),
    [
        ([1, 0, 1], [[1, 1, 0]], "one reader"),
        ([1, 0, 1], [[np.nan] * 3, [np.nan] * 3], "undefined for every reader"),
        ([1, 1, 0], [[1, 1, 0], [1, 1, 0]], "all readers have the same value"),
        ([1, 0, 0], [[1, 1, 0], [0, 1, 0]], "one case of a class: no covariance"),
    ],
)
def test_what_cannot_be_said_is_said(truth, values, words):
    e = mrmc.average_of_readers(truth, values, measure="sensitivity")
    assert words in e.note
    assert math.isnan(e.conf_low)


def test_identical_readers_leave_the_cases_variance_alone():
    truth, values = data(n_readers=1)
    calls = np.repeat(values > 0.5, 3, axis=0)
    e = mrmc.average_of_readers(truth, calls, measure="sensitivity")
    p, n = calls[0][truth].mean(), truth.sum()
    assert e.std_error == pytest.approx(math.sqrt(p * (1 - p) / (n - 1)))
    assert math.isnan(e.df)


def test_a_reader_of_one_positive_case_does_not_take_the_interval_away():
    truth = np.ones(6, dtype=bool)
    calls = np.array([[1, 0, 1, 1, 1, 0], [1, 0, 1, 0, 1, 1], [1, 0, 0, 1, 1, 1], [1] + [np.nan] * 5])
    e = mrmc.average_of_readers(truth, calls, measure="sensitivity")
    assert e.n_readers == 4
    assert "1 of 4 readers read one case of a class" in e.note
    covariance = np.cov(calls[:3]) / 6
    ms = np.nanmean(calls, axis=1).var(ddof=1)
    assert e.std_error == pytest.approx(math.sqrt((ms + 4 * covariance[~np.eye(3, dtype=bool)].mean()) / 4))


def test_a_negative_covariance_is_taken_as_zero():
    calls = [[1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 1, 0]]
    e = mrmc.average_of_readers([1] * 6, calls, measure="sensitivity")
    assert "negative and taken as 0" in e.note


def test_wrong_input():
    with pytest.raises(ValueError, match="must have shape"):
        mrmc.average_of_readers([1, 0], [1, 0])
    with pytest.raises(ValueError, match="'auc', 'sensitivity'"):
        mrmc.average_of_readers([1, 0], [[1, 0]], measure="kappa")


@pytest.mark.peers
def test_single_modality_intervals_of_rjafroc(shared):
    """RJafroc prints, for Van Dyke's data, an interval of each modality with readers and cases random."""
    cases = json.loads((shared / "goldens" / "mrmc_rjafroc.json").read_text(encoding="utf-8"))["cases"]
    printed = next(case for case in cases if case["id"] == "StSignificanceTesting/OR_jackknife/dataset02")
    theirs = printed["result"]["RRRC"]["ciAvgRdrEachTrt"]
    frame = pd.read_csv(shared / "goldens" / "data" / "rjafroc_dataset02.csv")
    for i, (_, part) in enumerate(frame.groupby("modality")):
        wide = part.pivot_table(index="reader", columns="case", values="rating")
        truth = part.groupby("case").truth.first().loc[wide.columns]
        e = mrmc.average_of_readers(truth, wide)
        ours = (e.estimate, e.std_error, e.df, e.conf_low, e.conf_high)
        names = ("Estimate", "StdErr", "DF", "CILower", "CIUpper")
        assert ours == pytest.approx([theirs[name][i] for name in names], rel=1e-8)
