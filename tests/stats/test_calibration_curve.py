"""The curve of a calibration plot against statsmodels, and its groups by hand."""

import numpy as np
import pytest
from scipy import special

import readerstudy as rs

RNG = np.random.default_rng(5)
PROB = RNG.uniform(0.02, 0.98, 300)
TRUTH = RNG.random(300) < special.expit(0.7 * special.logit(PROB) - 0.2)


def test_the_curve_is_statsmodels_logistic_regression_on_harrells_spline():
    import statsmodels.api as sm

    def spline(x):
        # Harrell's formula as printed in Regression Modeling Strategies, equation 2.25.
        t = np.quantile(special.logit(PROB), [0.05, 0.35, 0.65, 0.95])
        columns = [np.ones_like(x), x]
        for j in range(2):
            cube = np.maximum(x - t[j], 0) ** 3
            cube -= np.maximum(x - t[2], 0) ** 3 * (t[3] - t[j]) / (t[3] - t[2])
            cube += np.maximum(x - t[3], 0) ** 3 * (t[2] - t[j]) / (t[3] - t[2])
            columns.append(cube / (t[3] - t[0]) ** 2)
        return np.column_stack(columns)

    fit = sm.GLM(TRUTH.astype(float), spline(special.logit(PROB)), family=sm.families.Binomial()).fit(tol=1e-14)
    curve = rs.calibration_curve(TRUTH, PROB, points=7)
    peer = fit.get_prediction(spline(special.logit(curve["prob"].to_numpy()))).summary_frame(alpha=0.05)
    for ours, theirs in (("observed", "mean"), ("conf_low", "mean_ci_lower"), ("conf_high", "mean_ci_upper")):
        assert curve[ours].to_numpy() == pytest.approx(peer[theirs].to_numpy(), rel=1e-6)


def test_the_curve_is_what_the_ici_is_measured_from():
    fitted = np.interp(PROB, *(rs.calibration_curve(TRUTH, PROB, points=5001)[c] for c in ("prob", "observed")))
    (ici,) = [e for e in rs.calibration(TRUTH, PROB) if e.measure == "ici"]
    assert np.mean(np.abs(fitted - PROB)) == pytest.approx(ici.estimate, rel=1e-5)


@pytest.mark.parametrize(
    ("truth", "prob"),
    [
        ([], []),
        ([1, 1, 1], [0.1, 0.2, 0.3]),
        ([0, 1, 0, 1, 1, 0], [0.0, 0.2, 0.3, 0.4, 0.5, 1.0]),
        ([0, 1, 0, 1], [0.2, 0.2, 0.3, 0.3]),
        ([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]),
    ],
)
def test_no_curve_where_none_can_be_fitted(truth, prob):
    assert rs.calibration_curve(truth, prob).empty
    assert rs.calibration_groups(truth, prob)["total"].sum() == len(truth)


def test_groups_hold_every_case_and_have_the_interval_of_a_proportion():
    found = rs.calibration_groups(TRUTH, PROB, groups=5, method="clopper-pearson")
    assert found["total"].tolist() == [60] * 5
    assert found["count"].sum() == TRUTH.sum()
    direct = rs.proportion(int(found["count"][2]), 60, method="clopper-pearson")
    assert (found["conf_low"][2], found["conf_high"][2]) == (direct.conf_low, direct.conf_high)


def test_the_decision_curve_is_net_benefit_at_every_threshold():
    curve = rs.decision_curve(TRUTH, PROB, [0.2, 0.5, 0.8])
    points = rs.net_benefit(TRUTH, PROB, [0.2, 0.5, 0.8], n_boot=4000, rng=1)
    for (_, row), e, everyone in zip(curve.iterrows(), points[::2], points[1::2], strict=True):
        assert row["net_benefit"] == pytest.approx(e.estimate, abs=1e-14)
        assert row["treat_all"] == pytest.approx(everyone.estimate, abs=1e-14)
        # Wald's limits and those of the bootstrap differ by its Monte-Carlo error.
        assert row["conf_low"] == pytest.approx(e.conf_low, abs=6 * e.std_error / np.sqrt(4000) * 2)
    at = rs.decision_curve(TRUTH, PROB, [0.3], prevalence=0.01)["net_benefit"][0]
    assert at == pytest.approx(rs.net_benefit(TRUTH, PROB, 0.3, prevalence=0.01, n_boot=10)[0].estimate)
