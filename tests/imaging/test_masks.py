"""Regions of interest in each kind of file, with their geometry, and what is refused."""

import copy
import json

import numpy as np
import pytest
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import pack_bits
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, SegmentationStorage, generate_uid
from scipy import ndimage

from readerstudy.imaging import boxes, headers, masks
from readerstudy.imaging.crops import lesion_diameter_mm
from readerstudy.imaging.geometry import Grid, carry, to_array, to_image
from readerstudy.problems import DataError


def axes_of(first, second):
    """Right-handed axes that begin with two directions."""
    x = np.array(first, float) / np.linalg.norm(first)
    y = np.array(second, float) - np.dot(second, x) * x
    y /= np.linalg.norm(y)
    return np.stack([x, y, np.cross(x, y)], axis=1)


OBLIQUE = axes_of((0.9, 0.2, -0.1), (-0.15, 0.8, 0.5))
GRID = Grid(
    size=(30, 26, 12), spacing=(1.2, 1.3, 4.0), origin=(-80.0, 12.5, 33.0), direction=tuple(OBLIQUE.ravel())
)  # fmt: skip
PLAIN = Grid(size=(30, 26, 12), spacing=(1, 1, 1), origin=(0, 0, 0), direction=tuple(np.eye(3).ravel()))


def labels():
    """Two lesions and an empty number between them."""
    array = np.zeros(GRID.size[::-1], np.uint8)
    array[2:6, 5:11, 4:9] = 1
    array[8:10, 18:22, 20:27] = 3
    return array


def series(grid=GRID):
    return to_image(np.zeros(grid.size[::-1], np.float32), grid)


def centroid(mask):
    return Grid.of(mask).points([ndimage.center_of_mass(to_array(mask))[::-1]])[0]


def assert_two_lesions(found, grid=GRID):
    assert [lesion for lesion, _ in found] == [1, 3]
    for lesion, mask in found:
        assert mask.GetPixelID() == SimpleITK.sitkUInt8
        on_series = to_array(carry(mask, grid))
        assert np.array_equal(on_series, labels() == lesion)


@pytest.mark.parametrize("name", ["roi.nii.gz", "roi.nii", "roi.nrrd", "roi.mha"])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_an_image_of_labels(tmp_path, name, kind):
    SimpleITK.WriteImage(to_image(labels().astype(kind), GRID), str(tmp_path / name))
    found = masks.read(tmp_path / name, series())
    assert_two_lesions(found)
    assert Grid.of(found[0][1]).agrees(GRID)


def test_an_image_of_labels_on_a_grid_of_its_own(tmp_path):
    other = Grid(size=(60, 60, 60), spacing=(1, 1, 1), origin=(-95, 0, 20), direction=tuple(np.eye(3).ravel()))
    lesion = to_image(labels() == 1, GRID)
    SimpleITK.WriteImage(carry(lesion, other), str(tmp_path / "roi.nrrd"))
    ((number, mask),) = masks.read(tmp_path / "roi.nrrd", series())
    assert number == 1
    assert centroid(mask) == pytest.approx(centroid(lesion), abs=0.3)


@pytest.mark.parametrize("axes", [np.eye(3), np.diag([-1.0, -1.0, 1.0])])
def test_a_mask_without_geometry_is_refused(tmp_path, axes):
    grid = Grid(size=GRID.size, spacing=GRID.spacing, origin=(0, 0, 0), direction=tuple(axes.ravel()))
    SimpleITK.WriteImage(to_image(labels(), grid), str(tmp_path / "roi.nrrd"))
    with pytest.raises(DataError, match=r"error\[RS843\]: the mask has no geometry"):
        masks.read(tmp_path / "roi.nrrd", series())
    # It is not refused where the series has that very geometry.
    assert len(masks.read(tmp_path / "roi.nrrd", series(grid))) == 2


def test_a_nifti_that_says_it_has_no_geometry_is_refused(tmp_path):
    path = tmp_path / "roi.nii"
    SimpleITK.WriteImage(to_image(labels(), GRID), str(path))
    header = bytearray(path.read_bytes())
    header[252:256] = bytes(4)  # qform_code and sform_code
    path.write_bytes(header)
    with pytest.raises(DataError, match=r"error\[RS843\]: the mask has no geometry"):
        masks.read(path, series())


