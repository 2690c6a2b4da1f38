"""One volume of a DICOM series: its images in their order in space, and the tags by which it is told from others."""

from __future__ import annotations

import dataclasses
from pathlib import Path

DAY = 86400.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Header:
    """What a file says of its series. Nothing here may be written out but numbers and UIDs that were replaced.

    Parameters
    ----------
    study_uid, series_uid, sop_class, frame_of_reference
        UIDs as in the file.
    patient_id
        As in the file; the study's UID where the file has none, so that two patients are never taken for one.
    series_number
        None where the file has none.
    description, protocol
        Free text, for the rules only.
    repetition_time, flip_angle, field_strength
        ms, degrees, tesla.
    contrast_agent
        Whether the file names one.
    bolus_start
        Start of the injection in seconds of the day.
    burned_in
        The value of (0028,0301), ``"YES"``, ``"NO"`` or empty.
    """

    study_uid: str
    series_uid: str
    sop_class: str
    patient_id: str = dataclasses.field(repr=False)
    series_number: int | None
    frame_of_reference: str = ""
    description: str = dataclasses.field(default="", repr=False)
    protocol: str = dataclasses.field(default="", repr=False)
    modality: str = ""
    manufacturer: str = ""
    repetition_time: float | None = None
    flip_angle: float | None = None
    field_strength: float | None = None
    scanning_sequence: tuple[str, ...] = ()
    contrast_agent: bool = False
    bolus_start: float | None = None
    burned_in: str = ""
    conversion: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Frame:
    """One image: a file, or one frame of a multi-frame file.

    Parameters
    ----------
    path
        The file.
    number
        Frame in the file from 0; None for a file of one image.
    position, orientation
        ImagePositionPatient (mm, LPS) and ImageOrientationPatient.
    spacing
        PixelSpacing: between rows and between columns, in mm.
    rows, columns
        Of the matrix.
    b_value, direction
        Diffusion weighting in s/mm2 and its gradient; None and empty for none.
    acquired
        Start of acquisition in seconds of the day.
    """

    path: Path = dataclasses.field(repr=False)
    number: int | None
    instance_uid: str
    position: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing: tuple[float, ...]
    rows: int
    columns: int
    image_type: tuple[str, ...] = ()
    b_value: float | None = None
    direction: tuple[float, ...] = ()
    temporal_position: int | None = None
    acquisition_number: int | None = None
    trigger_time: float | None = None
    echo_time: float | None = None
    acquired: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Volume:
    """Images that make one volume, sorted along the slice normal.

    Parameters
    ----------
    header
        Of the series.
    frames
        The images, from the lowest position along row direction x column direction.
    number, of
        Which volume of its series this is, from 1, and how many the series holds.
    damaged
        Why the volume cannot be loaded although it was found: files of the series that are cut short.
    """

    header: Header
    frames: tuple[Frame, ...]
    number: int = 1
    of: int = 1
    damaged: tuple[str, ...] = ()

    @property
    def study(self) -> str:
        """StudyInstanceUID."""
        return self.header.study_uid

    @property
    def patient_id(self) -> str:
        """PatientID as in the file: for the pseudonym, never to be written."""
        return self.header.patient_id

    @property
    def series_number(self) -> int | None:
        """SeriesNumber."""
        return self.header.series_number

    @property
    def image_type(self) -> tuple[str, ...]:
        """ImageType of the first image."""
        return self.frames[0].image_type

    @property
    def b_value(self) -> float | None:
        """Diffusion weighting in s/mm2."""
        return self.frames[0].b_value

    @property
    def echo_time(self) -> float | None:
        """Echo time in ms."""
        return self.frames[0].echo_time

    @property
    def acquired(self) -> float | None:
        """Start of acquisition in seconds of the day: that of the image acquired first."""
        first = self.frames[0].acquired
        if first is None:
            return None
        return (first + min(elapsed(first, frame.acquired) or 0.0 for frame in self.frames)) % DAY

    @property
    def name(self) -> str:
        """How messages name it: series number and, where the series holds several volumes, which."""
        series = "a series without number" if self.series_number is None else f"series {self.series_number}"
        return series if self.of == 1 else f"{series} volume {self.number}"


def elapsed(start: float | None, end: float | None) -> float | None:
    """Seconds from `start` to `end`, both seconds of the day; negative when `end` is the earlier.

    An examination lasts less than twelve hours, so that the shorter way round the clock is meant: one that goes on
    after midnight needs no date, and dates that an anonymiser made up do no harm. None when either is not known.
    """
    if start is None or end is None:
        return None
    return (end - start + DAY / 2) % DAY - DAY / 2
