"""Nothing that identifies a patient is left in what is written."""

import os
import stat

import numpy as np
import pytest
from dicom_files import COLUMNS, ROWS, add_b_value, enhanced, image, item, write, write_series
from pydicom import dcmread
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import RLELossless

from readerstudy.imaging import series
from readerstudy.imaging.deidentify import Pseudonyms, burned_in, deidentify, deidentify_files
from readerstudy.problems import DataError

SECRET = "ZZSECRET"
FIXED = {  # what the file needs to be found and read as an image
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "Rows", "Columns",
    "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PhotometricInterpretation",
    "PixelData", "NumberOfFrames", "PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SeriesNumber", "SpecificCharacterSet",
}  # fmt: skip
PLANTED = {
    **dict.fromkeys(("LO", "SH", "ST", "LT", "UT", "UC", "PN", "AE", "CS"), SECRET),
    "UI": "1.2.99999.8675309", "DA": "19870605", "TM": "010203.456789", "DT": "19870605010203.456789", "AS": "087Y",
    "UR": f"http://{SECRET}.example", "UN": SECRET.encode(), "OB": SECRET.encode(),
}  # fmt: skip
FORBIDDEN = [b"ZZSECRET", b"8675309", b"19870605", b"010203", b"087Y", b"Doe"]


@pytest.fixture
def names(tmp_path):
    return Pseudonyms.open(tmp_path / "keys" / "key")


def plant(dataset):
    """Put a secret into every attribute of the dictionary that can hold text, a date or a UID, and into sequences."""
    nested = item(PatientName=SECRET, StudyDate="19870605", SOPInstanceUID=PLANTED["UI"], ImageComments=SECRET)
    nested.add_new(0x00110010, "LO", SECRET)
    outer = item(ReferencedImageSequence=Sequence([nested]), CodeMeaning=SECRET)
    for tag, (vr, *_, keyword) in DicomDictionary.items():
        if keyword and keyword not in FIXED and tag >> 16 not in (0x0000, 0x0002, 0x0004, 0xFFFE):
            if vr == "SQ":
                dataset.add_new(tag, vr, Sequence([outer]))
            elif vr in PLANTED:
                dataset.add_new(tag, vr, PLANTED[vr])
    return dataset


def planted(**tags):
    dataset = plant(
        image(study="1.2.99999.8675309.1", series="1.2.99999.8675309.2", instance="1.2.99999.8675309.3", z=4)
    )
    dataset.FrameOfReferenceUID = "1.2.99999.8675309.4"
    block = dataset.private_block(0x0029, SECRET, create=True)
    block.add_new(1, "OB", SECRET.encode())
    block.add_new(2, "SQ", Sequence([item(PatientName=SECRET)]))
    for group in (0x6000, 0x6002):
        dataset.add_new((group, 0x0010), "US", ROWS)
        dataset.add_new((group, 0x0022), "LO", SECRET)
        dataset.add_new((group, 0x3000), "OW", SECRET.encode())
    dataset.add_new(0x00189999, "UN", SECRET.encode())  # a tag that no dictionary knows
    dataset.add_new(0xFFFCFFFC, "OB", SECRET.encode())
    for key, value in tags.items():
        setattr(dataset, key, value)
    dataset.file_meta.SourceApplicationEntityTitle = dataset.file_meta.SendingApplicationEntityTitle = SECRET
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.99999.8675309.5"
    dataset.file_meta.PrivateInformation = SECRET.encode()
    dataset.preamble = SECRET.encode().ljust(128, b"\0")
    return dataset


def left(path):
    raw = path.read_bytes()
    return [secret for secret in FORBIDDEN if secret in raw]


def test_no_planted_secret_is_left(tmp_path, names):
    source = write(planted(), tmp_path / "in" / "1")
    assert left(source) == FORBIDDEN[:-1]
    write(planted(SOPInstanceUID="1.2.99999.8675309.6", ImagePositionPatient=[0, 0, 9]), tmp_path / "in" / "2")
    (volume,) = series.find(tmp_path / "in").volumes
    files = deidentify_files({"T2": volume}, tmp_path / "out", names)
    assert len(files) == 2
    for path in files:
        assert left(path) == []
        assert not [secret for secret in FORBIDDEN if secret.decode() in str(path.relative_to(tmp_path))]
        copy = dcmread(path)
        copy.pixel_array  # noqa: B018
        assert not any(tag.is_private or tag.group >> 8 == 0x60 for tag in copy.keys())  # noqa: SIM118
        pseudonym = names.patient(SECRET)
        assert (copy.PatientID, copy.PatientName, copy.SeriesDescription) == (pseudonym, pseudonym, "T2")
        assert copy.PatientIdentityRemoved == "YES"
        assert copy.DeidentificationMethod
        assert copy.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        assert copy.LongitudinalTemporalInformationModified == "REMOVED"
        assert copy.StudyDate == copy.PatientBirthDate == ""
        assert path.read_bytes()[:128] == bytes(128)


