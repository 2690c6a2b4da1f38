import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tiny_study as tiny
from pydicom.dataset import Dataset
from test_masks import seg
from typer.testing import CliRunner

from readerstudy.cli import app
from readerstudy.imaging.lock import alone
from readerstudy.imaging.prepare import prepare
from readerstudy.imaging.store import Store
from readerstudy.problems import DataError


@pytest.fixture
def one(tmp_path):
    """A patient with two lesions on T2, and a patient without ADC."""
    tiny.dicom(tmp_path / "in" / "a", "Ann", lesions=2)
    tiny.save_roi(tmp_path / "roi" / "Ann.nii.gz", lesions=2)
    tiny.dicom(tmp_path / "in" / "b", "Bob", sequences=("T2", "DWI", "T1", "DP"))
    tiny.save_roi(tmp_path / "roi" / "Bob.nii.gz")
    (tmp_path / "cases.csv").write_text("patient_id,lesion,truth\nAnn,1,HCC\nAnn,2,cyst\nBob,,FNH\n")
    return tiny.request(tmp_path, roi=tmp_path / "roi", cases=tmp_path / "cases.csv", link=tmp_path / "link.csv")


@pytest.fixture
def quick(tmp_path):
    """Two patients with three sequences each, as NIfTI."""
    for patient in ("Ann", "Bob"):
        tiny.nifti(tmp_path / "in", patient, sequences=tiny.UNENHANCED)
        tiny.save_roi(tmp_path / "in" / patient / "roi.nii.gz")
    return tiny.request(tmp_path)


def centroid(weights, spacing):
    """In mm along z, y and x from the first voxel."""
    where = np.argwhere(weights)
    return where.mean(axis=0) * spacing


def assert_in_place(arrays, off=1.5):
    """The bright ball lies where the mask says, in every sequence, to within `off` mm."""
    assert arrays.masks.any(axis=(1, 2, 3)).all()
    for image, mask in zip(arrays.images, arrays.masks, strict=True):
        found = (image > 0.5) & mask
        assert found.sum() > 0.6 * mask.sum()
        assert image[mask].mean() > image[~mask].mean() + 0.4
        assert np.abs(centroid(found, arrays.spacing) - centroid(mask, arrays.spacing)).max() < off


def test_from_dicom_to_a_store(one):
    report = prepare(one)
    assert (report.patients, report.written, report.kept, report.skipped) == (2, 3, 0, ())
    store = Store.open(one.out)
    ann = [case for case in store.cases if case.sequences == tiny.SEQUENCES]
    (bob,) = [case for case in store.cases if case not in ann]
    assert [case.case_id[-2:] for case in ann] == ["-1", "-2"]
    assert set(ann[0].recipes) == {"flat", "cube"}
    assert set(bob.recipes) == {"flat"}
    assert bob.sequences == ("T2", "DWI", "T1", "DP")
    for case in store.cases:
        assert case.diameter_mm == pytest.approx(2 * tiny.RADIUS, abs=3)
        for recipe in case.recipes:
            arrays = store.load(case.case_id, recipe)
            x, y, z = tiny.RECIPES[recipe].spacing
            assert arrays.spacing == (z, y, x)
            assert np.allclose(arrays.direction, tiny.grid("T2").direction, atol=1e-6)
            assert_in_place(arrays)
    # The known place: the middle of the grid is the lesion's, in the patient.
    arrays = store.load(ann[1].case_id, "cube")
    axes = np.array(arrays.direction).reshape(3, 3)
    middle = axes @ centroid(arrays.masks[0], arrays.spacing)[::-1] + arrays.origin
    assert np.linalg.norm(middle - tiny.centre(2)) < 2.5
    table = store.table()
    assert [table[case.case_id]["truth"] for case in (*ann, bob)] == ["HCC", "cyst", "FNH"]
    link = dict(line.split(",") for line in one.link.read_text().splitlines()[1:])
    assert link == {ann[0].patient_id: "Ann", bob.patient_id: "Bob"}
    assert oct(one.link.stat().st_mode)[-3:] == "600"
    decisions = (one.out / "decisions.csv").read_text().splitlines()
    assert f"{ann[0].case_id},T2,1,T2 turbo spin echo" in decisions
    assert sorted(path.stem for path in (one.out / "qc").iterdir()) == [case.case_id for case in store.cases]


