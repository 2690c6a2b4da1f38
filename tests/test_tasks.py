"""Kinds of tasks and of predictions: restricted, own columns, image groups, folds, thresholds of classes."""

import numpy as np
import pandas as pd
import pytest

import readerstudy as rs

PLAN = {
    "tasks": {
        "kind": {"classes": ["a", "b", "c"]},
        "late": {"from": "kind", "restrict": ["b", "c"]},
        "bad": {"from": "kind", "positive": ["b", "c"], "names": ["good", "bad"]},
    }
}
CASES = pd.DataFrame({"case_id": [1, 2, 3, 4], "truth": ["a", "b", "c", "b"]})
PROBS = pd.DataFrame(
    {
        "case_id": [1, 2, 3, 4],
        "prob_a": [0.8, 0.6, 0.1, 1.0],
        "prob_b": [0.1, 0.1, 0.3, 0.0],
        "prob_c": [0.1, 0.3, 0.6, 0.0],
    }
)


def test_a_restricted_task_keeps_its_cases_and_renormalises():
    reads = pd.DataFrame({"case_id": [1, 2, 3, 4], "reader_id": "R", "label": ["a", "b", "a", "c"]})
    study = rs.Study.read(PROBS, reads, CASES, PLAN)
    assert study.truth("late").tolist() == [-1, 0, 1, 0]
    np.testing.assert_allclose(study.model_scores("late")[0, 1:3], [[0.25, 0.75], [1 / 3, 2 / 3]])
    assert np.isnan(study.model_scores("late")[0, 3]).all()  # nothing left to divide
    assert study.model_calls("late").tolist() == [[1, 1, 1, 2]] or study.model_calls("late")[0, 1:].tolist() == [
        1,
        1,
        2,
    ]
    assert study.human_calls("late").tolist() == [[[2, 0, 2, 1]]]
    results = rs.evaluate(study)
    matrix = next(c for c in results.confusion if c["task"] == "late" and c["reader"] == "R")
    assert matrix["columns"] == ["b", "c", "other"]
    assert matrix["counts"] == [[1, 1, 0], [0, 0, 1]]
    (accuracy,) = results.select(measure="accuracy", task="late", target=None, reader="R")
    assert (accuracy.count, accuracy.total) == (1, 3)
    assert results.protocol["tasks"]["late"]["kind"] == "restricted"


def test_a_model_of_its_own_for_a_derived_task():
    preds = pd.concat(
        [
            PROBS.assign(model="A", task="kind"),
            pd.DataFrame(
                {
                    "case_id": [2, 3, 4],
                    "model": "E",
                    "task": "late",
                    "prob_b": [0.9, 0.2, 0.7],
                    "prob_c": [0.1, 0.8, 0.3],
                }
            ),
            pd.DataFrame({"case_id": [1, 2, 3, 4], "model": "C", "task": "bad", "prob_bad": [0.2, 0.9, 0.8, 0.4]}),
        ]
    )
    study = rs.Study.read(preds, None, CASES, PLAN)
    assert study.models == ("A", "E", "C")
    assert study.model_calls("late").tolist()[1] == [-1, 0, 1, 0]
    np.testing.assert_allclose(study.model_scores("bad")[2], [0.2, 0.9, 0.8, 0.4])
    assert study.model_calls("bad").tolist()[2] == [0, 1, 1, 0]
    results = rs.evaluate(study)
    seen = {(e.task, e.reader) for e in results.select(measure="auc")}
    assert seen == {("kind", "A"), ("late", "A"), ("late", "E"), ("bad", "A"), ("bad", "C")}
    assert results.select(measure="auc_difference", task="bad", reader="A", versus="C")