def test_no_planted_secret_is_left_in_a_multi_frame_file(tmp_path, names):
    dataset = planted()
    frames = enhanced()
    for key in ("SOPClassUID", "NumberOfFrames", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
                "PixelData"):  # fmt: skip
        setattr(dataset, key, frames[key].value)
    for groups in dataset.PerFrameFunctionalGroupsSequence:
        groups.FrameContentSequence[0].FrameComments = SECRET
        groups.FrameContentSequence[0].FrameAcquisitionDateTime = "19870605010203"
        groups.private_block(0x2005, SECRET, create=True).add_new(1, "LO", SECRET)
    for key in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(dataset, key)
    write(dataset, tmp_path / "in" / "1")
    low, high = series.find(tmp_path / "in").volumes
    (path,) = deidentify_files({"DWI": high}, tmp_path / "out", names)
    assert left(path) == []
    (again,) = series.find(tmp_path / "out").volumes
    assert (again.b_value, len(again.frames), again.header.description) == (800, 4, "DWI")
    loaded, before = series.load(again), series.load(high)
    assert loaded.GetOrigin() == before.GetOrigin()
    assert [loaded.GetPixel(1, 1, k) for k in range(4)] == [before.GetPixel(1, 1, k) for k in range(4)]
    assert low.b_value == 0


def test_the_copy_is_the_same_image_at_the_same_place(tmp_path, names):
    write_series(tmp_path / "in", 6, n=4, RescaleSlope="0.123456789", RescaleIntercept="-3", b_value=800, EchoTime=61.5)
    (volume,) = series.find(tmp_path / "in").volumes
    first = deidentify_files({"DWI": volume}, tmp_path / "out", names)
    before = [path.read_bytes() for path in first]
    (copy,) = series.find(tmp_path / "out").volumes
    one, two = series.load(volume), series.load(copy)
    assert (one.GetSize(), one.GetSpacing(), one.GetOrigin()) == (two.GetSize(), two.GetSpacing(), two.GetOrigin())
    assert [one.GetPixel(0, 0, k) for k in range(4)] == [two.GetPixel(0, 0, k) for k in range(4)]
    assert (copy.b_value, copy.echo_time, copy.header.description) == (800, 61.5, "DWI")
    again = deidentify_files({"DWI": volume}, tmp_path / "out", names)
    assert [path.read_bytes() for path in again] == before


def test_uids_are_replaced_the_same_way_in_every_file(tmp_path, names):
    one, two = (deidentify(image(instance=f"1.2.{k}"), names, "T2") for k in (1, 2))
    other = deidentify(image(series="1.2.77"), names, "T1")
    assert one.StudyInstanceUID == two.StudyInstanceUID == other.StudyInstanceUID != "1.2.3.1"
    assert one.FrameOfReferenceUID == other.FrameOfReferenceUID
    assert one.SeriesInstanceUID == two.SeriesInstanceUID != other.SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert one.StudyInstanceUID.startswith("2.25.")
    assert one.StudyInstanceUID.is_valid
    assert one.SOPClassUID == image().SOPClassUID
    assert Pseudonyms.open(tmp_path / "another").uid("1.2.3.1") != one.StudyInstanceUID


def test_the_source_is_left_as_it_was_and_bits_that_hold_an_overlay_are_cleared(names):
    dataset = image(z=4)
    pixels = np.full((ROWS, COLUMNS), 40 + (1 << 14), dtype="<u2")  # an overlay in bit 14, above the 12 stored
    dataset.PixelData = pixels.tobytes()
    before = dataset.to_json()
    copy = deidentify(dataset, names, "T2")
    assert dataset.to_json() == before
    np.testing.assert_array_equal(np.frombuffer(copy.PixelData, "<u2"), 40)


def test_numbers_and_codes_that_are_none_are_not_copied(tmp_path, names):
    dataset = image(EchoTime=12, ScanningSequence=["SE", SECRET], ImageType=["ORIGINAL", "PRIMARY", SECRET])
    path = write(dataset, tmp_path / "1")
    raw = path.read_bytes().replace(b"12", SECRET[:2].encode())
    path.write_bytes(raw)
    copy = deidentify(dcmread(path), names, "T2")
    assert "EchoTime" not in copy
    assert (copy.ScanningSequence, list(copy.ImageType)) == ("SE", ["ORIGINAL", "PRIMARY", "OTHER"])
    assert "Laterality" not in copy


