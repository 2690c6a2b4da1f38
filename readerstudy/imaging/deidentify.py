"""De-identified copies of DICOM images: built anew from what an image needs, so that nothing else can be left in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readerstudy.imaging import headers
from readerstudy.imaging.pseudonyms import Pseudonyms
from readerstudy.imaging.volume import Volume
from readerstudy.problems import DataError, Problem

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["Pseudonyms", "burned_in", "deidentify", "deidentify_files"]

_NUMBERS = (
    "AcquisitionMatrix", "AcquisitionNumber", "BitsAllocated", "BitsStored", "Columns", "DiffusionBValue",
    "DiffusionGradientOrientation", "EchoNumbers", "EchoTime", "EchoTrainLength", "EffectiveEchoTime", "FlipAngle",
    "GradientEchoTrainLength", "HighBit", "ImageOrientationPatient", "ImagePositionPatient", "ImagingFrequency",
    "InstanceNumber", "InStackPositionNumber", "InversionTime", "MagneticFieldStrength", "NumberOfAverages",
    "NumberOfFrames", "NumberOfPhaseEncodingSteps", "NumberOfTemporalPositions", "PercentPhaseFieldOfView",
    "PercentSampling", "PixelBandwidth", "PixelRepresentation", "PixelSpacing", "RepetitionTime", "RescaleIntercept",
    "RescaleSlope", "RFEchoTrainLength", "Rows", "SamplesPerPixel", "SeriesNumber", "SliceLocation", "SliceThickness",
    "SpacingBetweenSlices", "TemporalPositionIdentifier", "TemporalPositionIndex", "TemporalResolution", "TriggerTime",
    "WindowCenter", "WindowWidth",
)  # fmt: skip
"""Kept if they are numbers."""
_CODES: Mapping[str, frozenset[str]] = {
    key: frozenset(values.split())
    for key, values in {
        "DiffusionDirectionality": "DIRECTIONAL BMATRIX ISOTROPIC NONE",
        "InPlanePhaseEncodingDirection": "ROW COL OTHER COLUMN",
        "Modality": "MR",
        "MRAcquisitionType": "1D 2D 3D",
        "PatientPosition": "HFP HFS HFDR HFDL FFDR FFDL FFP FFS",
        "PhotometricInterpretation": "MONOCHROME1 MONOCHROME2",
        "QualityControlImage": "YES NO BOTH",
        "QualityControlSubject": "YES NO",  # a phantom stays one
        "ScanningSequence": "SE IR GR EP RM",
        "ScanOptions": "PER RG CG PPG FC PFF PFP SP FS CT SAT1 SAT2 FAST NONE",
        "SequenceVariant": "SK MTC SS TRSS SP MP OSP TOF NONE",
    }.items()
}
"""Kept if they are one of these."""
_IMAGE_TYPES = frozenset((
    "ORIGINAL", "DERIVED", "PRIMARY", "SECONDARY", "OTHER", "NONE", "M", "P", "R", "I", "ND", "NORM", "DIS2D",
    "DIS3D", "MAGNITUDE", "PHASE", "REAL", "IMAGINARY", "VOLUME", "ADC", "TRACEW", "TRACE", "ISOTROPIC", "DIFFUSION",
    "DIXON", "WATER", "FAT", "W", "F", "IN_PHASE", "OUT_PHASE", "OPP_PHASE", "IP", "OP", "FFE", "SE", "M_FFE", "M_SE",
    "M_IR", "FM", "FS", "MFSPLIT", "T1", "T2", "PROTON_DENSITY", "DIFFUSION_ANISO",
))  # fmt: skip
"""Values of ImageType and FrameType that are kept; others become OTHER."""
_UIDS = (
    "FrameOfReferenceUID", "SeriesInstanceUID", "SOPInstanceUID", "StudyInstanceUID",
)  # fmt: skip
_SEQUENCES = (
    "DiffusionGradientDirectionSequence", "FrameContentSequence", "MRDiffusionSequence", "MREchoSequence",
    "MRImageFrameTypeSequence", "MRTimingAndRelatedParametersSequence", "PerFrameFunctionalGroupsSequence",
    "PixelMeasuresSequence", "PixelValueTransformationSequence", "PlaneOrientationSequence", "PlanePositionSequence",
    "SharedFunctionalGroupsSequence",
)  # fmt: skip
"""Kept with what of this list they hold."""
_VENDORS = ("SIEMENS", "GE MEDICAL SYSTEMS", "PHILIPS", "CANON", "TOSHIBA", "UIH", "HITACHI", "FUJIFILM", "BRUKER")
_EMPTY = (
    "AccessionNumber", "PatientBirthDate", "PatientSex", "PositionReferenceIndicator", "ReferringPhysicianName",
    "StudyDate", "StudyID", "StudyTime",
)  # fmt: skip
"""Present without a value, as the standard wants them."""
_METHOD = ["Rebuilt from listed attributes; keyed pseudonyms", "PS3.15 Basic Profile 2026c by dicom-anonymizer"]


def deidentify(dataset: Dataset, pseudonyms: Pseudonyms, sequence: str, frames: Sequence[int] | None = None) -> Dataset:
    """A de-identified copy of an image.

    The copy is built anew from the attributes that an MR image needs, each checked: numbers that are numbers, codes
    that the standard lists, the pixels decoded. What is left then goes through the Basic Application Level
    Confidentiality Profile (DICOM PS3.15, table E.1-1, by dicom-anonymizer). Dates, times, free text, private
    attributes, overlays and the bits of the pixels that hold them are not copied. Text that is part of the picture
    stays: see `burned_in`.

    Parameters
    ----------
    dataset
        As read with its pixel data; left as it is.
    pseudonyms
        Gives PatientID and PatientName, and replaces UIDs the same way in every file.
    sequence
        Canonical name, which becomes the SeriesDescription; series that were split become one series each.
    frames
        Of a multi-frame file, those to keep, from 0; None for all.

    Returns
    -------
    pydicom.dataset.Dataset
        With file meta information, ready to be written.

    Raises
    ------
    ValueError
        If it is no grey-value image of whole numbers, or its pixels cannot be decoded.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, UID, ExplicitVRLittleEndian

    with headers.quiet():
        sop_class = UID(headers.text(dataset, "SOPClassUID"))
        if sop_class.type != "SOP Class":
            raise ValueError("no storage class of the standard")
        copy = _kept(dataset, pseudonyms)
        _anonymise(copy)
        _set_pixels(copy, dataset, frames)
        _set_patient(copy, dataset, pseudonyms)
    copy.SOPClassUID = sop_class
    copy.SeriesInstanceUID = pseudonyms.uid(f"{headers.text(dataset, 'SeriesInstanceUID')}/{sequence}")
    copy.SOPInstanceUID = pseudonyms.uid(f"{headers.text(dataset, 'SOPInstanceUID')}/{sequence}")
    copy.SeriesDescription = sequence
    copy.Manufacturer = next((v for v in _VENDORS if v[:5] in headers.text(dataset, "Manufacturer").upper()), "")
    if "DiffusionBValue" not in copy and "PerFrameFunctionalGroupsSequence" not in copy:
        b_value = headers.vendor_b_value(dataset)
        if b_value is not None:
            copy.DiffusionBValue = b_value
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = copy.SOPClassUID
    meta.MediaStorageSOPInstanceUID = copy.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    copy.file_meta = meta
    return copy