@pytest.mark.parametrize(
    ("array", "code", "message"),
    [
        (np.zeros((12, 26, 30), np.uint8), "RS803", "no voxel"),
        (np.full((12, 26, 30), 0.5, np.float32), "RS842", "no labels"),
        (np.full((12, 26, 30), -1, np.int16), "RS842", "no labels"),
        (np.full((12, 26, 30), np.nan, np.float32), "RS842", "no labels"),
        (np.arange(12 * 26 * 30, dtype=np.int16).reshape(12, 26, 30), "RS842", "9360 values from 0 to 9359"),
    ],
)
def test_an_image_that_is_no_mask(tmp_path, array, code, message):
    SimpleITK.WriteImage(to_image(array, GRID), str(tmp_path / "roi.nrrd"))
    with pytest.raises(DataError, match=message) as raised:
        masks.read(tmp_path / "roi.nrrd", series())
    (problem,) = raised.value.problems
    assert problem.code == code
    assert problem.place.file == str(tmp_path / "roi.nrrd")
    assert "roi" not in problem.message + problem.help


def test_a_volume_in_four_dimensions(tmp_path):
    one = SimpleITK.JoinSeries([to_image(labels(), GRID)])
    SimpleITK.WriteImage(one, str(tmp_path / "one.nrrd"))
    assert_two_lesions(masks.read(tmp_path / "one.nrrd", series()))
    SimpleITK.WriteImage(SimpleITK.JoinSeries([to_image(labels(), GRID)] * 2), str(tmp_path / "two.nrrd"))
    with pytest.raises(DataError, match="one volume of three dimensions"):
        masks.read(tmp_path / "two.nrrd", series())


def test_files_that_are_no_region(tmp_path):
    (tmp_path / "roi.nii.gz").write_bytes(b"nothing of the kind")
    (tmp_path / "roi.txt").write_text("nothing of the kind")
    for name, code in (("roi.nii.gz", "RS841"), ("roi.txt", "RS840"), ("none.nii", "RS840"), (".", "RS840")):
        with pytest.raises(DataError) as raised:
            masks.read(tmp_path / name, series())
        assert [problem.code for problem in raised.value.problems] == [code]


def seg(path, frames, grid=GRID, *, spacing="SpacingBetweenSlices", shared=True, edit=None):
    """A DICOM SEG of (segment, plane, pixels) in the order given."""
    axes = grid.axes
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = SegmentationStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid(entropy_srcs=["seg"])
    data.FrameOfReferenceUID = "1.2.3"
    data.Modality = "SEG"
    data.SegmentationType = "BINARY"
    data.Rows, data.Columns, data.NumberOfFrames = grid.size[1], grid.size[0], len(frames)
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 1, 1, 0, 0
    data.SegmentSequence = []
    for number in sorted({segment for segment, _, _ in frames}):
        segment = Dataset()
        segment.SegmentNumber, segment.SegmentLabel = number, f"lesion {number}"
        data.SegmentSequence.append(segment)
    orientation, measures = Dataset(), Dataset()
    orientation.ImageOrientationPatient = [f"{value:.12f}" for value in (*axes[:, 0], *axes[:, 1])]
    measures.PixelSpacing = [grid.spacing[1], grid.spacing[0]]
    if spacing:
        setattr(measures, spacing, grid.spacing[2])
    common = Dataset()
    common.PlaneOrientationSequence, common.PixelMeasuresSequence = [orientation], [measures]
    data.SharedFunctionalGroupsSequence = [common if shared else Dataset()]
    data.PerFrameFunctionalGroupsSequence = []
    for segment, plane, _ in frames:
        frame = Dataset() if shared else copy.deepcopy(common)
        place, which = Dataset(), Dataset()
        place.ImagePositionPatient = [f"{value:.6f}" for value in grid.points([(0, 0, plane)])[0]]
        which.ReferencedSegmentNumber = segment
        frame.PlanePositionSequence, frame.SegmentIdentificationSequence = [place], [which]
        data.PerFrameFunctionalGroupsSequence.append(frame)
    data.PixelData = pack_bits(np.array([pixels for _, _, pixels in frames], np.uint8).ravel(), pad=True)
    if edit:
        edit(data)
    data.save_as(path, enforce_file_format=True)
    return path


def frames_of(lesions=(1, 3), keep_empty=False):
    """The planes of each lesion, as most writers leave out empty ones."""
    return [
        (lesion, plane, labels()[plane] == lesion)
        for lesion in lesions
        for plane in range(GRID.size[2])
        if keep_empty or (labels()[plane] == lesion).any()
    ]


