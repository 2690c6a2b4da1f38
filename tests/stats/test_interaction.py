import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import special, stats

from readerstudy.measures import MEASURES
from readerstudy.stats.interaction import equality_test, interaction, stratum_means


@pytest.fixture(scope="module")
def study():
    """90 cases of 40 patients in three strata; patients have cases in several."""
    rng = np.random.default_rng(5)
    patient = np.sort(rng.integers(0, 40, 90))
    stratum = rng.choice(list("abc"), 90)
    truth = rng.random(90) < 0.4
    call = np.where(rng.random(90) < 0.85, truth, ~truth)
    readers = np.where(rng.random((4, 90)) < 0.75, truth, ~truth).astype(float)
    readers[rng.random((4, 90)) < 0.2] = np.nan
    return patient, stratum, truth, call, readers


def test_strata_of_different_patients_are_those_of_welch():
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 2, (2, 30)), rng.integers(0, 2, (2, 17))
    first, second, test = interaction(*np.hstack([a, b]), ["a"] * 30 + ["b"] * 17, conf_level=0.9)
    for e, values in ((first, a[0] - a[1]), (second, b[0] - b[1])):
        student = stats.ttest_1samp(values, 0)
        assert (e.estimate, e.std_error) == pytest.approx((values.mean(), stats.sem(values)))
        assert (e.statistic, e.df, e.p_value) == pytest.approx((student.statistic, student.df, student.pvalue))
        interval = student.confidence_interval(0.9)
        assert (e.conf_low, e.conf_high) == pytest.approx((interval.low, interval.high))
    welch = stats.ttest_ind(a[0] - a[1], b[0] - b[1], equal_var=False)
    assert (test.statistic, test.df, test.p_value) == pytest.approx((welch.statistic**2, welch.df, welch.pvalue))
    assert (test.measure, test.df_num, test.n_cases) == ("interaction", 1, 47)


def test_patients_with_a_case_in_every_stratum_are_hotellings():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(20, 3))
    found = stratum_means(values.ravel(), np.tile([0, 1, 2], 20), np.repeat(np.arange(20), 3))
    f, df = equality_test(found)
    gaps = values[:, 1:] - values[:, :1]
    t2 = 20 * gaps.mean(axis=0) @ np.linalg.solve(np.cov(gaps.T), gaps.mean(axis=0))
    assert (f, df) == pytest.approx((t2 * 18 / (19 * 2), 18))


@pytest.mark.parametrize("several", [False, True])
def test_regression_with_clusters_of_statsmodels(study, several):
    """The same means and covariance, but for the factors of small samples."""
    patient, stratum, truth, call, readers = study
    versus = readers if several else readers[0]
    rows = np.atleast_2d(versus)
    right = np.where(np.isnan(rows), np.nan, rows == truth)
    read = ~np.isnan(right).all(axis=0)
    d = (call == truth)[read] - np.nanmean(right[:, read], axis=0)
    frame = pd.DataFrame({"d": d, "stratum": stratum[read], "patient": patient[read]})
    fit = smf.ols("d ~ C(stratum) - 1", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["patient"], "use_correction": False}
    )
    *records, test = interaction(call, versus, stratum, truth=truth, patients=patient)
    assert [e.estimate for e in records] == pytest.approx(fit.params.tolist())
    present = np.array([len(np.unique(frame["patient"][frame["stratum"] == s])) for s in "abc"])
    factor = np.sqrt(present / (present - 1))
    covariance = np.outer(factor, factor) * np.asarray(fit.cov_params())
    assert [e.std_error for e in records] == pytest.approx(np.sqrt(np.diag(covariance)).tolist())
    assert [e.df for e in records] == (present - 1).tolist()
    assert [e.n_patients for e in records] == present.tolist()
    contrasts = np.array([[-1, 1, 0], [-1, 0, 1]])
    gap = contrasts @ np.asarray(fit.params)
    wald = gap @ np.linalg.solve(contrasts @ covariance @ contrasts.T, gap)
    # F = W (eta - q + 1) / (eta q), with q = 2 and df = eta - q + 1
    assert test.statistic == pytest.approx(wald * test.df / (2 * (test.df + 1)))
    assert test.p_value == pytest.approx(special.fdtrc(2, test.df, test.statistic))
    assert 5 < test.df < 40
    assert test.n_readers == (4 if several else None)
    for e in (*records, test):
        assert e.measure in MEASURES


def simulated(rng, patient, stratum, shared):
    """Differences -1, 0, 1 of correlated cases, with the same mean in all strata."""
    u = rng.normal(size=patient.max() + 1)[patient] * math.sqrt(shared)
    u = special.ndtr(u + rng.normal(size=len(patient)) * math.sqrt(1 - shared))
    return np.where(u < 0.15, -1.0, np.where(u > 0.8, 1.0, 0.0))


