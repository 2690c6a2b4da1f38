"""What a protocol can ask for beyond each reader against the truth: panels, modalities, kinds of case, weights."""

import numpy as np
import pandas as pd
import pytest

import readerstudy as rs
from readerstudy.stats.mrmc import model_versus_readers, mrmc

N = 90
IDS = [f"C{i:03d}" for i in range(N)]
TRUTH = np.arange(N) % 2
PLAN = {"tasks": {"cancer": {"positive": ["1"], "threshold": 0.5}}, "readers": {"threshold": 3}}


def frames():
    rng = np.random.default_rng(4)
    score = np.round(1 / (1 + np.exp(-(2 * TRUTH - 1 + rng.normal(size=N)))), 4)
    preds = pd.DataFrame({"case_id": IDS, "model": "net", "score": score})
    reads = []
    for modality, gain in (("unaided", 1.0), ("aided", 1.6)):
        for reader in ("R1", "R2", "R3"):
            rating = np.clip(np.round(3 + gain * (TRUTH - 0.5) * 2 + rng.normal(size=N)), 1, 5).astype(int)
            reads.append(pd.DataFrame({"case_id": IDS, "reader_id": reader, "modality": modality, "score": rating}))
    cases = pd.DataFrame(
        {
            "case_id": IDS,
            "truth": TRUTH.astype(str),
            "patient_id": [f"P{i // 2}" for i in range(N)],
            "site": np.where(np.arange(N) % 3 == 0, "A", "B"),
            "weight": np.where(TRUTH == 1, 1.0, 8.0),
        }
    )
    return preds, pd.concat(reads), cases


def evaluated(cases=None, **sections):
    preds, reads, all_cases = frames()
    study = rs.Study.read(preds, reads, all_cases if cases is None else cases, {**PLAN, **sections})
    return rs.evaluate(study), study


def endpoint(results):
    (row,) = results.tables["endpoints"]
    return results.by_key[row["key"]]


@pytest.fixture(scope="module")
def made():
    return evaluated()


def test_modalities_are_compared_through_the_panel(made):
    results, study = made
    (e,) = results.select(measure="auc_difference", versus_kind="modality", reader=None)
    direct = mrmc(TRUTH, study.human_scores("cancer"), modalities=["unaided", "aided"])
    (d,) = [x for x in direct if x.measure == "auc_difference" and x.reader is None and x.versus]
    assert (e.estimate, e.conf_low, e.p_value, e.df) == (d.estimate, d.conf_low, d.p_value, d.df)
    assert (e.reader_group, e.modality, e.versus) == ("all readers", "unaided", "aided")
    assert e.random == "readers and cases"
    rows = [row for row in results.tables["variance_components"] if row["reader"] is None]
    assert [row["measure"] for row in rows] == ["auc", "sensitivity", "specificity", "accuracy"]
    assert rows[0]["cov1"] == next(x.estimate for x in direct if x.measure == "cov1")


def test_the_model_is_compared_with_the_mean_of_the_panel(made):
    results, study = made
    calls = study.human_calls("cancer")
    for measure, model, readers in (
        ("auc", study.model_scores("cancer")[0], study.human_scores("cancer")),
        ("sensitivity", study.model_calls("cancer")[0], calls),
        ("accuracy", study.model_calls("cancer")[0], calls),
    ):
        (e,) = results.select(measure=f"{measure}_difference", versus="all readers", modality="aided")
        found = model_versus_readers(TRUTH, model, readers[1].astype(float), measure=measure)
        (d,) = [x for x in found if x.versus == "all readers"]
        assert (e.estimate, e.conf_low, e.p_value) == (d.estimate, d.conf_low, d.p_value)
        alone = results.select(measure=measure, reader="net", missing=None)[0].estimate
        (mean,) = results.select(measure=measure, reader_group="all readers", modality="aided", reader=None)
        assert e.estimate == pytest.approx(alone - mean.estimate)


@pytest.mark.parametrize("method", ["or-delong", "or-unbiased", "dbm"])
def test_the_protocol_names_the_method_of_the_panel(method):
    results, _ = evaluated(methods={"mrmc": method})
    (e,) = results.select(measure="auc_difference", versus_kind="modality", reader=None)
    assert e.method.startswith(method)


