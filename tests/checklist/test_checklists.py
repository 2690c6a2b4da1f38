"""Checklists of studies of every kind: every number is its record's, and nothing is said that no result holds."""

import dataclasses
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import checklist_studies as studies
import docx
import pandas as pd
import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy import text
from readerstudy.checklist import guideline
from readerstudy.checklist.build import build
from readerstudy.checklist.docx import docx as as_docx
from readerstudy.checklist.html import html
from readerstudy.checklist.model import STATUSES
from readerstudy.checklist.places import Report
from readerstudy.checklist.table import to_csv, to_json
from readerstudy.checklist.writer import FORMATS
from readerstudy.cli import app
from readerstudy.problems import DataError
from readerstudy.report import html as reported

EXAMPLES = Path(__file__).parents[2] / "examples"
ALPHA = 0.05


@pytest.fixture(scope="session")
def liver():
    folder = EXAMPLES / "liver"
    return rs.evaluate(rs.Study.read(folder / "preds.csv", folder / "reads.csv", None, folder / "protocol.toml"))


@pytest.fixture(scope="session")
def zhen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("protocols")
    subprocess.run([sys.executable, EXAMPLES / "protocols" / "simulate.py", folder], check=True)
    plan = EXAMPLES / "protocols" / "zhen2020.toml"
    data = folder / "zhen2020"
    return rs.evaluate(rs.Study.read(data / "preds.csv", data / "reads.csv", data / "cases.csv", plan))


@pytest.fixture(scope="session")
def aided(tmp_path_factory):
    out = tmp_path_factory.mktemp("simulated") / "study"
    options = ["--readers", 3, "--positive", 20, "--negative", 20, "--auc", "0.9,0.8", "--levels", 5, "--missing", 0.05]
    done = CliRunner().invoke(app, ["simulate", *map(str, options), "--out", str(out)])
    assert done.exit_code == 0, done.stderr
    return rs.evaluate(rs.Study.read(None, out / "reads.csv", out / "cases.csv", out / "protocol.toml"))


@pytest.fixture(scope="session")
def endpoint():
    preds, reads = studies.frames(modalities=("unaided",))
    endpoints = [
        {
            "name": "one", "measure": "auc", "reader": "net", "versus": "all readers", "hypothesis": "non-inferiority",
            "margin": 0.1,
        },
        {"name": "two", "measure": "auc", "reader": "net", "goal": 0.5, "role": "secondary"},
    ]  # fmt: skip
    return rs.evaluate(rs.Study.read(preds, reads, None, studies.plan(endpoints=endpoints)))


@pytest.fixture(scope="session")
def model_alone():
    return rs.evaluate(rs.Study.read(studies.frames()[0], None, None, studies.plan()))


@pytest.fixture(scope="session")
def readers_alone():
    return rs.evaluate(rs.Study.read(None, studies.frames(modalities=("CT",))[1], None, studies.plan()))


@pytest.fixture(scope="session")
def marked():
    return studies.marks()


@pytest.fixture(scope="session")
def every(liver, zhen, aided, endpoint, model_alone, readers_alone, marked):
    return {
        "liver": liver, "zhen": zhen, "aided": aided, "endpoint": endpoint, "model": model_alone,
        "readers": readers_alone, "marks": marked, "dated": dated({"R1": 28, "R2": 20, "R3": None}),
    }  # fmt: skip


MADE, CONTENT = {}, {}


def answers(results, name):
    """The entries of a checklist by their numbers; each is made once."""
    if (id(results), name) not in MADE:
        MADE[id(results), name] = results, build(guideline.read(name), results)
    return {entry.item.id: entry for entry in MADE[id(results), name][1].entries}


def at(results, place):
    if id(results) not in CONTENT:
        CONTENT[id(results)] = results, results.to_dict()
    found = CONTENT[id(results)][1]
    for part in place.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found


def printed(e):
    """Every way in which a record may be printed."""
    margins = [text.value(e.replace(estimate=value)) for value in (e.margin, e.null)]
    return {
        text.full(e),
        text.p_phrase(e.p_value, ALPHA).replace(" ", "\u00a0") if e.p_value == e.p_value else "",
        *margins,
    }


def shown(value):
    """Every way in which a plain value may be printed."""
    known = {text.UNDEFINED if value is None else str(value)}
    if isinstance(value, float):
        known |= {text.fixed(value, decimals) for decimals in (1, 6)}
        known.add(text.fixed(value * 100, 4).rstrip("0").rstrip(".") + "%")
    return known


