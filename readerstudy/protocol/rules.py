"""The rule that each key of a protocol keeps: what it must be, and how that is said."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

from readerstudy.protocol.choices import DUPLICATES, ENGINES, INCORPORATION, METHODS, MISSING, TIES, VERIFICATION
from readerstudy.protocol.endpoints import ENDPOINT_MEASURES, ENDPOINT_ROLES, HYPOTHESES, MULTIPLICITY
from readerstudy.protocol.marks import MARK_ENDPOINTS


def is_text(value: object) -> bool:
    """Whether a value is text that is not blank."""
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(is_text(item) for item in value)


def is_text_map(value: object) -> bool:
    """Whether a value is a table of texts."""
    return isinstance(value, Mapping) and all(is_text(item) for item in value.values())


def _is_increasing(value: object) -> bool:
    if not (isinstance(value, list) and value and all(map(_is_number, value))):
        return False
    return all(a < b for a, b in itertools.pairwise(value))


Rule = tuple[Callable[[Any], bool], str]
"""Whether a value keeps it, and what the value must be."""


def _one_of(choices: tuple[str, ...]) -> Rule:
    return choices.__contains__, " or ".join(map(repr, choices))


_TEXT: Rule = (is_text, "text in double quotes")
_TEXTS: Rule = (_is_texts, 'a list of texts, such as ["a", "b"]')
_NUMBER: Rule = (_is_number, "a number")
_FRACTION: Rule = (lambda v: _is_number(v) and 0 < v < 1, "a number between 0 and 1")
_TEXT_MAP: Rule = (is_text_map, 'a table of texts, such as {"HEM" = "haemangioma"}')

STUDY_RULES: dict[str, Rule] = {
    "title": _TEXT,
    "notice": _TEXT,
    "registration": _TEXT,
    "conf_level": (lambda v: _is_number(v) and 0.5 <= v <= 0.9999, "a number from 0.5 to 0.9999, such as 0.95"),
    "alpha": _FRACTION,
    "significant": (lambda v: v in ("<", "<="), '"<" or "<="'),
    "seed": (_is_whole, "a whole number, 0 or more"),
}
TASK_RULES: dict[str, Rule] = {
    "from": _TEXT,
    "classes": _TEXTS,
    "positive": _TEXTS,
    "restrict": _TEXTS,
    "names": (lambda v: _is_texts(v) and len(set(v)) == 2, 'two texts: ["negative", "positive"]'),
    "threshold": _NUMBER,
    "thresholds": (
        lambda v: v == "youden" or (isinstance(v, Mapping) and bool(v) and all(map(_is_number, v.values()))),
        'a table of numbers, such as {HCC = 0.3}, or "youden"',
    ),
    "prevalence": _FRACTION,
    "probabilities": (lambda v: isinstance(v, bool), "true or false"),
    "map": _TEXT_MAP,
    "missing": _TEXTS,
    "truth": _TEXT,
    "label": _TEXT,
    "score": _TEXT,
}
READERS_RULES: dict[str, Rule] = {
    "groups": (
        lambda v: isinstance(v, Mapping) and all(_is_texts(readers) for readers in v.values()),
        'a table of lists, such as {residents = ["R1", "R2"]}',
    ),
    "threshold": _NUMBER,
    "exclude": _TEXTS,
    "consensus": _TEXT,
    "ties": _one_of(TIES),
    "truth_from": _TEXTS,
    "incorporation": _one_of(INCORPORATION),
    "duplicates": _one_of(DUPLICATES),
    "reference": _TEXT,
}
METHODS_RULES: dict[str, Rule] = {
    "bootstrap": (lambda v: _is_whole(v) and v >= 100, "a whole number, 100 or more"),
    **{name: _one_of(choices) for name, choices in METHODS.items()},
}
SUBGROUPS_RULES: dict[str, Rule] = {
    "columns": _TEXTS,
    "cut": (
        lambda v: isinstance(v, Mapping) and all(_is_increasing(limits) for limits in v.values()),
        "a table of increasing numbers, such as {diameter_mm = [16, 32]}",
    ),
}
CHARACTERISTICS_RULES: dict[str, Rule] = {
    "columns": _TEXTS,
    "patient_columns": _TEXTS,
    "categorical": _TEXTS,
    "by": _TEXT,
}
EMBEDDING_RULES: dict[str, Rule] = {
    "perplexity": (lambda v: _is_number(v) and v > 1, "a number above 1"),
    "iterations": (lambda v: _is_whole(v) and v > 250, "a whole number above 250"),
    "engine": _one_of(ENGINES),
    "images": _TEXT,
}
ERRORS_RULES: dict[str, Rule] = {
    "images": _TEXT,
    "most": (lambda v: _is_whole(v) and 1 <= v <= 200, "a whole number from 1 to 200"),
}
ENDPOINT_RULES: dict[str, Rule] = {
    "name": _TEXT,
    "role": _one_of(ENDPOINT_ROLES),
    "measure": _one_of((*ENDPOINT_MEASURES, *MARK_ENDPOINTS)),
    "task": _TEXT,
    "target": _TEXT,
    "reader": _TEXT,
    "modality": _TEXT,
    "versus": _TEXT,
    "goal": _NUMBER,
    "hypothesis": _one_of(HYPOTHESES),
    "margin": _NUMBER,
}
MULTIPLICITY_RULES: dict[str, Rule] = {"method": _one_of(MULTIPLICITY)}
MISSING_RULES: dict[str, Rule] = {
    "reads": _one_of(MISSING),
    "also": (
        lambda v: isinstance(v, list) and all(item in MISSING for item in v),
        f"a list of {', '.join(map(repr, MISSING))}, or []",
    ),
}
DECISION_RULES: dict[str, Rule] = {
    "thresholds": (
        lambda v: _is_increasing(v) and v[0] > 0 and v[-1] < 1,
        "a list of increasing probabilities, such as [0.05, 0.1]",
    ),
}
CLUSTERS_RULES: dict[str, Rule] = {"patient": _TEXT}
SAMPLING_RULES: dict[str, Rule] = {"weight": _TEXT}
VERIFICATION_RULES: dict[str, Rule] = {"correct": _one_of(VERIFICATION)}
AS_PUBLISHED_RULES: dict[str, Rule] = {"model_versus_groups": _one_of(("fisher", "chi2", "chi2-cc"))}
SECTIONS = (
    "study", "columns", "tasks", "readers", "methods", "endpoints", "multiplicity", "missing", "subgroups", "decision",
    "clusters", "sampling", "verification", "characteristics", "embedding", "errors", "as_published", "marks",
)  # fmt: skip
