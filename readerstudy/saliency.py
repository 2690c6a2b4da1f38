"""A folder of saliency maps: where a network looked, as `predict --saliency` writes and `evaluate --saliency` reads."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from readerstudy.problems import DataError, Place, Problem

SCHEMA = "readerstudy-saliency/1"
INDEX = "saliency.json"
MOST_BYTES = 200_000
"""Largest panel that goes into results.json."""

METHODS = ("gradient", "activation", "grad-cam", "occlusion")
"""Ways to make a map; docs/saliency.md says what each is."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tile:
    """One picture of a panel, in pixels of the panel from its upper left corner."""

    label: str
    left: int
    top: int
    width: int
    height: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Explained:
    """One case as the network saw it in one task.

    Parameters
    ----------
    case_id, task
        As in the predictions.
    predicted
        Class that the map explains.
    share_inside, mask_share
        Share of the map inside the lesion, and of the area that is lesion; nan without a mask.
    pointing
        Whether the map's maximum is on the lesion; None without a mask.
    weights
        Weight of each sequence, in the order of `Saliency.sequences`, with sum 1; None where the method has none.
    panel, sha256
        The picture's file within the folder; None where there is none.
    """

    case_id: str
    task: str
    predicted: str
    share_inside: float = math.nan
    mask_share: float = math.nan
    pointing: bool | None = None
    weights: tuple[float, ...] | None = None
    panel: str | None = None
    sha256: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Saliency:
    """What one model looked at, case by case.

    Parameters
    ----------
    model
        Name of the card, as in the predictions.
    method
        One of `METHODS`.
    notice
        What a reader must be told first, such as that the cases are a phantom; None for nothing.
    sequences
        In the order of the weights.
    tasks
        Classes of each task.
    tolerance
        How far from the lesion a maximum still counts as on it, in pixels of the network's input.
    dark
        Whether maps are grey, dark where they are large; otherwise red over the images.
    tiles
        The pictures of a panel that a figure shows beside each other.
    cases
        One for each case and task.
    folder, name, sha256
        Where it was read, and name and checksum of its index.
    """

    model: str
    method: str
    notice: str | None
    sequences: tuple[str, ...]
    tasks: Mapping[str, tuple[str, ...]]
    tolerance: float
    dark: bool
    tiles: tuple[Tile, ...]
    cases: tuple[Explained, ...]
    folder: Path
    name: str
    sha256: str

    def picture(self, case: Explained) -> str | None:
        """The panel of a case as PNG in base64; None when it has none, or one too large for a report.

        Raises
        ------
        DataError
            If the file is missing or is not the one that the index names.
        """
        if case.panel is None:
            return None
        try:
            data = (self.folder / case.panel).read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != case.sha256:
            help_ = "write the folder again with readerstudy predict --saliency"
            raise _refused(self.name, f"panel {case.panel} is missing or was changed", help_)
        return base64.b64encode(data).decode("ascii") if len(data) <= MOST_BYTES else None


def read(folder: str | os.PathLike[str]) -> Saliency:
    """Read the folder that `predict --saliency` wrote.

    Raises
    ------
    DataError
        If its index is missing, of another schema or not whole.
    """
    path = Path(folder) / INDEX
    name = f"{os.fspath(folder).replace(os.sep, '/').rstrip('/').rsplit('/', 1)[-1]}/{INDEX}"
    try:
        data = path.read_bytes()
    except OSError:
        raise _refused(name, "no such file", "name the folder that readerstudy predict --saliency wrote") from None
    try:
        content = json.loads(data)
        if content["schema"] != SCHEMA:
            raise ValueError(f"schema is {content['schema']!r}, this version reads {SCHEMA!r}")
        sequences = tuple(map(str, content["sequences"]))
        tasks = {str(task): tuple(map(str, classes)) for task, classes in content["tasks"].items()}
        cases = tuple(_case(entry, tasks, sequences) for entry in content["cases"])
        if len({(case.case_id, case.task) for case in cases}) < len(cases):
            raise ValueError("a case stands there twice for one task")
        return Saliency(
            model=str(content["card"]),
            method=_method(content["method"]),
            notice=content["notice"],
            sequences=sequences,
            tasks=tasks,
            tolerance=float(content["tolerance"]),
            dark=bool(content["dark"]),
            tiles=tuple(Tile(**tile) for tile in content["tiles"]),
            cases=cases,
            folder=Path(folder),
            name=name,
            sha256=hashlib.sha256(data).hexdigest(),
        )
    except KeyError as error:
        found = f"this is no index of saliency maps: no entry {error}"
    except (ValueError, TypeError, AttributeError) as error:
        found = f"this is no index of saliency maps: {error}"
    raise _refused(name, found, "write the folder again with readerstudy predict --saliency")


def _method(name: object) -> str:
    if name not in METHODS:
        raise ValueError(f"method is {name!r}, none of {', '.join(METHODS)}")
    return str(name)


def _case(entry: Mapping[str, Any], tasks: Mapping[str, tuple[str, ...]], sequences: tuple[str, ...]) -> Explained:
    case, task, predicted = str(entry["case_id"]), str(entry["task"]), str(entry["predicted"])
    if predicted not in tasks.get(task, ()):
        raise ValueError(f"case {case}: {predicted!r} is no class of task {task!r}")
    weights = entry["weights"]
    if weights is not None and set(weights) != set(sequences):
        raise ValueError(f"case {case}: weights of other sequences than {', '.join(sequences)}")
    panel = entry["panel"]
    if panel is not None and (Path(panel).is_absolute() or ".." in Path(panel).parts):
        raise ValueError(f"case {case}: the panel lies outside the folder")
    return Explained(
        case_id=case,
        task=task,
        predicted=predicted,
        share_inside=_share(entry, "share_inside"),
        mask_share=_share(entry, "mask_share"),
        pointing=None if entry["pointing"] is None else bool(entry["pointing"]),
        weights=None if weights is None else tuple(float(weights[sequence]) for sequence in sequences),
        panel=panel,
        sha256=entry["sha256"],
    )


def _share(entry: Mapping[str, Any], name: str) -> float:
    if entry[name] is None:
        return math.nan
    share = float(entry[name])
    if not 0 <= share <= 1:
        raise ValueError(f"case {entry['case_id']}: {name} is {share}, and must lie between 0 and 1")
    return share


def _refused(name: str, message: str, help_: str) -> DataError:
    return DataError([Problem(code="RS402", message=message, place=Place(file=name), help=help_)])
