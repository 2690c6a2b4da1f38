"""The endpoints of the protocol against the names in the files."""

from __future__ import annotations

from collections.abc import Mapping

from readerstudy import _choice
from readerstudy.estimate import ALL_READERS
from readerstudy.pairing.readers import Who
from readerstudy.problems import Place, Problem
from readerstudy.protocol import EndpointPlan, Protocol
from readerstudy.task import Task


def check_endpoints(
    protocol: Protocol, tasks: Mapping[str, Task], who: Who, groups: Mapping[str, str], problems: list[Problem]
) -> None:
    """Every name that an endpoint uses must be that of a task, a class, a reader, a group or a modality."""
    modalities = [modality for modality in who.modalities if modality is not None]
    people = [*who.models, *who.readers, *((who.consensus,) if who.consensus else ())]
    if protocol.reference is not None and protocol.reference not in modalities:
        place = None if protocol.file is None else Place(file=protocol.file)
        problems.append(
            Problem(
                code="RS305",
                message=f"the reference {protocol.reference!r} of the protocol is no modality",
                place=place,
                help=_choice.did_you_mean(protocol.reference, modalities) if modalities else "take reference out",
            )
        )
    everybody = [*people, *dict.fromkeys(groups.values()), *((ALL_READERS,) if who.readers else ())]
    for plan in protocol.endpoints:
        wanted = [(plan.reader, everybody, "reader"), (plan.modality, modalities, "modality")]
        if plan.versus not in everybody:
            wanted.append((plan.versus, [*everybody, *modalities], "versus"))
        for name, known, key in wanted:
            if name is not None and name not in known:
                _say(problems, protocol, plan, f"{key} {name!r} is in no file", _choice.did_you_mean(name, known))
        named = {plan.reader, plan.versus} & {*groups.values(), ALL_READERS}
        if plan.versus is not None and named and not {plan.reader, plan.versus} & {*who.models, *modalities}:
            help_ = "compare a model with the group, or the group in two modalities"
            _say(problems, protocol, plan, "the mean of a group is compared with neither model nor modality", help_)
        if plan.versus in modalities and plan.modality is None and plan.versus not in everybody:
            _say(problems, protocol, plan, f"{plan.versus!r} is a modality: of which modality?", "add modality = ...")
        if plan.task is None and len(tasks) > 1:
            _say(problems, protocol, plan, "which task?", f"add task = one of {', '.join(map(repr, tasks))}")
            continue
        task = next(iter(tasks.values()), None) if plan.task is None else tasks.get(plan.task)
        if task is None:
            help_ = _choice.did_you_mean(plan.task or "", tasks)
            _say(problems, protocol, plan, f"there is no task {plan.task!r}", help_)
        elif plan.target is not None and (task.positive is not None or plan.target not in task.classes):
            help_ = "a binary task has no target" if task.positive else _choice.did_you_mean(plan.target, task.classes)
            _say(problems, protocol, plan, f"{plan.target!r} is no class of task {task.name!r}", help_)
        elif plan.target is None and task.positive is None and plan.measure != "accuracy":
            _say(
                problems,
                protocol,
                plan,
                f"{plan.measure} in task {task.name!r} is of one class against the rest",
                f"add target = one of {', '.join(map(repr, task.classes))}",
            )


def _say(problems: list[Problem], protocol: Protocol, plan: EndpointPlan, message: str, help_: str) -> None:
    place = None if protocol.file is None else Place(file=protocol.file)
    problems.append(Problem(code="RS305", message=f"endpoint {plan.name!r}: {message}", place=place, help=help_))
