"""Pairing: what a Study makes of files and DataFrames."""

import numpy as np
import pandas as pd
import pytest

import readerstudy as rs

PREDS = pd.DataFrame(
    {
        "case_id": ["01", "02", "03", "04"],
        "truth": ["a", "b", "c", "a"],
        "prob_a": [0.7, 0.2, 0.3, 0.25],
        "prob_b": [0.2, 0.5, 0.3, 0.25],
        "prob_c": [0.1, 0.3, 0.4, 0.5],
    }
)
READS = pd.DataFrame(
    {
        "case_id": ["04", "01", "02", "03", "01", "02"],
        "reader_id": ["R2", "R2", "R2", "R2", "R1", "R1"],
        "label": ["a", "b", "", "c", "a", "c"],
    }
)
TASKS = {"tasks": {"kind": {"classes": ["a", "b", "c"]}, "bad": {"from": "kind", "positive": ["b", "c"]}}}


def test_axes_order_and_missing_reads():
    study = rs.Study.read(PREDS, READS, protocol=TASKS)
    assert study.case_ids == ("01", "02", "03", "04")
    assert study.models == ("model",)
    assert study.readers == ("R2", "R1")  # order of first appearance
    assert study.modalities == (None,)
    assert study.truth("kind").tolist() == [0, 1, 2, 0]
    assert study.model_calls("kind").tolist() == [[0, 1, 2, 2]]
    assert study.human_calls("kind").tolist() == [[[1, -1, 2, 0], [0, 2, -1, -1]]]
    assert np.isnan(study.human_scores("kind")).all()


def test_a_grouping_sums_probabilities_and_groups_labels():
    study = rs.Study.read(PREDS, READS, protocol=TASKS)
    assert study.tasks["bad"].classes == ("a", "bad")
    assert study.truth("bad").tolist() == [0, 1, 1, 0]
    np.testing.assert_allclose(study.model_scores("bad"), [[0.3, 0.8, 0.7, 0.75]])
    assert study.model_calls("bad").tolist() == [[0, 1, 1, 1]]
    assert study.human_calls("bad").tolist() == [[[1, -1, 1, 0], [0, 1, -1, -1]]]


def test_a_threshold_decides_the_call_and_a_tie_without_one_is_positive():
    task = {"classes": ["no", "yes"], "positive": ["yes"]}
    preds = pd.DataFrame({"case_id": [1, 2], "truth": ["no", "yes"], "prob_no": [0.5, 0.7], "prob_yes": [0.5, 0.3]})
    assert rs.Study.read(preds, protocol={"tasks": {"t": task}}).model_calls("t").tolist() == [[1, 0]]
    low = {"tasks": {"t": task | {"threshold": 0.3}}}
    assert rs.Study.read(preds, protocol=low).model_calls("t").tolist() == [[1, 1]]


def test_ratings_become_calls_by_the_threshold_of_the_protocol():
    reads = pd.DataFrame({"case_id": [1, 2, 3], "reader_id": "R", "truth": [0, 1, 1], "score": [2, 3, None]})
    with_it = rs.Study.read(None, reads, protocol={"readers": {"threshold": 3}})
    assert with_it.human_calls("diagnosis").tolist() == [[[0, 1]]]  # case 3 was read by nobody
    assert with_it.flow["excluded"][1] == {"reason": "neither predicted nor read", "n": 1}
    without = rs.Study.read(None, reads)
    assert without.human_calls("diagnosis").tolist() == [[[-1, -1]]]
    assert "no threshold" in " ".join(without.warnings)


def test_row_order_changes_nothing():
    a = rs.evaluate(rs.Study.read(PREDS, READS, protocol=TASKS))
    b = rs.evaluate(rs.Study.read(PREDS[::-1], READS.sort_values("case_id", kind="stable"), protocol=TASKS))
    assert [e.to_dict() for e in a.estimates] == [b.by_key[e.key].to_dict() for e in a.estimates]