def test_image_groups_of_a_case_are_summed_then_normalised():
    """Zhen 2020: "the predicted vector for each image-group of one patient was summed up"."""
    preds = pd.DataFrame(
        {
            "case_id": [1, 1, 1, 2],
            "group_id": ["s1", "s2", "s3", "s1"],
            "prob_a": [0.6, 0.5, 0.0, 0.2],
            "prob_b": [0.2, 0.1, 0.9, 0.7],
            "prob_c": [0.2, 0.4, 0.1, 0.1],
        }
    )
    study = rs.Study.read(preds, None, CASES, PLAN)
    np.testing.assert_allclose(study.model_scores("kind")[0], [[1.1 / 3, 1.2 / 3, 0.7 / 3], [0.2, 0.7, 0.1]])
    assert study.model_calls("kind").tolist() == [[1, 1]]


def test_folds_are_averaged_and_tabled():
    """Wang 2021: "The average predicted result of the five experiments on the test data served as the final result"."""
    first, second = PROBS.assign(fold="1"), PROBS.assign(fold="2", prob_a=PROBS.prob_b, prob_b=PROBS.prob_a)
    study = rs.Study.read(pd.concat([first, second]), None, CASES, PLAN)
    np.testing.assert_allclose(study.model_scores("kind")[0, 1], [0.35, 0.35, 0.3])
    rows = [row for row in rs.evaluate(study).tables["cross_validation"] if row["task"] == "kind"]
    assert [(row["fold"], row["n"], row["count"]) for row in rows[:2]] == [("1", 4, 2), ("2", 4, 3)]
    assert rows[2]["fold"] is None
    assert rows[2]["accuracy"] == pytest.approx((2 / 4 + 3 / 4) / 2)
    assert rows[2]["sd"] == pytest.approx(np.std([0.5, 0.75], ddof=1))


def test_cross_validation_has_each_case_in_one_fold():
    study = rs.Study.read(PROBS.assign(fold=["1", "1", "2", "2"]), None, CASES, PLAN)
    np.testing.assert_allclose(study.model_scores("kind")[0], PROBS[["prob_a", "prob_b", "prob_c"]])
    rows = rs.evaluate(study).tables["cross_validation"]
    assert [(r["fold"], r["n"]) for r in rows if r["task"] == "kind" and r["fold"]] == [("1", 2), ("2", 2)]


def test_labels_of_groups_or_folds_cannot_be_averaged():
    preds = pd.DataFrame({"case_id": [1, 1], "fold": ["1", "2"], "label": ["a", "b"]})
    with pytest.raises(rs.DataError, match="cannot be averaged"):
        rs.Study.read(preds, None, CASES, PLAN)


def test_thresholds_of_classes_stand_beside_the_most_probable():
    plan = {"tasks": {"kind": {"classes": ["a", "b", "c"], "thresholds": {"b": 0.1}}}}
    results = rs.evaluate(rs.Study.read(PROBS, None, CASES, plan))
    found = results.select(measure="sensitivity", target="b")
    assert sorted((e.count, e.total, str(e.threshold)) for e in found) == [(0, 2, "nan"), (1, 2, "0.1")]
    assert not [e for e in found if e.note]
    assert len(results.select(measure="sensitivity", target="a")) == 1


def test_thresholds_chosen_on_the_cases_are_called_optimistic():
    plan = {"tasks": {"kind": {"classes": ["a", "b", "c"], "thresholds": "youden"}}}
    results = rs.evaluate(rs.Study.read(PROBS, None, CASES, plan))
    chosen = [e for e in results.select(measure="specificity", target="c") if e.threshold == e.threshold]
    assert [e.threshold for e in chosen] == [0.6]
    assert "optimistic" in chosen[0].note
    assert "fix them in the protocol" in " ".join(results.warnings)


