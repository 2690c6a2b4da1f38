"""The statistical analysis as it was run, in sentences ready to paste, with the papers it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.report import endpoints, saliency, selection
from readerstudy.report.characteristics import TESTS
from readerstudy.report.document import Block, Listing, Paragraph, Span, paragraph
from readerstudy.report.references import REFERENCES
from readerstudy.report.technique import Method
from readerstudy.report.techniques import METHODS, TOPICS
from readerstudy.results import Results

TOLD_ELSEWHERE = {
    "mean": "beneath each table that has a mean",
    "as-published": "with the test that was published",
    "cohen-null-variance": "with Cohen's kappa",
}
"""Names that have no sentence of their own, and where they are told."""
_COUNTED = {
    selection.COMPLETE: "leave out the cases that a reader did not read",
    "worst": "count a missing read as wrong",
    "best": "count a missing read as right",
}
_OF_TESTS = {
    "t": ("student",),
    "mann-whitney": ("mann",),
    "kruskal-wallis": ("kruskal",),
    "chi2": ("pearson",),
    "fisher": ("fisher",),
}


# Where the simulated studies of docs/mrmc_coverage.md show the intervals of a mean to hold their level.
_MANY_READERS, _MANY_CASES = 10, 300


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
    parts = [_sentences(topic, used, citations) for topic in TOPICS]
    parts += [
        [*_untold(used), *_further(results, citations)],
        _described(results, citations),
        _embedded(results, citations),
        saliency.made(results, citations.cite),
        _planned(results, citations),
        _conventions(results),
    ]
    blocks: list[Block] = [paragraph(" ".join(part)) for part in parts if part]
    software = _software(results)
    if software:
        blocks.append(paragraph(software))
    if citations.keys:
        blocks.append(citations.listing())
    return tuple(blocks)


def _sentences(topic: Iterable[Method], used: Sequence[Use], citations: _Citations) -> list[str]:
    """What was used of a topic; what several methods say alike is said once."""
    told: dict[str, tuple[str, ...]] = {}
    for method in topic:
        names = [use.name for use in used if _is(method, use)]
        if names:
            told.setdefault(method.told(names), method.references)
    return [f"{sentence}{citations.cite(references)}." for sentence, references in told.items()]


class Use(NamedTuple):
    """One method as it was used: of what, under which name, and in which sort of comparison."""

    measure: str
    name: str
    versus_kind: str | None


def _used(estimates: Iterable[Estimate]) -> list[Use]:
    """Every measure with its method, of the interval or of the test, and what it is compared with."""
    found: dict[Use, None] = {}
    for e in estimates:
        for name in (e.method, e.test_method):
            if name is not None:
                found[Use(e.measure, name, e.versus_kind)] = None
    return list(found)


def _is(method: Method, use: Use) -> bool:
    kinds = (None, use.versus_kind or "")
    return use.measure in method.measures and method.names(use.name) and method.versus_kind in kinds


def untold(estimates: Iterable[Estimate]) -> list[Use]:
    """What was used and has no sentence of its own."""
    return _left(_used(estimates))


def _left(used: Iterable[Use]) -> list[Use]:
    return [use for use in used if use.name not in TOLD_ELSEWHERE and not any(_is(method, use) for method in METHODS)]


def _untold(used: Iterable[Use]) -> list[str]:
    """Names of what has no sentence of its own, so that nothing that was run goes unsaid."""
    named = dict.fromkeys(
        f"{MEASURES[use.measure].label}: {METHOD_NAMES.get(use.name, use.name)}" for use in _left(used)
    )
    return [f"Further methods, by what they were used for: {'; '.join(named)}."] if named else []


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


def _planned(results: Results, citations: _Citations) -> list[str]:
    """Endpoints and how they are adjusted for each other, and what becomes of missing reads."""
    sentences = []
    named = endpoints.endpoints(results)
    if named:
        sentences += [f"{said}{citations.cite(references)}." for said, references in endpoints.adjustment(results)]
        sentences.append("What is no endpoint of the protocol is exploratory.")
    rule = selection.plan_of_missing(results)
    rules = {selection.rule_of(e) for e in results.estimates}
    if len(rules) > 1 or rule != selection.COMPLETE:
        how = _COUNTED.get(rule, f"follow the rule “{rule}” for missing reads")
        beside = "; other rules for missing reads stand beside them" if len(rules) > 1 else ""
        sentences.append(f"The main results {how}{beside}.")
    return sentences


def _conventions(results: Results) -> list[str]:
    study = results.protocol["study"]
    level = text.fixed(study["conf_level"] * 100, 4).rstrip("0").rstrip(".")
    bound = "below" if study["significant"] == "<" else "at or below"
    lines = [f"Confidence intervals are at the {level}% level."]
    if any(math.isfinite(e.p_value) for e in results.estimates):
        lines.append(f"A P value {bound} {study['alpha']:g} is called significant.")
        adjusted = any(math.isfinite(e.p_adjusted) for e in results.estimates)
        lines.append(f"{'Other ' if adjusted else ''}P values are not adjusted for multiple comparisons.")
    units = selection.sampled(results)
    fixed = f"take {units} as independent and readers as fixed: they speak for other cases like these, and for these"
    if not any(e.random for e in results.estimates):
        return [*lines, f"All intervals and tests {fixed} readers only."]
    if any(e.reader is None and e.random and math.isfinite(e.conf_low) for e in results.estimates):
        lines.append(
            f"Means of readers, and what is compared through them, take readers and {units} as random samples: they "
            "speak for other readers like these on other cases like these, and with few readers they rest on few "
            "degrees of freedom."
        )
        means = [e for e in results.estimates if e.reader is None and e.versus is None and e.random]
        if any((e.n_readers or 0) < _MANY_READERS or (e.n_cases or 0) < _MANY_CASES for e in means):
            lines.append(
                f"In simulated studies with fewer than {_MANY_READERS} readers or {_MANY_CASES} cases the 95% "
                "intervals of a mean held it in 91% to 94% of the studies."
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
