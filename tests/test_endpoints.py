"""Endpoints: tested as they are worded, adjusted together, and judged."""

import math

import numpy as np
import pandas as pd
import pytest

import readerstudy as rs

N = 120


def frames(seed=1):
    """A model that is a little better than two readers, one of whom leaves out six cases."""
    rng = np.random.default_rng(seed)
    truth = np.arange(N) % 2
    ids = [f"C{i:03d}" for i in range(N)]
    score = np.round(1 / (1 + np.exp(-(2.4 * truth - 1.2 + rng.normal(size=N)))), 4)
    preds = pd.DataFrame({"case_id": ids, "model": "net", "score": score, "truth": truth})
    reads = []
    for reader, strength in (("R1", 1.6), ("R2", 1.0)):
        rating = np.clip(np.round(3 + strength * (truth - 0.5) * 2 + rng.normal(size=N)), 1, 5).astype(int)
        reads.append(pd.DataFrame({"case_id": ids, "reader_id": reader, "score": rating}))
    return preds, pd.concat([reads[0], reads[1].iloc[6:]])


PLAN = {
    "tasks": {"cancer": {"positive": ["1"], "threshold": 0.5, "probabilities": True}},
    "readers": {"threshold": 3},
}


def study(*endpoints, **sections):
    plan = {**PLAN, **sections, "endpoints": list(endpoints)}
    return rs.Study.read(*frames(), protocol=plan)


def only(results, name):
    (row,) = [row for row in results.tables["endpoints"] if row["name"] == name]
    return results.by_key[row["key"]]


def goal(measure, value, **more):
    return {"name": f"{measure} goal", "measure": measure, "reader": "net", "goal": value, **more}


def test_non_inferiority_is_tangos_score_at_minus_the_margin():
    results = rs.evaluate(
        study(
            {
                "name": "NI",
                "measure": "sensitivity",
                "reader": "net",
                "versus": "R1",
                "hypothesis": "non-inferiority",
                "margin": 0.1,
            }
        )
    )
    e = only(results, "NI")
    data = study()
    positive = data.truth("cancer") == 1
    net, reader = data.model_calls("cancer")[0] == 1, data.human_calls("cancer")[0, 0] == 1
    direct = rs.paired_difference(net[positive], reader[positive], margin=0.1)
    assert (e.estimate, e.conf_low, e.p_value, e.test_method) == (
        direct.estimate,
        direct.conf_low,
        direct.p_value,
        "tango-score",
    )
    assert e.margin == 0.1
    assert e.role == "primary"
    assert e.verdict == direct.verdict
    # The endpoint stands in the place of the plain comparison, and everything else is exploratory.
    assert len(results.select(measure="sensitivity_difference", reader="net", versus="R1", missing=None)) == 1
    assert {x.role for x in results.estimates if x.key != e.key} == {"exploratory"}


def test_superiority_is_the_test_of_the_tables():
    plain = rs.evaluate(study()).select(measure="auc_difference", reader="net", versus="R2", missing=None)[0]
    e = only(rs.evaluate(study({"name": "AUC", "measure": "auc", "reader": "net", "versus": "R2"})), "AUC")
    assert (e.estimate, e.p_value, e.conf_low) == (plain.estimate, plain.p_value, plain.conf_low)
    assert e.verdict == ("superior" if plain.p_value < 0.05 and plain.conf_low > 0 else "superiority not shown")


def test_the_sign_follows_the_endpoint():
    results = rs.evaluate(study({"name": "turned", "measure": "auc", "reader": "R2", "versus": "net"}))
    plain = results.select(measure="auc_difference", reader="net", versus="R2", missing=None)[0]
    e = only(results, "turned")
    assert e.estimate == pytest.approx(-plain.estimate)
    assert (e.conf_low, e.conf_high) == pytest.approx((-plain.conf_high, -plain.conf_low))


