"""The header of one DICOM file: what it says of its series, and each of its images."""

from __future__ import annotations

import logging
import math
import os
import re
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readerstudy.imaging.volume import Frame, Header

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_B_VALUES = (
    (0x0043, "GEMS_PARM_01", 0x39),
    (0x0019, "SIEMENS MR HEADER", 0x0C),
    (0x2001, "PHILIPS IMAGING DD 001", 0x03),
)
"""Group, private creator and element in which a vendor keeps the b-value."""
_GE_BIAS = 100_000  # GE adds 10^9 to the b-value of a series with several: what is above the fifth digit is no b-value
_COMPRESSED_MIN = 24  # bytes: PixelData with its tag, length and an empty item
_DICOMDIR = "1.2.840.10008.1.3.10"
_SPECTROSCOPY = "1.2.840.10008.5.1.4.1.1.4.2"  # has a matrix, but no picture
_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66"
SEGMENTATION = "it is a segmentation"


class UnreadableError(Exception):
    """A file that gives no image; its argument says why, without a value of the file.

    `series` is its (StudyInstanceUID, SeriesInstanceUID) when the file is an image of it that is cut short.
    """

    def __init__(self, why: str, *, study: str = "", series: str = "", damaged: bool = False) -> None:
        super().__init__(why)
        self.why, self.study, self.series, self.damaged = why, study, series, damaged


