import json
import os
import shutil

import numpy as np
import pytest
import SimpleITK
import tiny_study as tiny

from readerstudy.imaging import lld_mmri
from readerstudy.imaging.prepare import Use, prepare
from readerstudy.problems import DataError

SIX = ("T2", "DWI", "T1", "LAP", "PVP", "DP")
USES = (Use("card", "cube", SIX),)
PLACES = {phase: (9 + k, 11 + 2 * k, 2 + k % 3) for k, phase in enumerate(lld_mmri.PHASES)}
"""First voxel (x, y, z) of the first lesion's box, in every phase another."""
SIZE = (6, 8, 3)
SHAPE = (10, 44, 32)
"""(z, y, x): not square, so that x and y cannot be mixed up unseen."""


def boxes_of(phase, lesions):
    for lesion in range(lesions):
        low = np.array(PLACES[phase]) + lesion * np.array([9, 5, 2])
        yield lesion, low, low + SIZE


def volume(phase, lesions):
    array = np.random.default_rng(len(phase)).integers(0, 20, SHAPE).astype(np.int16)
    for _, low, high in boxes_of(phase, lesions):
        (x0, y0, z0), (x1, y1, z1) = low, high
        array[z0:z1, y0:y1, x0:x1] = 300
    return array


def item(patient, phase, lesions, category, spacing):
    """A phase in the annotation: x_max and y_max beyond the lesion, z_max its last slice."""
    found = {}
    for lesion, low, high in boxes_of(phase, lesions):
        corners = {f"{axis}_min": int(low[k]) for k, axis in enumerate("xyz")}
        corners |= {f"{axis}_max": int(high[k]) - (axis == "z") for k, axis in enumerate("xyz")}
        found[str(lesion)] = {"category": category, "bbox": {"3D_box": corners}}
    return {
        "studyUID": f"{patient}-study", "seriesUID": f"{patient}-{phase}", "phase": phase, **spacing,
        "annotation": {"lesion": found},
    }  # fmt: skip


SPACING = {"pixel_spacing": [1.5, 1.25], "slice_thickness": 5.0, "slice_spacing": 4.0}


def write_case(root, patient, *, lesions=1, spacing=SPACING, category=6, by_phase=False):
    """Write the volumes, whose headers say nothing, and return the annotation."""
    items = []
    for phase in lld_mmri.PHASES:
        folder = root / "images" / patient / ("" if by_phase else f"{patient}-study")
        folder.mkdir(parents=True, exist_ok=True)
        image = SimpleITK.GetImageFromArray(volume(phase, lesions))
        SimpleITK.WriteImage(image, str(folder / f"{phase if by_phase else f'{patient}-{phase}'}.nii.gz"))
        items.append(item(patient, phase, lesions, category, spacing))
    return items


def annotate(root, cases):
    (root / "labels").mkdir(parents=True, exist_ok=True)
    (root / "labels" / "Annotation.json").write_text(json.dumps({"Annotation_info": cases}))


def request(folder, **options):
    return tiny.request(folder, uses=USES, recipes={"cube": tiny.CUBE}, link=folder / "link.csv", **options)


def cases_of(report, folder):
    names = dict(line.split(",") for line in (folder / "link.csv").read_text().splitlines()[1:])
    return {(names[case.patient_id], case.case_id.rpartition("-")[2]): case.case_id for case in report.store.cases}


def assert_laid_over(arrays):
    """The lesion is bright in every sequence where its mask is, and dark around it."""
    reach = np.pad(arrays.masks[0][1:-1, 1:-1, 1:-1], 1)
    for image, mask in zip(arrays.images, arrays.masks, strict=True):
        assert image[mask & reach].mean() > 0.8
        far = np.ones_like(mask)
        far[tuple(slice(k.min() - 1, k.max() + 2) for k in np.nonzero(mask))] = False
        assert image[far].mean() < 0.2


