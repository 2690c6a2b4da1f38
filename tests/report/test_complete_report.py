"""Endpoints, other rules, corrections, tests and probabilities: each in a table of its own and in no other."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest
from complete_study import THRESHOLDS

from readerstudy import text
from readerstudy.report import (
    agreement,
    calibration,
    contents,
    corrected,
    decision,
    endpoints,
    indices,
    interactions,
    missing,
    modalities,
    overview,
    panels,
    performance,
    predictive,
    reclassification,
    selection,
    subgroups,
)
from readerstudy.report.html import html
from readerstudy.report.pdf import pdf
from readerstudy.report.spreadsheet import csv_text

TASK = "malignant"


def said(paragraph):
    return "".join(span.text for span in paragraph.spans)


def keys(table):
    return {cell.key for row in table.rows for cell in row.cells if cell.key}


def headings(table):
    return [(row.cells[0].text, row.cells[0].detail) for row in table.rows]


@pytest.fixture(scope="module")
def main(whole):
    return selection.main(whole)


@pytest.fixture(scope="module")
def document(whole, drawn):
    return contents.build(whole, drawn)


@pytest.fixture(scope="module")
def page(whole, drawn, parse):
    return parse(html(whole, drawn))


def test_the_usual_tables_print_what_they_printed(results, main):
    """Tables made before and after the additions are equal, cell by cell."""
    for before, after in (
        (performance.performance(results, TASK, None), performance.performance(main, TASK, None)),
        (performance.auc_differences(results, TASK, None), performance.auc_differences(main, TASK, None)),
        (agreement.with_truth(results, TASK, None), agreement.with_truth(main, TASK, None)),
        (agreement.within_groups(results, TASK, None), agreement.within_groups(main, TASK, None)),
        *zip(agreement.pairs(results, TASK, None), agreement.pairs(main, TASK, None), strict=True),
    ):
        shown = [[(c.text, c.fraction, c.detail) for c in row.cells] for row in before.rows]
        assert [[(c.text, c.fraction, c.detail) for c in row.cells] for row in after.rows] == shown
    assert subgroups.subgroups(main, TASK, None) == []
    assert said(overview.findings(main).items[1]) == said(overview.findings(results).items[1])


def test_no_table_prints_a_record_twice_but_where_it_is_compared(document):
    beside = {"agreement-groups", "endpoints", "missing", "missing-comparisons", "corrected"}
    seen = set()
    for table in document.tables:
        if table.name not in beside:
            assert not seen & keys(table), table.name
            seen |= keys(table)


def test_every_record_is_printed_and_none_is_left_over(document, whole, both, drawn):
    assert {key for table in document.tables for key in keys(table)} == set(whole.by_key)
    assert "further" not in [table.name for table in document.tables]
    aided = contents.build(both, drawn)
    assert {key for table in aided.tables for key in keys(table)} == set(both.by_key)
    assert "further" not in [table.name for table in aided.tables]


def test_every_cell_is_the_text_of_its_record(page, whole):
    printed = {
        "value": text.value,
        "fraction": text.fraction,
        "interval": text.interval,
        "full": text.full,
        "statistic": lambda e: text.fixed(e.statistic, 2),
        "p": lambda e: text.p_value(e.p_value),
        "p-adjusted": lambda e: text.p_value(e.p_adjusted),
    }
    parts = [element for element in page.all() if element.attributes.get("data-part") and element.key()]
    assert {element.attributes["data-part"] for element in parts} == set(printed)
    for element in parts:
        assert element.text == printed[element.attributes["data-part"]](whole.by_key[element.key()])


def test_endpoints_stand_first_with_their_verdicts(document, whole):
    listing, table, exploratory = document.sections[1].blocks
    assert said(listing.items[0]).startswith(
        "AUC against the readers, primary endpoint (superiority): AUC difference, ResNet-18 − mean of junior, "
    )
    assert said(listing.items[0]).endswith(
        "; P\u00a0=\u00a0.02 (Obuchowski–Rockette, jackknife, df 15.3, readers and cases random), "
        "adjusted P\u00a0=\u00a0.04: superior."
    )
    assert "(non-inferiority, margin 5.0%): sensitivity difference, ResNet-18 − R1, " in said(listing.items[1])
    assert said(listing.items[2]).startswith("seven-way. ")
    assert [[cell.text for cell in row.cells] for row in table.rows][2] == [
        "Specificity goal", "ResNet-18", "goal at least 90.0%", "90.3%", ".12", "", "goal not met",
    ]  # fmt: skip
    assert headings(table)[0] == ("AUC against the readers", "primary")
    assert table.rows[1].cells[1].detail == "Sensitivity difference, malignant"
    assert "adjusted by the method of Holm" in table.note
    assert "exploratory" in said(exploratory)
    blocks = next(s for s in document.sections if s.title == "Statistical methods").blocks
    told = " ".join(said(block) for block in blocks if hasattr(block, "spans"))
    assert "adjusted by the method of Holm [" in told
    rows = list(csv.DictReader(io.StringIO(csv_text(table))))
    assert [row["verdict"] for row in rows] == ["superior", "non-inferior", "goal not met"]
    assert rows[1]["p_adjusted"] == "0.0018"


@pytest.mark.parametrize(
    ("changes", "hypothesis"),
    [
        ({"margin": 0.1}, "equivalence, margin ±10.0%"),
        ({}, "equivalence"),
    ],
)
def test_hypotheses_say_their_margin(whole, changes, hypothesis):
    entry = {**whole.tables["endpoints"][1], "hypothesis": "equivalence"}
    e = whole.by_key[entry["key"]].replace(**{"margin": None, **changes})
    others = tuple(other for other in whole.estimates if other.key != e.key)
    changed = dataclasses.replace(whole, estimates=(*others, e), tables={**whole.tables, "endpoints": [entry]})
    assert endpoints.table(changed).rows[0].cells[2].text == hypothesis


def test_an_endpoint_that_no_number_answers_is_named(whole):
    entry = {**whole.tables["endpoints"][0], "key": None}
    changed = dataclasses.replace(whole, tables={**whole.tables, "endpoints": [entry]})
    assert said(endpoints.sentences(changed)[0]).endswith("no number answers it.")
    assert endpoints.table(changed).rows[0].cells[-1].text == text.UNDEFINED


def test_a_study_without_endpoints_says_nothing_of_them(results, drawn):
    blocks = contents.build(results, drawn).sections[1].blocks
    assert [type(block).__name__ for block in blocks] == ["Listing"]
    assert endpoints.standing(results) is None


def test_rules_for_missing_reads_stand_below_each_other(whole):
    (table,) = missing.observers(whole, TASK, None)
    assert headings(table)[:4] == [
        ("ResNet-18", "model, complete cases"), ("worst case", ""), ("best case", ""),
        ("ViT-B", "model, complete cases"),
    ]  # fmt: skip
    assert [row.inner for row in table.rows[:3]] == [False, True, True]
    assert [cell.record.missing for row in table.rows[:3] for cell in row.cells[1:2]] == [None, "worst", "best"]
    (compared,) = missing.comparisons(whole, TASK, None)
    assert headings(compared)[0] == ("ResNet-18 − ViT-B", "model, complete cases")
    assert missing.observers(whole, "seven-way", None) == []


def test_the_rule_of_the_protocol_is_that_of_the_main_tables(whole):
    plan = {**whole.protocol, "missing": {"reads": "worst", "also": ["best"]}}
    changed = dataclasses.replace(whole, protocol=plan)
    table = performance.performance(selection.main(changed), TASK, None)
    records = {cell.record.measure: cell.record.missing for cell in table.rows[0].cells[1:]}
    # The AUC knows no such rule.
    assert (records["accuracy"], records["auc"]) == ("worst", None)
    assert headings(missing.observers(changed, TASK, None)[0])[:2] == [
        ("ResNet-18", "model, worst case"), ("complete cases", ""),
    ]  # fmt: skip


def test_corrected_numbers_stand_below_the_observed(whole, main):
    table = corrected.corrected(whole, TASK, None)
    assert headings(table)[:3] == [
        ("ResNet-18", "model, as observed"), ("corrected for verification bias", ""), ("weighted by sampling", ""),
    ]  # fmt: skip
    assert "has nothing to do with its truth" in table.note
    own = whole.select(task=TASK, reader="R1", measure="sensitivity", versus=None, target=None, missing=None)
    renamed = {"begg-greenes": "begg-greenes-logit", "weighted": "inverse-probability-wald"}
    later = [e.replace(method=renamed.get(e.method, e.method)) for e in own]
    assert [selection.correction_of(e) for e in later] == [None, "verification", "verification"]
    assert not {e.method for e in main.estimates} & {"begg-greenes", "weighted"}


def test_indices_and_the_target_prevalence(main):
    table = indices.indices(main, TASK, None)
    assert table.headers == ("Balanced accuracy", "Youden's index", "DOR", "F1", "MCC")
    assert len(table.rows) == 8
    carried = indices.at_prevalence(main, TASK, None)
    # What every number shares is said once.
    assert "At a prevalence of 10 %." in carried.note
    assert carried.footnotes == ()


def test_averages_over_classes_stand_with_the_indices(main):
    own = main.select(task=TASK, measure="mcc")
    more = tuple(e.replace(measure=measure, task="seven-way") for e in own for measure in ("auc_macro", "log_loss"))
    table = indices.indices(dataclasses.replace(main, estimates=(*main.estimates, *more)), "seven-way", None)
    assert table.headers == ("AUC (macro)", "Log loss")
    assert len(table.rows) == len(own)


def test_a_mean_of_readers_against_a_model_says_so(whole):
    e = whole.by_key[whole.tables["endpoints"][0]["key"]]
    turned = e.replace(
        reader=None, reader_kind="human", reader_group="junior", versus="ResNet-18", versus_kind="reader"
    )
    entry = {**whole.tables["endpoints"][0], "key": turned.key}
    changed = dataclasses.replace(
        whole, estimates=(*whole.estimates, turned), tables={**whole.tables, "endpoints": [entry]}
    )
    assert endpoints.table(changed).rows[0].cells[1].text == "mean of junior − ResNet-18"
    assert "Mean, junior − ResNet-18" in dict(headings(performance.auc_differences(changed, TASK, None)))


def test_predictive_values_and_the_joint_test(main):
    table = predictive.comparisons(main, TASK, None)
    assert table.headers == (
        "PPV difference", "P value", "NPV difference", "P value", "PLR ratio", "P value", "NLR ratio", "P value",
        "χ²", "P value",
    )  # fmt: skip
    chi2 = table.rows[0].cells[9]
    assert (chi2.text, chi2.detail) == ("5.12", "df 2")
    assert table.footnotes == ()


def test_models_against_means_of_readers_have_degrees_of_freedom(main):
    table = modalities.against_groups(main, TASK, None)
    assert headings(table)[:2] == [("ResNet-18 − mean, junior", "model"), ("ResNet-18 − mean, all readers", "model")]
    assert table.rows[0].cells[2].detail == "df 15.3"
    assert "readers and cases as random" in table.note


def test_agreement_among_readers_by_group(main):
    (table,) = panels.among(main, TASK, None)
    assert table.headers == ("junior (2 readers)", "senior (2 readers)", "all readers (6 readers)")
    assert [name for name, _ in headings(table)] == [
        "Fleiss' kappa", "Conger's kappa", "Light's kappa", "Gwet's AC1", "Krippendorff's alpha", "ICC",
        "Pairwise agreement", "Unanimous agreement",
    ]  # fmt: skip
    assert headings(table)[4:7] == [
        ("Krippendorff's alpha", "nominal metric"), ("ICC", "ICC(2), single reader"),
        ("Pairwise agreement", "observed"),
    ]  # fmt: skip
    repeated = panels.repeats(main, TASK, None)
    assert [name for name, _ in headings(repeated)] == ["R1", "R2", "R3"]


def test_calibration_has_a_row_per_model_and_tests_with_df(main):
    curve, score = calibration.calibration(main, TASK, None)
    assert [name for name, _ in headings(curve)] == ["ResNet-18", "ViT-B"]
    assert curve.headers[-2:] == ("ECE, equal width", "ECE, equal size")
    assert [cell.text for cell in score.rows[0].cells[6:]] == ["11.20", ".34", "−0.40", ".69"]
    assert score.rows[0].cells[6].detail == "df 10"
    # The note that every such record has is said once, without what a test says of itself.
    assert "2 groups are one" in [note for _, note in score.footnotes]


def test_net_benefit_at_thresholds(main):
    (table,) = decision.net_benefits(main, TASK, None)
    assert table.headers == ("At 0.1", "At 0.25", "At 0.5")
    assert headings(table)[-1] == ("Treat all", "")
    assert table.rows[-1].summary
    (compared,) = decision.differences(main, TASK, None)
    assert headings(compared)[0] == ("ResNet-18 − R1", "junior")
    assert len(compared.headers) == 2 * len(THRESHOLDS)


def test_interactions_have_one_p_value_a_column(main):
    tables = interactions.interactions(main, TASK, None)
    means = tables[0]
    assert means.name == interactions.AGAINST_MEANS
    assert means.headers == ("ResNet-18 − mean, all readers", "P value", "ViT-B − mean, all readers", "P value")
    assert [(row.cells[0].text, bool(row.cells[1].text), bool(row.cells[2].text)) for row in means.rows[:3]] == [
        ("cirrhosis: grade", False, True), ("yes", True, False), ("no", True, False),
    ]  # fmt: skip
    assert {table.name for table in tables[1:]} == {interactions.AGAINST_READERS}
    assert tables[1].headers[0] == "− R1"


def test_a_usual_report_keeps_what_few_read_in_files(document):
    files = [table.name for table in document.annex]
    assert set(files) == {"missing-comparisons", "interactions-readers"}
    rules = said(next(s for s in document.sections if s.title == "Not printed here").blocks[0])
    assert "subgroups against single readers where there is no mean of readers" in rules


def test_modalities_reader_by_reader(both):
    table = modalities.between(both, TASK, None)
    assert headings(table)[0] == ("A", "aided − unaided")
    assert headings(table)[-1] == ("Mean, all readers", "n = 4, aided − unaided")
    assert table.rows[-1].summary
    assert table.rows[-1].cells[2].detail == "df 15.3"


def test_a_global_test_of_modalities_stays_out_of_the_performance(both):
    e = both.select(measure="auc", task=TASK, reader="A", modality="aided")[0].replace(
        reader=None, reader_group="all readers", modality=None, versus_kind="modality", random="readers and cases",
        method="or-jackknife", estimate=None, conf_low=None, conf_high=None, statistic=4.4563, df_num=1, df=15.26,
        p_value=0.0517,
    )  # fmt: skip
    changed = dataclasses.replace(both, estimates=(*both.estimates, e))
    assert e.key not in keys(performance.performance(changed, TASK, None))
    table = modalities.between(changed, TASK, None)
    cell = next(cell for row in table.rows for cell in row.cells if cell.key == e.key)
    assert (cell.text, cell.detail) == ("4.46", "df 1, 15.3")


def test_one_test_of_three_modalities_has_a_row_of_its_own(both):
    e = both.select(measure="auc_difference", task=TASK, reader_group="all readers")[0].replace(
        modality=None, versus="modalities", estimate=None, conf_low=None, conf_high=None, statistic=4.4563, df_num=2,
        df=15.26, p_value=0.0517,
    )  # fmt: skip
    changed = dataclasses.replace(both, estimates=(*both.estimates, e))
    table = modalities.between(changed, TASK, None)
    assert headings(table)[-1] == ("All modalities", "all readers")
    assert [(c.text, c.detail) for c in table.rows[-1].cells if c.key] == [
        ("4.46", "df 2, 15.3"),
        (".052", "df 2, 15.3"),
    ]


def test_variance_components_stand_with_the_means(both, drawn):
    names = ("var_reader", "var_modality_reader", "var_error", "cov1", "cov2", "cov3")
    row = {"task": TASK, "target": None, "reader": None, "reader_kind": "human", "reader_group": "all readers"}
    row |= {"modality": None, "measure": "auc", "method": "or-jackknife", **dict.fromkeys(names, 0.0012345)}
    rows = [{**row, "cov3": None}, {**row, "reader": "net"}]
    changed = dataclasses.replace(both, tables={**both.tables, "variance_components": rows})
    (table,) = (t for t in contents.build(changed, drawn).tables if t.name == "variance-components")
    assert headings(table) == [("Mean, all readers", "")]
    assert table.note.startswith("Obuchowski–Rockette, jackknife. ")
    assert [cell.text for cell in table.rows[0].cells[1:]] == ["AUC", *["0.001235"] * 5]
    _, models = modalities.components(changed, TASK, None)
    assert headings(models) == [("net − mean, all readers", "")]


def test_other_measures_by_rule_are_files(whole, drawn):
    pairs = whole.select(task=TASK, reader="ResNet-18", versus="R1", subgroup=None, missing=None)
    other = [e for e in pairs if e.measure in ("ppv_difference", "sensitivity_and_specificity")]
    other += whole.select(task=TASK, reader="R1", measure="youden")
    changed = dataclasses.replace(whole, estimates=(*whole.estimates, *(e.replace(missing="worst") for e in other)))
    document = contents.build(changed, drawn)
    assert "further" not in [table.name for table in document.tables]
    files = {table.name for table in document.annex}
    assert {"missing-others", "missing-comparisons-others"} <= files


def test_calls_that_changed(both):
    (table,) = reclassification.reclassified(both, TASK)
    assert table.headers == (
        "benign → benign", "benign → malignant", "malignant → benign", "malignant → malignant",
    )  # fmt: skip
    assert headings(table)[:2] == [("A", "positive cases"), ("negative cases", "")]
    assert [cell.text for cell in table.rows[0].cells[1:]] == ["3", "10", "1", "27"]
    content = both.to_dict()
    for row in table.rows:
        for cell in row.cells[1:]:
            found = content
            for part in cell.pointer.split("/")[1:]:
                found = found[int(part)] if isinstance(found, list) else found[part]
            assert str(found) == cell.text
    improved = reclassification.improvements(both, TASK, None)
    assert improved.headers[:2] == ("NRI", "P value")


def test_calls_of_three_classes_are_squares(both):
    square = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    entry = {**both.tables["reclassification"][0], "classes": ["1", "2", "3"], "events": square, "non_events": square}
    changed = dataclasses.replace(both, tables={**both.tables, "reclassification": [entry]})
    (table,) = reclassification.reclassified(changed, TASK)
    assert table.headers == ("1 aided", "2 aided", "3 aided")
    assert len(table.rows) == 7
    assert [cell.text for cell in table.rows[-1].cells] == ["negative cases called 3 unaided", "7", "8", "9"]


def test_new_figures_stand_with_their_tables(whole, drawn):
    kinds = ("decision", "forest", "calibration", "subgroup-forest", "agreement", "roc")
    figures = [dataclasses.replace(drawn[0], name=kind, kind=kind, task=TASK) for kind in kinds]
    everywhere = dataclasses.replace(drawn[0], name="forest-all", kind="forest", task=None)
    document = contents.build(whole, [*figures, everywhere])
    task = next(section for section in document.sections if section.title == f"Task: {TASK}")
    order = [f"figure {block.drawn.kind}" if hasattr(block, "drawn") else block.name for block in task.blocks[1:]]
    for kind, table in (
        ("forest", "paired-differences"), ("subgroup-forest", "interactions"), ("calibration", "brier"),
        ("decision", "net-benefit-differences"),
    ):  # fmt: skip
        assert order[order.index(f"figure {kind}") - 1] == table
    places = [order.index(f"figure {kind}") for kind in ("roc", "forest", "calibration", "agreement")]
    assert places == sorted(places)
    assert document.sections[1].blocks[-1].drawn.name == "forest-all"


def test_thresholds_of_decisions_are_no_thresholds_of_calls(document):
    task = next(section for section in document.sections if section.title == f"Task: {TASK}")
    assert "The score of a model is called positive from 0.5 upwards." in said(task.blocks[0])
    assert "The score of a reader is called positive from 3 upwards." in said(task.blocks[0])


def test_single_classes_keep_additions_in_files(whole, drawn):
    e = whole.select(measure="youden", reader="R1")[0].replace(task="seven-way", target="HCC")
    changed = dataclasses.replace(whole, estimates=(*whole.estimates, e))
    (table,) = (t for t in contents.build(changed, drawn).annex if t.scope == "seven-way HCC")
    assert keys(table) == {e.key}


def test_pdf_of_it_is_the_same_twice(whole, drawn):
    content = json.dumps(whole.to_dict()).encode()
    assert pdf(whole, drawn, content) == pdf(whole, drawn, content)
