"""Studies of many models in several modalities: told in few words, and no performance is dropped."""

from __future__ import annotations

import dataclasses

import pytest

from readerstudy.report import agreement, cautions, conduct, contents, extent, overview, performance

BLURS = ("sharp", "blur 4", "blur 8")
NAMES = [(f"Net {i} ({blur})", blur) for blur in BLURS for i in range(10)]


def told(block):
    return "".join(span.text for span in block.spans)


@pytest.fixture(scope="module")
def crowd(named):
    """Thirty readers in three modalities, and ten models in each of them."""
    results, drawn = named(
        models=tuple(name for name, _ in NAMES),
        groups={None: tuple(f"R{i:02}" for i in range(30))},
        modalities=BLURS,
        classes=(),
    )
    of = dict(NAMES)
    estimates = [e.replace(modality=of[e.reader]) if e.reader in of else e for e in results.estimates]
    kept = {e.key: e for e in estimates if e.versus is None}
    readers = [{**row, "modality": of.get(row["reader"], row["modality"])} for row in results.tables["readers"]]
    changed = dataclasses.replace(
        results, estimates=tuple(kept.values()), tables={**results.tables, "readers": readers}
    )
    return changed, drawn


def test_models_are_grouped_by_modality_and_abbreviated(crowd):
    results, _ = crowd
    words = told(conduct.design(results)[0])
    assert words.count("Predictions of ") == 3
    assert "Net 5 (sharp) and 24 more." in words
    assert "Net 5 (blur 4) and 4 more are of blur 4." in words
    assert "Net 6" not in words


def test_main_results_have_an_item_for_each_modality_with_the_range(crowd):
    results, _ = crowd
    items = [told(item) for item in overview.findings(results).items]
    assert [item.split(".")[0] for item in items] == [f"{t}, {b}" for t in ("seven-way", "malignant") for b in BLURS]
    aucs = results.select(task="malignant", measure="auc", reader_kind="model", modality="blur 4")
    least, most = (pick(aucs, key=lambda e: e.estimate) for pick in (min, max))
    spans = {span.key for item in overview.findings(results).items for span in item.spans}
    assert {least.key, most.key} <= spans
    (item,) = [item for item in items if item.startswith("malignant, blur 4.")]
    assert ". 10 models: AUC from " in item
    assert f" by {least.reader} to " in item
    assert f" by {most.reader}; accuracy from " in item
    assert "Mean of 30 readers: AUC" in item


def test_four_models_are_still_named_one_by_one(named):
    results, _ = named(models=("A", "B", "C", "D"))
    words = told(overview.findings(results).items[0])
    assert words.count("Model ") == 4


def test_models_that_agree_have_no_range(crowd):
    results, _ = crowd
    same = [e.replace(estimate=0.5) if e.measure == "accuracy" else e for e in results.estimates]
    items = overview.findings(dataclasses.replace(results, estimates=tuple(same))).items
    assert told(items[0]).startswith("seven-way, sharp. 10 models: accuracy 50.0%")
    assert " each. Mean" in told(items[0])


def test_many_warnings_of_one_kind_are_one(crowd):
    results, _ = crowd
    low = [f"Task malignant: the AUC of {name} {blur} is below 0.5. Scores." for name, blur in NAMES[:8]]
    other = "3 cases have no truth."
    lines = [told(i) for i in cautions.cautions(dataclasses.replace(results, warnings=(other, *low))).items]
    assert lines == [
        other,
        f"8 warnings of one kind. {low[0]} The same of Net 1 (sharp); Net 2 (sharp); and 5 more.",
    ]
    few = dataclasses.replace(results, warnings=tuple(low[:6]))
    assert [told(i) for i in cautions.cautions(few).items] == low[:6]
    nameless = dataclasses.replace(results, estimates=(), warnings=(other,))
    assert [told(i) for i in cautions.cautions(nameless).items] == [other]


def test_performance_is_cut_by_modality_and_never_dropped(crowd):
    results, drawn = crowd
    document = contents.build(results, drawn)
    assert not [table for table in document.annex if table.name == "performance"]
    printed = [table for table in document.tables if table.name == "performance"]
    assert [t.caption.rsplit(", ", 1)[1] for t in printed if t.scope.startswith("malignant")] == list(BLURS)
    assert len({t.file_name for t in printed}) == len(printed)
    keys = {c.key for table in printed for row in table.rows for c in row.cells}
    assert {e.key for e in results.estimates if e.versus is None and e.measure == "auc"} <= keys


def test_too_many_readers_of_one_modality_are_a_file(named):
    results, drawn = named(groups={None: tuple(f"R{i}" for i in range(110))}, classes=())
    few = [e for e in results.estimates if e.versus is None]
    document = contents.build(dataclasses.replace(results, estimates=tuple(few)), drawn)
    (short,) = [t for t in document.tables if (t.name, t.scope, t.annex) == ("performance", "malignant", False)]
    assert [row.cells[0].text for row in short.rows] == ["ResNet-18", "ViT-B", "Mean, all readers"]
    assert "rows of the single readers are in a file" in short.note
    (whole,) = [t for t in document.annex if (t.name, t.scope) == ("performance", "malignant")]
    assert len(whole.rows) == 113
    assert len(short.rows) <= extent.TABLE_ROWS
    assert set(dict(short.footnotes)) <= {cell.mark for row in short.rows for cell in row.cells}


def test_a_study_of_usual_length_has_one_table(results):
    (table,) = performance.performances(results, "malignant", None, extent.TABLE_ROWS)
    assert table == performance.performance(results, "malignant", None)


def test_agreement_has_no_empty_rows(results):
    kept = [e for e in results.estimates if e.measure != "kappa" or "R4" not in (e.reader, e.versus)]
    # Only pairs with the first model remain of R5.
    kept = [e for e in kept if not (e.measure == "kappa" and "R5" in (e.reader, e.versus) and e.reader != "R1")]
    for table in agreement.pairs(dataclasses.replace(results, estimates=tuple(kept)), "malignant", None):
        assert all(any(cell.record for cell in row.cells) for row in table.rows)
    none = [e for e in results.estimates if e.measure != "kappa"]
    assert agreement.pairs(dataclasses.replace(results, estimates=tuple(none)), "malignant", None) == []
