"""Marks on lesions through the command line: alone, beside reads, with a model, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli import app
from readerstudy.marks.planned import planned, read
from readerstudy.protocol.marks import MARK_MEASURES
from readerstudy.report import lesions as report_of_lesions
from readerstudy.report import methods
from readerstudy.report.techniques import METHODS
from readerstudy.stats.froc.average import mean_curve
from readerstudy.stats.froc.measure import NAMES

LEVEL = 5


def study_of(seed=3, n=24, readers=("R1", "R2", "R3", "CAD"), modalities=("aided", "unaided")):
    """Cases, marks, lesions and reads of some readers: half of the cases have one or two lesions."""
    rng = np.random.default_rng(seed)
    ids = [f"{k:03d}" for k in range(n)]
    lesions = [(case, str(j)) for case in ids[: n // 2] for j in range(1 + int(rng.random() < 0.4))]
    marks, reads = [], []
    for reader in readers:
        for modality in ("CAD",) if reader == "CAD" else modalities:
            for case in ids:
                reads.append((case, reader, modality))
                marks += [
                    (case, reader, modality, int(rng.integers(2, LEVEL + 1)), lesion)
                    for of, lesion in lesions
                    if of == case and rng.random() < 0.8
                ]
                if rng.random() < 0.4:
                    marks.append((case, reader, modality, int(rng.integers(1, LEVEL)), None))
    return {
        "cases": pd.DataFrame({"case_id": ids, "patient": [f"p{k // 2}" for k in range(n)]}),
        "marks": pd.DataFrame(marks, columns=["case_id", "reader_id", "modality", "score", "lesion_id"]),
        "lesions": pd.DataFrame(lesions, columns=["case_id", "lesion_id"]),
        "seen": pd.DataFrame(reads, columns=["case_id", "reader_id", "modality"]),
    }


@pytest.fixture
def files(tmp_path):
    """Write files and a protocol; run a command on them."""

    def run(command="evaluate", *, protocol="", tables=None, without=(), extra=()):
        for name, frame in (tables or study_of()).items():
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
        (tmp_path / "plan.toml").write_text(protocol, encoding="utf-8")
        named = {"--cases": "cases", "--marks": "marks", "--lesions": "lesions", "--mark-reads": "seen"}
        given = [part for o, name in named.items() if o not in without for part in (o, str(tmp_path / f"{name}.csv"))]
        options = ["--protocol", str(tmp_path / "plan.toml"), *given, *extra]
        if command == "evaluate":
            options += ["--out", str(tmp_path / "out"), "--force"]
        first = [str(tmp_path / "preds.csv"), "-"] if (tables or {}).get("preds") is not None else ["-", "-"]
        return CliRunner().invoke(app, [command, *first, *options])

    run.out = tmp_path / "out"
    return run


def results_of(files, **options):
    done = files(**options)
    assert done.exit_code == 0, done.stderr
    return rs.Results.read(files.out / "results.json")


MODEL = '[marks]\nmodel = "CAD"\n[readers]\nreference = "unaided"\n'


def test_a_model_against_readers(files):
    results = results_of(files, protocol=MODEL)
    tables = study_of()
    for modality in ("aided", "unaided"):
        kept = {name: tables[name][tables[name].modality.isin([modality, "CAD"])] for name in ("marks", "seen")}
        found = rs.froc_model_versus_readers(
            tables["cases"], kept["marks"], tables["lesions"], reads=kept["seen"], model="CAD", modality=modality
        )
        wanted = next(e for e in found if e.versus == "all readers")
        (ours,) = results.select(measure="wafroc_difference", reader="CAD", versus="all readers", modality=modality)
        assert (ours.estimate, ours.std_error, ours.p_value) == (wanted.estimate, wanted.std_error, wanted.p_value)
        assert (ours.versus_kind, ours.reader_kind, ours.random) == ("group", "model", "readers and cases")
        single = results.select(measure="wafroc_difference", reader="CAD", versus_kind="reader", modality=modality)
        assert [e.versus for e in single] == ["R1", "R2", "R3"]
        assert {e.random for e in single} == {None}
    (own,) = results.select(measure="wafroc", reader="CAD")
    assert (own.modality, own.reader_kind) == (None, "model")
    assert {e.reader for e in results.select(measure="wafroc", reader_kind="human")} == {"R1", "R2", "R3", None}
    # The reference comes last: what is compared is aided - unaided.
    assert {(e.modality, e.versus) for e in results.estimates if e.versus_kind == "modality"} == {("aided", "unaided")}
    components = results.tables["variance_components"]
    assert {(row["reader"], row["modality"]) for row in components if row["measure"] == "wafroc"} == {
        (None, None), ("CAD", "aided"), ("CAD", "unaided"),
    }  # fmt: skip
    assert methods.untold(results.estimates) == []
    rows = pd.DataFrame(results.tables["marks"]).query("reader == 'CAD'")
    assert rows.modality.isna().tolist() == [True]
    assert results.flow["modalities"] == ["aided", "unaided"]


def test_groups_exclusion_patients_and_another_covariance(files):
    plan = """
    [study]
    conf_level = 0.9
    [clusters]
    patient = "patient"
    [readers]
    groups = {old = ["R1", "R2"]}
    exclude = ["CAD"]
    [methods]
    mrmc = "or-bootstrap"
    bootstrap = 200
    [marks]
    task = "nodules"
    measures = ["wAFROC", "MaxNLF", "PCL"]
    fpf = 0.3
    """
    results = results_of(files, protocol=plan)
    means = results.select(measure="wafroc", reader=None, versus=None, modality="aided")
    assert [(e.reader_group, e.n_readers) for e in means] == [("old", 2), ("all readers", 3)]
    assert {e.task for e in results.estimates} == {"nodules"}
    assert {e.conf_level for e in means} == {0.9}
    assert {e.n_patients for e in means} == {12}
    assert {e.method for e in means} == {"or-bootstrap"}
    assert "CAD" not in {row["reader"] for row in results.tables["readers"]}
    assert results.select(measure="pcl", reader="R1")[0].note.startswith("at FPF 0.3")
    assert results.protocol["marks"]["measures"] == ["wAFROC", "MaxNLF", "PCL"]
    assert [row["reader_group"] for row in results.tables["readers"] if row["reader"] == "R1"] == ["old", "old"]
    again = results_of(files, protocol=plan)
    assert again.to_dict() == results.to_dict()
    dbm = results_of(files, protocol='[methods]\nmrmc = "dbm"\n[readers]\nexclude = ["CAD"]')
    delong = results_of(files, protocol='[methods]\nmrmc = "or-delong"\n[readers]\nexclude = ["CAD"]')
    (one,), (other,) = (r.select(measure="wafroc_difference", reader=None, versus="unaided") for r in (dbm, delong))
    assert (one.method, other.method) == ("dbm", "or-jackknife")
    assert one.p_value == pytest.approx(other.p_value, rel=1e-8)


def test_one_reader_one_modality_and_no_list_of_reads(files):
    tables = study_of(readers=("R1",), modalities=("film",))
    tables["marks"] = tables["marks"].drop(columns="modality")
    results = results_of(files, tables=tables, without=("--mark-reads",))
    assert any("no file lists the reads" in warning for warning in results.warnings)
    (single, mean) = results.select(measure="wafroc")
    assert (single.reader, single.modality, mean.modality) == ("R1", None, None)
    assert np.isnan(mean.conf_low)
    assert [row["reader"] for row in results.tables["froc_curve"]] == ["R1"] * 3
    assert (files.out / "figures" / "froc-lesions.svg").is_file()


@pytest.mark.parametrize("kind", ["every", "none"])
def test_cases_of_one_kind(files, kind):
    tables = study_of(modalities=("film",), readers=("R1", "R2"))
    if kind == "every":
        kept = set(tables["lesions"].case_id)
        tables = {name: frame[frame.case_id.isin(kept)] for name, frame in tables.items()}
    else:
        del tables["lesions"]
        tables["marks"] = tables["marks"].assign(lesion_id=None)
    without = ("--lesions",) if kind == "none" else ()
    results = results_of(files, tables=tables, without=without, extra=("--lesions", "-") if without else ())
    measures = {e.measure for e in results.estimates}
    assert measures == ({"wafroc1", "froc_area"} if kind == "every" else {"max_nlf"})


def test_beside_predictions(files, tmp_path):
    tables = study_of(readers=("R1", "R2"))
    truth = tables["cases"].case_id.isin(tables["lesions"].case_id).astype(int)
    tables["cases"] = tables["cases"].assign(truth=truth)
    score = np.round(np.linspace(0.9, 0.1, len(truth)), 3)
    tables["preds"] = pd.DataFrame({"case_id": tables["cases"].case_id, "model": "net", "score": score})
    plan = '[tasks.disease]\npositive = ["1"]\n[readers]\nexclude = ["R2"]\n'
    refused = files(protocol=plan, tables=tables)
    assert "reader 'R2' of the protocol (exclude) has no row in the reads" in refused.stderr
    results = results_of(files, protocol=plan.partition("[readers]")[0], tables=tables)
    assert list(dict.fromkeys(e.task for e in results.estimates)) == ["disease", "lesions"]
    assert results.select(measure="auc", reader="net")
    assert results.select(measure="wafroc", reader=None, modality="aided")
    assert results.flow["modalities"] == ["aided", "unaided"]
    assert [entry["role"] for entry in results.provenance["inputs"]].count("cases") == 1
    data = rs.Marks.read(*(tables[name] for name in ("cases", "marks", "lesions", "seen")))
    with pytest.raises(ValueError, match="a study has its own"):
        rs.evaluate(rs.Study.read(tables["preds"], None, tables["cases"]), marks=data, protocol=rs.Protocol())
    same = "[tasks.lesions]\npositive = ['1']\n"
    assert "both called 'lesions'" in files(protocol=same, tables=tables).stderr


def test_an_endpoint_and_its_gate(files):
    plan = (
        MODEL
        + """
    [[endpoints]]
    name = "aided"
    measure = "wAFROC"
    modality = "aided"
    versus = "unaided"
    reader = "all readers"
    hypothesis = "non-inferiority"
    margin = 0.1
    [[endpoints]]
    name = "the model"
    measure = "HrAuc"
    modality = "unaided"
    reader = "all readers"
    versus = "CAD"
    """
    )
    results = results_of(files, protocol=plan)
    first, second = (results.by_key[row["key"]] for row in results.tables["endpoints"])
    (standing,) = rs.evaluate(
        marks=rs.Marks.read(*(study_of()[name] for name in ("cases", "marks", "lesions", "seen"))),
        protocol=rs.Protocol.of({"marks": {"model": "CAD"}, "readers": {"reference": "unaided"}}),
    ).select(measure="wafroc_difference", reader=None)
    assert (first.estimate, first.std_error) == (standing.estimate, standing.std_error)
    assert first.statistic == pytest.approx((standing.estimate + 0.1) / standing.std_error)
    assert (first.margin, first.alternative, first.role) == (0.1, "greater", "primary")
    assert second.measure == "hr_auc_difference"
    assert (second.reader, second.versus, second.versus_kind) == (None, "CAD", "reader")
    assert [row["task"] for row in results.tables["endpoints"]] == ["lesions", "lesions"]
    assert "Endpoints of the protocol" in (files.out / "report.html").read_text(encoding="utf-8")


def test_check(files):
    done = files("check", protocol=MODEL)
    assert done.exit_code == 0, done.stderr
    assert "model:      CAD" in done.stdout
    assert done.stdout.endswith("no problem found\n")
    content = json.loads(files("check", protocol=MODEL, extra=("--json",)).stdout)
    assert content["marks"]["readers"] == ["R1", "R2", "R3"]
    assert content["marks"]["measures"] == ["wAFROC", "HrAuc", "FROC"]


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (("--marks",), "--lesions goes with --marks"),
        (("--marks", "--lesions"), "--mark-reads goes with --marks"),
        (("--lesions",), "--marks needs --lesions"),
        (("--cases",), "--marks needs --cases"),
        (("--marks", "--lesions", "--mark-reads"), "give at least one file, or --marks"),
    ],
)
def test_files_that_need_each_other(files, without, said):
    # Without --marks something else must be there.
    extra = ("--no-protocol",) if "--marks" not in without else ()
    tables = study_of()
    if "--marks" in without and "--mark-reads" not in without:
        tables["preds"] = pd.DataFrame({"case_id": tables["cases"].case_id, "score": 0.5})
    done = files(tables=tables, without=without, extra=extra if not extra else ())
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ('[marks]\nmeasure = "wAFROC"', "did you mean 'measures'?"),
        ('[marks]\nmeasures = ["wafroc"]', "measures must be a list of 'wAFROC'"),
        ('[marks]\nmeasures = ["FROC", "FROC"]', "twice"),
        ("[marks]\nfpf = 0.2", "fpf is for PCL and ALROC"),
        ("[marks]\nradius = -1", "radius must be a positive number"),
        ('[marks]\nmodel = "CADe"', "the model 'CADe' of [marks] has no mark and no read"),
        ('[marks]\nmodel = "CAD"\n[readers]\nexclude = ["CAD"]', "is left out, or in a group"),
        ('[readers]\nexclude = ["R9"]', "reader 'R9' of the protocol (exclude)"),
        ('[readers]\nreference = "unaidd"', "the reference 'unaidd' of the protocol is no modality"),
        ('[readers]\nexclude = ["R1", "R2", "R3", "CAD"]', "nobody read a case"),
        ('[clusters]\npatient = "ward"', "no column 'ward'"),
        ('[tasks.t]\npositive = ["1"]', "sets tasks, which is for predictions or reads"),
        ('[subgroups]\ncolumns = ["patient"]', "sets subgroups"),
        ('[columns.marks]\nscore = "rating"', "no column 'rating'"),
        ('[columns.mark]\nscore = "rating"', "did you mean 'marks'?"),
        ('[[endpoints]]\nname = "a"\nmeasure = "auc"\nreader = "R1"\ngoal = 0.8', "sets endpoint 'a'"),
        ('[[endpoints]]\nname = "a"\nmeasure = "FROC"\nmodality = "aided"\nversus = "unaided"', "measure must be"),
        ('[[endpoints]]\nname = "a"\nmeasure = "wAFROC"\nreader = "R1"\ngoal = 0.8', "neither target nor goal"),
        (
            '[[endpoints]]\nname = "a"\nmeasure = "wAFROC"\nreader = "R1"\nmodality = "aided"\nversus = "unaided"',
            "'R1' is no group of readers",
        ),
        ('[[endpoints]]\nname = "a"\nmeasure = "wAFROC"\nmodality = "aided"\nversus = "aided"', "compared with what"),
    ],
)
def test_plans_that_cannot_be(files, plan, said):
    done = files(protocol=plan)
    assert done.exit_code == 1, done.output
    assert said in done.stderr
    assert not files.out.exists()


def test_marks_of_the_plan_without_files():
    preds = pd.DataFrame({"case_id": ["1", "2", "3", "4"], "score": [0.1, 0.2, 0.3, 0.4], "truth": [0, 0, 1, 1]})
    plan = {"tasks": {"t": {"positive": ["1"]}}, "marks": {"fpf": 0.2, "measures": ["PCL"]}}
    with pytest.raises(rs.DataError, match=r"has \[marks\], and no file of marks was given"):
        rs.evaluate(rs.Study.read(preds, protocol=plan))
    endpoint = {"name": "e", "measure": "wAFROC", "reader": "all readers", "modality": "a", "versus": "b"}
    plan = {"tasks": {"t": {"positive": ["1"]}}, "endpoints": [endpoint]}
    with pytest.raises(rs.DataError, match="has endpoint 'e', and no file of marks was given"):
        rs.evaluate(rs.Study.read(preds, protocol=plan))
    with pytest.raises(ValueError, match="nothing to analyse"):
        rs.evaluate()


def test_columns_radius_and_patients_of_a_plan():
    plan = rs.Protocol.of(
        {
            "marks": {"radius": 2.0},
            "columns": {"marks": {"score": "sure"}, "mark_reads": {"reader_id": "who"}, "cases": {"truth": "gold"}},
            "clusters": {"patient": "person"},
        }
    )
    data = read(
        plan,
        pd.DataFrame({"case_id": ["a", "b", "c"], "gold": [1, 0, 0], "person": ["p", "p", "q"]}),
        pd.DataFrame({"case_id": ["a", "b"], "reader_id": ["R"] * 2, "sure": [2, 1], "x": [0, 0], "y": [1.5, 0]}),
        pd.DataFrame({"case_id": ["a"], "lesion_id": ["1"], "x": [0], "y": [0]}),
        pd.DataFrame({"case_id": ["a", "b", "c"], "who": ["R"] * 3}),
    )
    asked = planned(data, plan, None)
    assert asked.marks.lesion_id.tolist() == ["1", None]
    assert asked.patients == ["p", "p", "q"]
    assert asked.label("1") is None
    with pytest.raises(rs.DataError, match="no such file was given"):
        read(plan, data.cases, data.marks, data.lesions)


def test_many_cases_of_a_patient_are_said():
    tables = study_of(readers=("R1", "R2"))
    data = rs.Marks.read(
        tables["cases"], tables["marks"], tables["lesions"], columns={"cases": {"patient_id": "patient"}}
    )
    assert any("24 cases come from 12 patients" in warning for warning in rs.evaluate(marks=data).warnings)


def test_the_mean_curve_has_the_mean_area():
    rng = np.random.default_rng(0)
    for _ in range(20):
        curves = []
        for _ in range(3):
            inner = np.sort(rng.integers(0, 5, (2, 6)) / 4, axis=1)
            curves.append((np.r_[0.0, inner[0], 1.0], np.r_[0.0, inner[1], 1.0]))
        x, y = mean_curve(curves)
        assert np.trapezoid(y, x) == pytest.approx(np.mean([np.trapezoid(b, a) for a, b in curves]), rel=1e-12)
        assert (np.diff(x) >= 0).all()
        assert (np.diff(y) >= -1e-15).all()


def test_every_figure_of_merit_is_known_everywhere():
    assert tuple(NAMES) == MARK_MEASURES
    assert set(report_of_lesions.MEASURED) == set(NAMES.values())
    told = {measure for method in METHODS for measure in method.measures}
    assert {*report_of_lesions.MEASURED, *report_of_lesions.DIFFERENCES} <= told


def test_every_figure_of_merit_is_printed(files):
    measures = ", ".join(f'"{name}"' for name in MARK_MEASURES)
    results = results_of(files, protocol=f'[marks]\nmodel = "CAD"\nmeasures = [{measures}]')
    assert methods.untold(results.estimates) == []
    page = (files.out / "report.html").read_text(encoding="utf-8")
    assert "Numbers that stand in no other table" not in page
    assert "Further methods" not in page
    assert {row["curve"] for row in results.tables["froc_curve"]} == {
        "wAFROC", "wAFROC1", "AFROC", "AFROC1", "FROC", "ROC", "LROC",
    }  # fmt: skip
