"""Further indices of each observer, and what the calls would be worth at the prevalence of the clinic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from readerstudy.estimate import Estimate
from readerstudy.report.grid import Line, grid, parts_of
from readerstudy.report.people import Naming, Who, ordered
from readerstudy.report.performance import scope_of
from readerstudy.report.tables import Column, Table
from readerstudy.results import Results

INDICES = ("balanced_accuracy", "youden", "dor", "f1", "mcc")
OF_CLASSES = (
    "macro_f1", "auc_macro", "auc_micro", "auc_hand_till", "multiclass_brier", "log_loss",
    *(
        f"{average}_{measure}"
        for average in ("macro", "weighted", "micro")
        for measure in ("sensitivity", "specificity", "ppv", "npv", "f1")
        if (average, measure) != ("macro", "f1")
    ),
)  # fmt: skip
AT_PREVALENCE = ("ppv_at_prevalence", "npv_at_prevalence", "accuracy_at_prevalence")


def indices(results: Results, task: str, target: str | None) -> Table | None:
    """Balanced accuracy, Youden's index, odds ratio, F1 and MCC; of several classes also averages over them."""
    return _table(results, "indices", "Further indices", task, target, (*INDICES, *OF_CLASSES))


def at_prevalence(results: Results, task: str, target: str | None) -> Table | None:
    """Predictive values and accuracy at the prevalence that the protocol names."""
    caption = "Predictive values and accuracy at the target prevalence"
    note = "The prevalence is that of the protocol, taken as known."
    return _table(results, "at-prevalence", caption, task, target, AT_PREVALENCE, note)


def _table(
    results: Results, name: str, caption: str, task: str, target: str | None, measures: Sequence[str], note: str = ""
) -> Table | None:
    begun = Table(
        name=name,
        scope=" ".join(part for part in (task, target) if part),
        caption=f"{caption}, {scope_of(task, target)}",
        columns=(Column(header="Reader", kind="text"),),
        rows=(),
        note=note,
    )
    found = observed(results, task, target, measures)
    return grid(results, begun, of_observers(results, found), parts_of(found, measures))


def observed(results: Results, task: str, target: str | None, measures: Sequence[str]) -> list[Estimate]:
    """The records of observers, compared with nothing."""
    found = results.select(task=task, target=target, subgroup=None, versus=None, versus_kind=None)
    return [e for e in found if e.measure in measures]


def of_observers(results: Results, found: Iterable[Estimate]) -> list[Line]:
    """A line for each observer, the records by measure."""
    by_who: dict[Who, dict[str, Estimate]] = {}
    for e in found:
        by_who.setdefault(Who.of(e), {})[e.measure] = e
    naming = Naming(results)
    return [Line(naming.heading(who, by_who[who]), by_who[who], summary=who.reader is None) for who in ordered(by_who)]
