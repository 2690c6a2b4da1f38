"""Series as DICOM files: MR Image Storage with the attributes that any viewer needs, in the manner of the vendor.

Every file says that it is of a phantom, in the standard's own attributes; `is_phantom` reads it.
"""

from __future__ import annotations

import dataclasses
import struct
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from readerstudy.imaging.phantom.scanner import Image, Scanner, Series, Study

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MARK = "readerstudy digital phantom"
COMMENT = "Computed images of a digital phantom. No patient. A test bench, no evidence of clinical performance."
_NAMESPACE = uuid.UUID("b3c5c5a6-3d0e-5b7a-9c8e-5d1f0b2a4c61")
_DAY = "20000101"
_START = 9 * 3600
_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
_EXPLICIT = "1.2.840.10008.1.2.1"


def is_phantom(dataset: Dataset) -> bool:
    """Whether a DICOM header is a phantom's: Quality Control Subject or Image says so, or the description is ours."""
    flags = (
        str(dataset.get(keyword, "")).strip().upper() for keyword in ("QualityControlSubject", "QualityControlImage")
    )
    return "YES" in flags or MARK in str(dataset.get("StudyDescription", ""))


@dataclasses.dataclass(frozen=True)
class Patient:
    """Whom the header names.

    Parameters
    ----------
    patient_id, name
        Of the phantom's patient.
    sex
        ``"M"`` or ``"F"``.
    age
        In years.
    key
        What the UIDs are derived from: the same key gives the same UIDs.
    """

    patient_id: str
    name: str
    sex: str
    age: int
    key: str

    def uid(self, *parts: object) -> str:
        """A UID derived from the key and the parts (ISO/IEC 9834-8: 2.25 and a UUID as a number)."""
        return f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join([self.key, *map(str, parts)])).int}"


def files(patient: Patient, study: Study, series: Series, images: tuple[Image, ...]) -> Iterator[tuple[str, bytes]]:
    """The files of a series: name and content, in the order of their instance numbers.

    Parameters
    ----------
    patient, study, series
        What the header says.
    images
        Shape (z, y, x), one for each b-value; a single one for all else.
    """
    common = _common(patient, study, series)
    bright = float(np.percentile(images[-1], 99.5))
    common.WindowCenter, common.WindowWidth = f"{bright / 2:.0f}", f"{max(bright, 2):.0f}"
    shared = []
    for weighting in series.weightings[: len(images)]:
        if series.sequence == "DWI":
            _b_value(common, study.scanner, weighting.b)
        shared.append(_encoded(common))
    places = [(image, z) for image in range(len(images)) for z in range(series.grid.size[2])]
    if study.scanner.vendor == "Philips":  # keeps the b-values of a slice together
        places.sort(key=lambda place: place[::-1])
    corners = series.grid.points([(0, 0, z) for z in range(series.grid.size[2])])
    normal = series.grid.axes[:, 2]
    for number, (image, z) in enumerate(places, start=1):
        uid = patient.uid("image", series.number, number)
        own = {
            0x00080018: _element(0x00080018, "UI", uid),
            0x00200013: _element(0x00200013, "IS", str(number)),
            0x00200032: _element(0x00200032, "DS", "\\".join(f"{value:.6f}" for value in corners[z])),
            0x00201041: _element(0x00201041, "DS", f"{corners[z] @ normal:.6f}"),
            0x7FE00010: _element(0x7FE00010, "OW", images[image][z].astype("<u2").tobytes()),
        }
        elements = shared[image] | own
        yield f"{number:04d}.dcm", _head(uid) + b"".join(elements[tag] for tag in sorted(elements))


def _encoded(dataset: Dataset) -> dict[int, bytes]:
    """The elements of a dataset in explicit little endian, by tag.

    Written once for a series: pydicom takes a millisecond a header, of which a study has hundreds.
    """
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_data_element

    encoded = {}
    for element in dataset:
        file = DicomBytesIO()
        file.is_little_endian, file.is_implicit_VR = True, False
        write_data_element(file, element)
        encoded[int(element.tag)] = bytes(file.getvalue())
    return encoded


def _element(tag: int, vr: str, value: str | bytes) -> bytes:
    """One element in explicit little endian (PS3.5, 7.1.2), padded to an even length."""
    content = value.encode("ascii") if isinstance(value, str) else value
    if len(content) % 2:
        content += b"\0" if vr in ("UI", "OB") else b" "
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode("ascii")
    size = struct.pack("<HI", 0, len(content)) if vr in ("OB", "OW") else struct.pack("<H", len(content))
    return head + size + content


def _head(instance: str) -> bytes:
    """Preamble and file meta information (PS3.10, 7.1)."""
    meta = b"".join(
        (
            _element(0x00020001, "OB", b"\0\1"),
            _element(0x00020002, "UI", _MR_IMAGE),
            _element(0x00020003, "UI", instance),
            _element(0x00020010, "UI", _EXPLICIT),
            _element(0x00020012, "UI", f"2.25.{_NAMESPACE.int}"),
            _element(0x00020013, "SH", "READERSTUDY"),
        )
    )
    return b"\0" * 128 + b"DICM" + _element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta


def _clock(seconds: float) -> str:
    """A time of day as DICOM has it, `seconds` after the start of the study."""
    at = _START + seconds
    return f"{int(at // 3600):02d}{int(at % 3600 // 60):02d}{at % 60:09.6f}"


