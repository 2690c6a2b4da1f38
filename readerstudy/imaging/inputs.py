"""What every layout gives to `prepare`: the studies of patients with their sequences, images and lesions."""

from __future__ import annotations

import dataclasses
import gzip
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from readerstudy.imaging.case_table import CaseTable
from readerstudy.imaging.recipe import SEQUENCES
from readerstudy.imaging.store import Decision
from readerstudy.problems import DataError, Problem

if TYPE_CHECKING:
    import SimpleITK


class Study(Protocol):
    """The images of one patient. Nothing of it but numbers, `decisions` and images may be written."""

    @property
    def patient(self) -> str:
        """The patient's name in the input: for the pseudonym."""

    @property
    def words(self) -> frozenset[str]:
        """What else in the input names the patient, to be struck out of messages."""

    @property
    def files(self) -> tuple[Path, ...]:
        """All that the cases are made from."""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Which series is which sequence, and why."""

    @property
    def sequences(self) -> tuple[str, ...]:
        """Those that were found."""

    @property
    def settings(self) -> str:
        """What besides the files the cases are made from."""

    @property
    def placed(self) -> bool:
        """Whether the images lie where the patient lay; otherwise each lesion has places of its own."""

    def image(self, sequence: str, lesion: int) -> SimpleITK.Image:
        """A sequence, float32, as it lies for this lesion; `DataError` if it cannot be loaded."""

    def masks(self, sequence: str, image: SimpleITK.Image) -> Mapping[int, SimpleITK.Image]:
        """The lesions drawn on a sequence: number -> mask of 0 and 1; none where nothing was drawn on it.

        `image` is that sequence (of the first lesion). Every study has masks on its reference or on other sequences.
        """


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """What lies in the input.

    Parameters
    ----------
    studies
        One a patient.
    refused
        Patients that cannot be prepared: name in the input -> reason.
    table
        What the input itself says of the cases.
    notes
        What the user should know of the whole, without anyone's name.
    phantom
        Whether the images say that they are a digital phantom's.
    """

    studies: tuple[Study, ...]
    refused: Mapping[str, str] = dataclasses.field(default_factory=dict)
    table: CaseTable = dataclasses.field(default_factory=CaseTable)
    notes: tuple[str, ...] = ()
    phantom: bool = False


def read_nifti(path: Path, what: str) -> SimpleITK.Image:
    """A NIfTI image of three dimensions as float32; `what` it is stands in messages, not its name.

    Raises
    ------
    DataError
        If it is cut short, damaged, or has another number of dimensions.
    """
    import SimpleITK

    require_whole(path, what)
    try:
        image = SimpleITK.ReadImage(str(path), SimpleITK.sitkFloat32)
    except RuntimeError:
        raise refused("RS871", f"the {what} cannot be read", _AGAIN) from None
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        message = f"the {what} has {image.GetDimension()} dimensions instead of 3"
        raise refused("RS872", message, "keep one volume a file")
    return image


def require_whole(path: Path, what: str) -> None:
    """Refuse a gzipped file that is cut short: the toolkit reads it without complaint."""
    try:
        if path.name.endswith(".gz"):
            with gzip.open(path) as file:
                while file.read(1 << 22):
                    pass
    except (OSError, EOFError, zlib.error):
        raise refused("RS871", f"the {what} cannot be read", _AGAIN) from None


_AGAIN = "it is cut short or damaged: copy it again"


def refused(code: str, message: str, mend: str) -> DataError:
    """One problem of one case."""
    return DataError([Problem(code=code, message=message, help=mend)])


def words_of(paths: Iterable[Path], root: Path) -> frozenset[str]:
    """The names of files and folders below the input, which may be those of patients."""
    found: set[str] = set()
    for path in paths:
        parts = path.relative_to(root).parts if path.is_relative_to(root) else path.parts[-2:]
        for part in parts:
            found |= {part, part.partition(".")[0]}
    # A word in small letters may be one of our own messages, which hold no names of files as it is.
    return frozenset(word for word in found if len(word) > 2 and not (word.isalpha() and word.islower())) - {*SEQUENCES}
