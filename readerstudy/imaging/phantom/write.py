"""The phantom as a folder: DICOM studies, masks, the table of cases, and what is true of each lesion."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from readerstudy.imaging import geometry
from readerstudy.imaging.phantom import clinical, dicom
from readerstudy.imaging.phantom.cases import Case, Settings, case

__all__ = ["Settings", "write"]


def write(folder: Path, n: int, settings: Settings, on_case: Callable[[], None] | None = None) -> None:
    """Write patients 1 to `n` into an empty folder.

    Parameters
    ----------
    folder
        Receives ``dicom/<patient>/<series>/*.dcm``, ``roi/<patient>.nii.gz`` (labels 1, 2, ... on the T2 grid),
        ``cases.csv`` (one row a lesion, as `prepare` reads it), ``lesions.csv`` (place and kind of each lesion) and
        ``README.md``.
    n
        Number of patients.
    settings
        What the phantom is like.
    on_case
        Called after each patient, for a progress bar.
    """
    rows: list[dict[str, str]] = []
    truths: list[dict[str, str]] = []
    (folder / "roi").mkdir()
    for number in range(1, n + 1):
        made = case(settings, number)
        _write_images(folder, made)
        rows += _rows(made)
        truths += _truths(made)
        if on_case:
            on_case()
    (folder / "cases.csv").write_bytes(_table(rows))
    (folder / "lesions.csv").write_bytes(_table(truths))
    (folder / "README.md").write_text(_README, encoding="utf-8", newline="\n")


def _write_images(folder: Path, made: Case) -> None:
    import SimpleITK

    for series, images in made.images():
        place = folder / "dicom" / made.patient.patient_id / f"S{series.number:03d}"
        place.mkdir(parents=True)
        for name, content in dicom.files(made.patient, made.study, series, images):
            (place / name).write_bytes(content)
    reference, labels = made.mask()
    mask = geometry.to_image(labels, reference.grid)
    SimpleITK.WriteImage(mask, str(folder / "roi" / f"{made.patient.patient_id}.nii.gz"))


def _rows(made: Case) -> list[dict[str, str]]:
    """The rows of cases.csv."""
    name = made.patient.patient_id
    return [
        {
            "patient_id": name,
            "lesion": str(k),
            "case_id": f"{name}-{k}",
            "truth": made.truth,
            "diameter_mm": f"{lesion.diameter:.1f}",
            "scanner": made.study.scanner.name,
            "cirrhosis": "yes" if made.clinic.cirrhosis else "no",
            "fatty_liver": "yes" if made.clinic.fatty else "no",
            **made.clinic.columns,
        }
        for k, lesion in enumerate(made.lesions, start=1)
    ]


def _truths(made: Case) -> list[dict[str, str]]:
    """The rows of lesions.csv: what only the phantom knows."""
    moved = {series.sequence: series.moved for series in made.study.series}
    return [
        {
            "case_id": f"{made.patient.patient_id}-{k}",
            "truth": made.truth,
            "atypical": "yes" if lesion.atypical else "no",
            "diameter_mm": f"{lesion.diameter:.1f}",
            **{f"{axis}_mm": f"{v:.1f}" for axis, v in zip("xyz", lesion.shape.centre, strict=True)},
            **{
                f"{name}_moved_{axis}_mm": f"{v:.2f}"
                for name in ("DWI", "T1", "LAP", "PVP", "DP")
                for axis, v in zip("xyz", moved[name], strict=True)
            },
        }
        for k, lesion in enumerate(made.lesions, start=1)
    ]


def _table(rows: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


_UNITS = "\n".join(f"- `{name}`: {unit}" for name, unit in clinical.UNITS.items())
_README = f"""# A digital phantom of the liver

Written by `readerstudy phantom`. **These are computed images of no patient.** They are a test bench for software: for
reading DICOM, for finding a lesion again in every series, for training and saliency whose right answer is known. They
are never evidence of clinical performance, and whatever is trained or measured on them says so.

- `dicom/<patient>/<series>/*.dcm`: MR studies. Every header has Quality Control Subject (0010,0200) and Quality Control
  Image (0028,0300) `YES` and Study Description `{dicom.MARK}`; Manufacturer names the vendor whose vocabulary and
  private elements the series imitate, and no scanner of that vendor made them.
- `roi/<patient>.nii.gz`: the lesions on the grid of the T2 series, labels 1, 2, ...
- `cases.csv`: one row a lesion: diagnosis, mean diameter, scanner, the state of the liver, clinical data.
- `lesions.csv`: centre of each lesion (LPS mm, in the T2 series), whether it is atypical, and how far the body had
  moved in the other series by another breath.
- `manifest.json`: the command, the settings and the SHA-256 of every file.

Clinical columns of `cases.csv`, empty where nothing was measured:

{_UNITS}
"""
