"""The files that `predict` writes: rows for `evaluate`, and beside them truth, plan, features and what was skipped."""

from __future__ import annotations

import dataclasses
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from readerstudy.imaging.case_table import TRUTH
from readerstudy.imaging.csv_text import csv_text
from readerstudy.imaging.store import Store
from readerstudy.inference.aggregate import Scored, over_groups
from readerstudy.inference.card import Card, Task
from readerstudy.inference.data import truth_of

"""Column of the store's table that holds the reference standard."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Files:
    """Where things go; None for what nobody asked for.

    Parameters
    ----------
    preds
        The table of predictions. What was left out is listed beside it, in ``<stem>.skipped.csv``.
    groups
        Whether it has a row for each image group instead of one for each patient or lesion.
    features
        Last hidden layer of the first network (the final one, or that of fold 0), for `evaluate --features`.
    protocol
        A plan with the card's tasks, and the notice of card and store.
    cases
        The table of cases in the card's unit, with the truth of each task.
    saliency
        Folder of maps of what the answers depended on, for `evaluate --saliency`.
    method
        How they are made (see `saliency`); None for the way of the card's paper.
    """

    preds: Path
    groups: bool = False
    features: Path | None = None
    protocol: Path | None = None
    cases: Path | None = None
    saliency: Path | None = None
    method: str | None = None

    @property
    def skipped(self) -> Path:
        """The list of what was left out."""
        return self.preds.with_name(f"{self.preds.stem}.skipped.csv")

    def all(self) -> list[Path]:
        """Every file, and the folder, that will be written."""
        found = (self.preds, self.skipped, self.features, self.protocol, self.cases, self.saliency)
        return [path for path in found if path is not None]

    def refuse_places(self, store: Store) -> None:
        """Refuse outputs that would fall on each other, on a folder, or into the store.

        Raises
        ------
        FileExistsError
            For the first of them.
        """
        places = [path.resolve() for path in self.all()]
        for number, (path, place) in enumerate(zip(self.all(), places, strict=True)):
            if place in places[:number]:
                raise FileExistsError(f"{path} is named for two outputs")
            if place.is_relative_to(store.path.resolve()):
                raise FileExistsError(f"{path} lies in the store; name another place")
            if path != self.saliency and path.is_dir():
                raise FileExistsError(f"{path} is a folder; name a file")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there; what a killed run leaves beside it, its repetition replaces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def units_of(card: Card, store: Store, scored: Scored) -> list[str]:
    """The case of preds.csv to which each row of `scored` belongs: the patient or the lesion, as the card says."""
    if card.unit == "lesion":
        return [str(case) for case in scored.case_id]
    return [store.case(str(case)).patient_id for case in scored.case_id]


def predictions(card: Card, store: Store, scored: Scored, *, groups: bool) -> bytes:
    """preds.csv: a row for each unit and task, or with `groups` for each image group."""
    unit = np.array(units_of(card, store, scored), dtype=np.str_)
    patients = {
        u: store.case(str(case)).patient_id for u, case in zip(unit.tolist(), scored.case_id.tolist(), strict=True)
    }
    several, model = len(card.tasks) > 1, model_name(card, store)
    classes = list(dict.fromkeys(name for task in card.tasks for name in task.classes))
    header = ["case_id", "patient_id", *(["group_id"] if groups else []), "model", *(["task"] if several else [])]
    lines = []
    for number, task in enumerate(card.tasks):
        values = scored.probabilities[task.name]
        if groups:
            order = np.argsort(unit, kind="stable")
            cases, values = unit[order], values[order]
            groups_of_rows = scored.group_id[order].tolist()
        else:
            cases, values = over_groups(values, unit)
            groups_of_rows = [""] * len(cases)
        columns = [task.classes.index(name) if name in task.classes else None for name in classes]
        for row, (case, group) in enumerate(zip(cases.tolist(), groups_of_rows, strict=True)):
            cells = ["" if k is None else format(values[row, k], ".10g") for k in columns]
            who = [case, patients[case], *([group] if groups else []), model, *([task.name] if several else [])]
            lines.append(((case, row, number), [*who, *cells]))
    lines.sort(key=lambda line: line[0])
    return table([*header, *(f"prob_{name}" for name in classes)], [cells for _, cells in lines])


def truth_column(card: Card, task: Task) -> str:
    """Column of the table of cases that holds a task's truth."""
    return TRUTH if len(card.tasks) == 1 else f"{TRUTH}_{task.name}"