def test_the_reference_is_what_the_others_are_compared_with():
    plain, _ = evaluated()
    turned, _ = evaluated(readers={"threshold": 3, "reference": "unaided"})
    for reader in ("R1", None):
        (a,) = plain.select(measure="auc_difference", versus_kind="modality", reader=reader)
        (b,) = turned.select(measure="auc_difference", versus_kind="modality", reader=reader)
        assert (b.modality, b.versus) == (a.versus, a.modality) == ("aided", "unaided")
        assert b.estimate == pytest.approx(-a.estimate)
        assert b.p_value == pytest.approx(a.p_value)


def test_endpoints_of_the_panel():
    plain, _ = evaluated()
    (between,) = plain.select(measure="auc_difference", versus_kind="modality", reader=None)
    aided, _ = evaluated(
        endpoints=[
            {
                "name": "aid",
                "measure": "auc",
                "modality": "aided",
                "versus": "unaided",
                "hypothesis": "non-inferiority",
                "margin": 0.05,
            }
        ]
    )
    e = endpoint(aided)
    assert (e.estimate, e.conf_low) == pytest.approx((-between.estimate, -between.conf_high))
    assert e.statistic == pytest.approx((e.estimate + 0.05) / e.std_error)
    assert e.verdict == "non-inferior"
    (with_model,) = plain.select(measure="specificity_difference", versus="all readers", modality="unaided")
    panel = {"name": "panel", "measure": "specificity", "reader": "all readers", "versus": "net", "modality": "unaided"}
    e = endpoint(evaluated(endpoints=[panel])[0])
    assert (e.reader_group, e.versus) == ("all readers", "net")
    assert e.estimate == pytest.approx(-with_model.estimate)
    assert e.p_value == with_model.p_value
    goal = {"name": "goal", "measure": "auc", "reader": "all readers", "modality": "aided", "goal": 0.6}
    e = endpoint(evaluated(endpoints=[goal])[0])
    assert e.statistic == pytest.approx((e.estimate - 0.6) / e.std_error)
    assert e.verdict == "goal met"


def test_a_reader_is_not_compared_with_a_group_that_holds_the_reader():
    with pytest.raises(rs.DataError, match="neither model nor modality"):
        evaluated(endpoints=[{"name": "x", "measure": "auc", "reader": "R1", "versus": "all readers"}])
    with pytest.raises(rs.DataError, match="no modality"):
        evaluated(readers={"threshold": 3, "reference": "unaid"})


def test_what_calls_became_in_the_other_modality(made):
    results, study = made
    (row,) = [row for row in results.tables["reclassification"] if row["reader"] == "R1"]
    one, other = study.human_calls("cancer")[:, 0]
    assert (row["modality"], row["versus"]) == ("unaided", "aided")
    by_hand = [[int(((other == o) & (one == c) & (TRUTH == 1)).sum()) for c in (0, 1)] for o in (0, 1)]
    assert row["events"] == by_hand
    (nri,) = results.select(measure="nri", reader="R1")
    (gain,) = results.select(measure="sensitivity_difference", reader="R1", versus_kind="modality")
    (loss,) = results.select(measure="specificity_difference", reader="R1", versus_kind="modality")
    assert nri.estimate == pytest.approx(gain.estimate + loss.estimate)


def test_differences_by_kind_of_case_take_patients_as_clusters():
    results, study = evaluated(subgroups={"columns": ["site"]})
    right = study.model_calls("cancer")[0] == TRUTH
    reader = study.human_calls("cancer")[0, 0] == TRUTH
    site = np.array([f"site: {s}" for s in frames()[2].site])
    patients = frames()[2].patient_id
    *levels, test = rs.interaction(right, reader, site, patients=patients)
    found = results.select(measure="accuracy_difference", reader="net", versus="R1", modality="unaided", target=None)
    ours = {e.subgroup: (e.estimate, e.conf_low, e.conf_high) for e in found if e.subgroup}
    assert set(ours) == {"site: A", "site: B"}
    for e in levels:
        assert ours[e.subgroup] == pytest.approx((e.estimate, e.conf_low, e.conf_high), rel=1e-12)
    (e,) = results.select(measure="interaction", reader="net", versus="R1", modality="unaided")
    assert (e.subgroup, e.p_value, e.df) == ("site", pytest.approx(test.p_value), pytest.approx(test.df))
    mean = results.select(measure="accuracy_difference", versus="all readers", modality="aided", subgroup="site: A")
    assert len(mean) == 1
    assert mean[0].n_readers == 3