@pytest.mark.parametrize("name", guideline.NAMES)
def test_every_number_is_the_text_of_its_record(every, name):
    for results in every.values():
        for entry in answers(results, name).values():
            for piece in (piece for line in entry.answer.lines for piece in line):
                if piece.key is not None:
                    assert piece.text in printed(results.by_key[piece.key]), entry.item.id
                elif piece.pointer is not None:
                    assert piece.text in shown(at(results, piece.pointer)), entry.item.id
                else:
                    assert piece.kind != "number", entry.item.id


@pytest.mark.parametrize("name", guideline.NAMES)
def test_every_item_has_a_status_and_what_it_means(every, name):
    for results in every.values():
        for entry in answers(results, name).values():
            status = entry.answer.status
            assert status in STATUSES
            assert bool(entry.write) == (status in ("confirm", "author")), entry.item.id
            assert entry.texts or status == "author", entry.item.id
            assert all(said.strip() and not said.startswith(".") for said in entry.texts), entry.item.id
            assert not any("  " in said or said.endswith("..") or " ;" in said for said in entry.texts), entry.texts


def test_the_liver_example_is_filled(liver):
    stard = answers(liver, "stard-2015")
    assert [i for i, e in stard.items() if e.answer.status == "filled"] == [
        "14", "15", "16", "17", "19", "21b", "23", "24",
    ]  # fmt: skip
    assert "malignant, model: AUC 0.970 (95% CI 0.945, 0.996); sensitivity 90.7% (39/43;" in stard["24"].texts[2]
    assert stard["21b"].texts == ("malignant: cyst (16), FNH (11), haemangioma (22), abscess (21).",)
    assert "not malignant called not malignant (64), malignant (6)" in stard["23"].texts[1]
    assert stard["16"].texts[1] == "No read or prediction is missing."
    assert stard["28"].answer.status == "author"
    fda = answers(liver, "fda-cad")
    assert fda["17"].answer.status == "filled"
    assert fda["18"].answer.status == "confirm"
    assert "113 cases are of 89 patients" in fda["18"].texts[0]
    assert fda["7"].texts == ("No reader read a case twice.",)
    assert fda["5"].texts == ("Every reader read every case.",)


def test_a_study_of_errors_consensus_and_other(zhen):
    claim = answers(zhen, "claim-2024")
    assert claim["39"].answer.status == "filled"
    assert claim["36"].answer.status == "confirm"
    stard = answers(zhen, "stard-ai")
    assert "A call outside the classes of a task counts as wrong" in " ".join(stard["19"].texts)


def test_aided_and_unaided(aided):
    fda = answers(aided, "fda-cad")
    assert fda["4"].answer.status == "confirm"
    assert fda["7"].answer.status == "author"
    assert fda["17"].answer.status == fda["22"].answer.status == fda["25"].answer.status == "filled"
    assert fda["23"].texts == ("No predictions of a model were analysed.",)
    assert any("mean of all readers, M1 − M2" in said for said in fda["22"].texts)
    assert any(said.startswith("Missing: R1, M1: ") for said in fda["19"].texts)
    # The readers' aid may be an AI, though none of its predictions is among the data.
    assert answers(aided, "stard-ai")["15b"].answer.status == "author"


def dated(apart):
    """A study of two modalities, the second read so many days after the first; `apart` by reader, None = no date."""
    preds, reads = studies.frames()
    after = reads["reader_id"].map(apart).where(reads["modality"] == "aided", 0)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(after, unit="D")
    dates = days.dt.strftime("%Y-%m-%d").where(after.notna(), "")
    return rs.evaluate(
        rs.Study.read(preds, reads.assign(read_date=dates, time_s=range(1, len(reads) + 1)), None, studies.plan())
    )


def test_washout_is_checked_from_the_days_of_the_reads():
    kept = dated({"R1": 28, "R2": 30, "R3": 400})
    item = answers(kept, "fda-cad")["7"]
    assert item.answer.status == "filled"
    assert item.texts[0].startswith("R1, unaided and aided: least 28 days, over 23 cases; under 28 days: 0.")
    assert item.texts[-1] == "All of these are four weeks apart or more."
    assert [row["least_days"] for row in kept.tables["washout"]] == [28, 30, 400]
    short = answers(dated({"R1": 27, "R2": 30, "R3": None}), "fda-cad")["7"]
    assert short.answer.status == "confirm"
    assert short.texts[0].endswith("least 27 days, over 23 cases; under 28 days: 23.")
    assert short.texts[-1] == "No dates of two readings are known of R3."
    assert short.write == "Say why some readings were closer, and what it may have done."


