"""Whatever method a record can name, the report tells it in a sentence with its papers."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import pytest

import readerstudy
from readerstudy.estimate import Estimate
from readerstudy.measures import METHOD_NAMES
from readerstudy.protocol.choices import METHODS as CHOICES
from readerstudy.report import calibration, decision, indices, methods, panels, performance, predictive
from readerstudy.report.document import Paragraph
from readerstudy.report.references import REFERENCES
from readerstudy.report.techniques import METHODS, MULTIPLICITY

PACKAGE = Path(readerstudy.__file__).parent
# What describes the patients, or no method at all, is told from the plain tables.
OF_PATIENTS = {"none", "linear", "quadratic", "mann-whitney", "kruskal-wallis", "student", "welch"}


def written() -> set[str]:
    """Every name that the sources give to a method, written out."""
    names = set()
    for room in ("stats", "analysis"):
        for path in (PACKAGE / room).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call):
                    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
                    values = [k.value for k in call.keywords if k.arg in ("method", "test_method")]
                    names |= {
                        value.value
                        for value in values
                        if name in ("Estimate", "replace")
                        and isinstance(value, ast.Constant)
                        and isinstance(value.value, str)
                    }
    return names


def told(name: str) -> bool:
    return name in methods.TOLD_ELSEWHERE or name in MULTIPLICITY or any(method.names(name) for method in METHODS)


@pytest.mark.parametrize("names", [METHOD_NAMES, written(), {n for choices in CHOICES.values() for n in choices}])
def test_every_name_of_a_method_has_a_sentence(names):
    assert sorted(name for name in names if name not in OF_PATIENTS and not told(name)) == []


def test_every_measure_of_the_tables_has_a_sentence():
    printed = {
        *performance.PERFORMANCE, *performance.PAIRED, "auc_difference", *indices.INDICES, *indices.OF_CLASSES,
        *indices.AT_PREVALENCE,
        *predictive.DIFFERENCES, *predictive.RATIOS, predictive.JOINT, *panels.AMONG, *panels.REPEATED,
        *calibration.MEASURED, "net_benefit", "net_benefit_difference", decision.TREAT_ALL, "interaction", "nri",
        "nri_events", "nri_non_events", "time_ratio",
    }  # fmt: skip
    assert sorted(printed - {measure for method in METHODS for measure in method.measures}) == []


def test_nothing_that_was_run_goes_unsaid(results, wide, whole, both):
    for study in (results, wide, whole, both):
        assert methods.untold(study.estimates) == []


def test_a_method_without_a_sentence_is_named_all_the_same(results):
    e = Estimate(measure="auc", method="by hand", task="malignant", reader="R1", reader_kind="human")
    first = methods.account(dataclasses.replace(results, estimates=(e,)))[0]
    assert isinstance(first, Paragraph)
    assert "AUC: by hand" in "".join(span.text for span in first.spans)


def test_sentences_are_whole():
    for method in METHODS:
        assert re.fullmatch(r"[A-Z].*[^.]|.*et al\.", method.sentence), method.sentence
        assert ("{way}" not in method.sentence) or method.name.endswith("*")
        assert "  " not in method.sentence


def test_dois_are_dois():
    for citation, doi in REFERENCES.values():
        assert citation.endswith((".", ")"))
        assert not doi or re.fullmatch(r"10\.\d{4,}/\S+", doi)