def test_files_and_frames_give_the_same(tmp_path):
    PREDS.to_csv(tmp_path / "p.csv", index=False)
    READS.to_csv(tmp_path / "r.csv", index=False)
    from_files = rs.evaluate(rs.Study.read(tmp_path / "p.csv", tmp_path / "r.csv", protocol=TASKS))
    from_frames = rs.evaluate(rs.Study.read(PREDS, READS, protocol=TASKS))
    assert [e.to_dict() for e in from_files.estimates] == [e.to_dict() for e in from_frames.estimates]


def test_cases_without_truth_are_counted_and_ids_stay_text():
    cases = pd.DataFrame({"case_id": ["01", "02", "03"], "truth": ["a", "", "c"], "patient_id": ["7", "7", "007"]})
    study = rs.Study.read(PREDS.drop(columns="truth"), READS, cases, TASKS)
    assert study.case_ids == ("01", "03")
    assert study.flow["excluded"][0] == {"reason": "no truth", "n": 2}
    assert study.flow["n_patients"] == 2
    assert "2 cases were left out for lack of a truth" in " ".join(study.warnings)


def test_several_cases_of_a_patient_are_warned_about():
    study = rs.Study.read(PREDS.assign(patient_id=["p", "p", "q", "r"]), protocol=TASKS)
    assert "4 cases come from 3 patients" in study.warnings[0]
    assert rs.evaluate(study).select(measure="accuracy", task="bad")[0].n_patients == 3


def test_modalities_groups_and_excluded_readers():
    reads = pd.DataFrame(
        {
            "case_id": [1, 1, 2, 2, 1, 2],
            "reader_id": ["A", "A", "A", "A", "B", "B"],
            "reader_group": ["x", "x", "x", "x", "y", "y"],
            "modality": ["aided", "unaided", "aided", "unaided", "unaided", "unaided"],
            "truth": [1, 1, 0, 0, 1, 0],
            "label": [1, 0, 0, 0, 1, 1],
        }
    )
    study = rs.Study.read(None, reads)
    assert study.modalities == ("aided", "unaided")
    assert study.groups == {"A": "x", "B": "y"}
    assert study.human_calls("diagnosis").tolist() == [[[1, 0], [-1, -1]], [[0, 0], [1, 1]]]
    without_b = rs.Study.read(None, reads, protocol={"readers": {"exclude": ["B"]}})
    assert without_b.readers == ("A",)
    assert without_b.flow["rows"][0]["excluded_readers"] == 2


def test_a_task_column_gives_each_task_its_rows():
    reads = pd.DataFrame(
        {
            "case_id": [1, 1, 2, 2],
            "reader_id": "R",
            "task": ["kind", "bad", "kind", "bad"],
            "label": ["a", "", "b", ""],
            "score": ["", "10", "", "90"],
        }
    )
    cases = pd.DataFrame({"case_id": [1, 2], "truth": ["a", "b"]})
    study = rs.Study.read(None, reads, cases, TASKS)
    assert study.human_calls("kind").tolist() == [[[0, 1]]]
    assert study.human_calls("bad").tolist() == [[[0, 1]]]  # the label of the source task, grouped
    assert study.human_scores("bad").tolist() == [[[10, 90]]]


@pytest.mark.parametrize("truth", [["0", "1", "1"], [0, 1, 1], [False, True, True], [0.0, 1.0, 1.0]])
def test_binary_truth_under_any_coding(truth):
    preds = pd.DataFrame({"case_id": [1, 2, 3], "truth": truth, "score": [0.1, 0.9, 0.4]})
    study = rs.Study.read(preds, protocol={"tasks": {"t": {"positive": ["1"], "threshold": 0.5}}})
    assert study.truth("t").tolist() == [0, 1, 1]
    assert study.model_calls("t").tolist() == [[0, 1, 0]]


def test_labels_are_mapped_and_probability_columns_with_them():
    preds = pd.DataFrame({"case_id": [1, 2], "truth": ["HEM", "b"], "prob_HEM": [0.9, 0.1], "prob_b": [0.1, 0.9]})
    plan = {"tasks": {"t": {"classes": ["haemangioma", "b"], "map": {"HEM": "haemangioma"}}}}
    study = rs.Study.read(preds, protocol=plan)
    assert study.truth("t").tolist() == [0, 1]
    assert study.model_calls("t").tolist() == [[0, 1]]
    assert rs.Study.read(preds).tasks["diagnosis"].classes == ("HEM", "b")


