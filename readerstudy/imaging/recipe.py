"""How a series becomes what a network sees: spacing, interpolation, intensities, and the region that is kept."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from readerstudy._choice import did_you_mean
from readerstudy.problems import DataError, Place, Problem

SEQUENCES = ("T2", "DWI", "ADC", "T1", "LAP", "PVP", "DP", "IP", "OP")
"""Names of the sequences: T1 is pre-contrast, LAP late arterial, PVP portal venous, DP delayed (or equilibrium), IP and
OP in and out of phase."""
INTERPOLATIONS = ("linear", "nearest")
ORIENTATIONS = ("reference", "patient")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is done to the series of a case before it is stored; two cases are alike if their recipes' digests are.

    Parameters
    ----------
    name
        Under which the store keeps the arrays, such as ``"zhen2020"``.
    spacing
        Of the grid that all sequences share, along its x, y and z axis, in mm.
    margin_mm
        Region kept around the lesion's box on each side, along x, y and z, in mm.
    image_interpolation, mask_interpolation
        ``"linear"`` or ``"nearest"``. A mask that is interpolated linearly is the lesion from one half upwards.
    percentiles
        Percentiles of the whole series that become 0 and 1; what lies outside is clipped. Neither paper states them.
    orientation
        ``"reference"``: the grid has the planes of the series the region of interest was drawn on, as DICOM displays
        them; ``"patient"``: the patient's axes, right to left, front to back and foot to head.
    reference
        Sequence on which the region of interest was drawn.

    Raises
    ------
    DataError
        With every value that cannot be.
    """

    name: str
    spacing: tuple[float, float, float]
    margin_mm: tuple[float, float, float]
    image_interpolation: str = "linear"
    mask_interpolation: str = "nearest"
    percentiles: tuple[float, float] = (0.5, 99.5)
    orientation: str = "reference"
    reference: str = "T2"

    def __post_init__(self) -> None:
        found = _problems(dataclasses.asdict(self))
        if found:
            raise DataError(found)
        for key in ("spacing", "margin_mm", "percentiles"):
            # Whole numbers and lists come from TOML and JSON; equal recipes must have equal digests.
            object.__setattr__(self, key, tuple(float(number) for number in getattr(self, key)))

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], file: str | None = None) -> Recipe:
        """A recipe from a mapping with the fields' names, as `to_dict` makes it; `file` is named in problems.

        Raises
        ------
        DataError
            With every unknown key (and the nearest known one), missing key and wrong value.
        """
        fields = {field.name: field for field in dataclasses.fields(cls)}
        found = [
            Problem(code="RS801", message=f"a recipe has no {key!r}", help=did_you_mean(str(key), fields))
            for key in content
            if key not in fields
        ]
        for name, field in fields.items():
            if name not in content and field.default is dataclasses.MISSING:
                found.append(Problem(code="RS801", message=f"the recipe does not say {name!r}", help=_EXPECTED[name]))
        known = {key: value for key, value in content.items() if key in fields}
        found += _problems(known)
        if found:
            place = Place(file=file) if file else None
            raise DataError(dataclasses.replace(problem, place=place) for problem in found)
        return cls(**known)

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}

    @property
    def digest(self) -> str:
        """SHA-256 of the fields as JSON with sorted keys and without blanks, as hexadecimal digits."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


_EXPECTED = {
    "name": "letters, digits, - and _, such as 'zhen2020'",
    "spacing": "three numbers above 0, along x, y and z in mm, such as [0.7, 0.7, 7]",
    "margin_mm": "three numbers, 0 or more, along x, y and z in mm, such as [30, 30, 0]",
    "image_interpolation": "'linear' or 'nearest'",
    "mask_interpolation": "'linear' or 'nearest'",
    "percentiles": "two numbers from 0 to 100, the lower first, such as [0.5, 99.5]",
    "orientation": "'reference' or 'patient'",
    "reference": f"one of {', '.join(SEQUENCES)}",
}


def _problems(content: Mapping[str, Any]) -> list[Problem]:
    """A problem for each value that its field cannot have."""
    good: dict[str, Callable[[Any], bool]] = {
        "name": lambda value: isinstance(value, str) and value.replace("-", "").replace("_", "").isalnum(),
        "spacing": lambda value: _numbers(value, 3) and min(value) > 0,
        "margin_mm": lambda value: _numbers(value, 3) and min(value) >= 0,
        "image_interpolation": lambda value: value in INTERPOLATIONS,
        "mask_interpolation": lambda value: value in INTERPOLATIONS,
        "percentiles": lambda value: _numbers(value, 2) and 0 <= value[0] < value[1] <= 100,
        "orientation": lambda value: value in ORIENTATIONS,
        "reference": lambda value: value in SEQUENCES,
    }
    return [
        Problem(code="RS802", message=f"{key} of a recipe cannot be {value!r}", help=f"give {_EXPECTED[key]}")
        for key, value in content.items()
        if not good[key](value)
    ]


def _numbers(value: Any, n: int) -> bool:
    """Whether it is a sequence of n finite numbers."""
    return (
        isinstance(value, Sequence)
        and len(value) == n
        and all(isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in value)
    )
