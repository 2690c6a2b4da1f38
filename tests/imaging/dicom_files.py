"""Small DICOM files for tests."""

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage

ROWS, COLUMNS = 6, 4
AXIAL = [1, 0, 0, 0, 1, 0]
PRIVATE = {
    "GE": ((0x0043, "GEMS_PARM_01", 0x39), "IS", lambda b: [int(b) + 1_000_000_000, 8, 0, 0]),
    "SIEMENS": ((0x0019, "SIEMENS MR HEADER", 0x0C), "IS", int),
    "Philips": ((0x2001, "Philips Imaging DD 001", 0x03), "FL", float),
}


def image(*, study="1.2.3.1", series="1.2.3.1.1", instance="1.2.3.1.1.1", z=0.0, **tags):
    """An MR image with a constant value of 10 z; `tags` by keyword, None to leave one out."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, instance
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = study, series, "1.2.3.9"
    dataset.PatientID, dataset.PatientName, dataset.Modality, dataset.SeriesNumber = "7", "Doe^Jo", "MR", 1
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [-10, -20, z], AXIAL
    dataset.PixelSpacing, dataset.SliceThickness, dataset.ImageType = [1.5, 1.25], 5, ["ORIGINAL", "PRIMARY", "M"]
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = ROWS, COLUMNS, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = np.full((ROWS, COLUMNS), 10 * z, dtype="<u2").tobytes()
    for key, value in tags.items():
        if value is None:
            delattr(dataset, key)
        else:
            setattr(dataset, key, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def add_b_value(dataset, b_value, vendor):
    """Write a b-value as a vendor does."""
    (group, creator, element), vr, written = PRIVATE[vendor]
    dataset.private_block(group, creator, create=True).add_new(element, vr, written(b_value))


def write(dataset, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def write_series(folder, number, *, n=5, step=7.0, study="1.2.3.1", b_value=None, vendor="GE", part="", **tags):
    """Write the n images of a volume; `part` tells volumes of one series apart."""
    paths = []
    for k in range(n):
        instance = f"{study}.{number}.{k + 1}" + (f".{part}" if part else "")
        dataset = image(
            study=study, series=f"{study}.{number}", instance=instance, z=step * k, SeriesNumber=number, **tags
        )
        if b_value is not None:
            add_b_value(dataset, b_value, vendor)
        # Names that sort against the positions: the order must come from the headers.
        paths.append(write(dataset, folder / f"{number}{part or 0}{n - k:03d}"))
    return paths


def item(**tags):
    dataset = Dataset()
    for key, value in tags.items():
        setattr(dataset, key, value)
    return dataset


def enhanced(b_values=(0, 800), n=4, step=6.0):
    """A multi-frame image: for each position one frame a b-value; frame values are 100 b-index + slice."""
    dataset = image(SOPClassUID=EnhancedMRImageStorage, NumberOfFrames=n * len(b_values))
    for key in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(dataset, key)
    dataset.SharedFunctionalGroupsSequence = Sequence(
        [
            item(
                PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=AXIAL)]),
                PixelMeasuresSequence=Sequence([item(PixelSpacing=[1.5, 1.25], SliceThickness=5)]),
                MRTimingAndRelatedParametersSequence=Sequence([item(RepetitionTime=3000, FlipAngle=90)]),
                MREchoSequence=Sequence([item(EffectiveEchoTime=60.0)]),
            )
        ]
    )
    frames, planes = [], []
    for k in reversed(range(n)):
        for b, b_value in enumerate(b_values):
            frames.append(
                item(
                    PlanePositionSequence=Sequence([item(ImagePositionPatient=[-10, -20, step * k])]),
                    MRDiffusionSequence=Sequence([item(DiffusionBValue=float(b_value))]),
                    FrameContentSequence=Sequence(
                        [item(FrameAcquisitionDateTime=f"20260102120000.{b}", TemporalPositionIndex=1, StackID="1")]
                    ),
                    PixelValueTransformationSequence=Sequence(
                        [item(RescaleSlope=2 if b else 1, RescaleIntercept=0, RescaleType="US")]
                    ),
                )
            )
            planes.append(np.full((ROWS, COLUMNS), 100 * b + k, dtype="<u2"))
    dataset.PerFrameFunctionalGroupsSequence = Sequence(frames)
    dataset.PixelData = np.stack(planes).tobytes()
    return dataset
