"""The folder of saliency maps: one panel a case and task, their scores, and an index that `evaluate` reads.

The folder grows within ``<out>.partial/`` and is moved to its place when all of it is there: a run that was killed goes
on where it stopped and ends with the same bytes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from readerstudy._version import __version__
from readerstudy.imaging.atomic import write_bytes, write_text
from readerstudy.imaging.crops import slice_groups, wang_patch
from readerstudy.imaging.csv_text import csv_text
from readerstudy.imaging.lock import alone
from readerstudy.imaging.store import Store
from readerstudy.inference.card import Card, SliceInput
from readerstudy.inference.data import Unit, cut, require_lesion, truth_of
from readerstudy.inference.journal import digest
from readerstudy.inference.outputs import model_name
from readerstudy.inference.saliency import default_method, explain
from readerstudy.inference.saliency_panels import Layout, panel
from readerstudy.inference.saliency_scores import largest_slice, scores
from readerstudy.inference.weights import load
from readerstudy.problems import DataError, Problem
from readerstudy.saliency import INDEX, SCHEMA

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Answers = Mapping[str, Mapping[str, Sequence[float]]]
"""Task -> unit -> probabilities of the classes."""

TABLE = "saliency.csv"
_RUN, _CASES, _FOLDER, _PANELS = "run.json", "cases", "folder", "panels"


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """What of a unit is explained: an image group, or a patch and its slice.

    Parameters
    ----------
    inputs
        As the network takes them, (1, ...).
    mask
        The lesion in the input, in the shape of a map: (H, W), or (S, D, H, W).
    at
        The slice of a volume that is shown; 0 for slices.
    """

    inputs: Floats
    mask: Bools
    at: int


def view(card: Card, store: Store, unit: Unit) -> View:
    """The part of a unit that is explained: where its lesions' area is largest, as in both papers' figures.

    Raises
    ------
    DataError
        If a case's file is damaged or its mask empty.
    """
    largest = -1
    for case_id in unit.cases:
        found = store.load(case_id, card.prepare.name, card.input.sequences)
        areas = found.masks[0].sum(axis=(1, 2))
        if areas.max() > largest:
            largest, chosen, arrays = int(areas.max()), case_id, found
            group = int(areas[areas > 0].argmax()) if largest else 0
    require_lesion(chosen, arrays)
    what = card.input
    x = cut(what, arrays)
    if isinstance(what, SliceInput):
        _, masks = slice_groups(arrays.images, arrays.masks, arrays.spacing, size=what.size, margin_mm=what.margin_mm)
        return View(x[group : group + 1], masks[group], 0)
    sharp = wang_patch(
        arrays.images, arrays.masks, arrays.spacing, size=what.size, dilation_mm=what.dilation_mm, blur_sigma=0
    )
    inside = sharp[:, 1] > 0.5
    return View(x, inside, largest_slice(inside[0]))


class SaliencyWriter:
    """Writes the folder.

    Parameters
    ----------
    out
        The folder.
    card, store, weights
        The model, its cases, and the SHA-256 of its files of weights.
    units
        All that will be explained, in order.
    method, tolerance
        As in `explain` and `scores`.
    notice
        What stands in every panel and in the index.
    force
        Replace a folder of saliency that stands there, and begin anew where an unfinished run was of other inputs.

    Raises
    ------
    FileExistsError
        If something else stands at `out`.
    DataError
        RS940 if an unfinished run was of other inputs.
    """

    def __init__(
        self,
        out: Path,
        card: Card,
        store: Store,
        weights: Sequence[str],
        units: Sequence[Unit],
        *,
        method: str | None = None,
        tolerance: float = 0.0,
        notice: str | None = None,
        force: bool = False,
    ) -> None:
        self.out, self.card, self.store, self.units = out, card, store, tuple(units)
        self.method, self.tolerance, self.notice = method or default_method(card), tolerance, notice
        self._rows = store.table()
        made_of = {
            "readerstudy": __version__,
            "card": hashlib.sha256(card.to_toml().encode("utf-8")).hexdigest(),
            "weights": list(weights),
            "store": store.digest,
            "method": self.method,
            "tolerance": tolerance,
            "cases": digest({"units": [[unit.unit_id, unit.cases, unit.clinical] for unit in self.units]}),
            # The store's digest is of its images: a truth that was corrected since would stay wrong in the panels.
            "truths": digest({task.name: [self._truth(unit, task.name) for unit in self.units] for task in card.tasks}),
            "notice": notice,
        }
        self.run = digest(made_of)
        self._partial = partial_of(out)
        self._work = self._partial / _FOLDER
        self.finished = self._stands(force=force)
        if not self.finished:
            self._begin(made_of, force=force)

    def _stands(self, *, force: bool) -> bool:
        """Whether the folder stands already, made of the same; what is only to be moved to its place is moved."""
        if _run_of(self._work / INDEX) == self.run:
            self._move()
        if not self.out.exists():
            return False
        if _run_of(self.out / INDEX) == self.run:
            self._clean()
            return True
        if not (force and (self.out / INDEX).is_file()):
            raise FileExistsError(f"{self.out} exists; name another folder with --saliency, or replace it with --force")
        return False

    def _begin(self, made_of: Mapping[str, Any], *, force: bool) -> None:
        known = _run_of(self._partial / _RUN)
        if known not in (None, self.run):
            if not force:
                message = f"{self._partial} is of an unfinished run of other inputs"
                help_ = "run the earlier command again, name another folder, or begin anew with --force"
                raise DataError([Problem(code="RS940", message=message, help=help_)])
            self._clean()
        text = json.dumps({"schema": SCHEMA, "run": self.run, "made_of": dict(made_of)}, indent=1, sort_keys=True)
        write_text(self._partial / _RUN, text + "\n")

    def has(self, unit: Unit) -> bool:
        """Whether a unit is finished."""
        return self._file(unit).is_file()

    def _file(self, unit: Unit) -> Path:
        return self._partial / _CASES / f"{unit.unit_id}.json"

    def add(self, unit: Unit, networks: Sequence[nn.Module], answers: Answers) -> None:
        """Explain the predicted class of each task, score and draw it, and keep it.

        A unit that cannot be read is kept with the reason.
        """
        try:
            seen = view(self.card, self.store, unit)
        except DataError as error:
            self._keep(unit, {"skipped": "; ".join(problem.message for problem in error.problems)})
            return
        entries = [self._explained(unit, task.name, seen, networks, answers) for task in self.card.tasks]
        self._keep(unit, {"entries": entries})

    def _explained(
        self, unit: Unit, task: str, seen: View, networks: Sequence[nn.Module], answers: Answers
    ) -> dict[str, Any]:
        classes = next(one.classes for one in self.card.tasks if one.name == task)
        chances = np.asarray(answers[task][unit.unit_id], dtype=np.float64)
        code = int(chances.argmax())
        found = explain(
            self.card, networks, seen.inputs,
            method=self.method, task=task, target=code, clinical=unit.clinical,
        )  # fmt: skip
        saliency, weights = found.maps[0], found.weights[0].astype(np.float64)
        held = scores(saliency, seen.mask, tolerance=self.tolerance)
        truth = self._truth(unit, task)
        slices = isinstance(self.card.input, SliceInput)
        picture = panel(
            self.card,
            seen.inputs[0] if slices else seen.inputs[0, :, 0, seen.at],
            saliency if slices else saliency[:, seen.at],
            seen.mask if slices else seen.mask[:, seen.at],
            weights=weights.tolist(),
            said=f"{task}: predicted {classes[code]} ({100 * chances[code]:.0f}%)"
            + (f", truth {truth}" if truth else ""),
            notice=self.notice,
        )
        several = len(self.card.tasks) > 1
        name = f"{_PANELS}/{unit.unit_id}{f'-{task}' if several else ''}.png"
        write_bytes(self._work / name, picture)
        known = bool(weights.any())
        return {
            "case_id": unit.unit_id,
            "task": task,
            "predicted": classes[code],
            "truth": truth,
            "share_inside": _rounded(held.share_inside),
            "mask_share": _rounded(held.mask_share),
            "pointing": held.pointing,
            "weights": dict(zip(self.card.input.sequences, map(_rounded, weights.tolist()), strict=True))
            if known
            else None,
            "panel": name,
            "sha256": hashlib.sha256(picture).hexdigest(),
        }

    def _truth(self, unit: Unit, name: str) -> str | None:
        """The class that the store's table says of all lesions of a unit."""
        task = next(one for one in self.card.tasks if one.name == name)
        return truth_of(task, [self._rows.get(case, {}) for case in unit.cases])

    def _keep(self, unit: Unit, content: Mapping[str, Any]) -> None:
        write_text(self._file(unit), json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    def finish(self) -> dict[str, int]:
        """Write table and index, and move the folder to its place; how many were explained and left out."""
        if self.finished:
            return self._counts(json.loads((self.out / INDEX).read_text(encoding="utf-8")))
        kept = [(unit, json.loads(self._file(unit).read_text(encoding="utf-8"))) for unit in self.units]
        entries = [entry for _, content in kept for entry in content.get("entries", ())]
        layout = Layout.of(self.card)
        index = {
            "schema": SCHEMA,
            "run": self.run,
            "readerstudy": __version__,
            "card": model_name(self.card, self.store),
            "method": self.method,
            "phantom": self.store.phantom or bool(self.card.trained and self.card.trained.phantom),
            "notice": self.notice,
            "sequences": list(self.card.input.sequences),
            "tasks": {task.name: list(task.classes) for task in self.card.tasks},
            "tolerance": self.tolerance,
            "dark": isinstance(self.card.input, SliceInput),
            "tiles": [dataclasses.asdict(tile) for tile in layout.shown],
            "skipped": [
                {"case": unit.unit_id, "reason": found["skipped"]} for unit, found in kept if "skipped" in found
            ],
            "cases": entries,
        }
        write_text(self._work / TABLE, _table(entries, self.card.input.sequences))
        write_text(self._work / INDEX, json.dumps(index, indent=1, ensure_ascii=False) + "\n")
        self._move()
        self.finished = True
        return self._counts(index)

    def _counts(self, index: Mapping[str, Any]) -> dict[str, int]:
        return {"explained": len({entry["case_id"] for entry in index["cases"]}), "skipped": len(index["skipped"])}

    def _move(self) -> None:
        """What is whole to its place."""
        if self.out.exists():
            shutil.rmtree(self.out)
        os.replace(self._work, self.out)
        self._clean()

    def _clean(self) -> None:
        """Remove what is kept of an unfinished run, its header last: until then it is known for what it is."""
        for folder in (self._work, self._partial / _CASES):
            shutil.rmtree(folder, ignore_errors=True)
        (self._partial / _RUN).unlink(missing_ok=True)


def write_saliency(
    card: Card,
    store: Store,
    out: Path,
    units: Sequence[Unit],
    files: Sequence[tuple[Path, str]],
    answers: Answers,
    *,
    method: str | None = None,
    tolerance: float = 0.0,
    notice: str | None = None,
    device: str = "cpu",
    force: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, int]:
    """Explain what a card's networks answered, and write the folder.

    Parameters
    ----------
    card, store
        The model and the prepared cases.
    out
        The folder.
    units
        What was predicted, in the order of the rows. Where the store knows the truth, the panels tell it.
    files
        Weights of the networks and their SHA-256; their maps are averaged.
    answers
        Task -> unit -> probabilities, which say what is explained: the most probable class.
    method, tolerance, notice, force
        As in `SaliencyWriter`.
    device
        Where the networks run.
    say
        Takes lines that say how far it is.

    Returns
    -------
    Counts: `explained` and `skipped`.

    Raises
    ------
    FileExistsError, DataError
        As `SaliencyWriter`; `DataError` also if the weights do not fit.
    """
    weights = [sha256 for _, sha256 in files]
    with _partial_to_itself(out):
        writer = SaliencyWriter(
            out, card, store, weights, units, method=method, tolerance=tolerance, notice=notice, force=force
        )
        left = [] if writer.finished else [unit for unit in units if not writer.has(unit)]
        networks = [load(card, path, sha256).eval().to(device) for path, sha256 in files] if left else []
        for number, unit in enumerate(left, 1):
            writer.add(unit, networks, answers)
            say(f"saliency of {len(units) - len(left) + number} of {len(units)}")
        return writer.finish()


def partial_of(out: Path) -> Path:
    """Where an unfinished folder grows."""
    return out.with_name(out.name + ".partial")


@contextmanager
def _partial_to_itself(out: Path) -> Iterator[None]:
    try:
        with alone(partial_of(out)):
            yield
    finally:
        with contextlib.suppress(OSError):  # it is not empty: the run goes on another time
            partial_of(out).rmdir()


def _run_of(path: Path) -> str | None:
    """The run that a header or an index is of; None where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return str(content["run"]) if content["schema"] == SCHEMA else ""
    except OSError:
        return None
    except (ValueError, KeyError, TypeError):
        return ""


def _rounded(value: float | None) -> float | None:
    """With as many digits as single precision has."""
    return None if value is None else float(f"{value:.6g}")


def _table(entries: Iterable[Mapping[str, Any]], sequences: Sequence[str]) -> str:
    columns = ("case_id", "task", "predicted", "truth", "share_inside", "mask_share", "pointing")
    rows = []
    for entry in entries:
        weights = entry["weights"] or {}
        cells = [*(entry[name] for name in columns), *(weights.get(name) for name in sequences), entry["panel"]]
        rows.append(["" if cell is None else int(cell) if isinstance(cell, bool) else cell for cell in cells])
    return csv_text([*columns, *(f"weight_{name}" for name in sequences), "panel"], rows)
