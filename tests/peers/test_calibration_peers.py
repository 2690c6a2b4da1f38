"""Calibration and net benefit against R's glm, dcurves and closed forms."""

import goldens
import numpy as np

from readerstudy.stats.calibration import calibration, equal_width_groups, group_sums
from readerstudy.stats.decision import net_benefit
from readerstudy.stats.proper_scores import log_loss


def predictions(case):
    frame = goldens.table(case)
    return frame["y"].to_numpy(), frame[
        case.args["prob"] if "prob" in case.args else case.id.rpartition("/")[2]
    ].to_numpy()


@goldens.each("calibration_glm")
def test_intercept_and_slope(case):
    """glm stops its iteration at a relative change of 1e-8."""
    found = {e.measure: e for e in calibration(*predictions(case))}
    with goldens.against(case) as same:
        for short, measure in (("citl", "calibration_in_the_large"), ("slope", "calibration_slope")):
            e = found[measure]
            same(short, e.estimate, case.result[short], rel=1e-6)
            same(f"{short}_se", e.std_error, case.result[f"{short}_se"], rel=1e-6)
            same(f"{short}_wald_ci", [e.conf_low, e.conf_high], case.result[f"{short}_wald_ci"], rel=1e-6)


@goldens.each("brier_ece_hl")
def test_scores_and_grouped_errors(case):
    """The degrees of freedom there are those of development data."""
    truth, prob = predictions(case)
    found = {(e.measure, e.method): e for e in calibration(truth, prob, development=True)}
    with goldens.against(case) as same:
        same("brier", found["brier", "wald"].estimate, case.result["brier"])
        same("desctools_brier", found["brier", "wald"].estimate, case.result["desctools_brier"])
        same("brier_scaled", found["brier_scaled", None].estimate, case.result["brier_scaled"])
        same("ece10", found["ece", "equal-width"].estimate, case.result["ece10"])
        size, positive, expected = group_sums(truth.astype(bool), prob, equal_width_groups(prob, 10))
        same("mce10", np.abs((positive - expected) / size).max(), case.result["mce10"])
        same("log_loss", log_loss(truth, prob).estimate, case.result["log_loss"])
        same("oe", found["observed_expected", "log"].estimate, case.result["oe"])
        e, theirs = found["hosmer_lemeshow", None], case.result["hosmer_lemeshow"]
        same("X2", e.statistic, theirs["X2"])
        same("df", e.df, theirs["df"])
        same("p", e.p_value, theirs["p"])


@goldens.each("dca")
def test_decision_curves(case):
    frame, thresholds = goldens.table(case), case.args["thresholds"]
    truth = frame["cancer" if "cancer" in frame else "y"].to_numpy()
    theirs = np.array(case.result["net_benefit"]).reshape(-1, len(thresholds))
    names = case.result["variable"][:: len(thresholds)]
    with goldens.against(case) as same:
        for name, values in zip(names, theirs, strict=True):
            prob = frame[name] if name in frame else np.zeros(len(frame))
            records = net_benefit(truth, prob, thresholds, n_boot=2)
            measure = "net_benefit_treat_all" if name == "all" else "net_benefit"
            ours = [e.estimate for e in records if e.measure == measure]
            same(f"{name} net_benefit", ours, values, absolute=1e-12)
