"""Readers: their groups, and what makes one impossible to analyse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from readerstudy import _choice
from readerstudy.pairing.ids import distinct
from readerstudy.problems import Place, Problem
from readerstudy.protocol import Protocol
from readerstudy.tabular import Table
from readerstudy.task import Task

_RESERVED = "all readers"


class Who(NamedTuple):
    """Everybody's names."""

    entries: list[tuple[str, str | None]]
    """Model and modality as the file has them."""
    models: tuple[str, ...]
    model_modalities: tuple[str | None, ...]
    readers: tuple[str, ...]
    modalities: tuple[str | None, ...]
    consensus: str | None


def groups_of(
    table: Table | None, protocol: Protocol, readers: tuple[str, ...], problems: list[Problem]
) -> dict[str, str]:
    """Each reader's group: the protocol's, else the column `reader_group`."""
    groups = {reader: group for group, names in protocol.groups.items() for reader in names if reader in readers}
    named = set(protocol.groups) | set(distinct(table, "reader_group"))
    if _RESERVED in named:
        problems.append(
            Problem(
                code="RS215",
                message=f"a group is called {_RESERVED!r}, the name of the mean over everybody",
                place=None if table is None else table.place(),
                help="give the group another name",
            )
        )
    if table is None or "reader_group" not in table or protocol.groups:
        return groups
    for row, (reader, group) in enumerate(zip(table.cells("reader_id"), table.cells("reader_group"), strict=True)):
        if group and reader in readers and groups.setdefault(reader, group) != group:
            problems.append(
                Problem(
                    code="RS215",
                    message=f"reader {reader!r} is in two groups: {groups[reader]!r} and {group!r}",
                    place=table.place(row, "reader_group"),
                    help="keep one group a reader",
                )
            )
            break
    return groups


def check_readers(
    tables: Mapping[str, Table],
    protocol: Protocol,
    readers: tuple[str, ...],
    problems: list[Problem],
) -> None:
    """Readers that the protocol names but nobody knows, and readers who read nothing."""
    table = tables.get("reads")
    known = distinct(table, "reader_id")
    for where, names in (
        *protocol.groups.items(),
        ("exclude", protocol.exclude),
        ("truth_from", protocol.truth_from),
    ):
        for name in names:
            if name not in known:
                problems.append(
                    Problem(
                        code="RS211",
                        message=f"reader {name!r} of the protocol ({where}) has no row in the reads",
                        place=None if protocol.file is None else Place(file=protocol.file),
                        help=_choice.did_you_mean(name, known) if known else "give a reads file",
                    )
                )
    if table is None:
        return
    values = {"label", "score"} | {name for plan in protocol.tasks for name in (plan.label, plan.score)}
    empty = np.all([table.is_missing(column) for column in values if column in table], axis=0)
    said_something = set(table.cells("reader_id")[~empty].tolist())
    for reader in readers:
        if reader not in said_something:
            row = int(np.argmax(table.cells("reader_id") == reader))
            problems.append(
                Problem(
                    code="RS206",
                    message=f"reader {reader!r} read nothing: every label and score is empty",
                    place=table.place(row, "reader_id"),
                    help=f'give the reads, delete the rows, or leave the reader out: [readers] exclude = ["{reader}"]',
                )
            )


def check_use(
    tables: Mapping[str, Table],
    protocol: Protocol,
    readers: tuple[str, ...],
    tasks: Mapping[str, Task],
    problems: list[Problem],
) -> None:
    """A label or score that no task makes use of is a mistake in the plan, not something to pass over."""
    labels = {plan.label for plan in protocol.tasks} or {"label"}
    scores = {plan.score for plan in protocol.tasks} or {"score"}
    taking_part = {*readers, *((protocol.consensus,) if protocol.consensus else ())}
    for role, table in tables.items():
        for column in sorted((labels | scores) & set(table.frame.columns)) if role != "cases" else ():
            idle = ~table.is_missing(column) & ~table.used.get(column, np.zeros(len(table.frame), dtype=bool))
            if role == "reads":
                idle &= np.isin(table.cells("reader_id").astype(str), list(taking_part))
            if not idle.any():
                continue
            row = int(np.argmax(idle))
            if column in scores and not any(task.positive is not None for task in tasks.values()):
                help_ = 'scores and ratings need a binary task: name its positive classes, positive = ["..."]'
            else:
                help_ = "name a task that has such values in the column 'task', or leave the cells empty"
            problems.append(
                Problem(
                    code="RS220",
                    message=f"no task makes use of column {table.header_name(column)!r} here",
                    place=table.place(row, column),
                    found=f"tasks: {', '.join(tasks)}",
                    help=help_,
                    n=int(idle.sum()),
                )
            )


def check_overlap(tables: Mapping[str, Table], problems: list[Problem]) -> None:
    """Two files without a common case cannot be paired."""
    roles = list(tables)
    for i, first in enumerate(roles):
        for second in roles[i + 1 :]:
            a, b = (set(tables[role].cells("case_id").tolist()) for role in (first, second))
            if not a & b:
                problems.append(
                    Problem(
                        code="RS207",
                        message=f"{tables[first].name} and {tables[second].name} have no case in common",
                        place=tables[second].place(0, "case_id"),
                        found=f"such as {min(b)!r} here, {min(a)!r} in {tables[first].place(0, 'case_id')}",
                        help="case ids are compared as text: leading zeros, prefixes and letter case count",
                    )
                )
