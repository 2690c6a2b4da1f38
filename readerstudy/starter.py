"""A commented protocol.toml for the files at hand: what is written is true of them, the rest is a comment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from readerstudy import tabular
from readerstudy.problems import DataError, Problem
from readerstudy.protocol.choices import METHODS, ROLES
from readerstudy.study import Study

_HEAD = """\
# The analysis plan of this study. Lines that begin with # are suggestions: remove the # to use them.
# An unknown key is an error, and what is not said has a default that the report prints.

[study]
title = "Diagnostic reader study"
# notice = "Printed on the first page, for what nobody may overlook."
# registration = "NCT00000000"
conf_level = 0.95
# alpha = 0.05
# significant = "<"            # or "<="
# seed = 0
"""


_ENDPOINTS = """\
# What the study is to show; everything else is exploratory.
# [[endpoints]]
# name = "sensitivity of the model"
# measure = "sensitivity"       # auc, sensitivity, specificity, accuracy, ppv, npv
# reader = "model"              # or a reader, or a group
# versus = "all readers"        # or goal = 0.8
# hypothesis = "non-inferiority"
# margin = 0.05

# [multiplicity]
# method = "holm"
"""
_MISSING = """\
[missing]
reads = "complete-case"       # or "worst", "best": what a read that is missing counts as
also = ["worst", "best"]      # shown side by side with it
"""


def protocol_text(
    preds: str | os.PathLike[str] | None, reads: str | os.PathLike[str] | None, cases: str | os.PathLike[str] | None
) -> str:
    """Text of a protocol.toml that reads these files as they are.

    Raises
    ------
    DataError
        If the files cannot be read without a protocol: the problems say what one would have to name.
    """
    study = Study.read(preds, reads, cases)
    parts = [_HEAD, _columns(preds, reads, cases), _tasks(study), _readers(study), _methods(), _ENDPOINTS]
    parts += [_MISSING if study.readers else "", _cases(study, cases)]
    return "\n".join(part for part in parts if part)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # a JSON string is a TOML basic string


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, values))}]"


def _columns(*paths: str | os.PathLike[str] | None) -> str:
    lines = []
    for role, path in zip(ROLES, paths, strict=True):
        if path is not None:
            problems: list[Problem] = []
            table = tabular.read(role, path, problems)
            if table is None:
                raise DataError(problems)
            lines += [
                f"# Columns of the {role} file: {', '.join(map(str, table.frame.columns))}",
                f"# [columns.{role}]",
            ]
            lines += ['# our_name = "their name"']
    return "\n".join(lines) + "\n"


def _tasks(study: Study) -> str:
    lines = []
    for name, task in study.tasks.items():
        lines += [f"[tasks.{name}]", f"classes = {_list(task.labels)}"]
        if task.positive is not None:
            lines += [f"positive = {_list(task.positive)}", "# threshold = 0.5            # of the models' scores"]
        else:
            lines += [
                '# map = {"their label" = "a class above"}',
                f"# thresholds = {{{_quoted(task.labels[0])} = 0.5}}",
                "",
                "# A binary grouping of these classes:",
                "# [tasks.malignant]",
                f'# from = "{name}"',
                f"# positive = {_list(task.labels[-1:])}",
                "",
                "# Some of the classes, on their cases only:",
                "# [tasks.some]",
                f'# from = "{name}"',
                f"# restrict = {_list(task.labels[:2])}",
            ]
    return "\n".join(lines) + "\n"


def _readers(study: Study) -> str:
    if not study.readers:
        return ""
    lines = ["[readers]"]
    if study.groups:
        groups: dict[str, list[str]] = {}
        for reader, group in study.groups.items():
            groups.setdefault(group, []).append(reader)
        inside = ", ".join(f"{_quoted(group)} = {_list(names)}" for group, names in groups.items())
        lines.append(f"groups = {{{inside}}}")
    else:
        lines.append(f"# groups = {{residents = {_list(study.readers[:1])}}}")
    lines += [
        "# threshold = 3               # ratings >= 3 are positive calls",
        f"# exclude = {_list(study.readers[-1:])}",
        '# consensus = "majority"       # or the name of a reader whose rows are the consensus',
        '# ties = "higher-risk"         # or "first-of", "exclude"',
    ]
    return "\n".join(lines) + "\n"


def _methods() -> str:
    lines = ["[methods]"]
    lines += [f"{f'{name} = {_quoted(choices[0])}':<34}# {', '.join(choices)}" for name, choices in METHODS.items()]
    return "\n".join([*lines, "bootstrap = 2000"]) + "\n"


def _cases(study: Study, cases: str | os.PathLike[str] | None) -> str:
    if cases is None:
        return ""
    table = tabular.read("cases", cases, [])
    assert table is not None
    known = {"case_id", "patient_id", "truth", *(task.truth for task in study.protocol.tasks)}
    about = [str(name) for name in table.frame.columns if name not in known]
    if not about:
        return ""
    return "\n".join(
        [
            "# [subgroups]",
            f"# columns = {_list(about[:2])}",
            "# cut = {diameter_mm = [16, 32]}",
            "",
            "# [characteristics]",
            f"# columns = {_list(about)}",
            "",
        ]
    )