def _common(patient: Patient, study: Study, series: Series) -> Dataset:
    """What all files of a series share."""
    from pydicom.dataset import Dataset

    weighting = series.weightings[0]
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.SOPClassUID = _MR_IMAGE
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = _DAY
    dataset.StudyTime = _clock(0)
    dataset.SeriesTime = _clock(series.seconds)
    dataset.AccessionNumber = ""
    dataset.Modality = "MR"
    dataset.Manufacturer = study.scanner.manufacturer
    dataset.InstitutionName = "Digital phantom"
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = MARK
    dataset.SeriesDescription = series.description
    dataset.ManufacturerModelName = study.scanner.model
    dataset.PatientName = patient.name
    dataset.PatientID = patient.patient_id
    dataset.PatientBirthDate = ""
    dataset.PatientSex = patient.sex
    dataset.PatientAge = f"{patient.age:03d}Y"
    dataset.QualityControlSubject = "YES"
    dataset.PatientComments = COMMENT
    dataset.BodyPartExamined = "LIVER"
    dataset.ScanningSequence = _SCANNING[series.sequence]
    dataset.SequenceVariant = ["SK", "SP"] if weighting.kind == "gradient echo" else "SK"
    dataset.ScanOptions = "FS" if weighting.fat == "suppressed" else ""
    dataset.MRAcquisitionType = "3D" if series.sequence in ("T1", "LAP", "PVP", "DP") else "2D"
    dataset.SliceThickness = f"{series.thickness:g}"
    dataset.SpacingBetweenSlices = f"{series.grid.spacing[2]:g}"
    dataset.RepetitionTime = f"{weighting.repetition:g}"
    dataset.EchoTime = f"{weighting.echo:g}"
    dataset.FlipAngle = f"{weighting.flip:g}"
    dataset.EchoTrainLength = {"T2": "16", "DWI": "60", "ADC": "60"}.get(series.sequence, "1")
    dataset.MagneticFieldStrength = f"{study.scanner.tesla:g}"
    dataset.SoftwareVersions = MARK
    dataset.ProtocolName = "liver" if study.scanner.vendor == "GE" else series.description
    dataset.PatientPosition = "HFS"
    if weighting.phase is not None:
        dataset.ContrastBolusAgent = "gadobenate dimeglumine (simulated)"
        dataset.ContrastBolusRoute = "IV"
        dataset.ContrastBolusStartTime = _clock(study.injected)
    dataset.StudyInstanceUID = patient.uid("study")
    dataset.SeriesInstanceUID = patient.uid("series", series.number)
    dataset.FrameOfReferenceUID = patient.uid("frame")
    dataset.PositionReferenceIndicator = ""
    dataset.StudyID = "1"
    dataset.SeriesNumber = series.number
    dataset.AcquisitionNumber = 1
    dataset.AcquisitionTime = dataset.ContentTime = _clock(series.seconds)
    dataset.ImageType = _image_type(study.scanner.vendor, series)
    dataset.QualityControlImage = "YES"
    dataset.BurnedInAnnotation = "NO"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Columns, dataset.Rows = series.grid.size[:2]
    x, y, _ = series.grid.axes.T
    dataset.ImageOrientationPatient = [f"{value:.10f}" for value in (*x, *y)]
    dataset.PixelSpacing = [f"{series.grid.spacing[axis]:.6f}" for axis in (1, 0)]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    if study.scanner.vendor == "Philips":
        dataset.RescaleIntercept = "0"
        dataset.RescaleSlope = "1" if series.sequence == "ADC" else "1.25"
        dataset.RescaleType = "US"
    return dataset


_SCANNING = dict.fromkeys(("T1", "LAP", "PVP", "DP", "IP", "OP"), "GR") | {
    "localiser": "SE",
    "T2": "SE",
    "DWI": ["EP", "SE"],
    "ADC": ["EP", "SE"],
}


def _image_type(vendor: str, series: Series) -> list[str]:
    if series.sequence == "localiser":
        return ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    if vendor == "Siemens":
        plain = ["ORIGINAL", "PRIMARY", "M", "NORM", "DIS2D"]
        diffusion = {"DWI": ["ORIGINAL", "PRIMARY", "DIFFUSION", "TRACEW", "NORM"]}
        return (diffusion | {"ADC": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC", "NORM"]}).get(series.sequence, plain)
    if vendor == "Philips":
        kind = "FFE" if series.weightings[0].kind == "gradient echo" else "SE"
        plain = ["ORIGINAL", "PRIMARY", f"M_{kind}", "M", kind]
        return ["DERIVED", "SECONDARY", "ADC", "ADC", "UNSPECIFIED"] if series.sequence == "ADC" else plain
    return ["DERIVED", "SECONDARY", "ADC"] if series.sequence == "ADC" else ["ORIGINAL", "PRIMARY", "OTHER"]


def _b_value(dataset: Dataset, scanner: Scanner, b: float) -> None:
    """The b-value where the vendor keeps it."""
    if scanner.vendor == "GE":
        block = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
        block.add_new(0x39, "IS", [1_000_000_000 + int(b), 8, 0, 0])
    elif scanner.vendor == "Siemens":
        block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
        block.add_new(0x0C, "IS", int(b))
        dataset.SequenceName = f"*ep_b{int(b)}t"
    else:
        block = dataset.private_block(0x2001, "Philips Imaging DD 001", create=True)
        block.add_new(0x03, "FL", float(b))
        dataset.DiffusionBValue = float(b)
