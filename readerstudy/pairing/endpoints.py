"""The endpoints of the protocol against the names in the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from readerstudy import _choice
from readerstudy.estimate import ALL_READERS
from readerstudy.pairing.readers import Who
from readerstudy.problems import Place, Problem
from readerstudy.protocol import EndpointPlan, Protocol
from readerstudy.protocol.marks import MARK_MEASURES
from readerstudy.task import Task


class _Names:
    """Who and what an endpoint may name."""

    def __init__(self, who: Who, groups: Mapping[str, str]) -> None:
        self.modalities = [modality for modality in who.modalities if modality is not None]
        self.models = dict(zip(who.models, who.model_modalities, strict=True))
        self.people = [*who.readers, *((who.consensus,) if who.consensus else ())]
        self.sizes = Counter(groups.values())
        if who.readers:
            self.sizes.setdefault(ALL_READERS, len(who.readers))
        self.everybody = [*self.models, *self.people, *self.sizes]


def check_endpoints(
    protocol: Protocol, tasks: Mapping[str, Task], who: Who, groups: Mapping[str, str], problems: list[Problem]
) -> None:
    """Every endpoint must name tasks, classes, readers, groups and modalities that exist and can be compared."""
    names = _Names(who, groups)
    if protocol.reference is not None and protocol.reference not in names.modalities:
        known = names.modalities
        help_ = _choice.did_you_mean(protocol.reference, known) if known else "take reference out"
        message = f"the reference {protocol.reference!r} of the protocol is no modality"
        problems.append(Problem(code="RS305", message=message, place=_place(protocol), help=help_))
    for plan in protocol.endpoints:
        if plan.measure in MARK_MEASURES:
            continue  # held against the marks
        for message, help_ in (*_unknown(plan, names), *_of_task(plan, tasks), *_unfit(plan, names, protocol)):
            message = f"endpoint {plan.name!r}: {message}"
            problems.append(Problem(code="RS305", message=message, place=_place(protocol), help=help_))


def _place(protocol: Protocol) -> Place | None:
    return None if protocol.file is None else Place(file=protocol.file)


_Said = list[tuple[str, str]]


def _unknown(plan: EndpointPlan, names: _Names) -> _Said:
    """Names that stand in no file."""
    wanted = [(plan.reader, names.everybody, "reader"), (plan.modality, names.modalities, "modality")]
    wanted.append((plan.versus, [*names.everybody, *names.modalities], "versus"))
    return [
        (f"{key} {name!r} is in no file", _choice.did_you_mean(name, known))
        for name, known, key in wanted
        if name is not None and name not in known
    ]


def _of_task(plan: EndpointPlan, tasks: Mapping[str, Task]) -> _Said:
    """A task that is not there or not said, a class that is not the task's, a measure that needs a class."""
    if plan.task is None and len(tasks) > 1:
        return [("which task?", f"add task = one of {', '.join(map(repr, tasks))}")]
    task = next(iter(tasks.values()), None) if plan.task is None else tasks.get(plan.task)
    if task is None:
        return [(f"there is no task {plan.task!r}", _choice.did_you_mean(plan.task or "", tasks))]
    if plan.target is not None and (task.positive is not None or plan.target not in task.classes):
        help_ = "a binary task has no target" if task.positive else _choice.did_you_mean(plan.target, task.classes)
        return [(f"{plan.target!r} is no class of task {task.name!r}", help_)]
    if plan.target is None and task.positive is None and plan.measure != "accuracy":
        message = f"{plan.measure} in task {task.name!r} is of one class against the rest"
        return [(message, f"add target = one of {', '.join(map(repr, task.classes))}")]
    return []


def _unfit(plan: EndpointPlan, names: _Names, protocol: Protocol) -> _Said:
    """What is in the files but cannot be compared."""
    across = plan.versus in names.modalities and plan.versus not in names.everybody
    sides = [plan.reader if plan.reader is not None else ALL_READERS]
    sides += [] if across or plan.versus is None else [plan.versus]
    of_models = [side for side in sides if side in names.models]
    of_groups = [side for side in sides if side in names.sizes]
    found: _Said = []
    for side in sides:
        if side in names.sizes and side in [*names.people, *names.models]:
            found.append((f"{side!r} is a reader and a group", "give the group another name"))
    if plan.reader is not None and plan.reader == plan.versus:
        found.append((f"{plan.reader!r} is compared with itself", "name another"))
    if across and plan.modality is None:
        found.append((f"{plan.versus!r} is a modality: of which modality?", "add modality = ..."))
    elif across and plan.modality == plan.versus:
        found.append((f"modality {plan.modality!r} is compared with itself", "name another"))
    elif len(names.modalities) > 1 and plan.modality is None and len(of_models) < len(sides):
        found.append(("in which modality?", f"add modality = one of {', '.join(map(repr, names.modalities))}"))
    if across and of_models:
        found.append((f"{of_models[0]!r} is a model, which reads in no modality of the readers", "name readers"))
    for model in of_models:
        if None not in (plan.modality, names.models[model]) and plan.modality != names.models[model]:
            found.append((f"{model!r} is of modality {names.models[model]!r}, not {plan.modality!r}", "name that"))
    if of_groups and plan.versus is not None and not across and not of_models:
        help_ = "compare a model with the group, or the group in two modalities"
        found.append(("the mean of a group is compared with neither model nor modality", help_))
    if of_groups and plan.measure in ("ppv", "npv"):
        found.append((f"a mean of {plan.measure.upper()} over readers is not computed", "name a reader or a consensus"))
    found += [(f"the group {side!r} is one reader", "name the reader") for side in of_groups if names.sizes[side] == 1]
    if protocol.incorporation == "leave-one-out":
        own = [side for side in sides if side in protocol.truth_from]
        if of_groups or (own and plan.versus is not None and not of_models):
            message = "its readers are held against truths of their own, so that no difference is of one thing"
            found.append((message, 'compare a reader with a model, or set incorporation = "warn"'))
    return found