def test_a_date_that_is_none_is_a_problem():
    _, reads = studies.frames()
    with pytest.raises(DataError, match=r"RS225.*'read_date' must hold days as 2024-01-09"):
        rs.Study.read(None, reads.assign(read_date="9/1/24"), None, studies.plan())


def test_endpoints_are_objectives_and_results(endpoint):
    stard = answers(endpoint, "stard-2015")
    assert stard["4"].texts[0] == "one (primary): non-inferiority of AUC difference, margin 0.100."
    assert "two (secondary): goal of AUC, goal 0.500." in stard["4"].texts[1]
    assert stard["24"].texts[0].startswith("one (primary endpoint): AUC difference, net − mean of all readers")
    assert stard["28"].texts == ("Registration: NCT00000000.",)
    assert stard["28"].answer.status == "confirm"
    assert "Secondary endpoints are tested only when" in " ".join(answers(endpoint, "fda-cad")["20"].texts)


def test_without_readers(model_alone):
    fda = answers(model_alone, "fda-cad")
    lacking = [i for i, entry in fda.items() if entry.answer.status == "not applicable"]
    assert lacking == ["4", "5", "6", "7", "8", "9", "10", "16", "17", "21", "22", "25"]
    assert fda["9"].texts == ("The study has no human readers.",)
    assert build(guideline.read("fda-cad"), model_alone).caution is not None
    assert answers(model_alone, "stard-ai")["31"].answer.status == "filled"


def test_without_models(readers_alone):
    claim = answers(readers_alone, "claim-2024")
    lacking = [i for i, entry in claim.items() if entry.answer.status == "not applicable"]
    assert lacking == ["1", "19", "20", "22", "24", "25", "26", "27", "31", "32", "33"]
    assert "STARD 2015 is the list to use" in build(guideline.read("tripod-ai"), readers_alone).caution
    assert build(guideline.read("stard-2015"), readers_alone).caution is None


def test_marks_alone(marked):
    fda = answers(marked, "fda-cad")
    assert fda["16"].answer.status == "confirm"
    assert any("CAD: wAFROC" in said for said in fda["23"].texts)
    assert answers(marked, "stard-2015")["23"].answer.status == "author"


def test_links_lead_into_the_report(liver, tmp_path):
    page = tmp_path / "out" / "report.html"
    page.parent.mkdir()
    figures = [
        studies.Drawn(kind="flow", title="Flow of cases through the study"),
        studies.Drawn(kind="confusion", title="Confusion matrices: malignant", task="malignant", name="other"),
    ]
    page.write_text(reported.html(liver, figures), encoding="utf-8")
    report = Report.read(page, liver, tmp_path / "lists")
    ids = {
        e.attributes["id"] for e in studies.Page(page.read_text(encoding="utf-8")).root.all() if "id" in e.attributes
    }
    checklist = build(guideline.read("stard-2015"), liver, report)
    links = [link for entry in checklist.entries for link in entry.links]
    assert {link.href.partition("#")[0] for link in links} == {"../out/report.html"}
    assert {link.href.partition("#")[2] for link in links} <= ids
    named = {entry.item.id: [link.text for link in entry.links] for entry in checklist.entries}
    assert named["14"] == ["Section “Statistical methods”"]
    assert named["19"] == ["Table 1", "Figure 1", "Section “Cases and reads”"]
    assert named["23"] == ["Figure 2"]
    # Without a report the sections are named and lead nowhere.
    (link,) = answers(liver, "stard-2015")["14"].links
    assert (link.text, link.href) == ("Section “Statistical methods”", None)


