"""The phantom as files: DICOM that any reader takes, masks and tables that fit it, the same bytes from one seed."""

import csv
import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from readerstudy.cli_phantom import phantom
from readerstudy.imaging import series as found_series
from readerstudy.imaging.geometry import Grid, to_array
from readerstudy.imaging.phantom import CLASSES, Settings, cases, clinical, is_phantom, write
from readerstudy.imaging.phantom.scanner import SCANNERS
from readerstudy.imaging.recipe import SEQUENCES
from readerstudy.imaging.sequences import Rules, recognise

pydicom = pytest.importorskip("pydicom")
sitk = pytest.importorskip("SimpleITK")

SETTINGS = Settings(matrix=48, lesions=2)
N = 4  # patients, one of each vocabulary
TYPE_1 = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "FrameOfReferenceUID",
    "ImageType", "ScanningSequence", "SequenceVariant", "SamplesPerPixel", "PhotometricInterpretation", "Rows",
    "Columns", "PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient", "BitsAllocated", "BitsStored",
    "HighBit", "PixelRepresentation", "PixelData",
)  # fmt: skip
TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber", "SeriesNumber", "Manufacturer", "PositionReferenceIndicator", "InstanceNumber",
    "SliceThickness", "ScanOptions", "MRAcquisitionType", "EchoTime", "EchoTrainLength", "RepetitionTime",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One patient of each of the first scanners, whose vocabularies differ."""
    out = tmp_path_factory.mktemp("phantom") / "files"
    out.mkdir()
    write(out, N, SETTINGS)
    return out


@pytest.fixture(scope="module")
def studies(folder):
    found = found_series.find(folder / "dicom")
    assert not found.unread
    return {volumes[0].header.patient_id: volumes for volumes in found.studies.values()}


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(folder, patient, description):
    """A series read by SimpleITK's own reader, the last of its volumes."""
    for place in sorted((folder / "dicom" / patient).iterdir()):
        names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(place))
        if pydicom.dcmread(names[0], stop_before_pixels=True).SeriesDescription == description:
            return sitk.ReadImage(names)
    raise AssertionError(description)


def test_every_file_has_what_the_standard_wants(folder):
    uids = set()
    paths = sorted((folder / "dicom").rglob("*.dcm"))
    assert len(paths) > 200 * N
    with pydicom.config.strict_reading():
        for path in paths[::7]:
            dataset = pydicom.dcmread(path)
            for keyword in TYPE_1:
                assert dataset.get(keyword) not in (None, "", []), keyword
            for keyword in TYPE_2:
                assert keyword in dataset, keyword
            assert ("ContrastBolusStartTime" in dataset) == ("ContrastBolusAgent" in dataset)
            assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
            assert dataset.pixel_array.shape == (dataset.Rows, dataset.Columns)
            assert dataset.pixel_array.max() < 4096
            assert is_phantom(dataset)
            uids.add(dataset.SOPInstanceUID)
            str(dataset)  # reads every element
    assert len(uids) == len(paths[::7])


def test_what_pydicom_writes_again_is_the_same(folder, tmp_path):
    """Elements in order, of even length, in explicit little endian: a writer that knows the standard agrees."""
    for place in sorted((folder / "dicom").glob("*/*")):
        path = place / "0002.dcm"
        pydicom.dcmread(path).save_as(tmp_path / "again.dcm", enforce_file_format=True)
        assert (tmp_path / "again.dcm").read_bytes() == path.read_bytes()


def test_other_dicom_is_no_phantom():
    dataset = pydicom.Dataset()
    assert not is_phantom(dataset)
    dataset.QualityControlSubject, dataset.StudyDescription = "NO", "MRI liver"
    assert not is_phantom(dataset)
    dataset.StudyDescription = "readerstudy digital phantom"
    assert is_phantom(dataset)


def test_a_study_is_one_frame_of_reference_with_grids_of_its_own(folder):
    for patient in sorted((folder / "dicom").iterdir()):
        heads = [pydicom.dcmread(place / "0001.dcm", stop_before_pixels=True) for place in sorted(patient.iterdir())]
        assert len({head.FrameOfReferenceUID for head in heads}) == len({head.StudyInstanceUID for head in heads}) == 1
        assert len({tuple(head.ImageOrientationPatient) for head in heads}) >= 4
        assert len({tuple(head.PixelSpacing) for head in heads}) >= 4
        assert len({head.SeriesNumber for head in heads}) == len(heads) >= 8


def test_every_series_is_recognised_by_the_default_rules(studies):
    rules = Rules.read()
    assert len(studies) == N
    for number, patient in enumerate(sorted(studies), start=1):
        planned = {s.number: s for s in cases.case(SETTINGS, number).study.series}
        decision = recognise(studies[patient], rules)
        named = {planned[volume.series_number].sequence for volume in studies[patient]}
        assert set(decision.chosen) == named - {"localiser"}
        assert set(decision.chosen) >= set(SEQUENCES) - {"IP", "OP"}
        for sequence, choice in decision.chosen.items():
            assert planned[choice.volume.series_number].sequence == sequence
        assert decision.chosen["DWI"].volume.frames[0].b_value == 800
        low = {frame.b_value for volume in studies[patient] for frame in volume.frames} - {800, None}
        assert low == {SCANNERS[number - 1].low_b}


