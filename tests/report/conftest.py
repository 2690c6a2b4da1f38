"""Studies built by hand: the report is given results, not data, so no analysis runs here.

The numbers are made up, but every record is whole: counts that give the estimate, limits around it, notes where a
value is undefined.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import combinations
from typing import Any

import pytest
from complete_study import aid, complete
from wide_study import widen

from readerstudy.estimate import Estimate
from readerstudy.results import Results

NAN = math.nan
CLASSES = ("HCC", "ICC", "metastasis", "haemangioma", "cyst", "FNH", "abscess")
GROUPS = {"junior": ("R1", "R2"), "middle": ("R3", "R4"), "senior": ("R5", "R6")}

SVG = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="89mm" height="63.6mm"
 viewBox="0 0 252 180" font-family="'Liberation Sans', Arial">
<g id="{name}-line"><path d="M 20 160 L 90 60 L 230 20" fill="none" stroke="#0072b2"/></g>
<text x="126" y="175" font-size="10px" text-anchor="middle">{label}</text>
<use xlink:href="#{name}-line" stroke="#000000"/>
</svg>"""


@dataclasses.dataclass(frozen=True)
class FakeDrawn:
    name: str
    kind: str = "roc"
    task: str | None = None
    title: str = "ROC curves"
    caption: str = "Curves of the models; crosses are readers."
    alt: str = "ROC curves of two models above the points of six readers."
    keys: tuple[str, ...] = ()
    svg: str = ""
    width_mm: float = 89.0
    height_mm: float = 63.6


@dataclasses.dataclass(frozen=True)
class Names:
    """Every name that comes from the user's files."""

    title: str = "Focal liver lesions on MRI"
    notice: str | None = "Simulated data: no patient was examined for these numbers."
    classes: tuple[str, ...] = CLASSES
    tasks: tuple[str, str] = ("seven-way", "malignant")
    models: tuple[str, ...] = ("ResNet-18", "ViT-B")
    groups: dict[str | None, tuple[str, ...]] = dataclasses.field(default_factory=lambda: dict(GROUPS))
    modalities: tuple[str | None, ...] = (None,)


