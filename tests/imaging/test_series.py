"""Finding, splitting and loading DICOM series."""

import shutil

import numpy as np
import pytest
import SimpleITK
from dicom_files import PRIVATE, enhanced, image, write, write_series
from pydicom.uid import JPEGLSLossless, RLELossless

from readerstudy.imaging import series
from readerstudy.imaging.headers import clock
from readerstudy.imaging.volume import elapsed
from readerstudy.problems import DataError


def refused(volume, code="RS812"):
    with pytest.raises(DataError) as caught:
        series.load(volume, "p000000000000")
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.message.startswith(f"p000000000000, {volume.name}: ")
    assert "Doe" not in str(caught.value)
    assert problem.help
    return problem.message.partition(": ")[2]


def test_a_series_is_found_among_anything_and_sorted_by_position(tmp_path):
    write_series(tmp_path / "a" / "b c", 3, n=6, step=7.0, RescaleSlope=2, RescaleIntercept=-5)
    (tmp_path / "notes.txt").write_text("Doe^Jo was here")
    (tmp_path / "empty.dcm").touch()
    write(image(SOPClassUID="1.2.840.10008.1.3.10"), tmp_path / "DICOMDIR")
    write(image(SOPClassUID="1.2.840.10008.5.1.4.1.1.11.1", Rows=None), tmp_path / "presentation")
    found = series.find(tmp_path)
    (volume,) = found.volumes
    assert (volume.series_number, volume.patient_id, volume.name) == (3, "7", "series 3")
    assert sorted(unread.reason for unread in found.unread) == [
        "it holds no image", "it is empty", "it is no DICOM file",
    ]  # fmt: skip
    assert "Doe" not in repr(found)
    assert str(tmp_path) not in repr(found)
    loaded = series.load(volume)
    assert loaded.GetPixelID() == SimpleITK.sitkFloat32
    assert loaded.GetSize() == (4, 6, 6)
    assert loaded.GetSpacing() == (1.25, 1.5, 7.0)  # columns, rows, and positions rather than the thickness of 5
    assert loaded.GetOrigin() == (-10, -20, 0)
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(loaded)[:, 0, 0], 2 * 70 * np.arange(6) - 5)


def test_the_third_axis_of_an_oblique_series_is_the_slice_normal(tmp_path):
    turn = np.deg2rad(20)
    x, y = np.array([np.cos(turn), np.sin(turn), 0]), np.array([0, 0, -1.0])
    normal = np.cross(x, y)
    for k in range(5):
        position = (np.array([1, 2, 3]) + 4.2 * k * normal).round(4).tolist()
        tags = {"ImagePositionPatient": position, "ImageOrientationPatient": [*x.round(6), *y]}
        write(image(instance=f"1.2.{k}", z=k, **tags), tmp_path / str(9 - k))
    loaded = series.load(series.find(tmp_path).volumes[0])
    assert loaded.GetSpacing() == pytest.approx((1.25, 1.5, 4.2), abs=1e-4)
    for index in ((0, 0, 0), (3, 5, 4)):
        expected = np.array([1, 2, 3]) + 1.25 * index[0] * x + 1.5 * index[1] * y + 4.2 * index[2] * normal
        assert loaded.TransformIndexToPhysicalPoint(index) == pytest.approx(tuple(expected), abs=1e-3)
    assert loaded.GetPixel(0, 0, 4) == 40


@pytest.mark.parametrize("vendor", PRIVATE)
def test_b_values_of_each_vendor_split_a_series(tmp_path, vendor):
    for b_value in (0, 50, 800):
        write_series(tmp_path, 4, b_value=b_value, vendor=vendor, part=str(b_value + 1))
    volumes = series.find(tmp_path).volumes
    assert [(volume.b_value, len(volume.frames), volume.of) for volume in volumes] == [
        (0, 5, 3),
        (50, 5, 3),
        (800, 5, 3),
    ]
    assert volumes[2].name == "series 4 volume 3"


def test_a_b_value_in_the_name_of_the_sequence_or_in_the_standard_element(tmp_path):
    write_series(tmp_path, 1, SequenceName="*ep_b800t")
    write_series(tmp_path, 2, DiffusionBValue=600.0)
    write_series(tmp_path, 3, SequenceName="*tfl3d1")
    assert [volume.b_value for volume in series.find(tmp_path).volumes] == [800, 600, None]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("TemporalPositionIdentifier", [1, 2, 3]),
        ("EchoTime", [1.2, 2.4, 3.6]),
        ("AcquisitionNumber", [1, 2, 3]),
        ("TriggerTime", [0, 15000, 60000]),
        ("ImageType", [["ORIGINAL", "PRIMARY", name] for name in ("IN_PHASE", "OUT_PHASE", "WATER")]),
    ],
)
def test_what_splits_a_series_into_volumes(tmp_path, key, values):
    for k, value in enumerate(values):
        write_series(tmp_path, 2, part=str(k + 1), AcquisitionTime="100000", **{key: value})
    volumes = series.find(tmp_path).volumes
    assert len(volumes) == 3
    assert all(len(volume.frames) == 5 for volume in volumes)
    if key == "TriggerTime":  # GE: one time of acquisition for the series, and ms from there
        assert [elapsed(clock("100000"), volume.acquired) for volume in volumes] == [0, 15, 60]


