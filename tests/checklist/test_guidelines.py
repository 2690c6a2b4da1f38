"""The guidelines' files are what was published: items, numbering, sections; and each filler they name is there."""

import re

import pytest

from readerstudy.checklist import guideline
from readerstudy.checklist.fillers import FILLERS

# Numbers of the items in order, and the sections in order, as published.
STARD = [
    *map(str, range(1, 10)),
    "10a",
    "10b",
    "11",
    "12a",
    "12b",
    "13a",
    "13b",
    *map(str, range(14, 21)),
    "21a",
    "21b",
]
STARD += map(str, range(22, 31))
STARD_AI = [*map(str, range(1, 15)), "15a", "15b", "15c", "15d", "16a", "16b", "16c", "17a", "17b"]
STARD_AI += [*map(str, range(18, 26)), "26a", "26b", *map(str, range(27, 40)), "40a", "40b"]
TRIPOD = ["1", "2", "3a", "3b", "3c", "4", "5a", "5b", "6a", "6b", "6c", "7", "8a", "8b", "8c", "9a", "9b", "9c", "10"]
TRIPOD += ["11", *(f"12{letter}" for letter in "abcdefg"), "13", "14", "15", "16", "17"]
TRIPOD += [*(f"18{letter}" for letter in "abcdef"), "19", "20a", "20b", "20c", "21", "22", "23a", "23b", "24", "25"]
TRIPOD += ["26", "27a", "27b", "27c"]
PUBLISHED = {
    "stard-2015": (30, STARD, "10.1136/bmj.h5527"),
    "stard-ai": (40, STARD_AI, "10.1038/s41591-025-03953-8"),
    "claim-2024": (44, [*map(str, range(1, 45))], "10.1148/ryai.240300"),
    "tripod-ai": (27, TRIPOD, "10.1136/bmj-2023-078378"),
    "fda-cad": (25, [*map(str, range(1, 26))], None),
}
SECTIONS = {
    "stard-2015": {
        "Title or abstract": "1", "Abstract": "2", "Introduction": "3", "Methods: study design": "5",
        "Methods: participants": "6", "Methods: test methods": "10a", "Methods: analysis": "14",
        "Results: participants": "19", "Results: test results": "23", "Discussion": "26", "Other information": "28",
    },
    "stard-ai": {
        "Title or abstract": "1", "Abstract": "2", "Introduction": "3", "Methods: study design": "5",
        "Methods: ethics": "6", "Methods: participants": "7", "Methods: dataset": "11", "Methods: test methods": "15a",
        "Methods: analysis": "18", "Results: participants and dataset": "24", "Results: test results": "30",
        "Discussion": "33", "Other information": "36",
    },
    "claim-2024": {
        "Title": "1", "Abstract": "2", "Introduction": "3", "Methods: study design": "5", "Methods: data": "7",
        "Methods: reference standard": "14", "Methods: data partitions": "19", "Methods: testing data": "21",
        "Methods: model": "22", "Methods: training": "25", "Methods: evaluation": "28", "Results: data": "35",
        "Results: model performance": "37", "Discussion": "40", "Other information": "42",
    },
    "tripod-ai": {
        "Title": "1", "Abstract": "2", "Introduction": "3a", "Methods": "5a", "Open science": "18a",
        "Patient and public involvement": "19", "Results": "20a", "Discussion": "25",
    },
}  # fmt: skip


@pytest.fixture(params=guideline.NAMES)
def one(request):
    return guideline.read(request.param)


def test_items_are_those_published(one):
    count, ids, doi = PUBLISHED[one.name]
    assert [item.id for item in one.items] == ids
    assert len(set(ids)) == len(ids) == one.rows
    assert len({re.match(r"\d+", ident)[0] for ident in ids}) == count == one.count
    assert one.doi == doi


def test_sections_begin_where_they_do(one):
    first = {}
    for item in one.items:
        first.setdefault(item.section, item.id)
    if one.name in SECTIONS:
        assert first == SECTIONS[one.name]
    order = [item.section for item in one.items]
    assert list(dict.fromkeys(order)) == [name for i, name in enumerate(order) if i == 0 or order[i - 1] != name]


def test_every_filler_is_known_and_used(one):
    for item in one.items:
        assert item.fill is None or item.fill in FILLERS
        assert item.applies in (None, *guideline.APPLIES)
        assert item.title
        assert item.asks.endswith("?")
        assert item.write.endswith(".")
    used = {item.fill for name in guideline.NAMES for item in guideline.read(name).items}
    assert used - {None} == set(FILLERS)


def test_what_can_be_filled_is(one):
    """The items that a results file holds are answered from it."""
    fillable = {
        "stard-2015": ("14", "15", "16", "17", "19", "23", "24", "28"),
        "stard-ai": ("18", "19", "20", "21", "23", "24", "30", "31", "36"),
        "claim-2024": ("12", "18", "28", "29", "34", "35", "37", "38", "39"),
        "tripod-ai": ("11", "12d", "12e", "14", "18d", "20a", "21", "23a", "23b"),
        "fda-cad": ("7", "9", "13", "17", "24"),
    }
    assert set(fillable[one.name]) <= {item.id for item in one.items if item.fill is not None}


def test_source_licence_and_what_was_seen_are_said(one):
    assert one.status in ("verified", "unverified")
    assert one.seen
    assert one.licence
    assert one.link.startswith("https://")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", one.checked)
    assert "compliant" not in " ".join(f"{item.asks} {item.write}" for item in one.items)
