"""Every key of a protocol against its rule, and what must hold between keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from readerstudy import _choice
from readerstudy.problems import Place, Problem
from readerstudy.protocol.choices import (
    CLUSTERED,
    MARK_FILES,
    METHODS,
    MISSING,
    ROLES,
    THRESHOLDS,
    TIES,
)
from readerstudy.protocol.endpoints import MULTIPLICITY, EndpointPlan
from readerstudy.protocol.marks import MARKS, MarksPlan
from readerstudy.protocol.rules import (
    AS_PUBLISHED_RULES,
    CHARACTERISTICS_RULES,
    CLUSTERS_RULES,
    DECISION_RULES,
    EMBEDDING_RULES,
    ENDPOINT_RULES,
    ERRORS_RULES,
    METHODS_RULES,
    MISSING_RULES,
    MULTIPLICITY_RULES,
    READERS_RULES,
    SAMPLING_RULES,
    SECTIONS,
    STUDY_RULES,
    SUBGROUPS_RULES,
    TASK_RULES,
    VERIFICATION_RULES,
    Rule,
    is_text_map,
)
from readerstudy.protocol.tasks import TaskPlan


class Checker:
    """Walks a protocol, collecting every problem."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.problems: list[Problem] = []

    def protocol(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The constructor arguments of a `Protocol`."""
        sections = {}
        for name, value in content.items():
            if name not in SECTIONS:
                self.unknown(name, "section", SECTIONS)
            elif name == "endpoints":
                if not (isinstance(value, list) and all(isinstance(item, Mapping) for item in value)):
                    self.wrong(name, value, "sections of its own: [[endpoints]]")
            elif not isinstance(value, Mapping):
                self.wrong(name, value, f"a section: [{name}]")
            else:
                sections[name] = value
        fields = self.section(sections.get("study", {}), STUDY_RULES, "study")
        readers = self.section(sections.get("readers", {}), READERS_RULES, "readers")
        groups = {group: tuple(names) for group, names in readers.pop("groups", {}).items()}
        self.one_group_each(groups)
        self.consensus(readers)
        methods = self.section(sections.get("methods", {}), METHODS_RULES, "methods")
        subgroups = self.section(sections.get("subgroups", {}), SUBGROUPS_RULES, "subgroups")
        for column in subgroups.get("columns", ()):
            if ": " in column:  # a subgroup is called "column: level"
                self.problem(
                    "columns", f"the column {column!r} has a colon in its name", "rename it by [columns.cases]"
                )
        described = self.section(sections.get("characteristics", {}), CHARACTERISTICS_RULES, "characteristics")
        missing = self.section(sections.get("missing", {}), MISSING_RULES, "missing")
        decision = self.section(sections.get("decision", {}), DECISION_RULES, "decision")
        clusters = self.section(sections.get("clusters", {}), CLUSTERS_RULES, "clusters").get("patient")
        if clusters is not None and methods.get("proportion", CLUSTERED[0]) not in CLUSTERED:
            self.problem(
                "proportion",
                f"proportion = {methods['proportion']!r} is for independent cases, and [clusters] takes patients",
                f"take one of {', '.join(CLUSTERED)}",
            )
        if "bootstrap" in methods:
            fields["bootstrap"] = methods.pop("bootstrap")
        return {
            **fields,
            **{key: tuple(v) if isinstance(v, list) else v for key, v in readers.items()},
            "columns": self.columns(sections.get("columns", {})),
            "tasks": self.tasks(sections.get("tasks", {})),
            "groups": groups,
            "methods": {**{name: choices[0] for name, choices in METHODS.items()}, **methods},
            "subgroups": tuple(subgroups.get("columns", ())) or tuple(subgroups.get("cut", ())),
            "cut": {column: tuple(map(float, limits)) for column, limits in subgroups.get("cut", {}).items()},
            "endpoints": self.endpoints(content.get("endpoints", [])),
            "multiplicity": self.section(sections.get("multiplicity", {}), MULTIPLICITY_RULES, "multiplicity").get(
                "method", MULTIPLICITY[0]
            ),
            "missing": missing.get("reads", MISSING[0]),
            "also": self.also(missing),
            "thresholds": tuple(map(float, decision.get("thresholds", THRESHOLDS))),
            "clusters": clusters,
            "weight": self.section(sections.get("sampling", {}), SAMPLING_RULES, "sampling").get("weight"),
            "verification": self.section(sections.get("verification", {}), VERIFICATION_RULES, "verification").get(
                "correct"
            ),
            "characteristics": tuple(described.get("columns", ())),
            "patient_characteristics": tuple(described.get("patient_columns", ())),
            "categorical": tuple(described.get("categorical", ())),
            "by": described.get("by"),
            "embedding": self.section(sections.get("embedding", {}), EMBEDDING_RULES, "embedding"),
            "errors": None if "errors" not in sections else self.section(sections["errors"], ERRORS_RULES, "errors"),
            "as_published": self.section(sections.get("as_published", {}), AS_PUBLISHED_RULES, "as_published"),
            "marks": self.marks(sections.get("marks", {})),
        }

    def marks(self, found: Mapping[str, Any]) -> MarksPlan:
        """What is asked of marks on lesions."""
        good = self.section(found, MARKS, "marks")
        plan = MarksPlan(**{**good, "measures": tuple(good.get("measures", ()))})
        wrong = plan.problem()
        if wrong is not None:
            self.problem(*wrong)
        return plan

    def consensus(self, readers: Mapping[str, Any]) -> None:
        """A majority needs a rule for ties, and the rule a majority."""
        if readers.get("consensus") == "majority" and "ties" not in readers:
            self.problem("consensus", "a majority needs a rule for ties", f"add ties = {' or '.join(map(repr, TIES))}")
        if "ties" in readers and readers.get("consensus") != "majority":
            self.problem("ties", "ties is a rule for a majority, and there is none", 'add consensus = "majority"')
        if "incorporation" in readers and "truth_from" not in readers:
            self.problem("incorporation", "no reader is named whose votes made the truth", "add truth_from = [...]")

    def section(self, found: Mapping[str, Any], rules: dict[str, Rule], where: str) -> dict[str, Any]:
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
        """For each file, our names and the file's."""
        columns = {}
        for role, names in found.items():
            if role not in (*ROLES, *MARK_FILES):
                self.unknown(role, "table of [columns]", (*ROLES, *MARK_FILES))
            elif not is_text_map(names):
                self.wrong(role, names, 'our name = theirs, such as score = "rating"')
            else:
                columns[role] = dict(names)
        return columns

    def tasks(self, found: Mapping[str, Any]) -> tuple[TaskPlan, ...]:
        """The tasks, each checked by itself and against the others."""
        plans = []
        for name, content in found.items():
            if not isinstance(content, Mapping):
                self.wrong(name, content, f"a section: [tasks.{name}]")
                continue
            good = self.section(content, TASK_RULES, f"tasks.{name}")
            source = good.pop("from", None)
            for key in ("classes", "positive", "restrict", "names", "missing"):
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
        binary = plan.positive is not None
        if binary and plan.restrict is not None:
            self.problem("restrict", f"{where} both groups and restricts classes", "make two tasks of it")
            return
        if plan.threshold is not None and not binary:
            self.problem("threshold", f"{where} has a threshold but no positive classes", "add positive = [...]")
        if plan.names is not None and not binary:
            self.problem("names", f"{where} names two sides but has no positive classes", "add positive = [...]")
        if (plan.prevalence is not None or plan.probabilities) and not binary:
            key = "probabilities" if plan.prevalence is None else "prevalence"
            self.problem(key, f"{where} has {key} but no positive classes", "add positive = [...]")
        if plan.thresholds is not None and binary:
            self.problem("thresholds", f"{where} is binary: it has one threshold", "use threshold = ...")
        known = plan.classes
        if plan.source is not None:
            origin = by_name.get(plan.source)
            if origin is None:
                hint = _choice.did_you_mean(plan.source, by_name)
                self.problem("from", f"{where} comes from {plan.source!r}, which is no task", hint)
                return
            if origin.source is not None or origin.positive is not None:
                self.problem("from", f"{where} comes from {plan.source!r}, not a task of classes", "name that task")
            if not binary and plan.restrict is None:
                help_ = "add positive = [...] to group classes, or restrict = [...] to keep some"
                self.problem("from", f"{where} neither groups nor restricts the classes of {plan.source!r}", help_)
            own = TaskPlan(name=plan.name)
            if any(getattr(plan, key) != getattr(own, key) for key in ("classes", "map", "missing", "truth", "label")):
                help_ = f"take classes, map, missing, truth and label out of it: they belong to {plan.source!r}"
                self.problem("from", f"{where} takes its labels from {plan.source!r}", help_)
            known = origin.classes
        elif plan.restrict is not None:
            self.problem("restrict", f"{where} restricts classes, but of which task?", "add from = ...")
        if known is not None:
            self.labels(plan, where, known)

    def labels(self, plan: TaskPlan, where: str, known: tuple[str, ...]) -> None:
        """The lists of a task against the classes it has."""
        if len(set(known)) != len(known) or len(known) < 2:
            self.problem("classes", f"the classes of {where} must be two or more, each once", "mend the list")
        for key in ("positive", "restrict"):
            for label in getattr(plan, key) or ():
                if label not in known:
                    self.problem(
                        key, f"class {label!r} ({key}) of {where} is no class", _choice.did_you_mean(label, known)
                    )
        if plan.positive is not None and set(plan.positive) >= set(known):
            self.problem("positive", f"every class of {where} is positive", "leave at least one out")
        if plan.restrict is not None and not 2 <= len(set(plan.restrict)) < len(known):
            self.problem("restrict", f"{where} must keep two classes or more, and not all", "mend the list")
        own = plan.restrict or known
        for label in plan.thresholds if isinstance(plan.thresholds, Mapping) else ():
            if label not in own:
                self.problem("thresholds", f"{label!r} is no class of {where}", _choice.did_you_mean(label, own))

    def also(self, missing: Mapping[str, Any]) -> tuple[str, ...]:
        """The rules for missing reads that are shown beside the first."""
        main = missing.get("reads", MISSING[0])
        return tuple(rule for rule in MISSING if rule != main and rule in missing.get("also", ()))

    def endpoints(self, found: object) -> tuple[EndpointPlan, ...]:
        """The endpoints, each checked by itself; their names must differ."""
        plans: list[EndpointPlan] = []
        for content in found if isinstance(found, list) else ():
            if not isinstance(content, Mapping):
                continue
            good = self.section(content, ENDPOINT_RULES, "[endpoints]")
            lacking = [key for key in ("name", "measure") if key not in content]
            for key in lacking:
                self.problem("endpoints", f"an endpoint has no {key}", f'add {key} = "..."')
            if lacking or not {"name", "measure"} <= set(good):
                continue
            plan = EndpointPlan(**good)
            wrong = plan.problem()
            if wrong is not None:
                self.problem(*wrong)
            if any(plan.name == other.name for other in plans):
                self.problem("name", f"two endpoints are called {plan.name!r}", "give each a name of its own")
            plans.append(plan)
        return tuple(plans)

    def one_group_each(self, groups: Mapping[str, tuple[str, ...]]) -> None:
        """A reader is in one group at most."""
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
        """The problem of a key nobody knows."""
        names = list(known)
        near = _choice.nearest(key, names)
        help_ = f"did you mean {near!r}?" if near else f"known: {', '.join(names)}"
        self.problem(key, f"unknown {what}: {key!r}", help_, code="RS302")

    def wrong(self, key: str, value: object, expected: str) -> None:
        """The problem of a value that breaks its rule."""
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