@contextmanager
def quiet() -> Iterator[None]:
    """Silence pydicom's warnings and log about values against the standard, which quote them: one may be a name."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom(\.|$)")
            yield
    finally:
        logger.setLevel(level)


def read(path: Path) -> tuple[Header, tuple[Frame, ...]] | None:
    """Read the header of one file; None for a DICOMDIR, which lists files and holds no image.

    Raises
    ------
    UnreadableError
        If the file gives no image.
    """
    from pydicom import dcmread

    with path.open("rb") as file:
        start = file.read(132)
        if start[128:] != b"DICM" and not _looks_bare(start):
            raise UnreadableError("it is empty" if not start else "it is no DICOM file")
        file.seek(0)
        try:
            with quiet():
                dataset = dcmread(file, stop_before_pixels=True, force=start[128:] != b"DICM")
                end = file.tell()
                return _parse(dataset, path, os.fstat(file.fileno()).st_size - end)
        except UnreadableError:
            raise
        except Exception:  # pydicom raises all kinds on bytes that are no DICOM; its words may quote the file
            raise UnreadableError("its header is damaged", damaged=True) from None


def _looks_bare(start: bytes) -> bool:
    """Whether a file without preamble begins as DICOM does: an element of group 0002 or 0008, low byte first."""
    return len(start) >= 8 and start[:2] in (b"\x02\x00", b"\x08\x00") and start[3] == 0


def _parse(dataset: Dataset, path: Path, rest: int) -> tuple[Header, tuple[Frame, ...]] | None:
    meta = getattr(dataset, "file_meta", None)
    sop_class = text(dataset, "SOPClassUID") or text(meta, "MediaStorageSOPClassUID")
    if sop_class == _DICOMDIR:
        return None
    study, series = text(dataset, "StudyInstanceUID"), text(dataset, "SeriesInstanceUID")
    image = ".5.1.4.1.1.4" in sop_class or "Rows" in dataset  # MR images, or anything with a matrix
    if not sop_class or (image and not (study and series)):
        raise UnreadableError("it is cut short in its header", study=study, damaged=True)
    if sop_class.startswith(_SEGMENTATION):
        raise UnreadableError(SEGMENTATION, study=study)
    if not image or sop_class == _SPECTROSCOPY:
        raise UnreadableError("it holds no image")
    rows, columns = whole(dataset, "Rows"), whole(dataset, "Columns")
    if not rows or not columns:
        raise UnreadableError("it is cut short in its header", study=study, series=series, damaged=True)
    if rest < _least(dataset, rows * columns):
        raise UnreadableError("its pixel data are cut short", study=study, series=series, damaged=True)
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
    if not per_frame:
        if (whole(dataset, "NumberOfFrames") or 1) > 1:
            raise UnreadableError("its frames have no positions")
        return _header(dataset, sop_class), (_frame(path, None, rows, columns, [dataset]),)
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])
    frames = []
    for number, groups in enumerate(per_frame):
        frames.append(_frame(path, number, rows, columns, [*macros([groups]), *macros(shared), dataset]))
    timing = [*macros([per_frame[0]]), *macros(shared), dataset]
    return _header(dataset, sop_class, timing), tuple(frames)


def _least(dataset: Dataset, pixels: int) -> int:
    """The least number of bytes that must follow the header: those of PixelData with its tag and length."""
    from pydicom.uid import UID, ImplicitVRLittleEndian

    syntax = UID(text(getattr(dataset, "file_meta", None), "TransferSyntaxUID") or ImplicitVRLittleEndian)
    if syntax.is_private or not syntax.is_transfer_syntax or syntax.is_compressed or syntax.is_deflated:
        return _COMPRESSED_MIN
    bits = (whole(dataset, "BitsAllocated") or 16) * (whole(dataset, "SamplesPerPixel") or 1)
    return (8 if syntax.is_implicit_VR else 12) + pixels * bits * (whole(dataset, "NumberOfFrames") or 1) // 8


def macros(items: Sequence[Dataset]) -> list[Dataset]:
    """The items of the functional groups: each group is a sequence of one item."""
    return [item for groups in items for element in groups if element.VR == "SQ" for item in element.value]


def _header(dataset: Dataset, sop_class: str, groups: Sequence[Dataset] = ()) -> Header:
    where = [*groups, dataset]
    study = text(dataset, "StudyInstanceUID")
    return Header(
        study_uid=study,
        series_uid=text(dataset, "SeriesInstanceUID"),
        sop_class=sop_class,
        patient_id=text(dataset, "PatientID") or study,
        series_number=whole(dataset, "SeriesNumber"),
        frame_of_reference=text(dataset, "FrameOfReferenceUID"),
        description=text(dataset, "SeriesDescription"),
        protocol=text(dataset, "ProtocolName"),
        modality=text(dataset, "Modality"),
        manufacturer=text(dataset, "Manufacturer"),
        repetition_time=first(where, "RepetitionTime", number),
        flip_angle=first(where, "FlipAngle", number),
        field_strength=number(dataset, "MagneticFieldStrength"),
        scanning_sequence=texts(dataset, "ScanningSequence"),
        contrast_agent=bool(text(dataset, "ContrastBolusAgent") or dataset.get("ContrastBolusAgentSequence")),
        bolus_start=clock(text(dataset, "ContrastBolusStartTime")),
        burned_in=text(dataset, "BurnedInAnnotation").upper(),
        conversion=text(dataset, "ConversionType").upper(),
    )


def _frame(path: Path, index: int | None, rows: int, columns: int, where: Sequence[Dataset]) -> Frame:
    dataset = where[-1]
    b_value = first(where, "DiffusionBValue", number)
    return Frame(
        path=path,
        number=index,
        instance_uid=text(dataset, "SOPInstanceUID"),
        position=first(where, "ImagePositionPatient", numbers) or (),
        orientation=first(where, "ImageOrientationPatient", numbers) or (),
        spacing=first(where, "PixelSpacing", numbers) or (),
        rows=rows,
        columns=columns,
        image_type=first(where, "FrameType", texts) or texts(dataset, "ImageType"),
        b_value=vendor_b_value(dataset) if b_value is None else b_value,
        direction=first(where, "DiffusionGradientOrientation", numbers) or (),
        temporal_position=first(where, "TemporalPositionIndex", whole) or whole(dataset, "TemporalPositionIdentifier"),
        acquisition_number=first(where, "FrameAcquisitionNumber", whole) or whole(dataset, "AcquisitionNumber"),
        trigger_time=number(dataset, "TriggerTime"),
        echo_time=first(where, "EffectiveEchoTime", number) or number(dataset, "EchoTime"),
        acquired=_acquired(where),
    )


def _acquired(where: Sequence[Dataset]) -> float | None:
    stamp = first(where, "FrameAcquisitionDateTime", text)
    if stamp:
        return clock(stamp[8:])
    dataset = where[-1]
    for keyword, skip in (("AcquisitionTime", 0), ("AcquisitionDateTime", 8), ("ContentTime", 0), ("SeriesTime", 0)):
        time = clock(text(dataset, keyword)[skip:])
        if time is not None:
            return time
    return None


def vendor_b_value(dataset: Dataset) -> float | None:
    """The b-value in s/mm2 from a vendor's private element or, on older Siemens scanners, the name of the sequence.

    GE (0043,xx39), Siemens (0019,xx0C), Philips (2001,xx03), each below its private creator.
    """
    for group, creator, element in _B_VALUES:
        for name in dataset.private_creators(group):
            if str(name).strip().upper() == creator:
                try:
                    value = dataset.private_block(group, name)[element].value
                except (KeyError, ValueError, TypeError):
                    continue
                found = _private_number(value)
                if found is not None and found >= 0:
                    return found % _GE_BIAS if group == 0x0043 else found
    named = re.search(r"(?:^|[_*#])b(\d{1,4})(?:t|#|$)", text(dataset, "SequenceName"))
    return float(named[1]) if named else None


def _private_number(value: Any) -> float | None:
    if isinstance(value, bytes):  # kept as unknown bytes on the way through an archive
        if len(value) == 4 and not value.strip(b" \0").replace(b".", b"").isdigit():
            return float(struct.unpack("<f", value)[0])
        value = value.strip(b" \0").split(b"\\")[0].decode("ascii", "ignore")
    elif not isinstance(value, str) and isinstance(value, Sequence):
        value = value[0] if len(value) else None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def clock(value: str) -> float | None:
    """Seconds of the day of a DICOM time, ``HHMMSS.FFFFFF`` or a beginning of it; None when it is none."""
    found = re.match(r"(\d\d)(?::?(\d\d)(?::?(\d\d(?:\.\d{1,6})?))?)?", value.strip())
    if not found:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds if hours < 24 and minutes < 60 and seconds < 61 else None


def first(where: Sequence[Dataset], keyword: str, read_as: Any) -> Any:
    """The value in the first of `where` that has one."""
    for dataset in where:
        found = read_as(dataset, keyword)
        if found not in (None, "", ()):
            return found
    return None


def texts(dataset: Dataset | None, keyword: str) -> tuple[str, ...]:
    """The values of an element as text; none when it is missing or against the standard."""
    try:
        value = None if dataset is None else dataset.get(keyword)
    except (ValueError, TypeError, NotImplementedError, LookupError):
        return ()
    if value is None or value == "":
        return ()
    items = [value] if isinstance(value, (str, int, float)) or not isinstance(value, Sequence) else list(value)
    return tuple(str(item).strip() for item in items)


def text(dataset: Dataset | None, keyword: str) -> str:
    """The first value of an element as text; empty when there is none."""
    return next(iter(texts(dataset, keyword)), "")


def numbers(dataset: Dataset | None, keyword: str) -> tuple[float, ...]:
    """The values of an element as finite numbers; none when one of them is not."""
    try:
        found = tuple(float(item) for item in texts(dataset, keyword))
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()


def number(dataset: Dataset | None, keyword: str) -> float | None:
    """The first value of an element as a number."""
    return next(iter(numbers(dataset, keyword)), None)


def whole(dataset: Dataset | None, keyword: str) -> int | None:
    """The first value of an element as a whole number."""
    found = number(dataset, keyword)
    return None if found is None else int(found)