def test_a_goal_is_tested_one_sided_beside_the_two_sided_interval():
    results = rs.evaluate(study(goal("sensitivity", 0.7), goal("auc", 0.99)))
    e = only(results, "sensitivity goal")
    two = rs.proportion(e.count, e.total)
    one = rs.proportion(e.count, e.total, null=0.7, alternative="greater")
    assert (e.conf_low, e.conf_high, e.p_value) == (two.conf_low, two.conf_high, one.p_value)
    assert e.verdict == "goal met"
    assert only(results, "auc goal").verdict == "goal not met"


def test_holm_over_the_primary_endpoints_then_the_secondary_ones():
    results = rs.evaluate(
        study(
            goal("sensitivity", 0.7),
            goal("specificity", 0.7),
            goal("accuracy", 0.7, role="secondary"),
            goal("auc", 0.7, role="exploratory"),
        )
    )
    first, second, behind = (only(results, f"{m} goal") for m in ("sensitivity", "specificity", "accuracy"))
    by_hand = rs.adjust([2 * first.p_value, 2 * second.p_value], "holm") / 2
    assert [first.p_adjusted, second.p_adjusted] == pytest.approx(by_hand)
    assert behind.p_adjusted == pytest.approx(max(behind.p_value, *by_hand))
    assert math.isnan(only(results, "auc goal").p_adjusted)


def test_gatekeeping_ends_at_the_first_failure():
    results = rs.evaluate(
        study(
            goal("auc", 0.99),
            goal("sensitivity", 0.5),
            multiplicity={"method": "gatekeeping"},
        )
    )
    assert only(results, "auc goal").verdict == "goal not met"
    assert rs.proportion(50, 60, null=0.5, alternative="greater").p_value < 0.001
    assert only(results, "sensitivity goal").verdict == "goal not met"


@pytest.mark.parametrize(
    ("endpoint", "word"),
    [
        ({"name": "a", "measure": "auc", "reader": "net"}, "compared with nothing"),
        ({"name": "a", "measure": "auc", "reader": "net", "versus": "R1", "goal": 0.8}, "two things"),
        ({"name": "a", "measure": "auc", "versus": "R1"}, "nobody"),
        ({"name": "a", "measure": "auc", "reader": "net", "versus": "R1", "margin": 0.1}, "needs no margin"),
        (
            {"name": "a", "measure": "auc", "reader": "net", "versus": "R1", "hypothesis": "equivalence"},
            "has no margin",
        ),
        ({"name": "a", "measure": "auc", "reader": "net", "goal": 80}, "between 0 and 1"),
        ({"name": "a", "measure": "aucs", "reader": "net", "goal": 0.8}, "measure must be"),
        ({"measure": "auc", "reader": "net", "goal": 0.8}, "has no name"),
        ({"name": "a", "measure": "auc", "reader": "nets", "goal": 0.8}, "'nets' is in no file"),
        ({"name": "a", "measure": "auc", "reader": "net", "versus": "R3"}, "'R3' is in no file"),
        ({"name": "a", "measure": "auc", "task": "cancr", "reader": "net", "goal": 0.8}, "no task 'cancr'"),
        ({"name": "a", "measure": "auc", "target": "1", "reader": "net", "goal": 0.8}, "no class of task"),
    ],
)
def test_an_endpoint_that_does_not_fit_is_refused(endpoint, word):
    with pytest.raises(rs.DataError) as error:
        study(endpoint)
    assert word in str(error.value)


def test_missing_reads_as_wrong_and_as_right():
    results = rs.evaluate(study(missing={"also": ["worst", "best"]}))
    data = study()
    truth, calls = data.truth("cancer"), data.human_calls("cancer")[0, 1]
    read = calls >= 0
    for rule, filled in (("worst", 1 - truth), ("best", truth)):
        completed = np.where(read, calls, filled)
        (e,) = results.select(measure="accuracy", reader="R2", missing=rule)
        assert e.count == int((completed == truth).sum())
        assert e.total == N
        (area,) = results.select(measure="auc", reader="R2", missing=rule)
        scores = data.human_scores("cancer")[0, 1]
        extreme = {("worst", 1): -9, ("worst", 0): 9, ("best", 1): 9, ("best", 0): -9}
        ratings = [s if not np.isnan(s) else extreme[rule, int(t)] for s, t in zip(scores, truth, strict=True)]
        assert area.estimate == rs.auc(truth == 1, ratings).estimate
        (d,) = results.select(measure="accuracy_difference", reader="net", versus="R2", missing=rule)
        net = data.model_calls("cancer")[0]
        assert d.estimate == pytest.approx(np.mean(net == truth) - np.mean(completed == truth))
    # R1 read everything: there is nothing to put beside it.
    assert not results.select(measure="accuracy", reader="R1", missing="worst")
    (complete,) = results.select(measure="accuracy", reader="R2", missing=None)
    assert complete.total == N - 6


