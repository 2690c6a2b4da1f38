"""Studies without readers: blood markers as models (Wieand 1989, Turck 2010) and a predicted risk (dcurves).

Numbers of R's pROC and dcurves are among those of ../shared; here they must come out of a whole evaluation.
"""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import readerstudy as rs

pytestmark = pytest.mark.peers


def golden(shared, file, case_id):
    cases = json.loads((shared / "goldens" / file).read_text(encoding="utf-8"))["cases"]
    return next(case["result"] for case in cases if case["id"] == case_id)


def markers(shared, name, columns):
    cases = pd.read_csv(shared / "data" / name / "cases.csv", dtype={"case_id": str})
    preds = [cases[["case_id"]].assign(model=column, score=cases[column]) for column in columns]
    return pd.concat(preds), cases[["case_id", "truth"]]


def test_wieand_two_markers_of_pancreatic_cancer(shared):
    """Wieand 1989 compares the two by their empirical areas, .86 against .71."""
    preds, cases = markers(shared, "wieand", ("ca19_9", "ca125"))
    plan = {
        "tasks": {"cancer": {"positive": ["1"]}},
        "endpoints": [{"name": "areas", "measure": "auc", "reader": "ca19_9", "versus": "ca125"}],
    }
    results = rs.evaluate(rs.Study.read(preds, None, cases, plan))
    areas = {e.reader: e.estimate for e in results.select(measure="auc")}
    assert {name: round(area, 2) for name, area in areas.items()} == {"ca19_9": 0.86, "ca125": 0.71}
    wide = preds.pivot_table(index="case_id", columns="model", values="score").join(cases.set_index("case_id"))
    for name, area in areas.items():
        u = stats.mannwhitneyu(wide[name][wide.truth == 1], wide[name][wide.truth == 0]).statistic
        assert area == pytest.approx(u / (90 * 51), rel=1e-12)
    (row,) = results.tables["endpoints"]
    e = results.by_key[row["key"]]
    assert e.verdict == "superior"
    assert e.p_value < 0.01
    # 51 controls and 90 cases drawn again and again: the bootstrap's error is DeLong's.
    drawn = rs.compare_auc(wide.truth == 1, wide.ca19_9, wide.ca125, method="bootstrap", n_boot=4000, rng=1)
    assert drawn.std_error == pytest.approx(e.std_error, rel=0.05)


def test_asah_three_markers_of_poor_outcome(shared):
    preds, cases = markers(shared, "asah", ("s100b", "ndka", "wfns"))
    results = rs.evaluate(rs.Study.read(preds, None, cases, {"tasks": {"poor": {"positive": ["Poor"]}}}))
    for name in ("s100b", "ndka"):
        peer = golden(shared, "roc_proc.json", f"auc_delong/asah/{name}/<")
        (e,) = results.select(measure="auc", reader=name)
        assert (e.estimate, e.std_error) == pytest.approx((peer["auc"], peer["se_delong"]), rel=1e-8)
    for one, other in (("s100b", "ndka"), ("s100b", "wfns")):
        peer = golden(shared, "roc_proc.json", f"roc_test_paired/asah/{one}-{other}/two.sided")
        (e,) = results.select(measure="auc_difference", reader=one, versus=other)
        assert (e.statistic, e.p_value) == pytest.approx((peer["statistic"], peer["p_value"]), rel=1e-8)


def test_dcurves_net_benefit_of_a_predicted_risk(evaluated, shared):
    results, folder = evaluated(
        "dcurves_df_binary",
        True,
        False,
        """
        [tasks.cancer]
        classes = ["no_cancer", "cancer"]
        map = {"0" = "no_cancer", "1" = "cancer"}
        positive = ["cancer"]
        threshold = 0.2
        [decision]
        thresholds = [0.05, 0.1, 0.15, 0.2, 0.25]
        """,
    )
    peer = pd.DataFrame(golden(shared, "calibration_dca.json", "dca/df_binary"))
    for variable, measure in (("cancerpredmarker", "net_benefit"), ("all", "net_benefit_treat_all")):
        theirs = peer[peer.variable == variable].set_index("threshold")["net_benefit"]
        ours = {e.threshold: e.estimate for e in results.select(measure=measure)}
        common = [t for t in ours if np.isclose(theirs.index, t).any()]
        assert len(common) >= 3
        for t in common:
            (theirs_at,) = theirs[np.isclose(theirs.index, t)]
            assert ours[t] == pytest.approx(theirs_at, rel=1e-8)
    (slope,) = results.select(measure="calibration_slope")
    assert slope.conf_low < slope.estimate < slope.conf_high
    assert len(results.tables["calibration"]) == 1
    assert (folder / "report.html").stat().st_size > 0