def _kept(dataset: Dataset, pseudonyms: Pseudonyms) -> Dataset:
    """A new dataset with what is listed above, each value read and written anew."""
    from pydicom.datadict import dictionary_VR
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as Items

    copy = Dataset()
    for key in _NUMBERS:
        values = headers.numbers(dataset, key)
        if values:
            exact: list[Any] = [int(v) for v in values] if dictionary_VR(key) in ("IS", "US", "SS", "UL") else [*values]
            if dictionary_VR(key) == "DS":
                exact = [f"{value:.10g}" for value in values]
            setattr(copy, key, exact if len(exact) > 1 else exact[0])
    for key, known in _CODES.items():
        codes = [value for value in headers.texts(dataset, key) if value in known]
        if codes:
            setattr(copy, key, codes if len(codes) > 1 else codes[0])
    for key in ("ImageType", "FrameType"):
        types = [value if value in _IMAGE_TYPES else "OTHER" for value in headers.texts(dataset, key)]
        if types:
            setattr(copy, key, types)
    for key in _UIDS:
        uid = headers.text(dataset, key)
        if uid:
            setattr(copy, key, pseudonyms.uid(uid))
    for key in _SEQUENCES:
        items = dataset.get(key)
        if items:
            setattr(copy, key, Items([_kept(item, pseudonyms) for item in items]))
    if "RescaleSlope" in copy:
        copy.RescaleType = "US"  # unspecified: free text of the vendor else
    return copy