def test_weights_stand_beside_the_plain_numbers():
    results, study = evaluated(sampling={"weight": "weight"})
    weighted = {e.measure: e for e in results.select(reader="net") if (e.method or "").startswith("weighted-")}
    direct = rs.weighted_diagnostic(
        TRUTH == 1, study.model_calls("cancer")[0] == 1, frames()[2].weight, patients=frames()[2].patient_id
    )
    assert weighted["ppv"].estimate == next(e.estimate for e in direct if e.measure == "ppv")
    plain = [e for e in results.select(measure="ppv", reader="net") if e.method == "wilson"]
    assert plain[0].estimate > weighted["ppv"].estimate
    cases = frames()[2]
    cases.loc[3, "weight"] = 0
    with pytest.raises(rs.DataError, match="sampling weight above 0"):
        evaluated(cases, sampling={"weight": "weight"})


def test_cases_without_a_truth_correct_for_verification():
    cases = frames()[2]
    _, study = evaluated()
    positive = study.model_calls("cancer")[0] == 1
    # Every case that the model called was verified, and a third of the others.
    verified = positive | (np.arange(N) % 3 == 0)
    cases.loc[~verified, "truth"] = ""
    plain, _ = evaluated(cases)
    results, bigger = evaluated(cases, verification={"correct": "begg-greenes"})
    assert results.flow["n_cases"] == plain.flow["n_cases"] == verified.sum()
    assert bigger.n_cases == N
    known = np.where(verified, TRUTH, np.nan)
    direct = {e.measure: e.estimate for e in rs.verification_corrected(known, positive)}
    corrected = {e.measure: e for e in results.select(reader="net") if (e.method or "").startswith("begg-greenes")}
    assert corrected["sensitivity"].estimate == pytest.approx(direct["sensitivity"])
    (naive,) = [e for e in results.select(measure="sensitivity", reader="net") if e.method == "wilson"]
    assert naive.estimate > corrected["sensitivity"].estimate
    # What does not ask for it is untouched by the cases that only the correction uses.
    for e in plain.estimates:
        if e.measure not in ("kappa", "icc", "pairwise_agreement") and not e.measure.endswith("agreement"):
            other = results.by_key.get(e.key)
            assert other is not None, e.key
            if e.measure in ("auc", "accuracy", "sensitivity"):
                assert other.estimate == pytest.approx(e.estimate, nan_ok=True), e.key


def test_patients_as_what_was_sampled():
    plain, _ = evaluated()
    assert any("patient_id" in warning for warning in plain.warnings)
    results, study = evaluated(clusters={"patient": "patient_id"})
    assert not any("independent" in warning for warning in results.warnings)
    patients = frames()[2].patient_id
    call, prob = study.model_calls("cancer")[0] == 1, study.model_scores("cancer")[0]
    reader = study.human_calls("cancer")[0, 0] == 1
    ratings = study.human_scores("cancer")[0, 0]
    (sensitivity,) = results.select(measure="sensitivity", reader="net")
    direct = rs.sensitivity(TRUTH == 1, call, patients=patients)
    assert sensitivity.conf_low == pytest.approx(direct.conf_low)
    assert sensitivity.method == "ratio-estimator-wilson"
    (area,) = results.select(measure="auc", reader="net")
    assert area.std_error == pytest.approx(rs.auc(TRUTH == 1, prob, patients=patients).std_error)
    who = {"reader": "net", "versus": "R1", "modality": "unaided"}
    (areas,) = results.select(measure="auc_difference", **who)
    assert areas.p_value == pytest.approx(rs.compare_auc(TRUTH == 1, prob, ratings, patients=patients).p_value)
    (accuracies,) = results.select(measure="accuracy_difference", **who)
    assert accuracies.test_method == "mcnemar-obuchowski"
    by_hand = rs.mcnemar(call == TRUTH, reader == TRUTH, patients=patients)
    assert accuracies.p_value == pytest.approx(by_hand.p_value)
    (kappa,) = results.select(measure="kappa", **who)
    assert kappa.std_error == pytest.approx(rs.kappa(call, reader, patients=patients).std_error)
    (mean,) = results.select(measure="auc", reader_group="all readers", reader=None, modality="aided")
    (naive,) = plain.select(measure="auc", reader_group="all readers", reader=None, modality="aided")
    assert mean.estimate == naive.estimate
    assert mean.std_error != naive.std_error
    (panel,) = results.select(measure="auc_difference", versus_kind="modality", reader=None)
    scores = study.human_scores("cancer")
    direct = [x for x in mrmc(TRUTH, scores, patients=patients) if x.measure == "auc_difference" and x.reader is None]
    assert panel.p_value == pytest.approx(next(x.p_value for x in direct if x.versus))
    # What has no form for patients says so.
    assert "taken as independent" in results.select(measure="ppv_difference", **who)[0].note