class _Maker:
    """Makes records that hang together, the same ones each time."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.random = random.Random(1)
        self.records: list[Estimate] = []

    def whos(self) -> Iterator[dict[str, Any]]:
        for model in self.names.models:
            yield {"reader": model, "reader_kind": "model"}
        for group, readers in self.names.groups.items():
            for reader in readers:
                for modality in self.names.modalities:
                    yield {"reader": reader, "reader_kind": "human", "reader_group": group, "modality": modality}

    def add(self, **fields: Any) -> None:
        self.records.append(Estimate(**fields))

    def value(self, low: float = 0.6, high: float = 0.98) -> float:
        return self.random.uniform(low, high)

    def proportion(self, measure: str, total: int, **fields: Any) -> None:
        count = round(self.value() * total)
        p = count / total
        self.add(
            measure=measure, method="wilson", estimate=p, conf_low=max(0, p - 0.071234), conf_high=min(1, p + 0.061234),
            conf_level=0.95, count=count, total=total, n_cases=113, **fields,
        )  # fmt: skip

    def around(self, measure: str, method: str, value: float, half: float, **fields: Any) -> None:
        self.add(
            measure=measure, method=method, estimate=value, conf_low=value - half, conf_high=value + half,
            conf_level=0.95, n_cases=113, **fields,
        )  # fmt: skip

    def performance(self, **fields: Any) -> None:
        for measure, total in (("sensitivity", 41), ("specificity", 72), ("ppv", 44), ("npv", 69), ("accuracy", 113)):
            self.proportion(measure, total, **fields)
        self.around("plr", "log", self.value(2, 14), 1.5, **fields)
        if fields["reader"] == "R2":
            self.add(
                measure="nlr", method="log", estimate=0.0, conf_low=0.0, conf_level=0.95, n_cases=113,
                note="No positive case was missed, so the upper limit is undefined.", **fields,
            )  # fmt: skip
        else:
            self.around("nlr", "log", self.value(0.1, 0.4), 0.05, **fields)

    def means(self, task: str, target: str | None, measures: tuple[str, ...]) -> None:
        groups = [(group, len(readers)) for group, readers in self.names.groups.items() if group is not None]
        if len(groups) != 1:
            groups.append(("all readers", sum(map(len, self.names.groups.values()))))
        for group, k in groups:
            for modality in self.names.modalities:
                for measure in measures:
                    self.add(
                        measure=measure, method="mean", task=task, target=target, reader_kind="human", n_readers=k,
                        reader_group=group, modality=modality, estimate=self.value(), n_cases=113,
                    )  # fmt: skip

    def differences(self, task: str, target: str | None, measures: tuple[str, ...]) -> None:
        for model in self.names.models:
            for who in self.whos():
                if who["reader"] in self.names.models[: self.names.models.index(model) + 1]:
                    continue
                for measure in measures:
                    is_auc = measure == "auc_difference"
                    self.around(
                        measure, "delong" if is_auc else "tango", self.random.uniform(-0.05, 0.2), 0.07,
                        task=task, target=target, reader=model, reader_kind="model", modality=who.get("modality"),
                        versus=who["reader"], versus_kind="reader", p_value=self.random.random() ** 3,
                        test_method=None if is_auc else "mcnemar-exact",
                    )  # fmt: skip

    def kappas(self, task: str) -> None:
        for who in self.whos():
            self.around("kappa", "cohen", self.value(), 0.09, task=task, versus="truth", versus_kind="truth", **who)
        for first, second in combinations(self.whos(), 2):
            if None not in (first.get("modality"), second.get("modality")) and first["modality"] != second["modality"]:
                continue
            if first["reader"] == second["reader"]:
                continue
            fields = {**first, "modality": second.get("modality")}
            self.around(
                "kappa", "cohen", self.value(), 0.09, task=task, versus=second["reader"], versus_kind="reader",
                statistic=7.1, p_value=0.0002, **fields,
            )  # fmt: skip


def make(names: Names) -> Results:
    """A study of one task of several classes and one of two groups."""
    maker = _Maker(names)
    classes_task, group_task = names.tasks
    for who in maker.whos():
        maker.proportion("accuracy", 113, task=classes_task, **who)
        for target in names.classes:
            maker.performance(task=classes_task, target=target, **who)
            if who["reader_kind"] == "model":
                maker.around("auc", "delong", maker.value(0.8, 0.95), 0.04, task=classes_task, target=target, **who)
        threshold = 0.5 if who["reader_kind"] == "model" else 3.0
        maker.performance(task=group_task, threshold=threshold, **who)
        if who["reader"] == "R6":
            maker.add(
                measure="auc", method="delong", task=group_task, conf_level=0.95,
                note="All ratings are the same, so there is no curve.", **who,
            )  # fmt: skip
        else:
            maker.around("auc", "delong", maker.value(0.8, 0.95), 0.04, task=group_task, **who)
    three = ("sensitivity_difference", "specificity_difference", "accuracy_difference")
    for target in (None, *names.classes):
        maker.means(
            classes_task, target, ("accuracy",) if target is None else ("sensitivity", "specificity", "accuracy")
        )
        maker.differences(classes_task, target, three[2:] if target is None else three)
    maker.means(group_task, None, ("auc", "sensitivity", "specificity", "accuracy"))
    maker.differences(group_task, None, ("auc_difference", *three))
    maker.kappas(classes_task)
    maker.kappas(group_task)
    return Results(
        estimates=tuple(maker.records),
        curves={},
        confusion=(),
        tables=_tables(maker),
        flow={
            "cases": {"preds": 115, "reads": 116, "cases": None},
            "steps": [{"label": "In both files", "n": 114}],
            "excluded": [{"reason": "no truth", "n": 1}],
            "n_cases": 113,
            "n_patients": 110,
            "n_models": len(names.models),
            "n_readers": sum(map(len, names.groups.values())),
            "modalities": [m for m in names.modalities if m is not None],
        },
        warnings=("R6 gave every case the same rating in one task.", "1 case has no truth and was left out."),
        protocol=_protocol(names),
        provenance={
            "readerstudy": "0.1.0",
            "python": "3.11",
            "packages": {"numpy": "2.4.6", "scipy": "1.17.0", "pandas": "3.0.1"},
            "seed": 0,
            "inputs": [
                {"role": "preds", "name": "preds.csv", "sha256": "0123456789abcdef" * 4, "rows": 226},
                {"role": "reads", "name": "reads.csv", "sha256": "fedcba9876543210" * 4, "rows": 678},
            ],
        },
    )


def _tables(maker: _Maker) -> dict[str, list[dict[str, Any]]]:
    names = maker.names
    readers = [
        {"reader_group": None, "modality": None, **who, "task": task, "n_read": 113 - i % 3, "n_missing": i % 3}
        for i, who in enumerate(maker.whos())
        for task in names.tasks
    ]
    classes = [
        {"task": task, "class": name, "n_cases": 20 - i, "positive": None if task == names.tasks[0] else i < 3}
        for task in names.tasks
        for i, name in enumerate(names.classes)
    ]
    return {"readers": readers, "classes": classes}


def _protocol(names: Names) -> dict[str, Any]:
    classes_task, group_task = names.tasks
    return {
        "study": {
            "title": names.title, "notice": names.notice, "registration": None, "conf_level": 0.95, "alpha": 0.05,
            "significant": "<", "seed": 0,
        },
        "columns": {"reads": {"score": "rating"}},
        "tasks": {
            classes_task: {"kind": "classes", "classes": list(names.classes), "positive": None, "from": None},
            group_task: {
                "kind": "group", "classes": list(names.classes), "positive": list(names.classes[:3]),
                "from": classes_task, "threshold": 0.5,
            },
        },
        "readers": {"groups": {k: list(v) for k, v in names.groups.items() if k}, "threshold": 3, "exclude": []},
        "methods": {
            "proportion": "wilson", "auc": "delong", "paired": "mcnemar-exact", "paired_interval": "tango",
            "agreement_weights": "none", "bootstrap": 2000,
        },
    }  # fmt: skip


_VOID = {"meta", "link", "img", "br", "hr", "input", "path", "use"}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str | None], parent: Element | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Element | str] = []

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, tag: str | None = None) -> list[Element]:
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += [child, *child.all()]
        return found if tag is None else [element for element in found if element.tag == tag]

    def key(self) -> str | None:
        element: Element | None = self
        while element is not None and "data-key" not in element.attributes:
            element = element.parent
        return None if element is None else element.attributes["data-key"]


class _Tree(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.root = self.at = Element("", {}, None)
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self.at)
        self.at.children.append(element)
        if tag not in _VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Element(tag, dict(attrs), self.at))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def draw(names: Names) -> list[FakeDrawn]:
    """A figure for each task and one for none."""
    tasks = [*names.tasks, None]
    return [
        FakeDrawn(name=f"roc-{i}", task=task, svg=SVG.format(name=f"roc-{i}", label="1 − specificity"))
        for i, task in enumerate(tasks)
    ]


@pytest.fixture(scope="session")
def results() -> Results:
    """Two models and six readers in three groups, one modality."""
    return make(Names())


@pytest.fixture(scope="session")
def drawn() -> list[FakeDrawn]:
    return draw(Names())


@pytest.fixture(scope="session")
def wide(results: Results) -> Results:
    """The same with a consensus, class thresholds, a restricted task, subgroups and every plain table."""
    return widen(results)


@pytest.fixture(scope="session")
def whole(results: Results) -> Results:
    """The two models and six readers with endpoints, missing reads, corrections, calibration and all tests."""
    return complete(results, "malignant")


@pytest.fixture(scope="session")
def both(aided: Results) -> Results:
    """The study of two modalities with what compares them."""
    return aid(aided, "malignant")


@pytest.fixture(scope="session")
def aided() -> Results:
    """Four readers without groups, two modalities, no model, no notice."""
    return make(Names(models=(), groups={None: ("A", "B", "C", "D")}, modalities=("unaided", "aided"), notice=None))


@pytest.fixture(scope="session")
def named() -> Callable[..., tuple[Results, list[FakeDrawn]]]:
    """A study with names of one's own: the fields of `Names`."""

    def make_named(**fields: Any) -> tuple[Results, list[FakeDrawn]]:
        names = Names(**fields)
        return make(names), draw(names)

    return make_named


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Element]:
    """A page as a tree of elements."""
    return lambda page: _Tree(page).root