def _anonymise(dataset: Dataset) -> None:
    """Apply the profile's table to a dataset and all that is nested in it; UIDs have been replaced already."""
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c
    from dicomanonymizer.simpledicomanonymizer import anonymize_dataset, initialize_actions, keep

    def actions() -> Mapping[Any, Any]:
        table: Mapping[Any, Any] = initialize_actions("dicomfields_2026c")
        return {**table, **dict.fromkeys(dicomfields_2026c.U_TAGS, keep)}

    anonymize_dataset(dataset, base_rules_gen=actions)
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _anonymise(item)


def _set_pixels(copy: Dataset, dataset: Dataset, frames: Sequence[int] | None) -> None:
    import numpy as np
    from pydicom.sequence import Sequence as Items

    if headers.whole(dataset, "SamplesPerPixel") not in (1, None) or "PhotometricInterpretation" not in copy:
        raise ValueError("no grey-value image")
    pixels = dataset.pixel_array
    if pixels.dtype.kind not in "iu":
        raise ValueError("pixels that are no whole numbers")  # they have an attribute of their own
    if frames is not None:
        pixels = pixels[list(frames)] if pixels.ndim == 3 else pixels[np.newaxis]
        copy.NumberOfFrames = len(frames)
        groups = copy.PerFrameFunctionalGroupsSequence
        copy.PerFrameFunctionalGroupsSequence = Items([groups[k] for k in frames])
    data = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<")).tobytes()
    copy.add_new("PixelData", "OB" if copy.BitsAllocated <= 8 else "OW", data + b"\0" * (len(data) % 2))


def _set_patient(copy: Dataset, dataset: Dataset, pseudonyms: Pseudonyms) -> None:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as Items

    for key in _EMPTY:
        setattr(copy, key, "")
    raw = headers.text(dataset, "PatientID") or headers.text(dataset, "StudyInstanceUID")
    copy.PatientID = copy.PatientName = pseudonyms.patient(raw)
    copy.PatientIdentityRemoved = "YES"
    copy.DeidentificationMethod = _METHOD
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "113100", "DCM"
    code.CodeMeaning = "Basic Application Confidentiality Profile"
    copy.DeidentificationMethodCodeSequence = Items([code])
    copy.LongitudinalTemporalInformationModified = "REMOVED"


def deidentify_files(
    volumes: Mapping[str, Volume], out: str | os.PathLike[str], pseudonyms: Pseudonyms, label: str = ""
) -> list[Path]:
    """Write de-identified copies of a study's volumes, as `out`/<pseudonym>/<new study UID>/<sequence>/0001.dcm and on.

    Parameters
    ----------
    volumes
        By the canonical name of their sequence, of one patient.
    out
        A folder; files of the same name in it are replaced.
    label
        What messages call the case.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    DataError
        RS832 naming the series that cannot be copied.
    """
    from pydicom import dcmread

    written = []
    for sequence, volume in sorted(volumes.items()):
        folder = Path(out, pseudonyms.patient(volume.patient_id), pseudonyms.uid(volume.study), sequence)
        folder.mkdir(parents=True, exist_ok=True)
        frames: dict[Path, list[int]] = {}
        for frame in volume.frames:
            frames.setdefault(frame.path, []).extend([] if frame.number is None else [frame.number])
        for number, (path, kept) in enumerate(frames.items(), 1):
            try:
                with headers.quiet():
                    copy = deidentify(dcmread(path, force=True), pseudonyms, sequence, kept or None)
            except Exception:  # pydicom's words may quote the file
                where = f"{label}, {volume.name}" if label else volume.name
                message = f"{where}: an image cannot be copied without what identifies the patient"
                help_ = "if it is compressed: pip install 'pylibjpeg[all]'; if it is cut short: send the series again"
                raise DataError([Problem(code="RS832", message=message, help=help_)]) from None
            copy.InstanceNumber = number
            target = folder / f"{number:04d}.dcm"
            copy.save_as(target, enforce_file_format=True)
            written.append(target)
    return written


def burned_in(volume: Volume) -> str | None:
    """Why the pictures of a volume may show the patient's name as part of the picture; None if nothing says so.

    Only what the files say of themselves is looked at. No text is searched for in the pixels, so that None is no
    promise.
    """
    header = volume.header
    types = {value.upper() for value in volume.image_type}
    if header.burned_in == "YES":
        return "BurnedInAnnotation is YES"
    if header.sop_class.startswith("1.2.840.10008.5.1.4.1.1.7"):
        return "it is a secondary capture"
    if "SCREEN SAVE" in types:
        return "its ImageType is SCREEN SAVE"
    if header.modality.upper() in ("OT", "SC") or (header.conversion and "SECONDARY" in types):
        return "it was made by a workstation"
    return None
