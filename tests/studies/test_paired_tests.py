"""Two binary tests of the same 712 cases (DTComPair's example): the whole evaluation against R's numbers."""

import json

import pytest

import readerstudy as rs

pytestmark = pytest.mark.peers

PLAN = {
    "tasks": {"disease": {"positive": ["1"], "prevalence": 0.3}},
    "endpoints": [
        {"name": m, "measure": m, "reader": "y1", "versus": "y2"}
        for m in ("sensitivity", "specificity", "ppv", "npv", "accuracy")
    ],
    "methods": {"paired": "mcnemar-chi2", "paired_interval": "wald"},
    "multiplicity": {"method": "none"},
}


@pytest.fixture(scope="module")
def results(shared):
    folder = shared / "data" / "dtcompair_paired1"
    return rs.evaluate(rs.Study.read(None, folder / "reads.csv", folder / "cases.csv", PLAN))


@pytest.fixture(scope="module")
def peer(shared):
    cases = json.loads((shared / "goldens" / "paired_tests_dtcompair.json").read_text(encoding="utf-8"))["cases"]
    return {case["id"].split("/")[0]: case.get("result") for case in cases if case["id"].endswith("/Paired1")}


def endpoint(results, name):
    (row,) = [row for row in results.tables["endpoints"] if row["name"] == name]
    return results.by_key[row["key"]]


@pytest.mark.parametrize("measure", ["sensitivity", "specificity"])
def test_differences_of_sensitivity_and_specificity(results, peer, measure):
    e, test, interval = endpoint(results, measure), peer["sesp_mcnemar"][measure], peer["sesp_diff_ci_wald"][measure]
    # DTComPair subtracts the first test from the second.
    assert (e.estimate, e.statistic, e.p_value) == pytest.approx(
        (-test["diff"], test["test.statistic"], test["p.value"]), rel=1e-8
    )
    assert (e.conf_low, e.conf_high) == pytest.approx((-interval["diff.ucl"], -interval["diff.lcl"]), rel=1e-8)


@pytest.mark.parametrize("measure", ["ppv", "npv"])
def test_differences_of_predictive_values(results, peer, measure):
    e, test = endpoint(results, measure), peer["pv_wgs"][measure]
    assert (e.estimate, e.statistic, e.p_value) == pytest.approx(
        (-test["diff"], test["test.statistic"], test["p.value"]), rel=1e-8
    )


@pytest.mark.parametrize(("reader", "test"), [("y1", "test1"), ("y2", "test2")])
def test_predictive_values_at_another_prevalence(results, peer, reader, test):
    theirs = peer["pv_prev_0.3"][test]
    (ppv,), (npv,) = (results.select(measure=f"{name}_at_prevalence", reader=reader) for name in ("ppv", "npv"))
    limits = theirs["ppv_est"], theirs["ppv_lcl"], theirs["ppv_ucl"]
    assert (ppv.estimate, ppv.conf_low, ppv.conf_high) == pytest.approx(limits, rel=1e-8)
    # DTComPair 1.2.2 gives another number as the NPV; this is Bayes's theorem.
    (sensitivity,), (specificity,) = (results.select(measure=m, reader=reader) for m in ("sensitivity", "specificity"))
    healthy = specificity.estimate * 0.7
    assert npv.estimate == pytest.approx(healthy / (healthy + (1 - sensitivity.estimate) * 0.3))