def test_one_column_a_task():
    """A multi-label study: every finding has a label column of the readers and a score column of the model."""
    plan = {
        "tasks": {
            "mass": {"positive": ["1"], "truth": "t_mass", "label": "mass", "score": "p_mass", "threshold": 0.5},
            "oedema": {"positive": ["YES"], "truth": "t_oed", "label": "oed", "score": "p_oed", "missing": ["HEDGE"]},
        }
    }
    cases = pd.DataFrame({"case_id": [1, 2, 3], "t_mass": [0, 1, 1], "t_oed": ["NO", "YES", ""]})
    reads = pd.DataFrame({"case_id": [1, 2, 3], "reader_id": "R", "mass": [0, 1, 0], "oed": ["NO", "HEDGE", "YES"]})
    preds = pd.DataFrame({"case_id": [1, 2, 3], "p_mass": [0.1, 0.8, 0.4], "p_oed": [0.0, 0.3, 0.2]})
    study = rs.Study.read(preds, reads, cases, plan)
    assert study.human_calls("mass").tolist() == [[[0, 1, 0]]]
    assert study.human_calls("oedema").tolist() == [[[0, -1, 1]]]
    assert study.truth("oedema").tolist() == [0, 1, -1]
    assert study.model_calls("mass").tolist() == [[0, 1, 0]]
    np.testing.assert_allclose(study.model_scores("oedema"), [[0.0, 0.3, 0.2]])
    with pytest.raises(rs.DataError, match="no column 'p_nodule', named by task 'x'"):
        rs.Study.read(preds, reads, cases, {"tasks": {"x": {"truth": "t_mass", "label": "mass", "score": "p_nodule"}}})


def test_models_with_modalities_meet_readers_of_theirs():
    preds = pd.DataFrame(
        {
            "case_id": [1, 2, 1, 2],
            "model": "net",
            "modality": ["sharp", "sharp", "blur", "blur"],
            "truth": [0, 1, 0, 1],
            "score": [0.1, 0.9, 0.6, 0.4],
        }
    )
    reads = pd.DataFrame({"case_id": [1, 2], "reader_id": "R", "modality": "sharp", "score": [1, 2]})
    study = rs.Study.read(preds, reads, protocol={"tasks": {"t": {"positive": ["1"], "threshold": 0.5}}})
    assert list(zip(study.models, study.model_modalities, strict=True)) == [
        ("net (sharp)", "sharp"),
        ("net (blur)", "blur"),
    ]
    results = rs.evaluate(study)
    assert {e.modality: e.estimate for e in results.select(measure="auc", reader_kind="model")} == {
        "sharp": 1,
        "blur": 0,
    }
    assert [e.modality for e in results.select(measure="auc_difference", versus="R")] == ["sharp"]
    assert results.flow["n_models"] == 1


def test_a_second_read_is_an_error_unless_the_protocol_says_which_counts():
    reads = pd.DataFrame({"case_id": [1, 1, 2], "reader_id": "R", "truth": [1, 1, 0], "label": [0, 1, 0]})
    with pytest.raises(rs.DataError, match="stands twice"):
        rs.Study.read(None, reads)
    for rule, call in (("first", 0), ("last", 1)):
        study = rs.Study.read(None, reads, protocol={"readers": {"duplicates": rule}})
        assert study.human_calls("diagnosis").tolist() == [[[call, 0]]]
        assert study.flow["rows"][0]["duplicates"] == 1


def test_a_grouping_s_own_rows_replace_those_of_a_source_of_two_classes():
    plan = {"tasks": {"t": {"classes": ["n", "p"]}, "g": {"from": "t", "positive": ["p"]}}}
    rows = {"case_id": [1, 2] * 2, "model": "M", "task": ["t"] * 2 + ["g"] * 2}
    preds = pd.DataFrame(rows | {"prob_n": [0.9, 0.2, 0.4, 0.4], "prob_p": [0.1, 0.8, 0.6, 0.6]})
    study = rs.Study.read(preds, None, pd.DataFrame({"case_id": [1, 2], "truth": ["n", "p"]}), plan)
    np.testing.assert_allclose(study.model_scores("g"), [[0.6, 0.6]])
    np.testing.assert_allclose(study.model_scores("t")[0, :, 1], [0.1, 0.8])