def test_the_main_rule_may_be_another_and_missing_reads_are_warned_of():
    assert any("6 reads or predictions are missing" in warning for warning in rs.evaluate(study()).warnings)
    results = rs.evaluate(study(missing={"reads": "worst"}))
    assert {e.missing for e in results.select(measure="accuracy")} == {"worst"}
    (e,) = results.select(measure="accuracy", reader="R2")
    assert e.total == N
    assert results.protocol["missing"] == {"reads": "worst", "also": []}


def test_who_read_less_than_half_was_not_given_the_rest():
    preds, reads = frames()
    reads = reads[(reads["reader_id"] == "R1") | (reads["case_id"] < "C040")]
    results = rs.evaluate(rs.Study.read(preds, reads, protocol={**PLAN, "missing": {"reads": "worst"}}))
    (e,) = results.select(measure="accuracy", reader="R2", missing="worst")
    assert e.total == 34
    assert any("R2 read 34 of 120 cases" in warning for warning in results.warnings)


def test_repeats_are_compared_and_the_first_counts():
    preds, reads = frames()
    again = reads[reads["reader_id"] == "R1"].head(40).copy()
    again["score"] = again["score"].clip(2, 4)
    again["session"], reads = "2", reads.assign(session="1")
    both = pd.concat([again, reads])  # the second reads stand first in the file: the session decides
    results = rs.evaluate(
        rs.Study.read(preds, both, protocol={**PLAN, "readers": {"threshold": 3, "duplicates": "repeat"}})
    )
    first = reads[reads["reader_id"] == "R1"].head(40)["score"].to_numpy()
    (e,) = results.select(measure="kappa", versus_kind="repeat")
    direct = rs.kappa(first >= 3, again["score"].to_numpy() >= 3)
    assert (e.reader, e.versus, e.n_cases) == ("R1", "R1", 40)
    assert e.estimate == pytest.approx(direct.estimate)
    (ratings,) = results.select(measure="icc", versus_kind="repeat")
    assert ratings.estimate == rs.icc([first, again["score"].to_numpy()]).estimate
    (accuracy,) = results.select(measure="accuracy", reader="R1", missing=None)
    (alone,) = rs.evaluate(study()).select(measure="accuracy", reader="R1", missing=None)
    assert accuracy.count == alone.count
    assert results.flow["rows"][1]["duplicates"] == 40


def test_probabilities_are_calibrated_and_worth_something():
    results = rs.evaluate(study(tasks={"cancer": {**PLAN["tasks"]["cancer"], "prevalence": 0.05}}))
    data = study()
    truth, prob = data.truth("cancer") == 1, data.model_scores("cancer")[0]
    direct = {(e.measure, e.method): e.estimate for e in rs.calibration(truth, prob)}
    found = {(e.measure, e.method): e.estimate for e in results.select(reader="net") if (e.measure, e.method) in direct}
    assert found == pytest.approx(direct, nan_ok=True)
    (row,) = results.tables["calibration"]
    assert sum(group["total"] for group in row["groups"]) == N == sum(row["positive"]) + sum(row["negative"])
    at = [e.threshold for e in results.select(measure="net_benefit", reader="net")]
    assert at == [0.05, 0.1, 0.2, 0.3, 0.5]
    sensitivity = results.select(measure="sensitivity", reader="net")[0].estimate
    specificity = results.select(measure="specificity", reader="net")[0].estimate
    (half,) = results.select(measure="net_benefit", reader="net", threshold=0.5)
    assert half.estimate == pytest.approx(sensitivity * 0.05 - (1 - specificity) * 0.95)
    strategies = [(row["strategy"], row["reader"]) for row in results.tables["decision"]]
    assert strategies == [("treat all", None), (None, "net"), (None, "R1"), (None, "R2")]
    assert len(results.select(measure="net_benefit_difference", reader="net", versus="R1")) == 5
    ppv = rs.ppv_npv_at(truth, prob >= 0.5, prevalence=0.05)[0]
    assert results.select(measure="ppv_at_prevalence", reader="net")[0].estimate == ppv.estimate