@pytest.fixture
def data(tmp_path):
    root = tmp_path / "in"
    cases = {
        "MR1": write_case(root, "MR1", lesions=2),
        "MR2": write_case(root, "MR2", category=-1, by_phase=True, spacing=SPACING | {"slice_spacing": None}),
    }
    annotate(root, cases)
    (root / "classification_dataset" / "labels").mkdir(parents=True)
    (root / "classification_dataset" / "labels" / "labels.txt").write_text("MR2 4\n")
    (root / "classification_dataset" / "labels" / "labels_val_inaccessible.txt").write_text("MR2 -1\n")
    return root, cases


def test_the_layout_is_read_with_its_true_spacing(data, tmp_path):
    report = prepare(request(tmp_path))
    assert report.skipped == ()
    cases = cases_of(report, tmp_path)
    assert set(cases) == {("MR1", "1"), ("MR1", "2"), ("MR2", "1")}
    table = report.store.table()
    assert {key: table[case]["truth"] for key, case in cases.items()} == {
        ("MR1", "1"): "HCC", ("MR1", "2"): "HCC", ("MR2", "1"): "cyst",
    }  # fmt: skip
    for key, case in cases.items():
        arrays = report.store.load(case, "cube", SIX)
        assert_laid_over(arrays)
        extent = np.array([np.ptp(k) + 1 for k in np.nonzero(arrays.masks[0])]) * 3
        true = np.array([3 * (4.0 if key[0] == "MR1" else 5.0), 8 * 1.5, 6 * 1.25])
        assert np.abs(extent - true).max() <= 3
    # The ellipsoid in a box of 7.5 x 12 mm: no diagonal.
    assert report.store.case(cases["MR1", "1"]).diameter_mm == pytest.approx(12, abs=1.5)


@pytest.mark.parametrize("axis", ["y", "z"])
@pytest.mark.parametrize("only", ["", "yes"])
def test_what_is_upside_down_is_turned(data, tmp_path, axis, only):
    root, cases = data
    shutil.rmtree(root / "images" / "MR1")
    del cases["MR1"]
    k = "xyz".index(axis)
    for one in cases["MR2"]:
        if one["phase"] != "C+A":
            continue
        corners = one["annotation"]["lesion"]["0"]["bbox"]["3D_box"]
        n, beyond = SHAPE[2 - k], int(axis != "z")
        low, high = corners[f"{axis}_min"], corners[f"{axis}_max"]
        corners[f"{axis}_min"], corners[f"{axis}_max"] = n - high - 1 + beyond, n - low - 1 + beyond
        path = root / "images" / "MR2" / "C+A.nii.gz"
        array = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
        array[:, :, : SHAPE[2] // 2] += 40  # so that a turn shows
        if not only:  # the volume is turned with its box; else the box alone is wrong
            array = np.flip(array, 2 - k)
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.ascontiguousarray(array)), str(path))
    annotate(root, cases)
    flips = tmp_path / "flips.csv"
    flips.write_text(f"case_id,phase,axis,boxes_only\nMR2,C+A,{axis},{only}\n")
    report = prepare(request(tmp_path, flips=flips))
    (case,) = report.store.cases
    arrays = report.store.load(case.case_id, "cube", ("T2", "LAP"))
    assert_laid_over(arrays)
    told = "its boxes are" if only else "it is"
    assert f"{told} turned along {axis} by the list" in (tmp_path / "store" / "decisions.csv").read_text()