DESIGNS = {
    "different patients": (np.arange(85), np.repeat([0, 1, 2, 3], [10, 15, 20, 40]), 0.0),
    "every patient in every stratum": (np.repeat(np.arange(30), 4), np.tile([0, 1, 2, 3], 30), 0.5),
    "several cases a patient in one stratum": (np.repeat(np.arange(40), 3), np.repeat([0, 1, 2], [30, 30, 60]), 0.6),
}


@pytest.mark.parametrize("design", DESIGNS)
def test_level_by_simulation(design):
    """Wald's chi2 rejects up to 9 % here."""
    patient, stratum, shared = DESIGNS[design]
    rng = np.random.default_rng(11)
    rejected, naive, n = 0, 0, 0
    for _ in range(2000):
        found = stratum_means(simulated(rng, patient, stratum, shared), stratum, patient)
        f, df = equality_test(found)
        if math.isnan(f):
            continue
        q = len(found.mean) - 1
        eta = df + q - 1
        n += 1
        rejected += special.fdtrc(q, df, f) < 0.05
        naive += special.chdtrc(q, f * eta * q / df) < 0.05
    assert n > 1900
    assert rejected / n == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / n))
    assert naive > rejected


def test_independence_of_patients_matters():
    """Patients with ten cases each, taken as independent, would be rejected far too often."""
    rng = np.random.default_rng(3)
    patient = np.repeat(np.arange(24), 10)
    stratum = np.repeat([0, 1], 120)
    p = []
    for _ in range(400):
        d = simulated(rng, patient, stratum, 0.7)
        for clusters in (patient, np.arange(240)):
            f, df = equality_test(stratum_means(d, stratum, clusters))
            p.append(special.fdtrc(1, df, f))
    rejected = (np.reshape(p, (-1, 2)) < 0.05).mean(axis=0)
    assert rejected[0] < 0.09
    assert rejected[1] > 0.25


def test_sensitivity_and_specificity(study):
    patient, stratum, truth, call, readers = study
    kept = ~np.isnan(readers[0])
    for measure, cases in (("sensitivity_difference", truth & kept), ("specificity_difference", ~truth & kept)):
        ours = interaction(call, readers[0], stratum, truth=truth, patients=patient, measure=measure)
        plain = interaction(call[cases], readers[0][cases], stratum[cases], truth=truth[cases], patients=patient[cases])
        assert ours[-1].measure == measure.replace("difference", "interaction")
        for e, other in zip(ours, plain, strict=True):
            assert (e.estimate, e.statistic, e.p_value) == pytest.approx(
                (other.estimate, other.statistic, other.p_value), nan_ok=True
            )
        assert {e.measure for e in ours} <= set(MEASURES)


def test_labels_and_right_or_wrong_are_the_same(study):
    _, stratum, truth, call, readers = study
    names = np.array(["benign", "HCC"])
    given = [None if np.isnan(r) else names[int(r)] for r in readers[0]]
    ours = interaction(names[call.astype(int)], given, stratum, truth=names[truth.astype(int)])
    right = [None if np.isnan(r) else r == t for r, t in zip(readers[0], truth, strict=True)]
    for e, other in zip(ours, interaction(call == truth, right, stratum), strict=True):
        assert e == other or e.to_dict() == other.to_dict()
    assert "not read by both" in ours[-1].note


def test_every_face_gives_the_same(study):
    patient, stratum, truth, call, readers = study
    arrays = interaction(call, readers, stratum, truth=truth, patients=patient)
    frame = pd.DataFrame(readers)
    lists = [[None if np.isnan(v) else v for v in row] for row in readers.tolist()]
    for versus in (frame, lists, tuple(readers)):
        other = interaction(pd.Series(call), versus, stratum.tolist(), truth=list(truth), patients=pd.Series(patient))
        assert [e.to_dict() for e in other] == [e.to_dict() for e in arrays]


def test_exchanged_readings_change_the_sign_only():
    rng = np.random.default_rng(8)
    a, b = rng.integers(0, 2, (2, 60))
    strata = rng.integers(0, 3, 60)
    ours, other = interaction(a, b, strata), interaction(b, a, strata)
    assert [e.estimate for e in ours[:-1]] == [-e.estimate for e in other[:-1]]
    assert ours[-1].statistic == pytest.approx(other[-1].statistic)