def test_a_score_that_is_no_probability_is_refused_as_one():
    preds, reads = frames()
    preds["score"] = preds["score"] * 100
    with pytest.raises(rs.DataError, match="probabilit"):
        rs.Study.read(preds, reads, protocol=PLAN)


def versus(name, **more):
    return {"name": name, "measure": "auc", "reader": "net", "versus": "R1", **more}


def test_two_endpoints_of_one_comparison_keep_their_own_tests():
    non_inferior = versus("NI", hypothesis="non-inferiority", margin=0.1)
    results = rs.evaluate(study(non_inferior, versus("SUP"), multiplicity={"method": "gatekeeping"}))
    first, second = only(results, "NI"), only(results, "SUP")
    assert (first.margin, first.endpoint, second.endpoint) == (0.1, None, "SUP")
    assert first.verdict == "non-inferior"
    assert (second.verdict, second.null) == ("superiority not shown", 0)
    goals = rs.evaluate(study(goal("auc", 0.6, name="low"), goal("auc", 0.999, name="high")))
    assert [only(goals, name).null for name in ("low", "high")] == [0.6, 0.999]


def test_a_primary_endpoint_in_the_wrong_direction_shuts_the_gate():
    preds, reads = frames()
    guessed = np.random.default_rng(0).integers(1, 6, len(reads))
    reads["score"] = np.where(reads["reader_id"] == "R2", guessed, reads["score"])
    worse = {"name": "worse", "measure": "auc", "reader": "R2", "versus": "net"}
    plan = {**PLAN, "endpoints": [goal("sensitivity", 0.5, role="secondary"), worse]}
    results = rs.evaluate(rs.Study.read(preds, reads, protocol=plan))
    assert only(results, "worse").verdict == "inferior"
    behind = only(results, "sensitivity goal")
    assert (behind.verdict, behind.p_adjusted) == ("goal not met", 0.5)


def test_secondary_endpoints_come_after_primary_ones_wherever_they_stand():
    results = rs.evaluate(study(goal("auc", 0.999, role="secondary"), goal("sensitivity", 0.5)))
    first = only(results, "sensitivity goal")
    assert first.verdict == "goal met"
    assert first.p_adjusted == pytest.approx(first.p_value)
    last = only(results, "auc goal")
    assert last.p_adjusted >= last.p_value > 0.5


def test_goals_take_patients_as_clusters():
    preds, reads = frames()
    preds["patient_id"] = [f"P{i // 6}" for i in range(N)]
    plan = {
        **PLAN,
        "clusters": {"patient": "patient_id"},
        "multiplicity": {"method": "none"},
        "endpoints": [goal("sensitivity", 0.6), goal("auc", 0.7)],
    }
    data = rs.Study.read(preds, reads, protocol=plan)
    results = rs.evaluate(data)
    truth, call = data.truth("cancer") == 1, data.model_calls("cancer")[0] == 1
    direct = rs.sensitivity(truth, call, null=0.6, patients=preds["patient_id"])
    e = only(results, "sensitivity goal")
    assert e.p_value == pytest.approx(direct.p_value / 2)
    assert e.test_method == direct.test_method
    area = rs.auc(truth, preds["score"], null=0.7, alternative="greater", patients=preds["patient_id"])
    assert only(results, "auc goal").p_value == pytest.approx(area.p_value)


