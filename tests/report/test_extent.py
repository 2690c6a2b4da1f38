"""Studies of many readers, classes or tasks: the report stays readable, and nothing is lost."""

from __future__ import annotations

import dataclasses
import json

import pytest

from readerstudy.report import contents, extent, overview
from readerstudy.report.html import html
from readerstudy.report.pdf import pdf


def keys(tables):
    return {cell.key for table in tables for row in table.rows for cell in row.cells if cell.key}


@pytest.fixture(scope="module")
def crowd(named):
    """Fourteen classes and forty-five readers."""
    groups = {name: tuple(f"{name[0]}{i}" for i in range(15)) for name in ("junior", "middle", "senior")}
    return named(classes=tuple(f"class {i}" for i in range(14)), groups=groups)


@pytest.fixture(scope="module")
def many_tasks(results, drawn):
    """The task of two groups, sixteen times."""
    names = [f"finding {i}" for i in range(16)]
    one = [e for e in results.estimates if e.task == "malignant"]
    plan = results.protocol["tasks"]["malignant"]
    changed = dataclasses.replace(
        results,
        estimates=tuple(e.replace(task=name) for name in names for e in one),
        tables={
            table: [{**row, "task": name} for name in names for row in rows if row["task"] == "malignant"]
            for table, rows in results.tables.items()
        },
        protocol={**results.protocol, "tasks": dict.fromkeys(names, plan)},
    )
    figures = [
        dataclasses.replace(drawn[0], name=f"{kind}-{i}", kind=kind, task=name)
        for i, name in enumerate(names)
        for kind in ("confusion", "roc", "accuracy")
    ]
    return changed, figures


def test_a_crowd_gets_overviews_and_files(crowd):
    results, drawn = crowd
    document = contents.build(results, drawn)
    titles = [section.title for section in document.sections]
    assert "Task: seven-way" in titles
    assert not [title for title in titles if title.startswith("seven-way: ")]
    named = [table.name for table in document.tables]
    assert {"by-class-auc", "by-class-sensitivity", "by-class-specificity"} <= set(named)
    assert keys(document.tables) >= set(results.by_key)
    printed = [table for table in document.tables if not table.annex]
    assert max(len(table.rows) for table in printed if table.name not in ("files", "protocol")) <= extent.TABLE_ROWS
    overview_of_classes = next(table for table in printed if table.name == "by-class-sensitivity")
    assert [row.cells[0].text for row in overview_of_classes.rows] == [f"class {i}" for i in range(14)]
    assert overview_of_classes.headers == (
        "ResNet-18", "ViT-B", "Mean, junior", "Mean, middle", "Mean, senior", "Mean, all readers",
    )  # fmt: skip


def test_what_is_not_printed_is_listed_with_its_rule(crowd):
    results, drawn = crowd
    document = contents.build(results, drawn)
    section = next(section for section in document.sections if section.title == "Not printed here")
    told, listing = section.blocks
    words = "".join(span.text for span in told.spans)
    for limit in (extent.TABLE_ROWS, extent.CLASS_ROWS, extent.TRIANGLE):
        assert str(limit) in words
    assert "overviews by class stand in their place" in words
    files = [table.file_name for table in document.annex]
    assert [row.cells[0].text for row in listing.rows] == files
    assert len(set(files)) == len(files)
    assert files[0].startswith("s001-")


def test_size_of_a_crowd(crowd):
    results, drawn = crowd
    assert len(html(results, drawn)) < 4e6
    assert len(pdf(results, drawn, json.dumps(results.to_dict()).encode())) < 20e6


def test_many_tasks_get_a_table_by_task_and_one_figure_each(many_tasks):
    results, figures = many_tasks
    document = contents.build(results, figures)
    main = document.sections[1]
    assert [table.name for table in main.blocks] == [
        "by-task-auc", "by-task-sensitivity", "by-task-specificity", "by-task-accuracy",
    ]  # fmt: skip
    assert keys(document.tables) >= set(results.by_key)
    drawn = [block.drawn for section in document.sections for block in section.blocks if hasattr(block, "drawn")]
    assert [(figure.kind, figure.task) for figure in drawn] == [("roc", f"finding {i}") for i in range(16)]
    section = next(section for section in document.sections if section.title == "Not printed here")
    words = "".join(span.text for span in section.blocks[0].spans)
    assert "A study of more than 6 tasks" in words
    assert "32 further figures are files of the folder figures" in words
    assert len(html(results, figures)) < 4e6


def test_counts_of_reads_stay_narrow(many_tasks):
    results, _ = many_tasks
    (together,) = overview.reads(results)
    assert together.headers == ("Each task",)
    rows = [{**row, "n_read": row["n_read"] - (row["task"] == "finding 3")} for row in results.tables["readers"]]
    apart = overview.reads(dataclasses.replace(results, tables={**results.tables, "readers": rows}))
    assert [len(table.headers) for table in apart] == [8, 8]


def test_a_usual_study_is_printed_whole(results, drawn, wide):
    for study in (results, wide):
        document = contents.build(study, drawn)
        assert not document.annex
        assert "Not printed here" not in [section.title for section in document.sections]