def test_a_second_run_does_nothing_and_two_processes_the_same(one, tmp_path):
    prepare(one)
    before = tiny.content(one.out)
    stamps = {path: path.stat().st_mtime_ns for path in (one.out / "cases").iterdir()}
    report = prepare(one)
    assert (report.written, report.kept) == (0, 3)
    assert tiny.content(one.out) == before
    assert {path: path.stat().st_mtime_ns for path in (one.out / "cases").iterdir()} == stamps
    other = tiny.request(tmp_path, roi=one.roi, cases=one.cases, out=tmp_path / "other", workers=2)
    assert prepare(other).written == 3
    assert tiny.content(other.out) == before


def test_only_what_changed_is_done_again(one, tmp_path):
    prepare(one)
    override = tmp_path / "override.csv"
    pseudonym = next(line for line in one.link.read_text().splitlines() if line.endswith(",Bob")).partition(",")[0]
    override.write_text(f"study,sequence,series_number\n{pseudonym},PVP,4\n")
    changed = tiny.request(tmp_path, roi=one.roi, cases=one.cases, override=override)
    report = prepare(changed)
    assert (report.written, report.kept) == (1, 2)
    one.cases.write_text(one.cases.read_text().replace("cyst", "ICC"))
    report = prepare(changed)
    assert (report.written, report.kept) == (0, 3)
    assert "ICC" in [row["truth"] for row in report.store.table().values()]


def test_a_store_of_another_input_is_left_alone(quick):
    prepare(quick)
    before = tiny.content(quick.out)
    shutil.rmtree(quick.folder / "Bob")
    with pytest.raises(DataError, match="1 of 2 patients whom the input does not have"):
        prepare(quick)
    assert tiny.content(quick.out) == before
    report = prepare(dataclasses.replace(quick, force=True))
    assert (report.kept, len(report.store.cases)) == (1, 1)


def test_a_store_of_other_cards_is_left_alone(quick):
    prepare(quick)
    before = tiny.content(quick.out)
    other = dataclasses.replace(quick, recipes={"flat": dataclasses.replace(tiny.FLAT, spacing=(3, 3, 5))})
    with pytest.raises(DataError, match="RS858"):
        prepare(other)
    assert tiny.content(quick.out) == before
    report = prepare(dataclasses.replace(other, uses=tiny.USES[:1], force=True))
    assert (report.written, report.kept) == (2, 0)


def test_a_file_that_cannot_be_opened_concerns_its_patient_only(quick, monkeypatch):
    opened = Path.read_bytes

    def read_bytes(path):
        if path.parent.name == "Bob":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    report = prepare(quick)
    assert [skipped.reason for skipped in report.skipped] == ["it cannot be prepared (PermissionError)"]
    assert len(report.store.cases) == 1