def test_a_goal_of_a_perfect_area_says_why_it_is_not_tested():
    preds, reads = frames()
    preds["score"] = np.where(preds["truth"] == 1, 0.9, 0.1)
    e = only(rs.evaluate(rs.Study.read(preds, reads, protocol={**PLAN, "endpoints": [goal("auc", 0.9)]})), "auc goal")
    assert (e.estimate, e.verdict) == (1, "not tested")
    assert e.note


@pytest.mark.parametrize(
    ("endpoint", "word"),
    [
        (versus("x", modality=None), "in which modality"),
        ({"name": "x", "measure": "auc", "reader": "R1", "modality": "a", "versus": "a"}, "with itself"),
        ({"name": "x", "measure": "auc", "reader": "R1", "modality": "a", "versus": "R1"}, "with itself"),
        ({"name": "x", "measure": "auc", "reader": "net", "modality": "a", "versus": "b"}, "is a model"),
        ({"name": "x", "measure": "ppv", "reader": "net", "modality": "a", "versus": "all readers"}, "PPV"),
        ({"name": "x", "measure": "auc", "reader": "net", "modality": "a", "versus": "young"}, "is one reader"),
        ({"name": "x", "measure": "auc", "reader": "R1", "modality": "a", "versus": "all readers"}, "neither model"),
    ],
)
def test_what_cannot_be_compared_is_refused(endpoint, word):
    preds, reads = frames()
    both = pd.concat([reads.assign(modality="a"), reads.assign(modality="b")])
    plan = {
        **PLAN,
        "readers": {"threshold": 3, "groups": {"young": ["R1"]}},
        "endpoints": [{key: value for key, value in endpoint.items() if value is not None}],
    }
    with pytest.raises(rs.DataError, match=word):
        rs.Study.read(preds, both, protocol=plan)


def test_readers_held_against_truths_of_their_own_are_compared_with_models_alone():
    rng = np.random.default_rng(0)
    ids = [f"C{i}" for i in range(60)]
    votes = pd.concat(
        [pd.DataFrame({"case_id": ids, "reader_id": r, "label": rng.integers(0, 2, 60)}) for r in ("R1", "R2", "R3")]
    )
    truth = votes.groupby("case_id")["label"].sum().ge(2).astype(int)
    preds = pd.DataFrame({"case_id": ids, "model": "net", "score": rng.random(60), "truth": truth[ids].to_numpy()})
    plan = {
        "tasks": {"cancer": {"positive": ["1"], "threshold": 0.5}},
        "readers": {"truth_from": ["R1", "R2", "R3"], "incorporation": "leave-one-out"},
    }
    two = [
        {"name": "net", "measure": "sensitivity", "reader": "net", "versus": "R1"},
        {"name": "R1", "measure": "sensitivity", "reader": "R1", "versus": "net"},
    ]
    results = rs.evaluate(rs.Study.read(preds, votes, protocol={**plan, "endpoints": two}))
    assert only(results, "net").estimate == pytest.approx(-only(results, "R1").estimate)
    assert only(results, "net").p_value == pytest.approx(only(results, "R1").p_value)
    for other in ("R2", "all readers"):
        bad = [{"name": "x", "measure": "sensitivity", "reader": "R1", "versus": other}]
        with pytest.raises(rs.DataError):
            rs.Study.read(preds, votes, protocol={**plan, "endpoints": bad})


def classes_study(**sections):
    """Three classes, probabilities rounded to two decimals, a reader who left out 12 of 90 cases."""
    rng = np.random.default_rng(2)
    truth = np.repeat(list("abc"), 30)
    ids = [f"C{i:02d}" for i in range(90)]
    probs = (rng.dirichlet([1, 1, 1], 90) + 2 * (truth[:, None] == np.array(list("abc")))) / 3
    preds = pd.DataFrame({"case_id": ids, "model": "net", "truth": truth})
    preds[["prob_a", "prob_b", "prob_c"]] = probs.round(2)
    reads = pd.DataFrame({"case_id": ids, "reader_id": "R1", "label": np.where(rng.random(90) < 0.8, truth, "a")})
    reads.loc[reads.index[::8], "label"] = ""
    plan = {"tasks": {"kind": {"classes": ["a", "b", "c"]}}, **sections}
    return rs.evaluate(rs.Study.read(preds, reads, protocol=plan)), truth, reads["label"].to_numpy()


