"""What a network is taught, one image group or one volume at a time, read as fast as the disk gives it."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from readerstudy.imaging.atomic import remove_leftovers, write_text
from readerstudy.imaging.crops import lesion_diameter_mm, wang_region
from readerstudy.imaging.store import Skipped, Store
from readerstudy.inference.card import Card, SliceInput, VolumeInput
from readerstudy.inference.data import Unit, cut, patch, taken
from readerstudy.problems import DataError

_INDEX = "index.json"
_NUMBERS = "numbers.f16"


@dataclasses.dataclass(frozen=True, order=True)
class Sample:
    """One image group (or the volume) of a case; `unit` is a place in `Samples.units`."""

    unit: int
    case: str
    group: int


class Kept(NamedTuple):
    """Where the numbers of a case stand in the file, and their shape.

    Without `region` they are image groups (G, S, H, W); with it the images and the masks (2, S, Z, Y, X) of a region
    from which a volume is cut: its spacing along z, y and x and the lesion's diameter, in mm.
    """

    start: int
    shape: tuple[int, ...]
    region: tuple[float, float, float, float] | None

    @property
    def groups(self) -> int:
        """How many samples the case has."""
        return self.shape[0] if self.region is None else 1

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return math.prod(self.shape)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Samples:
    """The image groups or volumes of a set of units.

    They are kept as half-precision numbers, uncompressed, in one file that is mapped into memory. Image groups are cut
    and resized once. A volume is cut anew every time, since the box of a large lesion is widened at random: of it the
    file has the voxels that the widest box reads, as exact as the store's.

    Parameters
    ----------
    card
        The model.
    folder
        Where the numbers are kept.
    units
        Without the cases that could not be read.
    index
        All samples, in the order of the units, their cases and groups.
    kept
        Case -> what the file has of it.
    """

    card: Card
    folder: Path
    units: tuple[Unit, ...]
    index: tuple[Sample, ...]
    kept: Mapping[str, Kept]

    def __getstate__(self) -> dict[str, Any]:
        """For a worker process: without the mapped file."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @functools.cached_property
    def _numbers(self) -> npt.NDArray[np.float16]:
        return np.memmap(self.folder / _NUMBERS, dtype=np.float16, mode="r")

    def of_units(self, units: Iterable[int]) -> tuple[int, ...]:
        """Places in `index` of the samples of some units."""
        wanted = set(units)
        return tuple(place for place, sample in enumerate(self.index) if sample.unit in wanted)

    def read(self, place: int, rng: np.random.Generator | None = None) -> npt.NDArray[np.float32]:
        """A sample's image group (S, H, W) or volume (S, 2, D, H, W); `rng` draws the box of a large lesion."""
        sample = self.index[place]
        kept = self.kept[sample.case]
        numbers = self._numbers[kept.start : kept.start + kept.size].reshape(kept.shape)
        if kept.region is None:
            return np.asarray(numbers[sample.group], dtype=np.float32)
        assert isinstance(self.card.input, VolumeInput)
        *spacing, diameter = kept.region
        return patch(self.card.input, numbers[0], numbers[1] > 0, np.array(spacing), rng, diameter_mm=diameter)


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
    held = {case: Kept(start, tuple(shape), region) for case, (start, shape, region) in found["kept"].items()}
    kept = []
    for unit in units:
        cases = tuple(case for case in unit.cases if case in held)
        if cases:
            kept.append(dataclasses.replace(unit, cases=cases))
    index = tuple(
        Sample(number, case, group)
        for number, unit in enumerate(kept)
        for case in unit.cases
        for group in range(held[case].groups)
    )
    samples = Samples(card=card, folder=folder, units=tuple(kept), index=index, kept=held)
    return samples, tuple(Skipped(case, reason) for case, reason in found["skipped"])


def _read_all(
    card: Card, store: Store, units: Sequence[Unit], folder: Path, log: Callable[[str], None]
) -> dict[str, Any]:
    """Write what is kept of each case; the index last, so that it tells of a whole file."""
    folder.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Kept] = {}
    start = 0
    skipped = []
    cases = [case for unit in units for case in unit.cases]
    log(f"reading {len(cases)} cases")
    with (folder / _NUMBERS).open("wb") as file:
        for case in cases:
            try:
                made, region = _kept(card, store, case)
            except DataError as error:
                skipped.append((case, "; ".join(problem.message for problem in error.problems)))
                continue
            kept[case] = Kept(start, made.shape, region)
            start += made.size
            file.write(made.tobytes())
        file.flush()
        os.fsync(file.fileno())
    found = {"kept": kept, "skipped": skipped}
    write_text(folder / _INDEX, json.dumps(found) + "\n")
    return found


def _kept(
    card: Card, store: Store, case: str
) -> tuple[npt.NDArray[np.float16], tuple[float, float, float, float] | None]:
    """What the file holds of a case, and its region's spacing and diameter if it has yet to be cut from that."""
    what = card.input
    arrays = taken(card, store, case)
    if isinstance(what, SliceInput):
        return cut(what, arrays).astype(np.float16), None
    # One voxel more on each side is what the linear interpolation reads.
    diameter = lesion_diameter_mm(arrays.masks[0], arrays.spacing)
    widest = wang_region(arrays.masks[0], arrays.spacing, dilation_mm=what.dilation_mm[1], diameter_mm=diameter)
    low = np.floor((widest.centre - widest.edges / 2) / arrays.spacing).astype(int) - 1
    high = np.ceil((widest.centre + widest.edges / 2) / arrays.spacing).astype(int) + 2
    reach = tuple(slice(max(a, 0), b) for a, b in zip(low, high, strict=True))
    both = np.stack([arrays.images[:, *reach], arrays.masks[:, *reach]])
    return both.astype(np.float16), (*arrays.spacing, diameter)
