"""What a network is taught, one image group or one volume at a time, read as fast as the disk gives it."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.imaging.atomic import remove_leftovers, write_text
from readerstudy.imaging.store import Skipped, Store
from readerstudy.inference.card import Card, SliceInput
from readerstudy.inference.data import Unit, inputs
from readerstudy.problems import DataError

_INDEX = "index.json"
_GROUPS = "groups.f16"


@dataclasses.dataclass(frozen=True, order=True)
class Sample:
    """One image group (or the volume) of a case; `unit` is a place in `Samples.units`."""

    unit: int
    case: str
    group: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Samples:
    """The image groups or volumes of a set of units.

    Image groups are cut and resized once and kept as half-precision numbers in one file that is mapped into memory,
    because a case holds many groups and each is shown by itself. A volume is cut anew every time, since the box of a
    large lesion is widened at random.

    Parameters
    ----------
    card
        The model.
    store
        Path of the case store.
    folder
        Where the image groups are kept.
    units
        Without the cases that could not be read.
    index
        All samples, in the order of the units, their cases and groups.
    first
        Case -> place of its first group in the file.
    """

    card: Card
    store: Path
    folder: Path
    units: tuple[Unit, ...]
    index: tuple[Sample, ...]
    first: Mapping[str, int]

    def __getstate__(self) -> dict[str, Any]:
        """For a worker process: without the open store and the mapped file."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @functools.cached_property
    def _store(self) -> Store:
        return Store.open(self.store)

    @functools.cached_property
    def _groups(self) -> npt.NDArray[np.float16]:
        shape = (len(self.index), *_shape(self.card))
        return np.memmap(self.folder / _GROUPS, dtype=np.float16, mode="r", shape=shape)

    def of_units(self, units: Iterable[int]) -> tuple[int, ...]:
        """Places in `index` of the samples of some units."""
        wanted = set(units)
        return tuple(place for place, sample in enumerate(self.index) if sample.unit in wanted)

    def read(self, place: int, rng: np.random.Generator | None = None) -> npt.NDArray[np.float32]:
        """A sample's image group (S, H, W) or volume (S, 2, D, H, W); `rng` draws the box of a large lesion."""
        sample = self.index[place]
        if isinstance(self.card.input, SliceInput):
            return np.asarray(self._groups[self.first[sample.case] + sample.group], dtype=np.float32)
        return np.asarray(inputs(self.card, self._store, sample.case, rng=rng)[sample.group])


def _shape(card: Card) -> tuple[int, int, int]:
    return len(card.input.sequences), card.input.size, card.input.size


def gather(
    card: Card, store: Store, units: Sequence[Unit], folder: Path, log: Callable[[str], None]
) -> tuple[Samples, tuple[Skipped, ...]]:
    """Read every case once: its samples, and the cases that cannot be read with the reason.

    What an earlier run left in `folder` is taken as it is: the folder belongs to one set of data.
    """
    remove_leftovers(folder)
    try:
        found = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        found = _read_all(card, store, units, folder, log)
    counts: dict[str, int] = found["groups"]
    kept = []
    for unit in units:
        cases = tuple(case for case in unit.cases if case in counts)
        if cases:
            kept.append(dataclasses.replace(unit, cases=cases))
    index = tuple(
        Sample(number, case, group)
        for number, unit in enumerate(kept)
        for case in unit.cases
        for group in range(counts[case])
    )
    starts = np.cumsum([0, *counts.values()]).tolist()
    samples = Samples(
        card=card, store=store.path, folder=folder, units=tuple(kept), index=index,
        first=dict(zip(counts, starts, strict=False)),
    )  # fmt: skip
    return samples, tuple(Skipped(case, reason) for case, reason in found["skipped"])


def _read_all(
    card: Card, store: Store, units: Sequence[Unit], folder: Path, log: Callable[[str], None]
) -> dict[str, Any]:
    """Write the image groups and how many each case has; the index last, so that it tells of a whole file."""
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    skipped = []
    cases = [case for unit in units for case in unit.cases]
    log(f"reading {len(cases)} cases")
    with (folder / _GROUPS).open("wb") as file:
        for case in cases:
            try:
                made = inputs(card, store, case)
            except DataError as error:
                skipped.append((case, "; ".join(problem.message for problem in error.problems)))
                continue
            counts[case] = len(made)
            if isinstance(card.input, SliceInput):
                file.write(made.astype(np.float16).tobytes())
        file.flush()
        os.fsync(file.fileno())
    found = {"groups": counts, "skipped": skipped}
    write_text(folder / _INDEX, json.dumps(found) + "\n")
    return found
