"""Answers a guideline for one study."""

from __future__ import annotations

from readerstudy._version import __version__
from readerstudy.checklist.facts import Facts
from readerstudy.checklist.fillers import FILLERS
from readerstudy.checklist.guideline import Applies, Guideline, Item
from readerstudy.checklist.model import Answer, Checklist, Entry, line
from readerstudy.checklist.places import Report
from readerstudy.report import saliency
from readerstudy.results import Results

# Links to so many tables stand beside an item; further ones are found by the keys of its records.
_LINKS = 6
# Guidelines that are for studies of AI.
_OF_AI = ("stard-ai", "claim-2024", "tripod-ai")


def build(guideline: Guideline, results: Results, report: Report | None = None) -> Checklist:
    """The checklist of a study.

    Parameters
    ----------
    guideline
        From `readerstudy.checklist.guideline.read`.
    results
        What the analysis found. Every number of an answer is taken from it, none is computed.
    report
        The report that the links lead to; without one they name places only.
    """
    facts = Facts(results)
    study = facts.plan("study")
    return Checklist(
        guideline=guideline,
        title=study["title"],
        notice=saliency.notice(results),
        caution=_caution(guideline, facts),
        entries=tuple(_entry(item, facts, report) for item in guideline.items),
        version=__version__,
    )


def _entry(item: Item, facts: Facts, report: Report | None) -> Entry:
    answer = answered(item, facts)
    entry = Entry(item=item, answer=answer, links=())
    links = (report or Report()).links(answer.places, entry.keys)
    return Entry(item=item, answer=answer, links=links[:_LINKS])


def answered(item: Item, facts: Facts) -> Answer:
    """What is said of one item."""
    reason = None if item.applies is None else lacking(item.applies, facts)
    if reason is not None:
        return Answer(status="not applicable", lines=(line(reason),))
    return Answer(status="author") if item.fill is None else FILLERS[item.fill](facts)


def lacking(applies: Applies, facts: Facts) -> str | None:
    """Why an item does not apply to a study; None where it does."""
    if applies == "readers" and not facts.readers:
        return "The study has no human readers."
    if applies == "marks" and facts.marks is None:
        return "The study has no marks on lesions."
    if applies == "predictions" and not facts.models:
        return "No predictions of a model were analysed."
    # Readers who are helped by an AI have a modality of that name, and its predictions need not be among the data.
    if applies == "ai" and not facts.models and len(facts.modalities) < 2:
        return "The study has neither predictions of a model nor a second modality of the readers, so no AI."
    return None


def _caution(guideline: Guideline, facts: Facts) -> str | None:
    """What to know where the guideline is for studies of another kind."""
    if guideline.name in _OF_AI and not facts.models:
        return (
            f"{guideline.title} is for {guideline.subject}. No predictions of a model were analysed here; where no AI "
            "took part, STARD 2015 is the list to use."
        )
    if guideline.name == "fda-cad" and not facts.readers:
        return f"{guideline.title} is about human readers, and the study has none."
    return None
