"""The file of one case: its arrays on the grid of every recipe, and what the store says of it.

Written whole, with the same bytes for the same case; reading it needs numpy only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.imaging.atomic import write_bytes

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclasses.dataclass(frozen=True)
class CaseArrays:
    """One case as one recipe prepared it: every sequence on the same grid.

    Parameters
    ----------
    images
        Intensities from 0 to 1, float32, (sequence, z, y, x).
    masks
        The lesion on each sequence, bool, (sequence, z, y, x).
    spacing
        Distance between voxel centres in mm, (z, y, x).
    origin
        Centre of the first voxel in LPS mm, (x, y, z).
    direction
        The grid's axes x, y, z in LPS, nine cosines by row as SimpleITK has them.
    """

    images: npt.NDArray[np.float32]
    masks: npt.NDArray[np.bool_]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclasses.dataclass(frozen=True, order=True)
class Decision:
    """Which series was taken for a sequence, and why; `series` is empty when none was."""

    sequence: str
    series: str
    why: str


@dataclasses.dataclass(frozen=True)
class StoredCase:
    """One case of the store, without its arrays.

    Parameters
    ----------
    case_id
        Pseudonym of the patient and number of the lesion, such as ``p3f9c2a71b0d4-1``.
    patient_id
        Pseudonym of the patient.
    sequences
        Names of the sequences, in the order of the arrays.
    recipes
        Recipe's name -> digest, of those the case was prepared by.
    diameter_mm
        Longest diameter of the lesion.
    sha256
        Of the case's file.
    """

    case_id: str
    patient_id: str
    sequences: tuple[str, ...]
    recipes: Mapping[str, str]
    diameter_mm: float
    sha256: str

    @property
    def file(self) -> str:
        """The case's file, relative to the store."""
        return f"cases/{self.case_id}.npz"


@dataclasses.dataclass(frozen=True)
class FinishedCase:
    """A case's file as an earlier run left it."""

    case: StoredCase
    decisions: tuple[Decision, ...]
    fingerprint: str
    lesions: tuple[int, ...]


def write_case(
    store: Path,
    digests: Mapping[str, str],
    case_id: str,
    patient_id: str,
    arrays: Mapping[str, CaseArrays],
    *,
    sequences: Sequence[str],
    diameter_mm: float,
    decisions: Iterable[Decision],
    fingerprint: str,
    lesions: Sequence[int],
    phantom: bool,
    picture: bytes | None,
) -> StoredCase:
    """Write a case's file, and before it its picture: a case that has its file is finished."""
    members: dict[str, npt.NDArray[Any]] = {}
    for name, made in sorted(arrays.items()):
        if made.images.ndim != 4 or made.images.shape != made.masks.shape or len(made.images) != len(sequences):
            raise ValueError(f"images {made.images.shape} and masks {made.masks.shape} of {len(sequences)} sequences")
        if not np.isfinite(made.images).all():
            raise ValueError("images hold numbers that are not finite")
        members[f"{name}/images"] = made.images.astype(np.float16)
        members[f"{name}/masks"] = made.masks.astype(np.uint8)
        for field in ("spacing", "origin", "direction"):
            members[f"{name}/{field}"] = np.asarray(getattr(made, field), dtype=np.float64)
    case = StoredCase(
        case_id=case_id,
        patient_id=patient_id,
        sequences=tuple(sequences),
        recipes={name: digests[name] for name in sorted(arrays)},
        diameter_mm=round(float(diameter_mm), 3),
        sha256="",
    )
    meta = {
        **{key: value for key, value in entry(case).items() if key not in ("file", "sha256")},
        "decisions": [dataclasses.asdict(made) for made in decisions],
        "fingerprint": fingerprint,
        "lesions": sorted(lesions),
        "phantom": phantom,
    }
    text = json.dumps(meta, sort_keys=True, ensure_ascii=False)
    members["meta"] = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    content = _npz(members)
    if picture is not None:
        write_bytes(store / "qc" / f"{case_id}.png", picture)
    write_bytes(store / case.file, content)
    return dataclasses.replace(case, sha256=hashlib.sha256(content).hexdigest())


def read_case(store: Path, case_id: str) -> FinishedCase | None:
    """What the file of a case says of it; None when there is none that can be read."""
    try:
        content = (store / "cases" / f"{case_id}.npz").read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            meta = json.loads(arrays["meta"].tobytes())
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return FinishedCase(
        case=stored({**meta, "sha256": hashlib.sha256(content).hexdigest()}),
        decisions=tuple(Decision(**made) for made in meta["decisions"]),
        fingerprint=meta["fingerprint"],
        lesions=tuple(meta["lesions"]),
    )


def _npz(members: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """What numpy.savez_compressed writes, without the clock in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        for name, array in members.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            file.writestr(info, member.getvalue())
    return out.getvalue()


def entry(case: StoredCase) -> dict[str, Any]:
    """A case in store.json."""
    return {
        "case_id": case.case_id,
        "patient_id": case.patient_id,
        "file": case.file,
        "sha256": case.sha256,
        "sequences": list(case.sequences),
        "recipes": dict(case.recipes),
        "diameter_mm": case.diameter_mm,
    }


def stored(fields: Mapping[str, Any]) -> StoredCase:
    """The reverse of `entry`."""
    return StoredCase(
        case_id=fields["case_id"],
        patient_id=fields["patient_id"],
        sequences=tuple(fields["sequences"]),
        recipes=dict(fields["recipes"]),
        diameter_mm=float(fields["diameter_mm"]),
        sha256=fields["sha256"],
    )


def arrays_of(content: bytes, recipe: str, order: Sequence[int]) -> CaseArrays:
    """The arrays in a case's file, its sequences in this order."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return CaseArrays(
            images=arrays[f"{recipe}/images"][order].astype(np.float32),
            masks=arrays[f"{recipe}/masks"][order].astype(bool),
            spacing=_triple(arrays[f"{recipe}/spacing"]),
            origin=_triple(arrays[f"{recipe}/origin"]),
            direction=tuple(float(value) for value in arrays[f"{recipe}/direction"]),
        )


def _triple(values: npt.NDArray[Any]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