def test_patients_need_a_name_and_an_interval_of_theirs():
    with pytest.raises(rs.DataError, match="patientid"):
        evaluated(clusters={"patient": "patientid"})
    with pytest.raises(rs.DataError, match="for independent cases"):
        evaluated(clusters={"patient": "patient_id"}, methods={"proportion": "blaker"})
    cases = frames()[2].rename(columns={"patient_id": "person"})
    results, _ = evaluated(cases, clusters={"patient": "person"})
    assert results.flow["n_patients"] == 45


def test_one_case_a_patient_changes_nothing_but_the_name():
    cases = frames()[2]
    cases["patient_id"] = cases["case_id"]
    a, _ = evaluated(cases, clusters={"patient": "patient_id"})
    b, _ = evaluated(cases)
    for measure in ("sensitivity", "auc", "kappa", "auc_difference"):
        ours, theirs = (r.select(measure=measure, reader="net", missing=None) for r in (a, b))
        pairs = [(x, y) for x in ours for y in theirs if (x.versus, x.modality) == (y.versus, y.modality)]
        assert pairs
        for x, y in pairs:
            assert (x.conf_low, x.conf_high) == pytest.approx((y.conf_low, y.conf_high), abs=2e-2)


def test_every_record_of_a_rich_study_is_told_and_printed():
    from readerstudy.report import contents, methods

    results, _ = evaluated(
        tasks={"cancer": {**PLAN["tasks"]["cancer"], "probabilities": True, "prevalence": 0.1}},
        subgroups={"columns": ["site"]},
        sampling={"weight": "weight"},
        verification={"correct": "begg-greenes"},
        missing={"also": ["worst", "best"]},
        clusters={"patient": "patient_id"},
        endpoints=[{"name": "panel", "measure": "auc", "reader": "net", "versus": "all readers", "modality": "aided"}],
    )
    assert methods.untold(results.estimates) == []
    document = contents.build(results, ())
    assert "Further numbers" not in [section.title for section in document.sections]
    printed = {cell.key for table in document.tables for row in table.rows for cell in row.cells}
    assert {e.key for e in results.estimates} <= printed


def test_one_rating_held_against_two_truths():
    preds, reads, cases = frames()
    cases = cases.assign(late=np.where(np.arange(N) % 5 == 0, "1", cases["truth"]))
    plan = {
        "columns": {"reads": {"rating": "score"}, "preds": {"rating": "score"}},
        "tasks": {
            "early": {"positive": ["1"], "score": "rating"},
            "late": {"positive": ["1"], "score": "rating", "truth": "late"},
        },
        "readers": {"threshold": 3},
    }
    results = rs.evaluate(rs.Study.read(preds, reads, cases, plan))
    for task, truth in (("early", TRUTH == 1), ("late", cases["late"].to_numpy() == "1")):
        (e,) = results.select(measure="auc", reader="net", task=task)
        assert e.estimate == rs.auc(truth, preds["score"]).estimate


def test_several_pairs_of_modalities_are_adjusted_for_their_number():
    preds, reads, cases = frames()
    third = reads[reads["modality"] == "aided"].assign(modality="both")
    third["score"] = np.clip(third["score"] + (np.arange(len(third)) % 3 == 0), 1, 5)
    results = rs.evaluate(rs.Study.read(preds, pd.concat([reads, third]), cases, PLAN))
    found = results.select(measure="auc_difference", versus_kind="modality", reader=None)
    pairs = [e for e in found if e.versus != "modalities"]
    assert len(pairs) == 3
    assert [e.p_adjusted for e in pairs] == pytest.approx(list(rs.adjust([e.p_value for e in pairs], "holm")))
    (test,) = [e for e in found if e.versus == "modalities"]
    assert test.df_num == 2