def test_a_disk_that_is_full_stops_the_work(quick, monkeypatch):
    def full(store, *args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("readerstudy.imaging.prepare_case.write_case", full)
    with pytest.raises(OSError, match="No space left"):
        prepare(quick)


def test_a_bad_patient_does_not_stop_the_others(one, tmp_path):
    source, roi = tmp_path / "in", tmp_path / "roi"
    tiny.dicom(source, "Cut")
    image = source / "Cut" / "S1" / "I3.dcm"
    os.truncate(image, image.stat().st_size - 700)
    tiny.save_roi(roi / "Cut.nii.gz")
    tiny.dicom(source, "NoT1", sequences=("T2", "DWI"))
    tiny.save_roi(roi / "NoT1.nii.gz")
    tiny.dicom(source, "Away")
    tiny.save_roi(roi / "Away.nii.gz", shift=(0.0, 400.0, 0.0))
    tiny.dicom(source, "NoRoi")
    tiny.dicom(source, "HalfCut")
    image = source / "HalfCut" / "S3" / "I0.dcm"  # ADC, which one of the cards does without
    os.truncate(image, image.stat().st_size - 700)
    tiny.save_roi(roi / "HalfCut.nii.gz")
    tiny.dicom(source, "BadRoi")
    (roi / "BadRoi.nii.gz").write_bytes(b"nothing")
    report = prepare(one)
    assert len(report.store.cases) == 4
    names = {line.partition(",")[0]: line.partition(",")[2] for line in one.link.read_text().splitlines()}
    why = {names[skipped.case.partition("-")[0]]: skipped.reason for skipped in report.skipped}
    assert set(why) == {"Cut", "NoT1", "Away", "NoRoi", "BadRoi"}
    assert "no T2, which card-f needs" in why["Cut"]
    assert "cut short" in why["Cut"]
    assert why["NoT1"] == "no T1, which card-f needs: no series is T1"
    assert "the lesion lies outside the T2 image" in why["Away"]
    assert "no region of interest" in why["NoRoi"]
    assert "mask on T2 cannot be read" in why["BadRoi"]
    listed = (one.out / "skipped.csv").read_text()
    assert all(skipped.case in listed for skipped in report.skipped)
    assert "ADC,,left out:" in (one.out / "decisions.csv").read_text().replace('"', "")


def test_no_case_at_all(tmp_path):
    tiny.dicom(tmp_path / "in", "Ann", sequences=("DWI",))
    report = prepare(tiny.request(tmp_path))
    assert report.store is None
    assert [skipped.reason for skipped in report.skipped] == [
        "no T2, T1, which card-f needs: no series is T2; no series is T1"
    ]
    with pytest.raises(DataError, match="RS851"):
        Store.open(tmp_path / "store")


def test_a_segmentation_in_the_study(tmp_path):
    tiny.dicom(tmp_path / "in", "Ann", edit=lambda dataset: setattr(dataset, "FrameOfReferenceUID", "1.2.3"))
    where = tiny.grid("DWI")
    planes = [(1, k, plane) for k, plane in enumerate(tiny.inside(where)) if plane.any()]

    def refer(data):
        from pydicom import dcmread

        first = dcmread(tmp_path / "in" / "Ann" / "S2" / "I0.dcm")
        data.StudyInstanceUID, data.PatientID = first.StudyInstanceUID, "Ann"
        data.SeriesInstanceUID = "1.2.3.99"
        referenced = Dataset()
        referenced.SeriesInstanceUID = first.SeriesInstanceUID
        data.ReferencedSeriesSequence = [referenced]

    seg(tmp_path / "in" / "Ann" / "seg.dcm", planes, where, edit=refer)
    report = prepare(tiny.request(tmp_path))
    (case,) = report.store.cases
    arrays = report.store.load(case.case_id, "cube")
    assert np.allclose(arrays.direction, where.direction, atol=1e-6)
    assert_in_place(arrays)


def test_nifti_with_masks_of_several_sequences(tmp_path):
    tiny.nifti(tmp_path / "in", "Ann")
    tiny.save_roi(tmp_path / "in" / "Ann" / "roi.nii.gz")
    tiny.save_roi(tmp_path / "in" / "Ann" / "DP_roi.nii.gz", sequence="DP", shift=(4.0, 0.0, 0.0))
    (tmp_path / "in" / "Ann" / "other.nii.gz").write_bytes(b"")
    tiny.nifti(tmp_path / "in", "Bob")
    tiny.save_roi(tmp_path / "in" / "Bob" / "roi.nii.gz")
    broken = tmp_path / "in" / "Bob" / "T1.nii.gz"
    os.truncate(broken, broken.stat().st_size // 2)
    report = prepare(tiny.request(tmp_path))
    assert report.notes == ("1 NIfTI files are not named as a sequence and were left out",)
    (case,) = report.store.cases
    arrays = report.store.load(case.case_id, "flat", ("T2", "DWI", "DP"))
    t2, dwi, dp = (centroid(mask, arrays.spacing) for mask in arrays.masks)
    assert np.allclose(t2, dwi)
    assert np.linalg.norm(dp - t2) == pytest.approx(4, abs=2)
    assert [skipped.reason for skipped in report.skipped] == ["no T1, which card-f needs: the T1 image cannot be read"]


def test_a_patient_with_two_studies(tmp_path):
    tiny.dicom(tmp_path / "in" / "first", "Ann")
    tiny.dicom(
        tmp_path / "in" / "second", "Ann",
        edit=lambda dataset: [
            setattr(dataset, key, f"{getattr(dataset, key)}.2")
            for key in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
        ],
    )  # fmt: skip
    tiny.save_roi(tmp_path / "roi" / "Ann.nii.gz")
    report = prepare(tiny.request(tmp_path, roi=tmp_path / "roi"))
    assert [skipped.reason for skipped in report.skipped] == [
        "2 of its 2 studies could be used: leave the one that is meant"
    ]


def test_another_frame_of_reference_is_warned_of(tmp_path):
    def move(dataset):
        dataset.FrameOfReferenceUID = "1.2.4" if dataset.SeriesDescription in ("DWI", "ADC") else "1.2.3"

    tiny.dicom(tmp_path / "in", "Ann", edit=move)
    tiny.save_roi(tmp_path / "roi" / "Ann.nii.gz")
    report = prepare(tiny.request(tmp_path, roi=tmp_path / "roi"))
    (note,) = report.notes
    assert note.startswith(f"{report.store.cases[0].patient_id}: DWI, ADC may not lie where T2 says")


def test_a_study_of_two_patients_is_refused_for_both(tmp_path):
    def rename(dataset):
        if dataset.SeriesDescription == "T2":
            dataset.PatientID = "Bob"

    tiny.dicom(tmp_path / "in", "Ann", edit=rename)
    report = prepare(tiny.request(tmp_path))
    assert [skipped.reason for skipped in report.skipped] == [
        "a study names several patients: send it again from the archive"
    ] * 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"out": "in/store"}, "RS865"),
        ({"dicom_out": "in/copies"}, "RS865"),
        ({"link": "store/link.csv"}, "RS865"),
        ({"key": "store/key"}, "RS830"),
        ({"flips": "flips.csv"}, "RS869"),
    ],
)
def test_options_that_cannot_be(tmp_path, options, code):
    tiny.dicom(tmp_path / "in", "Ann", sequences=("T2",))
    with pytest.raises(DataError, match=code):
        prepare(tiny.request(tmp_path, **{name: tmp_path / path for name, path in options.items()}))