def test_rounded_probabilities_may_miss_one_by_their_rounding():
    row = {"case_id": [1, 2], "truth": ["a", "b"], "prob_a": ["0.33", "0.34"], "prob_b": ["0.33", "0.33"]}
    frame = pd.DataFrame(row | {"prob_c": ["0.33", "0.34"]})
    assert rs.Study.read(frame).n_cases == 2  # 0.99 and 1.01 at two decimals


@pytest.mark.parametrize("write", ["bom", "utf-16", "crlf", "semicolon", "quoted", "tab"])
def test_csv_as_it_comes(tmp_path, write):
    text = "case_id,truth,model,score\n007,0,m,0.25\n008,1,m,0.75\n009,1,m,\n"
    path = tmp_path / "preds.csv"
    if write == "semicolon":
        text = text.replace(".", ";").replace(",", ";").replace("0;25", "0,25").replace("0;75", "0,75")
    elif write == "quoted":
        text = text.replace("model", '"model"').replace(",m,", ',"net, ""large""\nmodel",')
    elif write == "tab":
        text = text.replace(",", "\t")
    elif write == "crlf":
        text = text.replace("\n", "\r\n") + "\r\n"
    encoding = {"bom": "utf-8-sig", "utf-16": "utf-16"}.get(write, "utf-8")
    path.write_bytes(text.encode(encoding))
    study = rs.Study.read(path)
    assert study.case_ids == ("007", "008")
    assert study.model_scores("diagnosis").tolist() == [[0.25, 0.75]]
    assert study.models == (('net, "large"\nmodel',) if write == "quoted" else ("m",))


def test_truth_is_compared_by_what_it_means():
    preds = pd.DataFrame({"case_id": [1, 2], "truth": ["1.0", "HEM"], "label": ["1", "haemangioma"]})
    cases = pd.DataFrame({"case_id": [1, 2], "truth": ["1", "haemangioma"]})
    plan = {"tasks": {"t": {"classes": ["1", "haemangioma"], "map": {"HEM": "haemangioma"}}}}
    assert rs.Study.read(preds, None, cases, plan).truth("t").tolist() == [0, 1]
    with pytest.raises(rs.DataError, match="has two values"):
        rs.Study.read(preds, None, cases.assign(truth=["haemangioma", "1"]), plan)


def test_labels_with_decimals_are_whole_numbers_again():
    reads = pd.DataFrame(
        {"case_id": [1, 2, 3], "reader_id": "R", "truth": ["0", "1", "2"], "label": ["0.0", "1.0", "2.0"]}
    )
    assert rs.Study.read(None, reads).human_calls("diagnosis").tolist() == [[[0, 1, 2]]]


def test_models_and_readers_of_different_cases_are_warned_about():
    study = rs.Study.read(PREDS, READS[READS.case_id != "03"], protocol=TASKS)
    assert "1 were predicted and not read, 0 read and not predicted" in " ".join(study.warnings)


def test_names_that_look_alike_and_two_classes_without_a_positive_are_warned_about():
    reads = pd.DataFrame(
        {"case_id": [1, 2] * 2, "reader_id": ["R1"] * 2 + ["r1"] * 2, "truth": ["n", "y"] * 2, "label": ["n", "y"] * 2}
    )
    said = " ".join(rs.Study.read(None, reads).warnings)
    assert "'R1' and 'r1'" in said
    assert 'Set positive = ["y"]' in said
    assert "1 case of class n" in said


@pytest.mark.parametrize(
    "text", ["sep=;\ncase_id;truth;score\n1;0;0,5\n2;1;0,6\n", "case_id,truth,score,,\n1,0,0.5,,\n2,1,0.6,,\n"]
)
def test_what_spreadsheets_add_is_taken_away(tmp_path, text):
    (tmp_path / "p.csv").write_text(text)
    assert rs.Study.read(tmp_path / "p.csv").model_scores("diagnosis").tolist() == [[0.5, 0.6]]
