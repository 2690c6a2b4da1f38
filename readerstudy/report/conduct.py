"""How the study was put together, in words: its readers, models, folds, consensus, and how its truth was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from readerstudy.report.document import Paragraph, Span, label, names, paragraph
from readerstudy.report.people import readers_plan
from readerstudy.results import Results

# What a model is called whose file does not name it.
UNNAMED = "model"
# More models than this are not all named in a sentence.
_NAMED = 6
_TIES = {
    "first-of": "at a tie the call of the reader listed first among those tied counts",
    "higher-risk": (
        "at a tie the class that comes last in the order of the classes counts (the positive side of a binary task)"
    ),
    "exclude": "a case with a tie has no consensus call",
}


def design(results: Results) -> list[Paragraph]:
    """The study in one paragraph, and one more about a consensus or a truth made of readers' votes."""
    return [
        paragraph(*_cases(results), *_people(results), *_models(results), *_registration(results)),
        *_paragraphs(_consensus(results), _truth(results)),
    ]


def _paragraphs(*parts: list[str | Span]) -> list[Paragraph]:
    return [paragraph(*spans) for spans in parts if spans]


def _cases(results: Results) -> list[str | Span]:
    flow = results.flow
    patients = "" if flow.get("n_patients") is None else f" from {plural(flow['n_patients'], 'patient')}"
    return [f"The study has {plural(flow['n_cases'], 'case')}{patients}."]


def _people(results: Results) -> list[str | Span]:
    people = _of_kind(results, "human")
    if not people:
        return []
    groups: dict[str | None, list[str]] = {}
    for name, entries in people.items():
        groups.setdefault(entries[0].get("reader_group"), []).append(name)
    parts: list[str | Span] = [f" They were read by {plural(len(people), 'reader')}"]
    if set(groups) == {None}:
        parts += [" (", *names(people), ")"]
    else:
        parts.append(f" in {plural(len(groups), 'group')}: ")
        for position, (group, members) in enumerate(groups.items()):
            parts += ["; " if position else "", label(group or "no group"), " (", *names(members), ")"]
    modalities = results.flow.get("modalities") or []
    if modalities:
        parts += [f". Reads were made in {plural(len(modalities), 'modality', 'modalities')}: ", *names(modalities)]
    return [*parts, "."]


def _models(results: Results) -> list[str | Span]:
    models = _of_kind(results, "model")
    if not models:
        return []
    parts: list[str | Span] = [
        f" {plural(len(models), 'model')} {'was' if len(models) == 1 else 'were'} evaluated on them"
    ]
    parts += ["."] if list(models) == [UNNAMED] else [": ", *_some(list(models)), "."]
    everywhere = {entry["task"] for entries in models.values() for entry in entries}
    by_tasks: dict[tuple[str, ...], list[str]] = {}
    by_views: dict[tuple[str, ...], list[str]] = {}
    for name, entries in models.items():
        tasks = dict.fromkeys(entry["task"] for entry in entries)
        if len(tasks) < len(everywhere):
            by_tasks.setdefault(tuple(tasks), []).append(name)
        views = dict.fromkeys(entry["modality"] for entry in entries if entry.get("modality") is not None)
        if views:
            by_views.setdefault(tuple(views), []).append(name)
    for given, members in by_tasks.items():
        parts += [" ", *_some(members), " was given " if len(members) == 1 else " were given ", *_of(given), "."]
    for seen, members in by_views.items():
        parts += [" Predictions of ", *_some(members), " are of ", *names(seen), "."]
    return [*parts, *_folds(results)]


def _some(members: Sequence[str]) -> list[str | Span]:
    """Names with commas between them; of many the first, and how many more there are."""
    left = len(members) - _NAMED
    return [*names(members[:_NAMED]), f" and {left} more"] if left > 0 else names(members)


def _of(tasks: Sequence[str]) -> list[str | Span]:
    return [f"the task{'' if len(tasks) == 1 else 's'} ", *names(tasks)]


def _folds(results: Results) -> list[str | Span]:
    entries = [entry for entry in results.tables.get("cross_validation", []) if entry["fold"] is not None]
    n = len({entry["fold"] for entry in entries})
    if not n:
        return []
    return [
        f" The predictions are of {plural(n, 'fold')} of a cross-validation. Where several folds predicted a case, "
        "their mean probabilities are the model's; what each fold reached by itself stands with its task."
    ]


def _registration(results: Results) -> list[str | Span]:
    registration = results.protocol["study"].get("registration")
    return [" Registration: ", label(registration), "."] if registration else []


def _consensus(results: Results) -> list[str | Span]:
    """The rule of the consensus."""
    found = _of_kind(results, "consensus")
    if not found:
        return []
    plan = readers_plan(results)
    whose: list[str | Span] = ["The consensus of the readers (", *names(found), ")"]
    if plan.get("consensus") == "majority":
        rule = _TIES.get(str(plan.get("ties")), "")
        whose.append(
            f" is the majority of their calls of each case, task by task{f'; {rule}' if rule else ''}. As it is made "
            "of their calls, it is compared with models only."
        )
    else:
        whose.append(" was supplied with the reads. It is compared with models only.")
    return whose


def _truth(results: Results) -> list[str | Span]:
    """What was done about readers whose own votes made the truth."""
    plan = readers_plan(results)
    voters: Any = plan.get("truth_from") or ()
    if not voters:
        return []
    parts: list[str | Span] = ["The truth was made of the votes of ", *names(voters), "."]
    if plan.get("incorporation") == "leave-one-out":
        return [
            *parts,
            " Each of them is held against the majority of the others, without their own vote; a case on which the "
            "others tie is left out for that reader. A model compared with one of them is held against the same "
            "majority. In the mean of such readers each is right or wrong by that reference of their own, "
            "and its interval takes the references as given; the mean of their AUCs has none.",
        ]
    return [
        *parts,
        " They are held against it all the same, so that their numbers look better than they are (incorporation bias).",
    ]


def _of_kind(results: Results, kind: str) -> dict[str, list[Mapping[str, Any]]]:
    """The models, readers or consensuses by name, each with its rows of the table of readers."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    entries: Iterable[Mapping[str, Any]] = results.tables.get("readers", [])
    for entry in entries:
        if entry["reader_kind"] == kind:
            found.setdefault(entry["reader"], []).append(entry)
    return found


def plural(n: int, one: str, many: str | None = None) -> str:
    """``1 case``, ``2 cases``."""
    return f"{n} {one if n == 1 else many or one + 's'}"