def test_a_phantom_is_marked(tmp_path):
    tiny.dicom(tmp_path / "in", "Ann", edit=lambda dataset: setattr(dataset, "QualityControlSubject", "YES"))
    tiny.save_roi(tmp_path / "roi" / "Ann.nii.gz")
    report = prepare(tiny.request(tmp_path, roi=tmp_path / "roi"))
    assert report.store.phantom
    assert "PHANTOM" in report.store.notice


def test_masks_beside_a_folder_of_dicom_do_not_make_it_nifti(tmp_path):
    tiny.dicom(tmp_path / "in" / "dicom", "Ann")
    tiny.save_roi(tmp_path / "in" / "masks" / "Ann.nii.gz")
    report = prepare(tiny.request(tmp_path, roi=tmp_path / "in" / "masks"))
    assert report.written


def test_one_process_at_a_time_fills_a_store(quick):
    with alone(quick.out), pytest.raises(BlockingIOError, match="another readerstudy"):
        prepare(quick)
    assert prepare(quick).written
    assert not (quick.out / ".lock").exists()


def test_a_folder_with_images_masks_and_table_side_by_side(tmp_path):
    """As `readerstudy phantom` writes it: the masks and the table need not be named."""
    study = tmp_path / "study"
    tiny.dicom(study / "dicom", "Ann")
    tiny.save_roi(study / "roi" / "Ann.nii.gz")
    (study / "cases.csv").write_text("patient_id,truth\nAnn,HCC\n")
    made = CliRunner().invoke(app, ["prepare", str(study), "--out", str(tmp_path / "store"), "--card", "zhen2020-b"])
    assert made.exit_code == 0, made.stderr
    assert "roi" in made.stderr
    (row,) = Store.open(tmp_path / "store").table().values()
    assert row["truth"] == "HCC"
