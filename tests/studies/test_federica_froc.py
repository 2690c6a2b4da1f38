"""Four radiologists' marks on 200 mammograms processed in five ways (Zanca 2009), through the command line.

The folder holds the study as a user has it; RJafroc's numbers of its data set 4 are of the same marks.
"""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli import app

pytestmark = pytest.mark.peers

PROTOCOL = """
[study]
title = "Ways of processing mammograms"
[columns.marks]
score = "rating"
[marks]
measures = ["wAFROC", "AFROC1", "HrAuc", "FROC"]
[[endpoints]]
name = "M4 is no worse than M1"
measure = "wAFROC"
reader = "all readers"
modality = "M1"
versus = "M4"
hypothesis = "non-inferiority"
margin = 0.05
"""
OURS = {"wAFROC": "wafroc", "AFROC1": "afroc1", "HrAuc": "hr_auc"}


def write(folder, data):
    """The files as `docs/marks.md` has them; the marks' column of ratings keeps its name."""
    cases, marks = (pd.read_csv(data / f"{name}.csv") for name in ("cases", "marks"))
    marks["lesion_id"] = marks.slot.where(marks.mark_type == "LL").astype("Int64")
    listed = [(case, k + 1) for case, n in zip(cases.case_id, cases.n_lesions, strict=True) for k in range(n)]
    cases.to_csv(folder / "cases.csv", index=False)
    marks.to_csv(folder / "marks.csv", index=False)
    pd.DataFrame(listed, columns=["case_id", "lesion_id"]).to_csv(folder / "lesions.csv", index=False)
    pd.read_csv(data / "reads.csv")[["case_id", "reader_id", "modality"]].to_csv(folder / "seen.csv", index=False)
    (folder / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")


def evaluated(folder, out):
    files = ["--cases", "cases.csv", "--marks", "marks.csv", "--lesions", "lesions.csv", "--mark-reads", "seen.csv"]
    files = [option if option.startswith("--") else str(folder / option) for option in files]
    done = CliRunner().invoke(app, ["evaluate", "-", "-", *files, "--out", str(folder / out)])
    assert done.exit_code == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def study(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("federica_froc")
    write(folder, shared / "data" / "federica_froc")
    done = evaluated(folder, "out")
    assert "found beside marks.csv" in done.stderr
    return folder, rs.Results.read(folder / "out" / "results.json")


@pytest.mark.parametrize("figure", OURS)
def test_rjafroc(study, theirs, figure):
    results, name = study[1], OURS[figure]
    golden = theirs[f"StSignificanceTesting_FROC/{figure}/dataset04"]
    foms = results.select(measure=name, reader_kind="human", versus=None)
    of_readers = pd.DataFrame([(e.reader, e.modality, e.estimate) for e in foms if e.reader], columns=["r", "m", "v"])
    wanted = {name.removeprefix("rdr"): values for name, values in golden["FOMs"]["foms"].items()}
    for reader, values in wanted.items():
        assert of_readers[of_readers.r == f"R{reader}"].v.tolist() == pytest.approx(values, rel=1e-8)
    means = [e for e in foms if e.reader is None]
    block = golden["RRRC"]["ciAvgRdrEachTrt"]
    for field, theirs_name in (
        ("estimate", "Estimate"),
        ("std_error", "StdErr"),
        ("df", "DF"),
        ("conf_low", "CILower"),
    ):
        assert [getattr(e, field) for e in means] == pytest.approx(block[theirs_name], rel=1e-8)
    differences = results.select(measure=f"{name}_difference", reader=None, versus_kind="modality")
    paired = [e for e in differences if e.modality is not None]
    block = golden["RRRC"]["ciDiffTrt"]
    fields = {"estimate": "Estimate", "std_error": "StdErr", "df": "DF", "conf_low": "CILower", "conf_high": "CIUpper"}
    if figure == "wAFROC":  # M1 - M4 is an endpoint with a margin
        assert next(e for e in paired if e.verdict).verdict == "non-inferior"
    for field, theirs_name in fields.items():
        assert [getattr(e, field) for e in paired] == pytest.approx(block[theirs_name], rel=1e-8), field
    (everything,) = (e for e in differences if e.modality is None)
    tests = golden["RRRC"]["FTests"]
    ratio = next(tests[name][0] for name in ("F", "FStat") if name in tests)
    assert (everything.versus, everything.statistic, everything.p_value) == (
        "modalities", pytest.approx(ratio, rel=1e-8), pytest.approx(tests["p"][0], rel=1e-8),
    )  # fmt: skip
    (row,) = [row for row in results.tables["variance_components"] if row["measure"] == name]
    ours = [row[part] for part in ("var_reader", "var_modality_reader", "cov1", "cov2", "cov3", "var_error")]
    assert ours == pytest.approx(golden["ANOVA"]["VarCom"]["Estimates"], rel=1e-8, abs=1e-14)


def test_the_function(study):
    folder, results = study
    data = rs.Marks.read(
        folder / "cases.csv", folder / "marks.csv", folder / "lesions.csv", folder / "seen.csv",
        columns={"marks": {"score": "rating"}},
    )  # fmt: skip
    found = rs.froc(data.cases, data.marks, data.lesions, reads=data.reads)
    for e in found:
        if e.reader is None and e.versus is not None:
            (ours,) = results.select(
                measure=e.measure, task="lesions", reader=None, modality=e.modality, versus=e.versus
            )
            assert (ours.estimate, ours.df, ours.n_cases, ours.n_readers) == (e.estimate, e.df, 200, 4)
    (again,) = rs.evaluate(marks=data).select(measure="wafroc", reader=None, modality="M3")
    (ours,) = results.select(measure="wafroc", reader=None, modality="M3")
    assert again.replace(role=None) == ours.replace(role=None)


def test_counts_and_curves(study):
    folder, results = study
    marks = pd.read_csv(folder / "marks.csv")
    rows = pd.DataFrame(results.tables["marks"])
    assert len(rows) == 20
    assert (rows.n_marks.sum(), rows.n_false.sum()) == (len(marks), (marks.mark_type == "NL").sum())
    assert set(rows.n_read) == {200}
    assert set(rows.n_lesions) == {142}
    of = {"wAFROC": "wafroc", "AFROC1": "afroc1", "ROC": "hr_auc", "FROC": "froc_area"}
    for row in results.tables["froc_curve"]:
        area = np.trapezoid(row["y"], row["x"])
        identity = {name: row[name] for name in ("reader", "reader_group", "modality")}
        (e,) = results.select(measure=of[row["curve"]], versus=None, **identity)
        if row["reader"] is None and row["curve"] == "FROC":
            assert area < e.estimate  # it ends where the first reader's does
        else:
            assert area == pytest.approx(e.estimate, rel=1e-12)
        assert row["reader"] is None or row["threshold"][0] is None
    assert len(results.tables["froc_curve"]) == 4 * 25
    assert results.flow["modalities"] == ["M1", "M2", "M3", "M4", "M5"]
    assert [entry["role"] for entry in results.provenance["inputs"]] == [
        "cases", "marks", "lesions", "mark_reads", "protocol",
    ]  # fmt: skip


def test_the_same_bytes_and_drawn_again(study):
    folder, _ = study
    evaluated(folder, "again")
    drawn = CliRunner().invoke(
        app, ["report", str(folder / "out" / "results.json"), "--out", str(folder / "third")], catch_exceptions=False
    )
    assert drawn.exit_code == 0, drawn.stderr
    for path in (folder / "out").rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            for other in ("again", "third"):
                same = folder / other / path.relative_to(folder / "out")
                assert same.read_bytes() == path.read_bytes(), (other, path.name)


def test_the_report(study):
    folder, _ = study
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    for said in ("10.1118/1.4947125", "non-inferior", "Cases, lesions and marks", "Differences between modalities"):
        assert said in page
    assert "Further methods" not in page
    names = {path.name for path in (folder / "out" / "figures").iterdir()}
    assert {"froc-lesions.svg", "forest-lesions.svg", "flow.svg"} <= names
    said = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert len(said["inputs"]) == 5
