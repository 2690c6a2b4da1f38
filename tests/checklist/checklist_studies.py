"""Small studies of every kind, and what a page of them is read with."""

import dataclasses
from html.parser import HTMLParser

import numpy as np
import pandas as pd

import readerstudy as rs

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "formula": '=HYPERLINK("http://example.org","x")',
    "jinja": "{{ 7 * 7 }}{% raw %}",
    "arabic": "كبد",
    "long": "x" * 190,
    "bell": "R\x07",
}


def frames(
    positive="yes", negative="no", readers=("R1", "R2", "R3"), modalities=("aided", "unaided"), model="net", n=24
):
    """Predictions and reads of one binary question; the readers rate from 1 to 5, and one read is missing."""
    rng = np.random.default_rng(5)
    truth = np.array([positive, negative] * (n // 2))
    sick = truth == positive
    cases = [f"C{i:02d}" for i in range(n)]
    preds = pd.DataFrame({"case_id": cases, "truth": truth, "model": model, "score": 0.8 * sick + rng.random(n)})
    reads = [
        {"case_id": case, "truth": label, "reader_id": reader, "modality": modality, "score": rating}
        for reader in readers
        for modality in modalities
        for case, label, rating in zip(cases, truth, np.clip(sick * 2 + rng.integers(1, 5, n), 1, 5), strict=True)
    ]
    return preds, pd.DataFrame(reads).iloc[1:]


def plan(positive="yes", negative="no", **sections):
    return rs.Protocol.of(
        {
            "study": {"title": "A small study", "registration": "NCT00000000"},
            "tasks": {"sick": {"classes": [negative, positive], "positive": [positive], "threshold": 0.9}},
            "readers": {"threshold": 3},
            **sections,
        }
    )


def marks():
    """Marks of two readers and a program on cases with and without lesions."""
    rng = np.random.default_rng(2)
    cases = pd.DataFrame({"case_id": [f"C{i:02d}" for i in range(16)]})
    lesions = pd.DataFrame([{"case_id": f"C{i:02d}", "lesion_id": "1"} for i in range(8)])
    rows = [
        {"case_id": f"C{i:02d}", "reader_id": reader, "score": float(rng.random() + (i < 8)), "lesion_id": lesion}
        for reader in ("R1", "R2", "CAD")
        for i in range(16)
        for lesion in ([None] if i >= 8 else ["1"] if rng.random() < 0.7 else [None])
    ]
    found = rs.Marks.read(cases, pd.DataFrame(rows), lesions)
    return rs.evaluate(None, marks=found, protocol=rs.Protocol.of({"marks": {"model": "CAD"}}))


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A figure as the report takes it."""

    kind: str
    title: str
    task: str | None = None
    name: str = "figure"
    caption: str = "What is drawn."
    alt: str = "A square."
    keys: tuple = ()
    svg: str = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
    width_mm: float = 89.0
    height_mm: float = 60.0


@dataclasses.dataclass
class Element:
    tag: str
    attributes: dict
    children: list = dataclasses.field(default_factory=list)

    @property
    def text(self):
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, tag=None):
        inner = [child for child in self.children if isinstance(child, Element)]
        found = [element for child in inner for element in (child, *child.all())]
        return [element for element in found if tag in (None, element.tag)]


class Page(HTMLParser):
    """A page as a tree; an end tag that closes another element fails."""

    def __init__(self, content):
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(content)
        assert self._open == [self.root]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        self._open[-1].children.append(element)
        if tag not in ("meta", "col", "link", "br", "rect"):
            self._open.append(element)

    def handle_endtag(self, tag):
        if tag == "rect":
            return
        assert self._open.pop().tag == tag

    def handle_data(self, data):
        self._open[-1].children.append(data)
