"""protocol.toml: the analysis plan. Every key is known and checked; what is not said has a printed default."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from readerstudy import _choice
from readerstudy.problems import DataError, Place, Problem

ROLES = ("preds", "reads", "cases")

METHODS: dict[str, tuple[str, ...]] = {
    "proportion": ("wilson", "clopper-pearson", "modified-wilson", "wilson-hmisc"),
    "auc": ("delong", "logit", "bootstrap"),
    "paired": ("mcnemar-exact", "mcnemar-mid-p", "mcnemar-chi2", "mcnemar-chi2-cc"),
    "paired_interval": ("tango", "newcombe", "bonett-price", "agresti-min", "wald"),
    "agreement_weights": ("none", "linear", "quadratic"),
}
"""The choices of each method; the first is the default."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskPlan:
    """One question put to the same cases, as the protocol words it.

    Parameters
    ----------
    name
        Its name in the tables.
    source
        The task whose classes this one groups (`from` in the file); None for a task with labels of its own.
    classes
        The classes in the order wanted; None to take those that the data hold.
    positive
        The classes that make a case positive: then the task is binary.
    threshold
        A model is positive if and only if its score >= threshold; None for the more probable side.
    map
        Labels as they stand in the files, and the class that each means.
    truth
        The column that holds the truth, in any of the files.
    """

    name: str
    source: str | None = None
    classes: tuple[str, ...] | None = None
    positive: tuple[str, ...] | None = None
    threshold: float | None = None
    map: Mapping[str, str] = dataclasses.field(default_factory=dict)
    truth: str = "truth"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is to be analysed and how.

    `Protocol.read` reads a file, `Protocol.of` a mapping of the same shape; `Protocol()` is the default plan.
    """

    title: str = "Diagnostic reader study"
    notice: str | None = None
    registration: str | None = None
    conf_level: float = 0.95
    alpha: float = 0.05
    significant: str = "<"
    seed: int = 0
    columns: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    tasks: tuple[TaskPlan, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    threshold: float | None = None
    exclude: tuple[str, ...] = ()
    methods: Mapping[str, str] = dataclasses.field(
        default_factory=lambda: {name: choices[0] for name, choices in METHODS.items()}
    )
    bootstrap: int = 2000
    file: str | None = None
    sha256: str | None = None

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Protocol:
        """Read a protocol file.

        Raises
        ------
        DataError
            With every problem of the file: syntax, unknown keys, wrong values.
        """
        name, data = os.fspath(path), Path(path).read_bytes()
        try:
            text = data.decode("utf-8-sig")
            content = tomllib.loads(text)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            line, column = (int(found[1]), int(found[2])) if found else (None, None)
            lines = data.decode("utf-8", errors="replace").splitlines()
            source = lines[line - 1] if line and line <= len(lines) else ""
            raise DataError(
                [
                    Problem(
                        code="RS301",
                        message="the protocol is not valid TOML",
                        place=Place(file=name, line=line, column=column, source=source),
                        found=str(error).split(" (at ")[0],
                        help='text stands in double quotes, lists in [ ], and each key once: title = "My study"',
                    )
                ]
            ) from None
        return dataclasses.replace(cls.of(content, name, text), sha256=hashlib.sha256(data).hexdigest())

    @classmethod
    def of(cls, content: Mapping[str, Any], file: str = "protocol", text: str = "") -> Protocol:
        """The plan of a mapping that has the shape of the file; `text` is searched for the lines of problems."""
        checked = _Checker(file, text)
        fields = checked.protocol(content)
        if checked.problems:
            raise DataError(checked.problems)
        return cls(**fields, file=file)

    def to_dict(self) -> dict[str, Any]:
        """The resolved plan without the tasks, which the data complete."""
        return {
            "study": {
                "title": self.title,
                "notice": self.notice,
                "registration": self.registration,
                "conf_level": self.conf_level,
                "alpha": self.alpha,
                "significant": self.significant,
                "seed": self.seed,
            },
            "columns": {role: dict(columns) for role, columns in self.columns.items()},
            "readers": {
                "groups": {group: list(readers) for group, readers in self.groups.items()},
                "threshold": self.threshold,
                "exclude": list(self.exclude),
            },
            "methods": {**self.methods, "bootstrap": self.bootstrap},
        }


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_text(item) for item in value)


def _is_text_map(value: object) -> bool:
    return isinstance(value, Mapping) and all(_is_text(item) for item in value.values())


_Rule = tuple[Callable[[Any], bool], str]
_TEXT: _Rule = (_is_text, "text in double quotes")
_TEXTS: _Rule = (_is_texts, 'a list of texts, such as ["a", "b"]')
_NUMBER: _Rule = (_is_number, "a number")
_FRACTION: _Rule = (lambda v: _is_number(v) and 0 < v < 1, "a number between 0 and 1")
_TEXT_MAP: _Rule = (_is_text_map, 'a table of texts, such as {"HEM" = "haemangioma"}')

_STUDY: dict[str, _Rule] = {
    "title": _TEXT,
    "notice": _TEXT,
    "registration": _TEXT,
    "conf_level": _FRACTION,
    "alpha": _FRACTION,
    "significant": (lambda v: v in ("<", "<="), '"<" or "<="'),
    "seed": (_is_whole, "a whole number, 0 or more"),
}
_TASK: dict[str, _Rule] = {
    "from": _TEXT,
    "classes": _TEXTS,
    "positive": _TEXTS,
    "threshold": _NUMBER,
    "map": _TEXT_MAP,
    "truth": _TEXT,
}
_READERS: dict[str, _Rule] = {
    "groups": (
        lambda v: isinstance(v, Mapping) and all(_is_texts(readers) for readers in v.values()),
        'a table of lists, such as {residents = ["R1", "R2"]}',
    ),
    "threshold": _NUMBER,
    "exclude": _TEXTS,
}
_METHODS: dict[str, _Rule] = {
    "bootstrap": (lambda v: _is_whole(v) and v >= 100, "a whole number, 100 or more"),
    **{name: (choices.__contains__, " or ".join(map(repr, choices))) for name, choices in METHODS.items()},
}
_SECTIONS = ("study", "columns", "tasks", "readers", "methods")


class _Checker:
    """Walks a protocol, collecting every problem."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.problems: list[Problem] = []

    def protocol(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The constructor arguments of a `Protocol`."""
        sections = {}
        for name, value in content.items():
            if name not in _SECTIONS:
                self.unknown(name, "section", _SECTIONS)
            elif not isinstance(value, Mapping):
                self.wrong(name, value, f"a section: [{name}]")
            else:
                sections[name] = value
        fields = self.section(sections.get("study", {}), _STUDY, "study")
        readers = self.section(sections.get("readers", {}), _READERS, "readers")
        groups = {group: tuple(names) for group, names in readers.pop("groups", {}).items()}
        self.one_group_each(groups)
        methods = self.section(sections.get("methods", {}), _METHODS, "methods")
        if "bootstrap" in methods:
            fields["bootstrap"] = methods.pop("bootstrap")
        return {
            **fields,
            **{key: tuple(v) if isinstance(v, list) else v for key, v in readers.items()},
            "columns": self.columns(sections.get("columns", {})),
            "tasks": self.tasks(sections.get("tasks", {})),
            "groups": groups,
            "methods": {**{name: choices[0] for name, choices in METHODS.items()}, **methods},
        }

    def section(self, found: Mapping[str, Any], rules: dict[str, _Rule], where: str) -> dict[str, Any]:
        """The keys of one section that keep their rule."""
        good = {}
        for key, value in found.items():
            if key not in rules:
                self.unknown(key, f"key of [{where}]", rules)
            elif not rules[key][0](value):
                self.wrong(key, value, rules[key][1])
            else:
                good[key] = value
        return good

    def columns(self, found: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        columns = {}
        for role, names in found.items():
            if role not in ROLES:
                self.unknown(role, "table of [columns]", ROLES)
            elif not _is_text_map(names):
                self.wrong(role, names, 'our name = theirs, such as score = "rating"')
            else:
                columns[role] = dict(names)
        return columns

    def tasks(self, found: Mapping[str, Any]) -> tuple[TaskPlan, ...]:
        plans = []
        for name, content in found.items():
            if not isinstance(content, Mapping):
                self.wrong(name, content, f"a section: [tasks.{name}]")
                continue
            good = self.section(content, _TASK, f"tasks.{name}")
            source = good.pop("from", None)
            for key in ("classes", "positive"):
                if key in good:
                    good[key] = tuple(good[key])
            plans.append(TaskPlan(name=name, source=source, **good))
        by_name = {plan.name: plan for plan in plans}
        for plan in plans:
            self.task(plan, by_name)
        return tuple(plans)

    def task(self, plan: TaskPlan, by_name: Mapping[str, TaskPlan]) -> None:
        """What must hold between the keys of a task."""
        where = f"task {plan.name!r}"
        if plan.threshold is not None and plan.positive is None:
            self.problem("threshold", f"{where} has a threshold but no positive classes", "add positive = [...]")
        known = plan.classes
        if plan.source is not None:
            origin = by_name.get(plan.source)
            if origin is None:
                hint = _choice.did_you_mean(plan.source, by_name)
                self.problem("from", f"{where} comes from {plan.source!r}, which is no task", hint)
                return
            if origin.source is not None:
                self.problem("from", f"{where} comes from {plan.source!r}, itself a grouping", "name the first task")
            if plan.positive is None:
                self.problem("from", f"{where} groups classes but names none", "add positive = [...]")
            if plan.classes is not None or plan.map or plan.truth != "truth":
                help_ = f"take classes, map and truth out of it: they belong to {plan.source!r}"
                self.problem("from", f"{where} takes its classes from {plan.source!r}", help_)
            known = origin.classes
        if known is not None:
            if len(set(known)) != len(known) or len(known) < 2:
                self.problem("classes", f"the classes of {where} must be two or more, each once", "mend the list")
            for label in plan.positive or ():
                if label not in known:
                    hint = _choice.did_you_mean(label, known)
                    self.problem("positive", f"positive class {label!r} of {where} is no class", hint)
            if plan.positive is not None and set(plan.positive) >= set(known):
                self.problem("positive", f"every class of {where} is positive", "leave at least one out")

    def one_group_each(self, groups: Mapping[str, tuple[str, ...]]) -> None:
        seen: dict[str, str] = {}
        for group, readers in groups.items():
            for reader in readers:
                if reader in seen:
                    self.problem(
                        "groups",
                        f"reader {reader!r} is in {seen[reader]!r} and in {group!r}",
                        "keep one group a reader",
                    )
                seen[reader] = group

    def unknown(self, key: str, what: str, known: Iterable[str]) -> None:
        names = list(known)
        near = _choice.nearest(key, names)
        help_ = f"did you mean {near!r}?" if near else f"known: {', '.join(names)}"
        self.problem(key, f"unknown {what}: {key!r}", help_, code="RS302")

    def wrong(self, key: str, value: object, expected: str) -> None:
        self.problem(key, f"{key} must be {expected}", "mend the value", "RS303", found=f"found {value!r}")

    def problem(self, key: str, message: str, help_: str, code: str = "RS304", found: str = "") -> None:
        """A problem, with the first line on which `key` stands as a key or a section."""
        place = Place(file=self.file)
        name = re.escape(key)
        pattern = re.compile(rf"""^\s*(\[+[\w."'-]*?\b{name}\b[^\]]*\]+|["']?{name}["']?\s*=)""")
        for number, line in enumerate(self.lines, start=1):
            if pattern.search(line):
                place = Place(file=self.file, line=number, source=line)
                break
        self.problems.append(Problem(code=code, message=message, place=place, found=found, help=help_))
