"""``readerstudy figures``: files, captions and the audit in a folder, whole or not at all."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from readerstudy import _shipped
from readerstudy.cli import app
from readerstudy.figures.compose import parsed
from readerstudy.figures.journal import Journal
from readerstudy.figures.submission import submit
from readerstudy.results import Results

NATURE = _shipped.path("reports", "journals", "nature.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def results_json(liver: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "results.json"
    liver.to_json(path)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["figures", *map(str, arguments)])


def test_files_captions_and_audit(results_json: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures"
    ran = run(results_json, "--journal", "nature", "--only", "roc-malignant", "--only", "accuracy", "--out", out, "-q")
    assert ran.exit_code == 0, ran.output
    names = {path.name for path in out.iterdir()}
    figures = ("roc-malignant", "accuracy-malignant", "accuracy-seven-way")
    expected = {f"{figure}.{form}" for figure in figures for form in ("pdf", "eps")}
    assert names == expected | {"audit.csv", "audit.json", "captions.md", "manifest.json"}
    content = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    assert content["passed"]
    assert (content["journal"], content["status"]) == ("Nature", "verified")
    with (out / "audit.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == content["findings"]
    assert {row["verdict"] for row in rows} == {"pass"}
    assert "roc-malignant.pdf" in ran.stdout
    captions = (out / "captions.md").read_text(encoding="utf-8")
    assert captions.startswith("## roc-malignant") or "## roc-malignant" in captions
    assert "Alternative text: " in captions


def test_the_same_bytes_again(results_json: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        arguments = ("--journal", "nature", "--only", "accuracy-malignant", "--formats", "svg")
        ran = run(results_json, *arguments, "--out", tmp_path / name)
        assert ran.exit_code == 0, ran.output
    ones = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir() if path.name != "manifest.json"}
    assert ones == {name: (tmp_path / "two" / name).read_bytes() for name in ones}


def test_exit_1_where_a_rule_is_broken(results_json: Path, tmp_path: Path) -> None:
    strict = tmp_path / "strict.toml"
    strict.write_text(NATURE.replace("height = 170", "height = 60"), encoding="utf-8")
    arguments = (results_json, "--journal", strict, "--only", "roc-malignant", "--formats", "pdf,svg")
    ran = run(*arguments, "--out", tmp_path / "out", "--json")
    assert ran.exit_code == 1
    content = json.loads(ran.stdout)
    assert not content["passed"]
    broken = {(f["file"], f["check"]) for f in content["findings"] if f["verdict"] == "fail"}
    assert broken == {("roc-malignant.pdf", "height"), ("roc-malignant.svg", "height")}
    assert (tmp_path / "out" / "roc-malignant.pdf").is_file()
    assert "fail: roc-malignant.pdf: height" in run(*arguments, "--out", tmp_path / "again").stdout


def test_a_panel_that_goes_on_is_told(liver: Results, tmp_path: Path) -> None:
    made = submit(liver, Journal.read("nature"), tmp_path, compose=parsed("a=confusion-seven-way"), formats=["svg"])
    (note,) = made.notes
    assert note.startswith("confusion-seven-way goes on in its place in the composite figure: confusion-seven-way-2")


def test_what_has_no_room_takes_the_next_width(rich_aided: Results, tmp_path: Path) -> None:
    narrow = tmp_path / "narrow.toml"
    narrow.write_text(NATURE.replace("single = 89", "single = 40"), encoding="utf-8")
    made = submit(rich_aided, Journal.read(str(narrow)), tmp_path, only=["reader-case"], formats=["pdf"])
    assert not made.refused
    (note,) = made.notes
    assert note.startswith("full instead of single width: reader-case of 'seven-way' needs at least ")
    assert {f.asked for f in made.findings if f.check == "width"} == {"183 mm"}
    alone = tmp_path / "alone.toml"
    alone.write_text(NATURE.replace("single = 89", "single = 40").replace("full = 183", ""), encoding="utf-8")
    made = submit(rich_aided, Journal.read(str(alone)), tmp_path, only=["reader-case"], formats=["pdf"])
    assert made.refused
    assert made.notes[0].startswith("not drawn: reader-case of 'seven-way' needs at least ")


def test_no_word_of_figures_that_were_not_asked_for(liver: Results, tmp_path: Path) -> None:
    low = tmp_path / "low.toml"
    low.write_text(NATURE.replace("height = 170", "height = 60"), encoding="utf-8")
    made = submit(liver, Journal.read(str(low)), tmp_path, only=["roc-malignant"], formats=["pdf"])
    (note,) = made.notes
    assert note.startswith("full instead of single width: roc of 'malignant' would be ")


def test_a_panel_that_there_is_not_is_said_on_a_narrow_sheet(rich_aided: Results, tmp_path: Path) -> None:
    narrow = tmp_path / "narrow.toml"
    narrow.write_text(NATURE.replace("single = 89", "single = 40"), encoding="utf-8")
    with pytest.raises(ValueError, match="there is no figure 'nope'"):
        submit(rich_aided, Journal.read(str(narrow)), tmp_path, compose=parsed("a=nope"), formats=["pdf"])


def test_a_composite_figure(results_json: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    panels = "a=roc-malignant,b=accuracy-malignant/c=confusion-malignant"
    arguments = ("--journal", "radiology", "--width", "full", "--compose", panels, "--formats", "svg,eps")
    ran = run(results_json, *arguments, "--out", out)
    assert ran.exit_code == 0, ran.output
    root = ET.fromstring((out / "composite.svg").read_bytes())
    assert root.get("width") == "178mm"
    texts = list(root.iter("{http://www.w3.org/2000/svg}text"))
    letters = {e.text: (float(e.attrib["x"]), float(e.attrib["y"])) for e in texts if e.text in ("A", "B", "C")}
    assert letters["A"][1] == letters["B"][1] < letters["C"][1]
    assert letters["A"][0] == letters["C"][0] < letters["B"][0]
    assert sum(e.text == "Sensitivity" for e in texts) == 1
    assert sum(e.text == "Accuracy (%)" for e in texts) == 1
    captions = (out / "captions.md").read_text(encoding="utf-8")
    assert re.search(r"^A, Receiver", captions, re.MULTILINE)
    assert re.search(r"^C, Confusion", captions, re.MULTILINE)
    right = max(float(e.attrib["x"]) for e in texts)
    assert right > float(root.attrib["viewBox"].split()[2]) * 0.6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--journal", "natur"), "Did you mean 'nature'"),
        (("--journal", "nature", "--width", "onehalf"), "the width for Nature"),
        (("--journal", "nature", "--formats", "pdf,gif"), "a format is 'gif'"),
        (("--journal", "nature", "--formats", ","), "--formats is empty"),
        (("--journal", "nature", "--only", "rok"), "there is no figure 'rok'"),
        (("--journal", "nature", "--only", "roc-malign"), "did you mean 'roc-malignant'"),
        (("--journal", "nature", "--compose", "a=roc-malignant;b=flow"), "is not of the form"),
        (("--journal", "nature", "--compose", "a=roc-malignant,a=accuracy-malignant"), "has a letter twice"),
        (("--journal", "nature", "--compose", "a=roc-malignant/b=roc-malignat"), "did you mean 'roc-malignant'"),
        (("--journal", "nature", "--compose", "a=roc-malignant,b=accuracy-malignant"), "needs 98 mm"),
        (("--journal", "nature", "--compose", "a=roc"), "is a kind of figure; name one of it: 'roc-malignant'"),
        (("--journal", "nature", "--only", "froc"), "no data for a figure of the kind 'froc'"),
        ((), "--journal are needed"),
    ],
)
def test_usage(results_json: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    ran = run(results_json, *arguments, "--out", tmp_path / "out")
    assert ran.exit_code == 2, ran.output
    assert message in re.sub(r"[│\s]+", " ", ran.output)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_somebody_else_stays(results_json: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    ran = run(results_json, "--journal", "nature", "--only", "roc-malignant", "--out", tmp_path, "--force")
    assert ran.exit_code == 2
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_results_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text("{}", encoding="utf-8")
    ran = run(path, "--journal", "nature", "--out", tmp_path / "out")
    assert ran.exit_code == 1
    assert "is no results.json" in ran.output


def test_the_presets_can_be_listed() -> None:
    ran = run("--journals")
    assert ran.exit_code == 0
    assert re.search(r"^nature +verified 20\d\d-\d\d-\d\d  single 89 mm, full 183 mm; pdf, eps$", ran.stdout, re.M)
    listed = json.loads(run("--journals", "--json").stdout)
    assert {entry["name"] for entry in listed} >= {"nature", "radiology"}
    assert {entry["status"] for entry in listed} == {"verified", "unverified"}


def test_unverified_rules_are_said(results_json: Path, tmp_path: Path) -> None:
    arguments = ("--journal", "radiology", "--only", "roc-malignant", "--formats", "png")
    assert "unverified" in run(results_json, *arguments, "--out", tmp_path / "one").output
    assert "unverified" not in run(results_json, *arguments, "--out", tmp_path / "two", "-q").output


def test_panels_in_rows() -> None:
    assert parsed("a=flow, B=roc-x / c=errors") == [[("a", "flow"), ("b", "roc-x")], [("c", "errors")]]
