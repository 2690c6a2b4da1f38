"""The statistical analysis as it was run, in sentences ready to paste, with the papers it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.report.characteristics import TESTS
from readerstudy.report.document import Block, Listing, Paragraph, Span, paragraph
from readerstudy.report.references import REFERENCES
from readerstudy.report.techniques import METHODS
from readerstudy.results import Results

_OF_TESTS = {
    "t": ("student",),
    "mann-whitney": ("mann",),
    "kruskal-wallis": ("kruskal",),
    "chi2": ("pearson",),
    "fisher": ("fisher",),
}


class _Citations:
    """Numbers the references in the order in which they are cited."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def cite(self, keys: Iterable[str]) -> str:
        numbers = []
        for key in keys:
            if key not in self.keys:
                self.keys.append(key)
            numbers.append(self.keys.index(key) + 1)
        return f" [{', '.join(map(str, numbers))}]" if numbers else ""

    def listing(self) -> Listing:
        return Listing(items=tuple(_reference(key) for key in self.keys), kind="references")


def _reference(key: str) -> Paragraph:
    citation, doi = REFERENCES[key]
    return paragraph(citation + " ", Span(text=doi, kind="doi")) if doi else paragraph(citation)


def account(results: Results) -> tuple[Block, ...]:
    """The statistical analysis as it was run, and the references to it."""
    used = _used(results.estimates)
    citations = _Citations()
    sentences = [
        f"{method.sentence}{citations.cite(method.references)}."
        for method in METHODS
        if any(
            (measure, method.name) == (m, name) and method.versus_kind in (None, kind)
            for measure in method.measures
            for m, name, kind in used
        )
    ]
    sentences += _further(results, citations)
    blocks: list[Block] = [
        paragraph(" ".join(part))
        for part in (sentences, _described(results, citations), _embedded(results, citations), _conventions(results))
        if part
    ]
    software = _software(results)
    if software:
        blocks.append(paragraph(software))
    if citations.keys:
        blocks.append(citations.listing())
    return tuple(blocks)


def _used(estimates: Iterable[Estimate]) -> dict[tuple[str, str | None, str | None], None]:
    """Every measure with its method, of the interval or of the test, and what it is compared with."""
    found: dict[tuple[str, str | None, str | None], None] = {}
    for e in estimates:
        found[e.measure, e.method, e.versus_kind] = None
        found[e.measure, e.test_method, e.versus_kind] = None
    return found


def _further(results: Results, citations: _Citations) -> list[str]:
    """Methods that a note or the protocol names."""
    sentences = []
    if any("newcombe" in (e.note or "").lower() for e in results.estimates if e.measure == "auc"):
        sentences.append(
            "Where the empirical AUC has no variance, as the note at the number says, its interval is Newcombe's"
            f"{citations.cite(['newcombe-2006'])}."
        )
    if any(plan.get("thresholds") == "youden" for plan in results.protocol.get("tasks", {}).values()):
        sentences.append(
            "Thresholds of classes have the largest sum of sensitivity and specificity on the cases analysed "
            f"(Youden's index){citations.cite(['youden'])}."
        )
    return sentences


def _described(results: Results, citations: _Citations) -> list[str]:
    """How characteristics and reading times are described and compared."""
    entries: Sequence[Mapping[str, Any]] = results.tables.get("characteristics", [])
    sentences = []
    kinds = {entry["kind"] for entry in entries}
    if kinds & {"mean-sd", "median-iqr"}:
        sentences.append(
            "Continuous characteristics are given as mean ± standard deviation where the test of Shapiro and Wilk "
            f"finds every group normal{citations.cite(['shapiro'])}, and as median with quartiles otherwise."
        )
    if "count" in kinds:
        sentences.append("Other characteristics are given as numbers and percentages of the known values.")
    tests = [test for test in TESTS if any(entry["test"] == test for entry in entries)]
    if tests:
        named = [f"{TESTS[test]}{citations.cite(_references_of(test, entries))}" for test in tests]
        sentences.append(f"Groups are compared by {_listed(named)}; the table names the test of each P value.")
    if results.tables.get("reading_times"):
        sentences.append("Reading times are described by medians with quartiles and by geometric means.")
    return sentences


def _references_of(test: str, entries: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    yates = any(entry["test"] == test and "Yates" in (entry["note"] or "") for entry in entries)
    return (*_OF_TESTS.get(test, ()), *(("yates",) if yates else ()))


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"


def _embedded(results: Results, citations: _Citations) -> list[str]:
    """How cases were placed in a plane."""
    sentences = []
    runs: dict[tuple[object, ...], dict[str, Any]] = {}
    for entry in results.tables.get("embedding", []):
        # One run is shown in several tasks, in each with the rows whose cases belong to it.
        run = tuple(entry[name] for name in ("model", "perplexity", "n_iter", "theta", "seed", "kl"))
        if run not in runs or runs[run]["n"] < entry["n"]:
            runs[run] = entry
    for entry in runs.values():
        settings = [f"perplexity {entry['perplexity']:g}", f"{entry['n_iter']} iterations", f"theta {entry['theta']:g}"]
        reference = citations.cite(["maaten"])
        whose = "" if entry["model"] is None else f" (model {entry['model']})"
        engine = f" ({entry['engine']})" if entry.get("engine") else ""
        note = f" ({entry['note']})" if entry["note"] else ""
        sentences.append(
            f"Rows of features of the cases{whose} were placed in a plane by Barnes–Hut t-SNE"
            f"{engine}{reference} with {', '.join(settings)} and seed {entry['seed']}; its Kullback–Leibler divergence "
            f"is {text.fixed(entry['kl'], 3) if entry['kl'] is not None else text.UNDEFINED}{note}."
        )
    if sentences:
        sentences.append("Such a picture is no test: sizes of clusters and distances between them mean nothing.")
    return sentences


def _conventions(results: Results) -> list[str]:
    study = results.protocol["study"]
    level = text.fixed(study["conf_level"] * 100, 4).rstrip("0").rstrip(".")
    bound = "below" if study["significant"] == "<" else "at or below"
    lines = [f"Confidence intervals are at the {level}% level."]
    if any(math.isfinite(e.p_value) for e in results.estimates):
        lines.append(f"A P value {bound} {study['alpha']:g} is called significant.")
        if all(not math.isfinite(e.p_adjusted) for e in results.estimates):
            lines.append("P values are not adjusted for multiple comparisons.")
    fixed = "take cases as independent and readers as fixed: they speak for other cases like these, and for these"
    if not any(e.random for e in results.estimates):
        return [*lines, f"All intervals and tests {fixed} readers only."]
    if any(e.reader is None and e.random and math.isfinite(e.conf_low) for e in results.estimates):
        lines.append(
            "The interval of a group mean treats readers and cases as random samples: it speaks for other readers like "
            "these on other cases like these, and with few readers it rests on few degrees of freedom."
        )
    return [*lines, f"All other intervals and tests {fixed} readers only."]


def _software(results: Results) -> str:
    made = results.provenance
    if "readerstudy" not in made:
        return ""
    packages = ", ".join(f"{name} {version}" for name, version in made.get("packages", {}).items())
    inside = "; ".join(part for part in (f"Python {made['python']}" if "python" in made else "", packages) if part)
    seed = f" The seed of the random number generator was {made['seed']}." if made.get("seed") is not None else ""
    return f"The analysis was run with readerstudy {made['readerstudy']}{f' ({inside})' if inside else ''}.{seed}"