def test_phases_times_dixon_images_are_split_by_both(tmp_path):
    for phase in (1, 2):
        for name in ("WATER", "FAT"):
            tags = {"TemporalPositionIdentifier": phase, "ImageType": ["DERIVED", "PRIMARY", name]}
            write_series(tmp_path, 2, part=f"{phase}{len(name)}", **tags)
    assert len(series.find(tmp_path).volumes) == 4


def test_several_acquisitions_make_one_volume_when_no_position_is_there_twice(tmp_path):
    for k in range(6):
        write(image(instance=f"1.2.{k}", z=5.0 * k, AcquisitionNumber=1 + k % 2, EchoTime=80), tmp_path / str(k))
    (volume,) = series.find(tmp_path).volumes
    assert series.load(volume).GetSpacing()[2] == 5


def test_a_missing_slice_refuses_its_phase_and_no_other(tmp_path):
    for phase in (1, 2, 3):
        paths = write_series(tmp_path, 2, part=str(phase), n=6, TemporalPositionIdentifier=phase)
        if phase == 2:
            paths[3].unlink()
    volumes = series.find(tmp_path).volumes
    assert [len(volume.frames) for volume in volumes] == [6, 5, 6]
    series.load(volumes[0]), series.load(volumes[2])
    assert refused(volumes[1]) == "the step after the 3rd of 5 images is 14.00 mm, the others are 7.00 mm"


def test_an_enhanced_multi_frame_file(tmp_path):
    write(enhanced(), tmp_path / "one")
    volumes = series.find(tmp_path).volumes
    assert [(volume.b_value, len(volume.frames)) for volume in volumes] == [(0, 4), (800, 4)]
    high = volumes[1]
    assert (high.header.repetition_time, high.echo_time, high.acquired) == (3000, 60, 43200.1)
    loaded = series.load(high)
    assert loaded.GetSpacing() == (1.25, 1.5, 6)
    assert [loaded.GetPixel(0, 0, k) for k in range(4)] == [200, 202, 204, 206]


def test_copies_of_a_file_count_once_but_two_that_differ_are_refused(tmp_path):
    paths = write_series(tmp_path, 1)
    shutil.copy(paths[2], tmp_path / "copy")
    assert series.load(series.find(tmp_path).volumes[0]).GetSize()[2] == 5
    write(image(study="1.2.3.1", series="1.2.3.1.1", instance="1.2.3.1.1.1", z=99, SeriesNumber=1), tmp_path / "other")
    assert "two different files" in refused(series.find(tmp_path).volumes[0], "RS811")


def test_what_is_no_regular_grid_is_refused_by_its_name(tmp_path):
    def volume(name, *changes):
        for k in range(5):
            tags = changes[k] if k < len(changes) else {}
            write(image(**{"instance": f"1.2.{k}", "z": 5.0 * k, **tags}), tmp_path / name / str(k))
        (found,) = series.find(tmp_path / name).volumes
        return found

    assert "two images stand at one position (the 1st of 5" in refused(volume("twice", {}, {"z": 0.0}))
    assert "the step after the 1st of 5 images is 6.00 mm, the others are 5.00 mm" in refused(
        volume("gap", {"z": -1.0})
    )
    assert "2 matrices" in refused(volume("matrix", {"Rows": 4, "Columns": 6}))
    assert "2 pixel spacings" in refused(volume("spacing", {"PixelSpacing": [1, 1]}))
    assert "2 orientations" in refused(volume("turned", {"ImageOrientationPatient": [1, 0, 0, 0, 0.8, 0.6]}))
    assert "sheared" in refused(volume("shear", *({"ImagePositionPatient": [k, 0, 5 * k]} for k in range(5))))
    oblique = {"ImageOrientationPatient": [1, 0, 0, 0.6, 0.8, 0]}
    assert "no right angle" in refused(volume("skew", *[oblique] * 5))
    assert "has no position" in refused(volume("placeless", *[{"ImagePositionPatient": None}] * 5))
    assert "one grey value" in refused(
        volume("colour", {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "BitsAllocated": 8, "BitsStored": 8,
                          "HighBit": 7, "PlanarConfiguration": 0, "PixelData": bytes(72)}), "RS811"
    )  # fmt: skip
    series.load(volume("rounded", {"z": 0.04}))  # within the tolerance
    write(image(), tmp_path / "single" / "0")
    assert "a single image" in refused(series.find(tmp_path / "single").volumes[0])