def test_broken_cases_are_skipped(data, tmp_path):
    root, cases = data
    path = root / "images" / "MR1" / "MR1-study" / "MR1-C-pre.nii.gz"
    os.truncate(path, path.stat().st_size // 2)
    cases["MR3"] = write_case(root, "MR3")
    for one in cases["MR3"]:
        one["annotation"]["lesion"]["0"]["bbox"]["3D_box"]["z_max"] = 30
    cases["MR4"] = [{"phase": "DWI"}]
    cases["MR5"] = [item("MR5", "DWI", 1, 0, SPACING)]
    annotate(root, cases)
    report = prepare(request(tmp_path))
    names = dict(line.split(",") for line in (tmp_path / "link.csv").read_text().splitlines()[1:])
    why = {names[one.case.partition("-")[0]]: one.reason for one in report.skipped}
    assert list(cases_of(report, tmp_path)) == [("MR2", "1")]
    assert "the T1 image cannot be read" in why["MR1"]
    assert "the box on T2 lies outside the image" in why["MR3"]
    assert why["MR4"] == "its part of the annotation cannot be understood"
    assert why["MR5"] == "none of its images is there"


def test_patches_are_read_where_there_are_no_volumes(data, tmp_path):
    root, _ = data
    for patient in ("MR1", "MR2"):
        shutil.rmtree(root / "images" / patient)
    folder = root / "classification_dataset" / "images" / "MR2"
    folder.mkdir(parents=True)
    for phase in lld_mmri.PHASES:
        ((_, low, high),) = boxes_of(phase, 1)
        padded = np.pad(volume(phase, 1), ((0, 0), (16, 16), (16, 16)))
        (x0, y0, z0), (x1, y1, z1) = low, high
        patch = padded[max(z0 - 2, 0) : z1 + 2, y0 : y1 + 32, x0 : x1 + 32]
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(patch), str(folder / f"{phase}.nii.gz"))
    report = prepare(request(tmp_path))
    (case,) = report.store.cases
    assert_laid_over(report.store.load(case.case_id, "cube", SIX))
    assert "pre-cropped patch" in (tmp_path / "store" / "decisions.csv").read_text()


def test_without_its_annotation_there_is_nothing_to_do(tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(DataError, match="RS876"):
        prepare(request(tmp_path, layout="lld-mmri"))


@pytest.mark.parametrize("row", ["MR1,C+X,z,", "MR1,DWI,w,", ",DWI,z,", "MR1,DWI,,"])
def test_a_list_that_names_nothing(tmp_path, row):
    (tmp_path / "flips.csv").write_text(f"case_id,phase,axis,boxes_only\n{row}\n")
    with pytest.raises(DataError, match="RS877"):
        lld_mmri.read_flips(tmp_path / "flips.csv")


def test_the_submission_is_the_challenges(tmp_path):
    (tmp_path / "link.csv").write_text("pseudonym,patient_id\np0a,MR1\np0b,MR2\n")
    head = ",".join(f"prob_{name}" for name in lld_mmri.CLASSES)
    rows = [
        f"case_id,patient_id,model,task,{head}",
        "p0a-1,p0a,m,seven-way,0.1,0.6,0.05,0.05,0.1,0.05,0.05",
        "p0a-2,p0a,m,seven-way,0,0,0,0,0,0,1",
        "p0b-1,p0b,m,seven-way,1,0,0,0,0,0,0",
        "p0b-1,p0b,m,malignancy,,,,,,,",
    ]
    (tmp_path / "preds.csv").write_text("\n".join(rows) + "\n")
    scores = lld_mmri.read_scores(tmp_path / "preds.csv", tmp_path / "link.csv", "seven-way")
    lld_mmri.write_submission(scores, tmp_path / "Team.json")
    entries = json.loads((tmp_path / "Team.json").read_text())
    assert [(entry["image_id"], entry["prediction"]) for entry in entries] == [("MR1", 1), ("MR1_1", 6), ("MR2", 0)]
    assert entries[0] == {"image_id": "MR1", "prediction": 1, "score": [0.1, 0.6, 0.05, 0.05, 0.1, 0.05, 0.05]}
    with pytest.raises(ValueError, match="7 finite scores"):
        lld_mmri.write_submission({"MR1": [1.0]}, tmp_path / "Team.json")


def test_label_files_are_read(tmp_path):
    (tmp_path / "labels.txt").write_text("MR1 0\nMR2 -1\n\n")
    assert lld_mmri.read_labels(tmp_path / "labels.txt") == {"MR1": 0, "MR2": -1}