def test_a_missing_read_that_counts_as_wrong_is_wrong_of_every_class():
    results, truth, labels = classes_study(missing={"also": ["worst", "best"]})
    unread = labels == ""
    for target in "abc":
        for rule in ("worst", "best"):
            right = np.where(unread, rule == "best", (labels == target) == (truth == target))
            for measure, of in (("sensitivity", truth == target), ("specificity", truth != target)):
                (e,) = results.select(measure=measure, target=target, reader="R1", missing=rule)
                assert (e.count, e.total) == (right[of].sum(), of.sum())
            (d,) = results.select(measure="accuracy_difference", target=target, versus="R1", missing=rule)
            (net,) = results.select(measure="accuracy", target=target, reader="net", missing=None)
            assert d.estimate == pytest.approx(net.estimate - right.mean())


def test_probabilities_rounded_in_the_file_are_scored():
    results, _, _ = classes_study()
    assert results.select(measure="log_loss", reader="net")[0].estimate > 0
    assert results.select(measure="multiclass_brier", reader="net")[0].estimate > 0


def test_what_no_rule_is_about_has_none():
    results, _, _ = classes_study(missing={"reads": "worst"})
    assert {e.missing for e in results.select(measure="log_loss")} == {None}
    assert {e.missing for e in results.select(measure="accuracy", reader="R1", target=None)} == {"worst"}


def test_the_panel_is_analysed_by_the_other_rules_too():
    panel = {"name": "panel", "measure": "accuracy", "reader": "net", "versus": "all readers"}
    results = rs.evaluate(study(panel, missing={"also": ["worst", "best"]}))
    found = results.select(measure="accuracy_difference", versus="all readers")
    assert [e.missing for e in found] == [None, "worst", "best"]
    assert all(e.role == "primary" and e.verdict for e in found)
    assert found[1].estimate > found[2].estimate


def test_ties_of_a_majority_are_no_missing_reads():
    plan = {
        "readers": {"threshold": 3, "consensus": "majority", "ties": "exclude"},
        "missing": {"also": ["worst", "best"]},
    }
    results = rs.evaluate(study(**plan))
    assert {e.missing for e in results.select(reader_kind="consensus")} == {None}


def test_sessions_are_ordered_by_size():
    preds, reads = frames()
    first, second = reads.assign(session="2"), reads.assign(session="10", score=1)
    plan = {**PLAN, "readers": {"threshold": 3, "duplicates": "repeat"}}
    results = rs.evaluate(rs.Study.read(preds, pd.concat([second, first]), protocol=plan))
    (e,) = results.select(measure="accuracy", reader="R1")
    (alone,) = rs.evaluate(study()).select(measure="accuracy", reader="R1")
    assert e.count == alone.count
    third = pd.concat([second, first, first.assign(session="11")])
    warned = rs.Study.read(preds, third, protocol=plan).warnings
    assert any("third or later" in warning for warning in warned)


def test_second_reads_are_held_to_the_same_truth():
    preds, reads = frames()
    truth = dict(zip(preds["case_id"], preds["truth"], strict=True))
    reads = reads.assign(truth=reads["case_id"].map(truth))
    again = reads.head(3).assign(truth=1 - reads["truth"].head(3))
    plan = {**PLAN, "readers": {"threshold": 3, "duplicates": "repeat"}}
    with pytest.raises(rs.DataError, match="truth"):
        rs.Study.read(preds.drop(columns="truth"), pd.concat([reads, again]), protocol=plan)


def test_a_model_with_scores_beside_one_with_probabilities():
    preds, reads = frames()
    other = preds.assign(model="old", score=np.nan, prob_0=1 - preds["score"], prob_1=preds["score"])
    both = pd.concat([preds.assign(score=preds["score"] * 100), other])
    plan = {**PLAN, "tasks": {"cancer": {"positive": ["1"], "threshold": 0.5}}}
    results = rs.evaluate(rs.Study.read(both, reads, protocol=plan))
    assert {e.reader for e in results.select(measure="brier")} == {"old"}