def shuffled(frames):
    return [frames[k] for k in np.random.default_rng(2).permutation(len(frames))]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("keep_empty", [True, False])
@pytest.mark.parametrize("order", [list, shuffled])
@pytest.mark.parametrize("spacing", ["SpacingBetweenSlices", "SliceThickness", None])
def test_a_dicom_segmentation(tmp_path, shared, keep_empty, order, spacing):
    path = seg(tmp_path / "seg.dcm", order(frames_of(keep_empty=keep_empty)), shared=shared, spacing=spacing)
    found = masks.read(path, series(), frame_of_reference="1.2.3")
    assert_two_lesions(found)
    for _, mask in found:
        grid = Grid.of(mask)
        assert grid.spacing == pytest.approx(GRID.spacing)
        assert grid.indices([GRID.origin])[0] == pytest.approx((0, 0, 0 if keep_empty else -2), abs=1e-3)


def test_a_segmentation_on_another_grid_than_the_series(tmp_path):
    path = seg(tmp_path / "seg.dcm", frames_of())
    other = Grid(size=(70, 70, 70), spacing=(1, 1, 1), origin=(-95, -5, 20), direction=tuple(np.eye(3).ravel()))
    for lesion, mask in masks.read(path, series(other)):
        assert centroid(carry(mask, other)) == pytest.approx(centroid(to_image(labels() == lesion, GRID)), abs=0.3)


def test_a_segmentation_of_one_frame(tmp_path):
    frame = (1, 3, labels()[3] == 1)
    ((_, mask),) = masks.read(seg(tmp_path / "seg.dcm", [frame]), series())
    assert mask.GetSize() == (30, 26, 1)
    assert np.array_equal(to_array(carry(mask, GRID))[3], labels()[3] == 1)
    with pytest.raises(DataError, match="not lie at a known distance"):
        masks.read(seg(tmp_path / "seg.dcm", [frame], spacing=None), series())


def test_the_places_of_the_frames_are_trusted_before_a_wrong_spacing(tmp_path):
    def thin(data):
        data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices = 3.6

    assert_two_lesions(masks.read(seg(tmp_path / "seg.dcm", frames_of(), edit=thin), series()))


def _first_frame(name, value):
    def edit(data):
        frame = data.PerFrameFunctionalGroupsSequence[0]
        if name == "position":
            frame.PlanePositionSequence[0].ImagePositionPatient = value
        elif name == "orientation":
            item = Dataset()
            item.ImageOrientationPatient = value
            frame.PlaneOrientationSequence = [item]
        else:
            delattr(frame, name)

    return edit


@pytest.mark.parametrize(
    ("edit", "code", "message"),
    [
        (lambda data: setattr(data, "SOPClassUID", MRImageStorage), "RS844", "no segmentation"),
        (lambda data: setattr(data, "SegmentationType", "FRACTIONAL"), "RS844", "not of type BINARY"),
        (lambda data: setattr(data, "FrameOfReferenceUID", "1.2.4"), "RS844", "another frame of reference"),
        (lambda data: setattr(data, "PixelData", data.PixelData[:60]), "RS841", "pixels cannot be read"),
        (lambda data: delattr(data, "PixelData"), "RS841", "pixels cannot be read"),
        (lambda data: delattr(data, "PerFrameFunctionalGroupsSequence"), "RS844", "PerFrameFunctionalGroups"),
        (lambda data: data.PerFrameFunctionalGroupsSequence.pop(), "RS844", "6 frames and places for 5"),
        (_first_frame("PlanePositionSequence", None), "RS844", "PlanePositionSequence is missing"),
        (_first_frame("SegmentIdentificationSequence", None), "RS844", "SegmentIdentificationSequence is missing"),
        (_first_frame("orientation", [1, 0, 0, 0, 1, 0]), "RS844", "not parallel"),
        (_first_frame("position", [0, 0, 0]), "RS844", "above one another"),
        (
            _first_frame("position", [round(x, 6) for x in GRID.points([(0, 0, 0.37)])[0].tolist()]),
            "RS844",
            "at even distances",
        ),
        (lambda data: setattr(data, "PixelData", bytes(len(data.PixelData))), "RS803", "no voxel"),
        (_first_frame("position", [float("nan"), 0, 0]), "RS841", "header is damaged"),
    ],
)
def test_a_segmentation_that_cannot_be_used(tmp_path, edit, code, message):
    path = seg(tmp_path / "seg.dcm", frames_of(), edit=edit)
    with pytest.raises(DataError, match=message) as raised:
        masks.read(path, series(), frame_of_reference="1.2.3")
    (problem,) = raised.value.problems
    assert (problem.code, problem.place.file) == (code, str(path))