def test_degenerate_strata():
    one, flat, varied, other, test = interaction(
        [1, 1, 1, 1, 0, 1, 0, 1, 1],
        [0, 1, 1, 1, 1, 0, 0, 1, 0],
        list("abbccccdd"),
        patients=[0, 1, 2, 3, 4, 5, 6, 7, 8],
    )
    assert one.note == "one patient: no standard error"
    assert (flat.conf_low, flat.conf_high, flat.p_value) == (0, 0, 1)
    assert "no width" in flat.note
    assert varied.conf_low >= -1
    assert other.conf_high <= 1
    assert "left out of the test, having no variation: a, b" in test.note
    assert test.df_num == 1


@pytest.mark.parametrize(
    ("call", "versus", "strata", "note", "p"),
    [
        ([], [], [], "no case", None),
        ([1, 0, 1, 0], [1, 0, 1, 0], list("aabb"), "every difference is the same", 1),
        ([1, 1, 1, 1], [0, 0, 0, 0], list("aabb"), "every difference is the same", None),
        ([1, 0, 1], [0, 0, 1], list("aaa"), "fewer than two strata", None),
        ([1, 0, 1], [0, 0, 1], [None, None, None], "of unknown stratum; no case", None),
        ([1, 0, 1, 0], [0, 1, 1, 1], list("abcd"), "fewer than two strata", None),
    ],
)
def test_no_test(call, versus, strata, note, p):
    test = interaction(call, versus, strata)[-1]
    assert note in test.note
    assert math.isnan(test.statistic)
    assert test.p_value == p if p else math.isnan(test.p_value)


def test_too_few_patients():
    values = np.random.default_rng(4).normal(size=12)
    f, _ = equality_test(stratum_means(values, np.tile([0, 1, 2, 3], 3), np.repeat([0, 1, 2], 4)))
    assert math.isnan(f)


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([1, 0], [1, 0], ["a"]), {}, "not one length"),
        (([1, 2], [1, 0], ["a", "b"]), {}, "call must be boolean or 0/1"),
        (([1, 0], [1, 0], ["a", "b"]), {"patients": [1]}, "patients has 1"),
        (([1, 0], [1, 0], ["a", "b"]), {"measure": "sensitivity_difference"}, "needs truth"),
        (([1, 0], [1, 0], ["a", "b"]), {"measure": "auc"}, "measure"),
        (([1, 0], [1, 0], ["a", "b"]), {"conf_level": 95}, "conf_level"),
        (([1, 0], [[1, 0], [1]], ["a", "b"]), {}, "not one length"),
        (([1, 0, 1], [1, 0, 1], list("aab")), {"truth": [1, 0]}, "not one length"),
    ],
)
def test_wrong_input(arguments, options, said):
    with pytest.raises(ValueError, match=said):
        interaction(*arguments, **options)


def test_labels_of_another_type_are_refused():
    truth, strata = [0, 1, 0, 1], list("aabb")
    with pytest.raises(ValueError, match="call holds '0' where truth has labels such as 0"):
        interaction(list("0101"), truth, strata, truth=truth)
    with pytest.raises(ValueError, match="versus holds '0'"):
        interaction(truth, [list("0101"), truth], strata, truth=truth)
    assert interaction([False, True, True, True], truth, strata, truth=truth)[0].estimate == 0
    with pytest.raises(ValueError, match="strata has labels that read alike"):
        interaction(truth, truth, [1, 1, "1", "1"], truth=truth)


def test_a_reading_that_was_never_right_is_doubted():
    truth = ["HCC", "ICC", "HCC", "ICC"]
    *_, test = interaction(["hcc", "icc", "hcc", "icc"], truth, list("aabb"), truth=truth)
    assert "call was never right: are its labels those of truth?" in test.note
    *_, test = interaction([1, 0, 1, 0], [0, 0, 0, 0], list("aabb"))
    assert "never right" not in test.note


def test_not_available_is_not_read_and_of_unknown_stratum():
    truth = ["a", "b", "a", "b", "a", "b"]
    call, strata = ["a", "b", None, "a", "a", "b"], ["x", None, "x", "y", "y", "x"]
    gone = [pd.Series(values, dtype=object).where(pd.notna(values), pd.NA) for values in (call, strata)]
    assert interaction(gone[0], truth, gone[1], truth=truth) == interaction(call, truth, strata, truth=truth)


def test_cases_that_went_in_and_those_that_count():
    rng = np.random.default_rng(4)
    truth, call, versus = rng.integers(0, 2, (3, 40))
    strata, patients = np.repeat(["a", "b"], 20), np.arange(40) // 2
    *of, test = interaction(call, versus, strata, truth=truth, patients=patients, measure="sensitivity_difference")
    assert [(e.n_cases, e.n_patients, e.total) for e in of] == [
        (20, 10, int(truth[:20].sum())), (20, 10, int(truth[20:].sum()))
    ]  # fmt: skip
    assert (test.n_cases, test.n_patients, test.total) == (40, 20, int(truth.sum()))