@pytest.mark.parametrize("kept", [-1, -40, 700, 500, 330, 140], ids=lambda n: f"cut at {n}")
def test_a_file_that_is_cut_short_refuses_its_series_and_no_other(tmp_path, kept):
    last = write_series(tmp_path / "one", 1)[-1]  # the end of the volume: no gap would show that it is missing
    write_series(tmp_path / "two", 2)
    last.write_bytes(last.read_bytes()[:kept])
    found = series.find(tmp_path)
    first, second = found.volumes
    assert "cut short" in refused(first, "RS811") or "damaged" in refused(first, "RS811")
    series.load(second)
    (unread,) = found.unread
    assert unread.damaged


def test_pixel_data_that_were_cut_after_the_search_are_refused(tmp_path):
    paths = write_series(tmp_path, 1)
    (volume,) = series.find(tmp_path).volumes
    paths[1].write_bytes(paths[1].read_bytes()[:-7])
    assert "pixel data of a file are cut short" in refused(volume, "RS811")
    paths[1].unlink()
    assert "a file cannot be read" in refused(volume, "RS811")


def test_a_compressed_file_says_how_to_decompress_it(tmp_path):
    for k in range(3):
        dataset = image(instance=f"1.2.{k}", z=5.0 * k)
        dataset.compress(RLELossless)
        write(dataset, tmp_path / "rle" / str(k))
        dataset.file_meta.TransferSyntaxUID = JPEGLSLossless
        write(dataset, tmp_path / "jls" / str(k))
    assert series.load(series.find(tmp_path / "rle").volumes[0]).GetPixel(0, 0, 2) == 100
    (volume,) = series.find(tmp_path / "jls").volumes
    with pytest.raises(DataError, match=r"JPEG-LS Lossless.*only with a plug-in") as caught:
        series.load(volume)
    assert "gdcmconv" in caught.value.problems[0].help


def test_a_file_without_preamble_is_read(tmp_path):
    for k in range(3):
        dataset = image(instance=f"1.2.{k}", z=5.0 * k)
        del dataset.file_meta
        dataset.save_as(tmp_path / str(k), implicit_vr=True, little_endian=True, enforce_file_format=False)
        assert (tmp_path / str(k)).read_bytes()[:2] == b"\x08\x00"
    assert series.load(series.find(tmp_path).volumes[0]).GetPixel(0, 0, 2) == 100


def test_segmentations_are_listed_apart(tmp_path):
    write(image(SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4", Modality="SEG"), tmp_path / "seg")
    found = series.find(tmp_path)
    assert found.segmentations == (tmp_path / "seg",)
    assert found.volumes == ()
    assert found.unread == ()


def test_values_against_the_standard_do_no_harm_and_are_not_quoted(tmp_path, caplog):
    for k in range(3):
        dataset = image(instance=f"1.2.{k}", z=5.0 * k)
        dataset.StudyDate = "20260101"
        raw = write(dataset, tmp_path / str(k))
        raw.write_bytes(raw.read_bytes().replace(b"20260101", b"Doe^Jo  "))
    with caplog.at_level("DEBUG"):
        series.load(series.find(tmp_path).volumes[0])
    assert "Doe" not in caplog.text


def test_patients_without_id_are_not_taken_for_one(tmp_path):
    write_series(tmp_path, 1, study="1.2.3.1", PatientID="")
    write_series(tmp_path, 2, study="1.2.3.2", PatientID="")
    first, second = series.find(tmp_path).volumes
    assert first.patient_id != second.patient_id
    assert set(series.find(tmp_path).studies) == {"1.2.3.1", "1.2.3.2"}


def test_a_series_of_two_patients_is_refused(tmp_path):
    write_series(tmp_path, 1)
    dataset = image(study="1.2.3.1", series="1.2.3.1.1", instance="1.2.3.1.1.9", z=35.0, PatientID="Roe")
    write(dataset, tmp_path / "one more")
    (volume,) = series.find(tmp_path).volumes
    with pytest.raises(DataError, match="its files name several patients") as caught:
        series.load(volume)
    assert "Roe" not in str(caught.value)


def test_on_file_is_called_for_every_file(tmp_path):
    write_series(tmp_path, 1)
    (tmp_path / "notes").touch()
    calls = []
    series.find(tmp_path, lambda: calls.append(1))
    assert len(calls) == 6
    with pytest.raises(NotADirectoryError):
        series.find(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("x", None), ("23", 82800), ("2359", 86340), ("235959.5", 86399.5), ("10:20:30", 37230), ("99", None)],
)
def test_clock(text, seconds):
    assert clock(text) == seconds


def test_elapsed_goes_the_shorter_way_round_the_clock():
    assert elapsed(86390, 20) == 30
    assert elapsed(20, 86390) == -30
    assert elapsed(None, 20) is None