def cases(card: Card, store: Store, scored: Scored) -> bytes:
    """The table of cases in the card's unit: its truth in the words of each task, and what else the store says of it.

    Where the lesions of a patient differ, a column of the patient is empty; so is a truth that is no class of the task.
    """
    rows = store.table()
    of_unit: dict[str, list[str]] = {}
    for unit, case in zip(units_of(card, store, scored), scored.case_id.tolist(), strict=True):
        of_unit.setdefault(unit, [])
        if case not in of_unit[unit]:
            of_unit[unit].append(case)
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    known = TRUTH in columns
    others = [name for name in columns if name not in (TRUTH, "patient_id")]
    header = ["case_id", "patient_id", *([truth_column(card, task) for task in card.tasks] if known else []), *others]
    lines = []
    for unit in sorted(of_unit):
        lesions = [rows.get(case, {}) for case in of_unit[unit]]
        truths = [truth_of(task, lesions) or "" for task in card.tasks] if known else []
        facts = [_common(lesion.get(name, "") for lesion in lesions) for name in others]
        lines.append([unit, store.case(of_unit[unit][0]).patient_id, *truths, *facts])
    return table(header, lines)


def _common(values: Iterable[str]) -> str:
    found = set(values)
    return found.pop() if len(found) == 1 else ""


def model_name(card: Card, store: Store) -> str:
    """What the model is called in every table and figure: who sees its numbers must see that they are a phantom's."""
    simulated = store.phantom or (card.trained is not None and card.trained.phantom)
    return f"{card.name} (phantom)" if simulated else card.name


def notice(card: Card, store: Store) -> str | None:
    """What must stand with everything made by this model from this store."""
    said = [card.notice, store.notice]
    if card.trained is not None and card.trained.phantom and card.notice is None:
        said.insert(0, f"DIGITAL PHANTOM. {card.name} was trained on simulated images.")
    if store.phantom and store.notice is None:
        said.append("DIGITAL PHANTOM. These images are simulated; no patient stands behind these numbers.")
    return " ".join(dict.fromkeys(text for text in said if text)) or None


def protocol(card: Card, store: Store) -> bytes:
    """A plan that reads the predictions and the table of cases as they were written.

    In a task of two classes the one that comes last is the positive one.
    """
    lines = ["[study]", f"title = {_text(card.title)}"]
    warning = notice(card, store)
    if warning is not None:
        lines.append(f"notice = {_text(warning)}")
    for task in card.tasks:
        lines += ["", f"[tasks.{_text(task.name)}]", f"classes = {_list(task.classes)}"]
        if len(task.classes) == 2:
            lines.append(f"positive = {_list(task.classes[1:])}")
        if len(card.tasks) > 1:
            lines.append(f"truth = {_text(truth_column(card, task))}")
    if card.unit == "lesion":
        lines += ["", "[clusters]", 'patient = "patient_id"']
    return ("\n".join(lines) + "\n").encode("utf-8")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def features(card: Card, store: Store, scored: Scored) -> bytes:
    """features.npz as `readerstudy.features` reads it: a row for each image group, under the case of preds.csv."""
    assert scored.features is not None
    out = io.BytesIO()
    unit = np.array(units_of(card, store, scored), dtype=np.str_)
    np.savez_compressed(out, case_id=unit, group_id=scored.group_id, features=scored.features)
    return out.getvalue()


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV in UTF-8."""
    return csv_text(header, rows).encode("utf-8")