def test_the_lesion_lies_where_it_should_in_every_series(tmp_path):
    """The middle of what differs from the liver, found by the physical coordinates that SimpleITK reads."""
    settings = Settings(matrix=96, classes=("abscess",), atypical=0.0, seed=1)
    write(tmp_path, 1, settings)
    (truth,) = rows(tmp_path / "lesions.csv")
    made = cases.case(settings, 1)
    checked = 0
    for series in made.study.series:
        if series.sequence in ("localiser", "DWI"):  # two b-values in a series are for our reader
            continue
        image = load(tmp_path, made.patient.patient_id, series.description)
        assert Grid.of(image).agrees(series.grid)
        moved = [
            float(truth.get(f"{series.sequence}_moved_{axis}_mm", v))
            for axis, v in zip("xyz", series.moved, strict=True)
        ]
        expected = np.array([float(truth[f"{axis}_mm"]) for axis in "xyz"]) + moved
        values = to_array(image)
        grid = Grid.of(image)
        points = grid.points(np.argwhere(np.ones(values.shape))[:, ::-1])
        far = np.linalg.norm(points - expected, axis=1) / (made.lesions[0].diameter / 2)
        core, liver = np.median(values.ravel()[far < 0.5]), np.median(values.ravel()[(far > 1.35) & (far < 1.6)])
        weight = np.clip((values.ravel() - liver) / (core - liver), 0, 1) * (far < 1.25)
        middle = (points * weight[:, None]).sum(axis=0) / weight.sum()
        assert np.linalg.norm(middle - expected) < 0.15 * made.lesions[0].diameter / 2 + 1, series.sequence
        checked += 1
    assert checked >= 6


def test_masks_are_on_the_t2_grid_with_a_label_for_each_lesion(folder, studies):
    table = rows(folder / "cases.csv")
    for number, patient in enumerate(sorted(studies), start=1):
        made = cases.case(SETTINGS, number)
        mask = sitk.ReadImage(str(folder / "roi" / f"{patient}.nii.gz"))
        t2 = load(folder, patient, SCANNERS[number - 1].descriptions["T2"])
        assert Grid.of(mask).agrees(Grid.of(t2))
        labels = np.unique(to_array(mask))
        own = [row for row in table if row["patient_id"] == patient]
        assert labels.tolist() == list(range(len(own) + 1))
        assert [row["case_id"] for row in own] == [f"{patient}-{k}" for k in range(1, len(own) + 1)]
        for k, lesion in enumerate(made.lesions, start=1):
            points = Grid.of(mask).points(np.argwhere(to_array(mask) == k)[:, ::-1])
            assert np.linalg.norm(points.mean(axis=0) - lesion.shape.centre) < max(4, 0.2 * lesion.diameter)
            volume = len(points) * np.prod(mask.GetSpacing())
            if lesion.diameter > 25:
                assert volume == pytest.approx(np.pi / 6 * lesion.diameter**3, rel=0.3)
    assert any(row["lesion"] == "2" for row in table)


def test_every_lesion_lies_within_every_series():
    """Many patients, without painting them: what prepare would refuse does not occur."""
    for number in range(1, 121):
        made = cases.case(Settings(matrix=48, lesions=3), number)
        _, labels = made.mask()
        grid = next(series.grid for series in made.study.series if series.sequence == "T2")
        points = grid.points(np.argwhere(labels)[:, ::-1])
        for series in made.study.series:
            if series.sequence != "localiser":
                assert series.grid.holds(points).all(), (number, series.sequence)


def test_a_patient_does_not_depend_on_how_many_there_are(folder, tmp_path):
    write(tmp_path, 2, SETTINGS)
    names = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    for name in names:
        if name.parts[0] in ("dicom", "roi") or name.name == "README.md":
            assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
        else:
            assert (folder / name).read_bytes().startswith((tmp_path / name).read_bytes())
    assert len(names) > 400


def test_diagnoses_and_scanners_take_turns():
    made = [cases.case(Settings(matrix=32), number) for number in range(1, 25)]
    for block in range(3):
        assert sorted(one.truth for one in made[8 * block : 8 * block + 8]) == sorted(CLASSES)
    assert [one.study.scanner for one in made[:12]] == list(SCANNERS) * 2
    other = [cases.case(Settings(matrix=32, seed=1), number).truth for number in range(1, 25)]
    assert other != [one.truth for one in made]


app = typer.Typer()
app.command()(phantom)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_writes_a_whole_folder(tmp_path):
    out = tmp_path / "ph"
    options = ("--cases", 1, "--matrix", 32, "--classes", "HCC,cyst", "--out", out)
    assert run(*options, "--json").exit_code == 0
    assert {path.name for path in out.iterdir()} == {
        "dicom", "roi", "cases.csv", "lesions.csv", "README.md", "manifest.json",
    }  # fmt: skip
    (row,) = rows(out / "cases.csv")
    assert row["truth"] in ("HCC", "cyst")
    assert set(clinical.UNITS) < set(row)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["phantom"]["cases"] == 1
    assert "no patient" in (out / "README.md").read_text(encoding="utf-8")
    assert run(*options).exit_code == 2
    assert run(*options, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--classes", "HCC,flu"), "flu"),
        (("--matrix", 8), "32"),
        (("--lesions-per-patient", 0), "lesion"),
        (("--atypical", 2), "atypical"),
        (("--breathing", -1), "breathing"),
        (("--seed", -1), "seed"),
    ],
)
def test_what_is_impossible_is_refused_and_nothing_written(tmp_path, options, word):
    made = run("--out", tmp_path / "ph", "--cases", 1, *options)
    assert made.exit_code == 1
    assert word in made.stderr
    assert not (tmp_path / "ph").exists()
