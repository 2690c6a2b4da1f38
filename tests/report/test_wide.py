"""What a study with everything prints: each number at its record or its place in results.json, each rule in words."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest
from wide_study import GROUPS, RESTRICTED

from readerstudy import text
from readerstudy.report import agreement, characteristics, contents, performance, published, reading, subgroups
from readerstudy.report.html import html
from readerstudy.report.pdf import pdf
from readerstudy.report.spreadsheet import csv_text


def said(section):
    paragraphs = (block for block in section.blocks if hasattr(block, "spans"))
    return " ".join("".join(span.text for span in paragraph.spans) for paragraph in paragraphs)


@pytest.fixture(scope="module")
def document(wide, drawn):
    return contents.build(wide, drawn)


@pytest.fixture(scope="module")
def sections(document):
    return {section.title: section for section in document.sections}


@pytest.fixture(scope="module")
def page(wide, drawn, parse):
    return parse(html(wide, drawn))


def at(results, pointer):
    """What stands at a place in results.json (RFC 6901)."""
    found = json.loads(json.dumps(results.to_dict()))
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found


def test_every_record_is_printed_once_asked_for(page, wide):
    shown = {element.attributes["data-key"] for element in page.all() if "data-key" in element.attributes}
    assert shown == set(wide.by_key)


def test_every_cell_is_the_text_of_its_record(page, wide):
    printed = {
        "value": text.value,
        "fraction": text.fraction,
        "interval": text.interval,
        "full": text.full,
        "statistic": lambda e: text.fixed(e.statistic, 2),
        "p": lambda e: text.p_value(e.p_value),
    }
    parts = [element for element in page.all() if element.attributes.get("data-part") and element.key()]
    assert {element.attributes["data-part"] for element in parts} == set(printed)
    for element in parts:
        assert element.text == printed[element.attributes["data-part"]](wide.by_key[element.key()])


def test_every_plain_number_stands_where_its_pointer_leads(document, wide):
    tables = [table for table in document.tables if any(c.pointer for row in table.rows for c in row.cells)]
    assert [table.name for table in tables] == ["characteristics", "reading-times", "cross-validation"]
    for table in tables:
        for row in table.rows:
            for cell in row.cells:
                if cell.pointer:
                    there = at(wide, cell.pointer)
                    assert dict(cell.fields).items() <= there.items()
                    if cell.sort is not None:
                        assert cell.sort in there.values()


def test_thresholds_have_rows_of_their_own(wide):
    target = wide.protocol["tasks"]["seven-way"]["classes"][0]
    table = performance.performance(wide, "seven-way", target)
    headings = [(row.cells[0].text, row.cells[0].detail) for row in table.rows]
    assert headings[:4] == [
        ("ResNet-18", "model, most probable class"), ("ResNet-18", "model, at probability ≥ 0.3"),
        ("ViT-B", "model, most probable class"), ("ViT-B", "model, at probability ≥ 0.3"),
    ]  # fmt: skip
    assert headings[4] == ("R1", "junior")
    assert "chosen on these cases: optimistic" in [note for _, note in table.footnotes]
    assert {cell.mark for cell in table.rows[1].cells[2:]} >= {"a"}
    assert {cell.mark for cell in table.rows[0].cells} == {""}


def test_a_threshold_of_a_binary_task_makes_no_second_row(wide):
    table = performance.performance(wide, "malignant", None)
    assert [row.cells[0].detail for row in table.rows[:3]] == ["model", "model", "junior"]
    assert all(cell.record for cell in table.rows[0].cells[1:])


def test_the_consensus_follows_the_readers_and_says_what_it_is(wide):
    table = performance.performance(wide, "malignant", None)
    names = [(row.cells[0].text, row.cells[0].detail) for row in table.rows]
    assert names[8] == ("consensus", "majority of the readers")
    assert not table.rows[8].summary
    assert table.rows[9].summary


def test_means_say_what_was_random_and_their_degrees_of_freedom(wide, results):
    note = performance.performance(wide, "malignant", None).note
    assert "its interval takes readers and cases as random (Obuchowski–Rockette, Hillis's df)" in note
    assert "Mean, junior: –, 12.3, ∞, >1000; " in note
    assert "it has no interval" not in note
    assert performance.performance(results, "malignant", None).note.endswith("it has no interval.")


def test_a_mean_of_one_reader_has_its_note(wide):
    table = performance.performance(wide, "malignant", None)
    mean = next(row for row in table.rows if row.summary)
    assert dict(table.footnotes)[mean.cells[1].mark] == "one reader: no interval"


def test_agreement_has_z_and_p(wide):
    table = agreement.within_groups(wide, "seven-way", None)
    assert [column.header for column in table.columns] == ["Pair", "Cohen's kappa", "z", "P value"]
    assert [row.cells[0].text for row in table.rows] == ["R1, R2", "R3, R4", "R5, R6"]
    assert [cell.text for cell in table.rows[0].cells[2:]] == ["7.10", "<.001"]
    truth = agreement.with_truth(wide, "seven-way", None)
    assert [row.cells[0].text for row in truth.rows] == [
        "ResNet-18", "ViT-B", "R1", "R2", "R3", "R4", "R5", "R6", "consensus",
    ]  # fmt: skip
    assert agreement.within_groups(dataclasses.replace(wide, estimates=()), "seven-way", None) is None


def test_a_triangle_has_no_empty_column(wide):
    (table,) = agreement.pairs(wide, "seven-way", None)
    assert table.columns[-1].header == "R5"
    for position in range(1, len(table.columns)):
        assert any(row.cells[position].record for row in table.rows)


def test_subgroups_go_level_by_level_below_all_cases(wide):
    tables = subgroups.subgroups(wide, "seven-way", None)
    assert [len(table.columns) for table in tables] == [7, 7, 7]
    assert [(row.cells[0].text, row.inner) for row in tables[0].rows] == [
        ("All cases", False),
        ("cirrhosis: grade", False), ("yes", True), ("no", True), ("yes − no", True),
        ("diameter", False), ("< 16", True), ("16 to 32", True), (">= 32", True),
    ]  # fmt: skip
    assert tables[0].rows[4].cells[2].text == ".46"
    assert not tables[0].rows[2].cells[2].text
    assert "Fisher exact test" in tables[0].note
    assert "does not show that the subgroups are alike" in tables[0].note
    rows = list(csv.DictReader(io.StringIO(csv_text(tables[0]))))
    assert "cirrhosis: grade: yes − no" in {row["row"] for row in rows}


def test_as_published_stands_apart_with_its_warning_and_the_right_test(wide, sections):
    section = sections["As published, not recommended"]
    assert "must not be quoted as a result" in said(section)
    table = section.blocks[1]
    assert [(row.cells[0].text, row.cells[3].text) for row in table.rows[:3]] == [
        ("ResNet-18 − junior", "NOT RECOMMENDED"),
        ("ResNet-18 − R1", "Fits the design"),
        ("ResNet-18 − R2", "Fits the design"),
    ]
    assert table.rows[1].cells[2].record.test_method == "mcnemar-exact"
    assert [row.inner for row in table.rows[:4]] == [False, True, True, False]
    elsewhere = [t for s in sections.values() if s is not section for t in s.blocks if hasattr(t, "rows")]
    keys = {cell.key for t in elsewhere for row in t.rows for cell in row.cells}
    assert not keys & {e.key for e in wide.estimates if published.is_published(e)}


def test_characteristics_as_papers_print_them(wide):
    table = characteristics.characteristics(wide)
    assert [column.header for column in table.columns] == ["Characteristic", "Total", *GROUPS, "P value"]
    lines = [[cell.text for cell in row.cells] for row in table.rows]
    assert lines == [
        ["age, mean ± SD", "56.7 ± 12.3", "57.7 ± 12.3", "58.7 ± 12.3", ".61"],
        ["diameter, median (IQR)", *["26.9 (16.8, 41.5)"] * 3, "<.001"],
        ["sex, n (%)", "", "", "", ".07"],
        ["female", "0 (–)", "30 (33.3%)", "30 (33.3%)", ""],
        ["male", "0 (–)", "30 (33.3%)", "30 (33.3%)", ""],
    ]
    notes = dict(table.footnotes)
    assert notes[table.rows[0].cells[4].mark] == "Student's t test"
    assert notes[table.rows[1].cells[0].mark] == "diameter: 2 missing (development 3, test/2~3 4)."
    assert notes[table.rows[2].cells[4].mark] == "Pearson's chi-squared test; with Yates's correction"
    assert table.note.startswith("Cases: 90 (development 90, test/2~3 90).")
    rows = list(csv.DictReader(io.StringIO(csv_text(table))))
    assert [row["mean"] for row in rows[:3]] == ["56.66", "57.66", "58.66"]
    assert rows[-1]["row"] == "sex, n (%): male"


def test_characteristics_of_patients_and_of_cases_are_told_apart(wide):
    entries = [{**entry, "unit": unit} for unit in ("patient", "case") for entry in wide.tables["characteristics"][:1]]
    both = dataclasses.replace(wide, tables={"characteristics": entries})
    table = characteristics.characteristics(both)
    assert [row.cells[0].detail for row in table.rows] == ["per patient", "per case"]
    assert table.note.startswith("Patients: 90 (development 90, test/2~3 90). Cases: 90 ")


def test_reading_times_and_folds(wide):
    table = reading.reading_times(wide)
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["R1", "113", "41.3", "42.0"], ["R2", "0", "–", "–"],
    ]  # fmt: skip
    assert table.rows[0].cells[2].detail == "30.0, 55.5"
    ratio = reading.time_ratios(wide).rows[0]
    assert [cell.text for cell in ratio.cells] == ["aided / unaided", "0.800", ".01"]
    folds = reading.folds(wide, "seven-way")
    assert [column.header for column in folds.columns] == ["Fold", "ResNet-18", "ViT-B"]
    assert (folds.rows[0].cells[1].text, folds.rows[0].cells[1].fraction) == ("75.2%", "85/113")
    assert folds.rows[-1].summary
    assert folds.rows[-1].cells[1].text == "75.2% ± 2.3%"
    assert reading.folds(wide, "malignant") is None


def test_wrongly_called_cases_are_listed_without_their_pictures(wide):
    entry = {
        "task": "seven-way", "reader": "ResNet-18", "reader_kind": "model", "reader_group": None, "modality": None,
        "kind": "false positive", "target": "HCC", "case_id": "=C1", "truth": "ICC", "call": "HCC", "score": 0.91234,
        "n": 1, "thumbnail": "aGVsbG8=",
    }  # fmt: skip
    table = reading.errors(dataclasses.replace(wide, tables={"errors": [entry]}), "seven-way")
    assert [c.text for c in table.rows[0].cells] == [
        "ResNet-18", "false positive, HCC", "=C1", "ICC", "HCC", "0.912",
    ]  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(csv_text(table)))
    assert (row["case_id"], row["score"]) == ("'=C1", "0.91234")
    assert "aGVsbG8=" not in csv_text(table)


def test_the_study_says_who_agreed_how_and_what_the_truth_is(sections):
    told = said(sections["Study"])
    assert "at a tie the class that comes last in the order of the classes counts" in told
    assert "The predictions are of 2 folds of a cross-validation" in told
    assert "held against the majority of the others, without their own vote" in told


def test_a_supplied_consensus_and_the_other_rules(wide, drawn):
    plan = {"consensus": "consensus", "truth_from": ["R1"], "incorporation": "warn"}
    readers = [
        *wide.tables["readers"],
        {**wide.tables["readers"][0], "reader": "consensus", "reader_kind": "consensus"},
    ]
    changed = dataclasses.replace(
        wide, protocol={**wide.protocol, "readers": plan}, tables={**wide.tables, "readers": readers}
    )
    told = said(contents.build(changed, drawn).sections[0])
    assert "was supplied with the reads" in told
    assert "incorporation bias" in told
    names = [row.cells[0].detail for row in performance.performance(changed, "malignant", None).rows]
    assert "supplied consensus" in names


def test_models_of_some_tasks_and_of_modalities(wide, drawn):
    readers = [e for e in wide.tables["readers"] if (e["reader"], e["task"]) != ("ViT-B", "malignant")]
    readers = [{**e, "modality": "T1"} if e["reader"] == "ResNet-18" else e for e in readers]
    changed = dataclasses.replace(wide, tables={**wide.tables, "readers": readers})
    told = said(contents.build(changed, drawn).sections[0])
    assert "ViT-B was given the task seven-way." in told
    assert "Predictions of ResNet-18 are of T1." in told


def test_a_restricted_task_says_what_it_keeps(sections):
    told = said(sections[f"Task: {RESTRICTED}"])
    assert told.startswith("Classes: HCC, ICC. The task keeps only the cases whose true class is one of these")
    assert "counts as “other”: it is wrong for every case here" in told
    assert "chosen by Youden's index on the cases analysed here: what it gives is optimistic" in told
    assert "HCC from probability 0.3" in said(sections["Task: seven-way"])


def test_methods_and_references_of_everything(sections):
    section = sections["Statistical methods"]
    told = said(section)
    for words in (
        "Obuchowski and Rockette", "Newcombe's for independent proportions", "Fisher's exact test", "Youden's index",
        "test of Shapiro and Wilk", "Mann–Whitney test", "Barnes–Hut t-SNE", "perplexity 37.3", "0.731",
        "take readers and cases as random samples", "All other intervals and tests take cases as independent",
        "as if their calls were of different cases",
    ):  # fmt: skip
        assert words in told
    listing = "\n".join("".join(span.text for span in item.spans) for item in section.blocks[-1].items)
    for doi in (
        "10.1080/03610919508813243", "10.1002/sim.2532", "10.2307/2340521", "10.1093/biomet/52.3-4.591",
        "10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I", "10.1214/aoms/1177730491",
        "10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3", "vandermaaten14a", "10.2307/2983604",
    ):  # fmt: skip
        assert doi in listing
    assert "Kruskal" not in listing


def test_rows_of_the_files_are_counted(sections):
    table = next(block for block in sections["Cases and reads"].blocks if getattr(block, "name", "") == "rows")
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["File of predictions", "1130", "0", "0", "0"], ["File of reads", "681", "4", "2", "1"],
    ]  # fmt: skip


def test_figures_stand_where_they_belong(wide, drawn):
    kinds = ("errors", "agreement", "accuracy", "flow", "other", "reader-case", "roc", "embedding", "confusion")
    figures = [
        dataclasses.replace(drawn[0], name=kind, kind=kind, task=None if kind == "flow" else "seven-way")
        for kind in kinds
    ]
    document = contents.build(wide, figures)
    placed = {
        section.title: [block.drawn.kind for block in section.blocks if hasattr(block, "drawn")]
        for section in document.sections
    }
    assert placed["Cases and reads"] == ["flow"]
    assert placed["Task: seven-way"] == [
        "roc", "accuracy", "confusion", "agreement", "reader-case", "embedding", "errors", "other",
    ]  # fmt: skip


def test_a_number_that_no_table_knows_is_printed_all_the_same(wide, drawn, parse):
    e = wide.select(measure="accuracy", task="malignant", reader="R1", subgroup=None)[0]
    stray = e.replace(measure="proportion", missing="as wrong")
    page = parse(html(dataclasses.replace(wide, estimates=(*wide.estimates, stray)), drawn))
    (cell,) = (c for c in page.all("td") if c.attributes.get("data-key") == stray.key)
    assert text.value(stray) in cell.text
    assert "Further numbers" in [h.text for h in page.all("h2")]


def test_tables_whose_rows_hang_together_are_not_sorted(page):
    fixed = {t.attributes["class"] for t in page.all("table") if "data-fixed" in t.attributes}
    assert fixed == {"characteristics", "subgroups", "as-published"}
    assert '"fixed" in table.dataset' in page.all("script")[0].text


def test_pdf_of_everything_is_the_same_twice(wide, drawn):
    content = json.dumps(wide.to_dict()).encode()
    assert pdf(wide, drawn, content) == pdf(wide, drawn, content)