def test_a_segmentation_quotes_no_value_against_the_standard(tmp_path, caplog):
    with headers.quiet():
        path = seg(tmp_path / "seg.dcm", frames_of(), edit=lambda data: setattr(data, "FrameOfReferenceUID", "Doe^Jo"))
    with caplog.at_level("DEBUG"):
        assert_two_lesions(masks.read(path, series()))
    assert "Doe" not in caplog.text


def test_values_that_are_no_numbers_and_axes_that_are_askew(tmp_path):
    path = seg(tmp_path / "seg.dcm", frames_of())
    number = f"{GRID.points([(0, 0, 2)])[0][0]:.6f}".encode()
    path.write_bytes(path.read_bytes().replace(number, b"Doe^Jo".ljust(len(number), b"x")))
    with pytest.raises(DataError, match="header is damaged") as raised:
        masks.read(path, series())
    assert "Doe" not in str(raised.value)
    SimpleITK.WriteImage(to_image(labels(), GRID), str(tmp_path / "roi.nrrd"))
    lines = (tmp_path / "roi.nrrd").read_bytes().split(b"\n")
    at = next(k for k, line in enumerate(lines) if line.startswith(b"space directions"))
    lines[at] = b"space directions: (1.2,0,0) (0.5,1.3,0) (0,0,4)"
    (tmp_path / "roi.nrrd").write_bytes(b"\n".join(lines))
    with pytest.raises(DataError, match="not at right angles"):
        masks.read(tmp_path / "roi.nrrd", series())


def test_a_segmentation_that_is_cut_short(tmp_path):
    path = seg(tmp_path / "seg.dcm", frames_of())
    path.write_bytes(path.read_bytes()[:-150])
    with pytest.raises(DataError, match="cannot be read"):
        masks.read(path, series())
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(DataError):
        masks.read(path, series())


HEADER = "lesion,unit,x1,y1,z1,x2,y2,z2\n"


def test_boxes_in_voxels(tmp_path):
    (tmp_path / "roi.csv").write_text(HEADER + "2,voxel,20,18,8,26,21,9\n1,voxel,8,10,5,4,5,2\n")
    content = {
        "unit": "voxel",
        "boxes": [
            {"lesion": 2, "x1": 20, "y1": 18, "z1": 8, "x2": 26, "y2": 21, "z2": 9},
            {"lesion": 1, "x1": 8, "y1": 10, "z1": 5, "x2": 4, "y2": 5, "z2": 2},
        ],
    }
    (tmp_path / "roi.json").write_text(json.dumps(content))
    for name in ("roi.csv", "roi.json"):
        (one, first), (two, second) = masks.read(tmp_path / name, series())
        assert (one, two) == (1, 2)
        assert Grid.of(first).agrees(GRID)
        for mask, low, high in ((first, (2, 5, 4), (5, 10, 8)), (second, (8, 18, 20), (9, 21, 26))):
            inside = np.argwhere(to_array(mask))
            # The ellipsoid touches all sides of its box.
            assert np.array_equal(inside.min(axis=0), low)
            assert np.array_equal(inside.max(axis=0), high)