def test_what_cannot_be_copied_names_the_series(tmp_path, names):
    paths = write_series(tmp_path, 3)
    (volume,) = series.find(tmp_path).volumes
    paths[0].write_bytes(paths[0].read_bytes()[:-5])
    with pytest.raises(DataError, match="p0, series 3: an image cannot be copied") as caught:
        deidentify_files({"T2": volume}, tmp_path / "out", names, "p0")
    assert caught.value.problems[0].code == "RS832"
    with pytest.raises(ValueError, match="no grey-value image"):
        deidentify(image(SamplesPerPixel=3), names, "T2")
    with pytest.raises(ValueError, match="no storage class"):
        deidentify(image(SOPClassUID="1.2.840.10008.8675309"), names, "T2")
    floats = image(PixelData=None, BitsStored=None, HighBit=None, PixelRepresentation=None, BitsAllocated=32)
    floats.FloatPixelData = np.ones((ROWS, COLUMNS), "<f4").tobytes()
    with pytest.raises(ValueError, match="no whole numbers"):
        deidentify(floats, names, "ADC")


def test_compressed_pixels_are_written_plain(names):
    dataset = image(z=3)
    dataset.compress(RLELossless)
    copy = deidentify(dataset, names, "T2")
    np.testing.assert_array_equal(np.frombuffer(copy.PixelData, "<u2"), 30)


def test_a_vendors_b_value_becomes_the_standards(names):
    dataset = image(Manufacturer="Philips Medical Systems")
    add_b_value(dataset, 600, "Philips")
    copy = deidentify(dataset, names, "DWI")
    assert copy.DiffusionBValue == 600
    assert copy.Manufacturer == "PHILIPS"
    assert deidentify(image(Manufacturer=SECRET), names, "T2").Manufacturer == ""


def test_a_phantom_stays_one(names):
    assert deidentify(image(QualityControlSubject="YES"), names, "T2").QualityControlSubject == "YES"


def test_pseudonyms_depend_on_patient_and_key_alone(tmp_path):
    one = Pseudonyms.open(tmp_path / "a")
    assert one.patient("7") == Pseudonyms.open(tmp_path / "a").patient(" 7 ")
    assert one.patient("7") != one.patient("8")
    assert one.patient("7") != Pseudonyms.open(tmp_path / "b").patient("7")
    assert len(one.patient("7")) == 13
    # printf "patient\0007" | openssl mac -macopt hexkey:0001...1f -digest sha256 HMAC
    assert Pseudonyms(bytes(range(32))).patient("7") == "p51f2ce4d9d86"


def test_the_key_is_readable_by_its_owner_only_and_not_in_what_is_passed_on(tmp_path):
    key = tmp_path / "key"
    Pseudonyms.open(key)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(bytes.fromhex(key.read_text())) == 32
    assert os.listdir(tmp_path) == ["key"]

    def refused(path, **options):
        with pytest.raises(DataError) as caught:
            Pseudonyms.open(path, **options)
        (problem,) = caught.value.problems
        assert problem.code == "RS830"
        return problem.message

    assert "which is passed on" in refused(tmp_path / "store" / "key", outside=[tmp_path / "out", tmp_path / "store"])
    assert not (tmp_path / "store").exists()
    key.chmod(0o640)
    assert "others may read" in refused(key)
    key.chmod(0o600)
    key.write_text("not a key")
    assert "no key" in refused(key)
    with pytest.raises(FileNotFoundError):
        Pseudonyms.open(tmp_path / "none", create=False)


def test_two_patients_with_one_pseudonym_are_refused(monkeypatch):
    names = Pseudonyms(bytes(32))
    monkeypatch.setattr(names, "_hmac", lambda what, raw: bytes(32))
    names.patient("1")
    with pytest.raises(DataError, match="two patients have the pseudonym"):
        names.patient("2")


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({}, None),
        ({"BurnedInAnnotation": "NO"}, None),
        ({"BurnedInAnnotation": "YES"}, "BurnedInAnnotation is YES"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "it is a secondary capture"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "its ImageType is SCREEN SAVE"),
        ({"ImageType": ["DERIVED", "SECONDARY", "ADC"]}, None),
        ({"Modality": "OT"}, "it was made by a workstation"),
        ({"ImageType": ["DERIVED", "SECONDARY"], "ConversionType": "WSD"}, "it was made by a workstation"),
    ],
)
def test_text_that_may_be_part_of_the_picture_is_warned_of(tmp_path, tags, reason):
    write(image(**tags), tmp_path / "1")
    (volume,) = series.find(tmp_path).volumes
    assert burned_in(volume) == reason


def test_every_kind_of_text_was_planted():
    kinds = {element.VR for element in planted()}
    assert kinds >= {*PLANTED, "SQ"}
    assert keyword_for_tag(Tag(0x0010, 0x4000)) == "PatientComments"
