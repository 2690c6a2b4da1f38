"""Labels that try to be something else stay text in every format."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pikepdf
import pytest
from wide_study import RESTRICTED, SUBGROUPS, widen

from readerstudy.report import contents
from readerstudy.report.html import html
from readerstudy.report.pdf import pdf, png
from readerstudy.report.spreadsheet import csv_text

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
TYPST = '#read("/etc/passwd")'
LATEX = r"$\input{x}$ *bold* @cite <label> //"
FORMULA = '=HYPERLINK("x")'
ARABIC = "كبد"
EMOJI = "🫁 lung"
LONG = "x" * 300
JINJA = "{{ 7 * 7 }}{% raw %}"
ALL = (SCRIPT, IMAGE, TYPST, LATEX, FORMULA, ARABIC, EMOJI, LONG, JINJA)


# What the names of the wide study become.
SAID = {
    "cirrhosis: grade": TYPST, "yes": SCRIPT, "no": FORMULA, "age": LATEX, "sex": IMAGE, "female": FORMULA,
    "male": EMOJI, "development": JINJA, "1": TYPST,
}  # fmt: skip


def renamed(value):
    """The same structure, every name that stands in `SAID` replaced."""
    if isinstance(value, dict):
        return {SAID.get(key, key): renamed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner) for inner in value]
    return SAID.get(value, value) if isinstance(value, str) else value


def widened(results):
    wide = widen(results)
    estimates = []
    for e in wide.estimates:
        for column, levels in SUBGROUPS.items():
            for level in levels:
                old, new = f"{column}: {level}", f"{SAID.get(column, column)}: {SAID.get(level, level)}"
                e = e.replace(subgroup=new) if e.subgroup == old else e
                e = e.replace(versus=new) if e.versus == old else e
        estimates.append(e)
    error = {
        "task": IMAGE, "reader": FORMULA, "reader_kind": "model", "reader_group": None, "modality": None,
        "kind": "false positive", "target": SCRIPT, "case_id": FORMULA, "truth": LATEX, "call": TYPST, "score": None,
    }  # fmt: skip
    protocol = {**wide.protocol, "subgroups": renamed(wide.protocol["subgroups"])}
    tables = {**renamed(wide.tables), "errors": [error]}
    return dataclasses.replace(wide, estimates=tuple(estimates), protocol=protocol, tables=tables)


@pytest.fixture(scope="module")
def study(named):
    results, drawn = named(
        title=TYPST + SCRIPT,
        notice=IMAGE + JINJA,
        classes=(SCRIPT, TYPST, LATEX, FORMULA),
        tasks=(IMAGE, TYPST),
        models=(FORMULA, JINJA),
        groups={ARABIC: (EMOJI,), SCRIPT: (LONG,), LATEX: ("R\x07",)},
    )
    return widened(results), drawn


def test_html(study, parse):
    results, drawn = study
    page = parse(html(results, drawn))
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert page.all("h1")[0].text == TYPST + SCRIPT
    for label in ALL:
        assert label in page.text
    shown = {element.attributes["data-key"] for element in page.all() if "data-key" in element.attributes}
    assert shown == set(results.by_key)


@pytest.fixture(scope="module")
def made(study):
    results, drawn = study
    alt = TYPST + SCRIPT + EMOJI
    svg = drawn[0].svg.replace("1 − specificity", "1 − 🫁 كبد")
    drawn = [dataclasses.replace(drawn[0], title=JINJA, caption=LATEX, alt=alt, svg=svg)]
    return drawn, pdf(results, drawn, json.dumps(results.to_dict()).encode())


def test_pdf(made):
    with pikepdf.open(io.BytesIO(made[1])) as file:
        assert str(file.docinfo.Title) == TYPST + SCRIPT
        with file.open_outline() as outline:
            titles = {item.title for item in outline.root}
            classes = {child.title for item in outline.root for child in item.children}
        dictionaries = [o for o in file.objects if isinstance(o, pikepdf.Dictionary)]
        alternatives = [str(o.Alt) for o in dictionaries if o.get("/S") == "/Figure"]
    assert {f"Task: {IMAGE}", f"Task: {TYPST}"} <= titles
    restricted = {f"{RESTRICTED}: {label}" for label in (SCRIPT, TYPST)}
    assert classes == {f"{IMAGE}: {label}" for label in (SCRIPT, TYPST, LATEX, FORMULA)} | restricted
    assert alternatives == [TYPST + SCRIPT + "[U+1FAC1] lung"]


def test_png(made):
    assert png(made[0][0], ppi=72)[:4] == b"\x89PNG"


def test_csv(study):
    results, drawn = study
    cells = []
    for table in contents.build(results, drawn).tables:
        rows = list(csv.reader(io.StringIO(csv_text(table))))
        assert all(len(row) == len(rows[0]) for row in rows)
        cells += [value for row in rows for value in row]
    for value in cells:
        if value.startswith(("=", "+", "-", "@", "\t", "\r")):
            float(value)
    assert "'" + FORMULA in cells