@pytest.mark.parametrize("slices", [1, 2, 3, 8])
def test_the_ellipsoid_of_a_box_is_as_wide_as_the_box(slices):
    box = boxes.LesionBox(lesion=1, unit="voxel", low=(3, 2, 1), high=(22, 21, slices))
    mask = to_array(boxes.to_mask(box, GRID)) > 0
    assert np.flatnonzero(mask.any(axis=(1, 2))).tolist() == list(range(1, slices + 1))
    assert lesion_diameter_mm(mask, (1, 1, 1)) == pytest.approx(20, abs=0.7)
    assert mask[(slices + 1) // 2].sum() == pytest.approx(np.pi / 4 * 20 * 20, rel=0.05)


def test_a_box_of_one_voxel():
    box = boxes.LesionBox(lesion=1, unit="voxel", low=(4, 5, 6), high=(4, 5, 6))
    assert np.argwhere(to_array(boxes.to_mask(box, GRID))).tolist() == [[6, 5, 4]]


def test_boxes_in_millimetres_lie_in_the_patient(tmp_path):
    centre = GRID.points([(15, 13, 6)])[0]
    half = np.array([6, 7, 8])
    cells = ",".join(f"{value:.4f}" for value in (*(centre - half), *(centre + half)))
    (tmp_path / "roi.csv").write_text(f"{HEADER}1,mm,{cells}\n")
    ((_, mask),) = masks.read(tmp_path / "roi.csv", series())
    assert centroid(mask) == pytest.approx(centre, abs=0.3)
    # Each voxel that was taken, and none that was not, has a point of its slice's thickness in the ellipsoid.
    x, y, z = np.meshgrid(*[np.arange(n) for n in GRID.size], indexing="ij")
    indices = np.stack([x, y, z], axis=-1).reshape(-1, 1, 3) + np.array(
        [[0, 0, t] for t in np.linspace(-0.5, 0.5, 101)]
    )
    away = ((GRID.points(indices) - centre) / half) ** 2
    taken = (away.sum(axis=2) <= 1).any(axis=1).reshape(GRID.size).T
    assert (taken != (to_array(mask) > 0)).sum() <= 0.01 * taken.sum()


def test_semicolons_and_a_byte_order_mark(tmp_path):
    text = HEADER.replace(",", ";") + "1;voxel;1;2;3;4;5;6\n"
    (tmp_path / "roi.csv").write_text(text, encoding="utf-8-sig")
    (box,) = boxes.read(tmp_path / "roi.csv")
    assert (box.low, box.high) == ((1, 2, 3), (4, 5, 6))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("roi.csv", "", r"no column 'lesion'"),
        ("roi.csv", "lesion,x1\n", r"no column 'unit'"),
        ("roi.csv", HEADER.replace("\n", ",colour\n"), r"column 'colour' is not expected"),
        ("roi.csv", HEADER, r"the file has no box"),
        ("roi.csv", HEADER + "1,pixel,1,2,3,4,5,6\n", r"(?s)unit 'pixel'.*roi.csv:2"),
        ("roi.csv", HEADER + "1,mm,1,2,x,4,5,nan\n", r"(?s)z1 = 'x'.*z2 = 'nan'.*2 problems"),
        ("roi.csv", HEADER + "1,voxel,1,2,3.5,4,5,6\n", r"(?s)z1 = '3.5'.*a whole number"),
        ("roi.csv", HEADER + "0,voxel,1,2,3,4,5,6\n", r"(?s)lesion = '0'.*a whole number from 1"),
        ("roi.csv", HEADER + "1,voxel,1,2,3,4,5\n", r"z2 = None"),
        ("roi.csv", HEADER + "1,voxel,1,2,3,4,5,6\n1,voxel,1,2,3,4,5,6\n", r"(?s)lesion 1 has two boxes.*csv:3"),
        ("roi.json", "{", r"(?s)this is no JSON.*roi.json:1:2"),
        ("roi.json", "", r"this is no JSON"),
        ("roi.json", "[]", r"no list \"boxes\""),
        ("roi.json", '{"unit": "mm", "boxes": [{"lession": 1, "x1": 1}]}', r"(?s)has 'lession'.*did you mean 'lesion'"),
        ("roi.json", '{"unit": "voxel", "boxes": []}', r"the file has no box"),
    ],
)
def test_boxes_that_cannot_be_read(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        masks.read(tmp_path / name, series())


def test_a_file_of_boxes_that_is_not_utf8(tmp_path):
    (tmp_path / "roi.csv").write_bytes(b"lesion\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        masks.read(tmp_path / "roi.csv", series())


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("1,voxel,1,2,3,30,5,6", "RS804"),
        ("1,voxel,-1,2,3,4,5,6", "RS804"),
        ("1,mm,0,0,0,900,10,10", "RS804"),
        ("1,mm,-75,20,45,-75,20,45", "RS845"),
    ],
)
def test_boxes_beyond_the_series_or_of_no_size(tmp_path, row, code):
    (tmp_path / "roi.csv").write_text(f"{HEADER}{row}\n")
    with pytest.raises(DataError) as raised:
        masks.read(tmp_path / "roi.csv", series())
    assert [problem.code for problem in raised.value.problems] == [code]


def test_the_plain_grid_is_refused_only_where_it_is_not_the_series(tmp_path):
    SimpleITK.WriteImage(to_image(labels(), PLAIN), str(tmp_path / "roi.nii"))
    with pytest.raises(DataError, match="no geometry"):
        masks.read(tmp_path / "roi.nii", series())
    assert [lesion for lesion, _ in masks.read(tmp_path / "roi.nii", series(PLAIN))] == [1, 3]