def test_the_report_of_another_study_is_refused(liver, endpoint, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(reported.html(endpoint, []), encoding="utf-8")
    with pytest.raises(DataError, match="the report of other results"):
        Report.read(page, liver, tmp_path)
    page.write_text("<p>nothing</p>", encoding="utf-8")
    with pytest.raises(DataError, match="no report of readerstudy"):
        Report.read(page, liver, tmp_path)


@pytest.fixture(scope="module")
def hostile():
    names = studies.HOSTILE
    preds, reads = studies.frames(
        positive=names["script"], negative=names["formula"], model=names["formula"],
        readers=(names["image"], names["arabic"], names["bell"]), modalities=(names["jinja"], names["long"]),
    )  # fmt: skip
    plan = dataclasses.replace(
        studies.plan(positive=names["script"], negative=names["formula"]),
        title=names["formula"], notice=names["image"], registration=names["formula"],
    )  # fmt: skip
    return rs.evaluate(rs.Study.read(preds, reads, None, plan))


@pytest.mark.parametrize("name", ["stard-ai", "fda-cad"])
def test_hostile_labels_are_text(hostile, name):
    checklist = build(guideline.read(name), hostile)
    page = studies.Page(html(checklist)).root
    assert not page.all("script")
    assert not page.all("img")
    for label in studies.HOSTILE.values():
        assert label in page.text
    document = docx.Document(io.BytesIO(as_docx(checklist)))
    cells = {cell.text for row in document.tables[0].rows for cell in row.cells}
    for label in ("script", "image", "formula", "jinja", "arabic", "long"):
        assert any(studies.HOSTILE[label] in cell for cell in cells)
    lines = [said for cell in cells for said in cell.split("\n")]
    assert not any(said.startswith(("=", "+", "-", "@", "\t")) for said in lines)
    assert b"fldChar" not in zipfile.ZipFile(io.BytesIO(as_docx(checklist))).read("word/document.xml")
    assert not any(field.startswith("=") for field in to_csv(checklist).split(","))
    assert json.loads(to_json(checklist))["title"] == studies.HOSTILE["formula"]


def test_the_page_is_accessible_and_loads_nothing(liver):
    page = studies.Page(html(build(guideline.read("stard-ai"), liver))).root
    (policy,) = (e.attributes["content"] for e in page.all("meta") if "http-equiv" in e.attributes)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not [e for e in page.all() if "style" in e.attributes or any(name.startswith("on") for name in e.attributes)]
    (shown_table,) = page.all("table")
    assert shown_table.all("caption")
    assert {e.attributes["scope"] for e in shown_table.all("th")} == {"col", "row", "rowgroup"}
    ids = [e.attributes["id"] for e in page.all() if "id" in e.attributes]
    assert len(set(ids)) == len(ids)
    targets = {e.attributes["href"][1:] for e in page.all("a") if e.attributes["href"].startswith("#")}
    assert targets <= set(ids)
    keys = {e.attributes["data-key"] for e in page.all() if "data-key" in e.attributes}
    assert keys
    assert keys <= set(liver.by_key)


def test_the_document_is_a_table_with_a_repeated_header_and_no_clock(liver):
    checklist = build(guideline.read("stard-2015"), liver)
    content = as_docx(checklist)
    assert content == as_docx(checklist)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"tblHeader" in packed.read("word/document.xml")
    document = docx.Document(io.BytesIO(content))
    assert (document.core_properties.created.year, document.core_properties.modified.year) == (1980, 1980)
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert rows[0] == ["Item", "What is asked", "Status", "Answer", "In the report"]
    assert [row[0] for row in rows[1:] if row[0] != row[1]] == [entry.item.id for entry in checklist.entries]


def test_json_holds_every_item_with_its_records(liver):
    content = json.loads(to_json(build(guideline.read("stard-ai"), liver)))
    assert content["schema"] == "readerstudy-checklist/1"
    assert content["guideline"]["doi"] == "10.1038/s41591-025-03953-8"
    assert sum(content["counts"].values()) == len(content["items"]) == 48
    estimates = next(item for item in content["items"] if item["id"] == "31")
    assert set(estimates["records"]) <= set(liver.by_key)
    assert "".join(piece["text"] for piece in estimates["pieces"][0]) == estimates["text"][0]


def run(*arguments):
    return CliRunner().invoke(app, ["checklist", *map(str, arguments)])


def test_the_command_writes_all_formats_and_the_same_bytes_again(endpoint, tmp_path):
    source = tmp_path / "results.json"
    endpoint.to_json(source)
    (tmp_path / "report.html").write_text(reported.html(rs.Results.read(source), []), encoding="utf-8")
    done = run(source, "--guideline", "fda-cad", "--guideline", "stard-2015", "--out", tmp_path / "one")
    assert done.exit_code == 0, done.stderr
    assert "STARD 2015: " in done.stderr
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names == {
        "manifest.json", *(f"{name}.{kind}" for name in ("stard-2015", "fda-cad") for kind in FORMATS),
    }  # fmt: skip
    assert 'href="../report.html#' in (tmp_path / "one" / "fda-cad.html").read_text(encoding="utf-8")
    again = run(source, "--guideline", "all", "--out", tmp_path / "two", "--json", "-q")
    assert again.exit_code == 0, again.stderr
    assert not again.stderr
    told = json.loads(again.stdout)
    assert set(told["counts"]) == set(guideline.NAMES)
    for name in names - {"manifest.json"}:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_command_says_what_is_wrong(endpoint, tmp_path, monkeypatch):
    source = tmp_path / "results.json"
    endpoint.to_json(source)
    assert run(source, "--guideline", "consort", "--out", tmp_path / "out").exit_code == 2
    assert run(source, "--guideline", "fda-cad", "--formats", "odt", "--out", tmp_path / "out").exit_code == 2
    assert run(tmp_path / "none.json", "--guideline", "fda-cad", "--out", tmp_path / "out").exit_code == 2
    source.write_text("{}", encoding="utf-8")
    done = run(source, "--guideline", "fda-cad", "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "no results.json that this version reads" in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_python_docx_the_other_formats_are_written(endpoint, tmp_path, monkeypatch):
    source = tmp_path / "results.json"
    endpoint.to_json(source)
    monkeypatch.setitem(sys.modules, "docx", None)
    done = run(source, "--guideline", "fda-cad", "--out", tmp_path / "out")
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    assert "readerstudy[docx]" in said
    assert "html,json,csv" in said
    assert run(source, "--guideline", "fda-cad", "--formats", "html,json", "--out", tmp_path / "out").exit_code == 0
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".html", ".json"}


def test_a_single_reader_is_no_mean():
    _, reads = studies.frames(readers=("R1",), modalities=("CT",))
    alone = rs.evaluate(rs.Study.read(None, reads, None, studies.plan()))
    stard = answers(alone, "stard-2015")["24"]
    assert stard.texts[0].startswith("sick, R1: AUC ")
    assert "95% CI" in stard.texts[0]
    assert answers(alone, "fda-cad")["22"].answer.status == "author"


def test_what_takes_cases_as_independent_is_said():
    preds, reads = studies.frames()
    preds["patient_id"] = [f"P{i // 2}" for i in range(len(preds))]
    plan = studies.plan(clusters={"patient": "patient_id"})
    item = answers(rs.evaluate(rs.Study.read(preds, reads, None, plan)), "fda-cad")["18"]
    assert item.answer.status == "confirm"
    assert "cases of one patient are taken as independent: " in item.texts[0]


def test_a_repeated_read_is_no_washout_that_was_kept():
    _, reads = studies.frames(modalities=("CT",))
    reads = pd.concat([reads, reads.iloc[3:8]])
    plan = studies.plan(readers={"threshold": 3, "duplicates": "first"})
    item = answers(rs.evaluate(rs.Study.read(None, reads, None, plan)), "fda-cad")["7"]
    assert item.answer.status == "author"
    assert "No reader read a case twice." not in item.texts


def test_dates_of_a_few_cases_leave_the_washout_open():
    _, reads = studies.frames()
    dates = reads["modality"].map({"aided": "2024-03-01", "unaided": "2024-01-01"})
    few = dates.where(reads["case_id"].isin(["C03", "C04"]), "")
    item = answers(rs.evaluate(rs.Study.read(None, reads.assign(read_date=few), None, studies.plan())), "fda-cad")["7"]
    assert item.answer.status == "confirm"
    assert item.texts[-1] == "Dates of two readings are not known of every case that was read by R1, R2, R3."


def test_subgroups_are_not_yet_fairness_and_fewer_voters_not_the_panel():
    preds, reads = studies.frames(modalities=("CT",))
    preds["site"] = ["a", "b", "b", "a"] * (len(preds) // 4)
    plan = studies.plan(readers={"threshold": 3, "truth_from": ["R1", "R2"]}, subgroups={"columns": ["site"]})
    found = rs.evaluate(rs.Study.read(preds, reads, None, plan))
    assert answers(found, "stard-ai")["23"].answer.status == "confirm"
    assert answers(found, "claim-2024")["18"].answer.status == "confirm"


def test_the_day_of_the_lock_is_said_not_that_it_was_beforehand(endpoint):
    lock = {"date": "2026-01-31", "sha256": "0" * 64, "changed": [], "demoted": []}
    locked = dataclasses.replace(endpoint, protocol={**endpoint.protocol, "lock": lock})
    said = " ".join(answers(locked, "stard-2015")["12a"].texts)
    assert "locked on 2026-01-31; tasks and thresholds have not changed since." in said
