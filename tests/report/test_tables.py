"""The table model, its CSV, and what the report says."""

from __future__ import annotations

import csv
import dataclasses
import io
import math

import pytest

from readerstudy.estimate import Estimate
from readerstudy.report import agreement, appendix, contents, methods, overview, performance, saliency
from readerstudy.report.document import Listing, Paragraph
from readerstudy.report.references import REFERENCES
from readerstudy.report.spreadsheet import csv_text
from readerstudy.report.tables import Cell, Column, Footnotes, Row, Table, estimate_cell, p_cell
from readerstudy.report.techniques import METHODS, MULTIPLICITY


def said(paragraph):
    return "".join(span.text for span in paragraph.spans)


def test_notes_get_letters_in_reading_order():
    footnotes = Footnotes()
    assert [footnotes.mark(note) for note in ("x", None, "y", "x", "")] == ["a", "", "b", "a", ""]
    assert footnotes.lines == (("a", "x"), ("b", "y"))
    assert [footnotes.mark(str(i)) for i in range(26)][-2:] == ["aa", "ab"]


def test_cells_print_and_sort():
    e = Estimate(
        measure="sensitivity", estimate=0.9, conf_low=0.8, conf_high=0.95, conf_level=0.95, count=9, total=10, note="n"
    )
    cell = estimate_cell(e, Footnotes())
    assert (cell.text, cell.fraction, cell.detail, cell.mark) == ("90.0%", "9/10", "80.0%, 95.0%", "a")
    assert (cell.key, cell.sort) == (e.key, 0.9)
    undefined = p_cell(e, 0.05)
    assert (undefined.text, undefined.sort) == ("–", None)
    assert estimate_cell(None, Footnotes()) == Cell(text="")


def test_a_row_must_have_a_cell_per_column():
    with pytest.raises(ValueError, match="1 cells in a row of 2 columns"):
        Table(name="t", caption="", columns=(Column(header="a"),) * 2, rows=(Row(cells=(Cell(text=""),)),))


def test_rows_are_models_readers_by_group_then_means(results):
    table = performance.performance(results, "malignant", None)
    assert [(row.cells[0].text, row.cells[0].detail) for row in table.rows] == [
        ("ResNet-18", "model"), ("ViT-B", "model"),
        ("R1", "junior"), ("R2", "junior"), ("R3", "middle"), ("R4", "middle"), ("R5", "senior"), ("R6", "senior"),
        ("Mean, junior", "n = 2"), ("Mean, middle", "n = 2"), ("Mean, senior", "n = 2"),
        ("Mean, all readers", "n = 6"),
    ]  # fmt: skip
    assert [row.summary for row in table.rows] == [False] * 8 + [True] * 4


def test_columns_without_records_are_left_out(results):
    headers = [column.header for column in performance.performance(results, "seven-way", None).columns]
    assert headers == ["Reader", "Accuracy"]
    assert performance.auc_differences(results, "seven-way", None) is None


def test_comparisons_name_both_sides(results):
    table = performance.paired_differences(results, "malignant", None)
    assert table.rows[0].cells[0].text == "ResNet-18 − ViT-B"
    assert [column.header for column in table.columns[:3]] == ["Comparison", "Accuracy difference", "P value"]
    assert "two-sided, not adjusted for multiple comparisons" in table.note


def test_agreement_shows_each_pair_once(results, aided):
    (table,) = agreement.pairs(results, "malignant", None)
    assert [sum(cell.record is not None for cell in row.cells) for row in table.rows] == list(range(1, 8))
    assert [table.scope for table in agreement.pairs(aided, "malignant", None)] == [
        "malignant unaided",
        "malignant aided",
    ]


def test_agreement_of_many_readers_is_cut_into_tables(named):
    crowd, _ = named(models=(), groups={None: tuple(f"R{i}" for i in range(14))})
    tables = agreement.pairs(crowd, "malignant", None)
    keys = [cell.key for table in tables for row in table.rows for cell in row.cells if cell.key]
    assert len(tables) == 2
    assert len(keys) == len(set(keys)) == 14 * 13 // 2


def test_csv_has_one_full_row_per_record(results):
    table = performance.paired_differences(results, "malignant", None)
    rows = list(csv.DictReader(io.StringIO(csv_text(table))))
    expected = {
        e.key: e
        for e in results.select(task="malignant", target=None)
        if e.measure in performance.PAIRED
    }  # fmt: skip
    assert {row["key"] for row in rows} == set(expected)
    assert len(rows) == len(expected)
    for row in rows:
        e = expected[row["key"]]
        assert float(row["estimate"]) == e.estimate
        assert float(row["p_value"]) == e.p_value
        assert row["row"] == f"{e.reader} − {e.versus}"
        assert row["df"] == ""


def test_csv_of_counts_is_as_printed(results):
    table = overview.classes(results, "malignant")
    assert csv_text(table).splitlines()[:2] == ["Class,Counts as,Cases", "HCC,positive,20"]


def test_methods_name_what_was_run_and_nothing_else(results, aided):
    blocks = methods.account(results)
    told = " ".join(said(block) for block in blocks if isinstance(block, Paragraph))
    references = [said(item) for block in blocks if isinstance(block, Listing) for item in block.items]
    assert "Wilson score intervals [1]" in told
    assert "Clopper" not in told
    assert "Tango" in told
    assert len(references) == 7
    assert references[0].endswith("10.1080/01621459.1927.10502953")
    without = " ".join(said(block) for block in methods.account(aided) if isinstance(block, Paragraph))
    assert "McNemar" not in without


def test_every_method_has_its_references():
    for method in METHODS:
        assert set(method.references) <= set(REFERENCES)
    cited = {key for method in METHODS for key in method.references}
    cited |= {key for _, references in MULTIPLICITY.values() for key in references}
    elsewhere = {"newcombe-2006", "youden", "shapiro", "mann", "kruskal", "student", "maaten"}
    elsewhere |= {key for _, references in saliency.MADE.values() for key in references}
    assert cited | elsewhere == set(REFERENCES)


def test_newcombe_is_cited_where_a_note_names_it(results):
    e = results.select(measure="auc")[0].replace(note="AUC = 1: interval by Newcombe")
    changed = dataclasses.replace(results, estimates=(e,))
    assert "10.1002/sim.2324" in said(methods.account(changed)[-1].items[-1])


def test_main_results_set_models_against_the_mean_of_the_readers(results):
    first, second = (said(item) for item in overview.findings(results).items)
    assert first.startswith("seven-way. Model ResNet-18: accuracy ")
    assert "Mean of 6 readers: AUC " in second


def test_protocol_is_flat_and_whole(results):
    settings = {row.cells[0].text: row.cells[1].text for row in appendix.protocol(results).rows}
    assert settings["tasks.malignant.positive"] == "HCC, ICC, metastasis"
    assert settings["study.registration"] == "not set"
    assert settings["methods.bootstrap"] == "2000"


def test_tables_and_figures_are_numbered_in_reading_order(results, drawn):
    document = contents.build(results, drawn)
    assert [table.number for table in document.tables] == list(range(1, len(document.tables) + 1))


def test_nan_is_never_printed(results, drawn):
    for table in contents.build(results, drawn).tables:
        for row in table.rows:
            for cell in row.cells:
                assert "nan" not in (cell.text.lower(), cell.detail.lower())
                assert not (isinstance(cell.sort, float) and math.isnan(cell.sort))
