"""Lesions land where they are: series of other spacing, orientation and origin in one frame of reference."""

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage

from readerstudy.imaging.geometry import (
    Grid,
    axes_of,
    bounding_box,
    carry,
    grid_over,
    require_inside,
    resample,
    swap_lps_ras,
    to_array,
    to_image,
)
from readerstudy.problems import DataError

LESION = np.array([-61.3, 14.8, 102.6])
"""Where the lesion is in every series, LPS in mm."""


def turned(x=0.0, y=0.0, z=0.0):
    """Axes turned about x, then y, then z, in degrees."""
    made = np.eye(3)
    for axis, degrees in enumerate((x, y, z)):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        one = np.eye(3)
        first, second = [k for k in range(3) if k != axis]
        one[first, first] = one[second, second] = c
        one[first, second], one[second, first] = (-s, s) if axis != 1 else (s, -s)
        made = one @ made
    return made


AXIAL = np.eye(3)
SAGITTAL = np.array([[0, 0, 1.0], [1, 0, 0], [0, -1, 0]])  # x to the back, y to the feet, z to the left
CORONAL = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # x to the left, y to the feet, z to the back
SERIES = {
    "axial": (AXIAL, (46, 44, 40), (1.5, 1.5, 2.0)),
    "upside-down": (AXIAL @ np.diag([1, -1, -1.0]), (60, 58, 20), (1.1, 1.1, 4.0)),
    "mirrored": (AXIAL @ np.diag([-1, -1, 1.0]), (44, 50, 30), (1.6, 1.4, 3.0)),
    "left-handed": (AXIAL @ np.diag([1, 1, -1.0]), (44, 44, 36), (1.6, 1.6, 2.2)),
    "oblique": (turned(17, -23, 31), (50, 52, 34), (1.4, 1.3, 2.4)),
    "double-oblique": (turned(-38, 12, -65), (44, 42, 44), (1.7, 1.9, 1.8)),
    "sagittal": (SAGITTAL, (52, 48, 24), (1.3, 1.4, 3.2)),
    "coronal": (CORONAL, (40, 56, 26), (1.8, 1.2, 3.1)),
    "oblique-coronal": (turned(8, 5, -14) @ CORONAL, (48, 48, 30), (1.5, 1.5, 2.6)),
}


def series_grid(name, shift=(0.37, -0.21, 0.44)):
    """A grid of the series' axes in which the lesion is near the middle, but at no centre of a voxel."""
    axes, size, spacing = SERIES[name]
    origin = LESION - axes @ ((np.array(size) - 1) / 2 * spacing + np.array(shift) * spacing)
    return Grid(size=size, spacing=spacing, origin=tuple(origin), direction=tuple(axes.ravel()))


def ball(grid, sigma=4.0, centre=LESION):
    """A Gaussian ball at a point of the patient, drawn through explicit coordinates of every voxel."""
    x, y, z = np.meshgrid(*[np.arange(n) for n in grid.size], indexing="ij")
    points = grid.points(np.stack([x, y, z], axis=-1).reshape(-1, 3))
    values = np.exp(-0.5 * ((points - centre) ** 2).sum(axis=1) / sigma**2)
    return values.reshape(grid.size).T.astype(np.float32)


def centroid(array, grid):
    """Centre of mass in the patient."""
    return grid.points([ndimage.center_of_mass(array)[::-1]])[0]


def common_grid():
    """1 mm, oblique to all of the series; the lesion is exactly at the centre of voxel (24, 22, 20)."""
    axes = turned(5, -9, 12)
    origin = LESION - axes @ np.array([24.0, 22.0, 20.0])
    return Grid(size=(49, 45, 41), spacing=(1, 1, 1), origin=tuple(origin), direction=tuple(axes.ravel()))


@pytest.mark.parametrize("name", SERIES)
def test_a_lesion_lands_at_its_voxel_of_the_common_grid(name):
    grid = series_grid(name)
    landed = to_array(resample(to_image(ball(grid), grid), common_grid()))
    centre = ndimage.center_of_mass(np.where(landed > 0.1, landed, 0))[::-1]
    assert centre == pytest.approx((24, 22, 20), abs=0.05)
    assert np.unravel_index(landed.argmax(), landed.shape)[::-1] == pytest.approx((24, 22, 20), abs=1)


@pytest.mark.parametrize("seed", range(12))
def test_a_lesion_lands_from_any_axes(seed):
    rng = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))  # a rotation, or one with a reflection
    spacing = rng.uniform((0.7, 0.7, 1.5), (2.0, 2.0, 4.0))
    size = tuple(int(n) for n in np.ceil(56 / spacing))
    origin = LESION - axes @ ((np.array(size) - 1) / 2 * spacing + rng.uniform(-3, 3, 3))
    grid = Grid(size=size, spacing=tuple(spacing), origin=tuple(origin), direction=tuple(axes.ravel()))
    landed = to_array(resample(to_image(ball(grid), grid), common_grid()))
    centre = ndimage.center_of_mass(np.where(landed > 0.1, landed, 0))[::-1]
    assert centre == pytest.approx((24, 22, 20), abs=0.05)


@pytest.mark.parametrize("name", SERIES)
def test_the_grid_is_the_one_that_simpleitk_has(name):
    grid = series_grid(name)
    image = to_image(np.zeros(grid.size[::-1], np.float32), grid)
    assert Grid.of(image).agrees(grid)
    index = (3, 17, 9)
    assert grid.points([index])[0] == pytest.approx(image.TransformIndexToPhysicalPoint(index))
    assert grid.indices([LESION])[0] == pytest.approx(image.TransformPhysicalPointToContinuousIndex(LESION.tolist()))


@pytest.mark.parametrize("source", ["oblique", "sagittal", "upside-down"])
@pytest.mark.parametrize("target", SERIES)
def test_a_mask_keeps_its_place_when_it_is_carried(source, target):
    drawn_on, other = series_grid(source), series_grid(target, shift=(-0.4, 0.3, 0.1))
    mask = to_image(ball(drawn_on) > 0.1, drawn_on)
    require_inside(mask, other, target)
    carried = carry(mask, other)
    assert carried.GetPixelID() == SimpleITK.sitkUInt8
    assert Grid.of(carried).agrees(other)
    array = to_array(carried)
    assert set(np.unique(array)) == {0, 1}
    # Where the axes are parallel, all voxels are rounded to the same side: at most half a voxel. Else it evens out.
    parallel = np.abs(drawn_on.axes.T @ other.axes).max(axis=0).min() > 0.999
    most = max(*drawn_on.spacing, *other.spacing) / 2 if parallel else 0.4
    assert centroid(array, other) == pytest.approx(centroid(to_array(mask), drawn_on), abs=most)
    volumes = [values.sum() * np.prod(grid.spacing) for values, grid in ((array, other), (to_array(mask), drawn_on))]
    assert volumes[0] == pytest.approx(volumes[1], rel=0.1)


def naive(array, source, target, interpolation, outside):
    """Every voxel of the target on its own coordinates, with eight neighbours; up to the edge of the last voxels."""
    x, y, z = np.meshgrid(*[np.arange(n) for n in target.size], indexing="ij")
    at = source.indices(target.points(np.stack([x, y, z], axis=-1).reshape(-1, 3)))
    last = np.array(source.size) - 1
    within = ((at > -0.5) & (at < last + 0.5)).all(axis=1)
    inner = at.clip(0, last)
    if interpolation == "nearest":
        i, j, k = np.floor(inner + 0.5).astype(int).T
        values = array[k, j, i]
    else:
        low = np.floor(inner).astype(int)
        part = inner - low
        values = np.zeros(len(at))
        for corner in np.ndindex(2, 2, 2):
            i, j, k = (low + corner).clip(0, last).T
            weight = np.where(np.array(corner) == 1, part, 1 - part).prod(axis=1)
            values += weight * array[k, j, i]
    return np.where(within, values, outside).reshape(target.size).T


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize("name", ["axial", "mirrored", "oblique", "coronal"])
def test_resampling_agrees_with_explicit_coordinates(name, interpolation):
    grid = series_grid(name)
    array = np.random.default_rng(1).integers(0, 4000, grid.size[::-1]).astype(np.int16)
    target = grid_over(
        bounding_box(to_image(ball(grid) > 0.1, grid), common_grid().axes), (2.3, 2.1, 2.9), (35.0, 20.0, 20.0)
    )
    got = to_array(resample(to_image(array, grid), target, interpolation, outside=-7))
    expected = naive(array.astype(np.float64), grid, target, interpolation, -7)
    assert (expected == -7).any()
    assert got == pytest.approx(expected, abs=2e-2)


def test_integers_are_interpolated_as_floats():
    grid = Grid(size=(2, 1, 1), spacing=(1, 1, 1), origin=(0, 0, 0), direction=tuple(np.eye(3).ravel()))
    between = Grid(size=(1, 1, 1), spacing=(1, 1, 1), origin=(0.5, 0, 0), direction=tuple(np.eye(3).ravel()))
    image = to_image(np.array([[[0, 1]]], dtype=np.int16), grid)
    assert to_array(resample(image, between)).item() == 0.5
    assert resample(image, between).GetPixelID() == SimpleITK.sitkFloat32


def test_a_box_holds_whole_voxels():
    grid = Grid(size=(10, 10, 10), spacing=(1, 2, 3), origin=(100, 50, -20), direction=tuple(np.eye(3).ravel()))
    mask = np.zeros((10, 10, 10), bool)
    mask[2:4, 5, 6:9] = True
    box = bounding_box(to_image(mask, grid), np.eye(3))
    # x: 100 + 6 - 1/2 to 100 + 8 + 1/2; y: 50 + 2 x 5 -+ 1; z: -20 + 3 x 2 - 3/2 to -20 + 3 x 3 + 3/2
    assert box.low == pytest.approx([105.5, 59, -15.5])
    assert box.high == pytest.approx([108.5, 61, -9.5])


def test_a_box_along_other_axes_holds_the_corners_of_all_voxels():
    grid, axes = series_grid("oblique"), turned(40, 10, 0)
    mask = ball(grid) > 0.3
    corners = np.argwhere(mask)[:, None, ::-1] + np.array(list(np.ndindex(2, 2, 2))) - 0.5
    along = grid.points(corners.reshape(-1, 3)) @ axes
    box = bounding_box(to_image(mask, grid), axes)
    assert box.low == pytest.approx(along.min(axis=0))
    assert box.high == pytest.approx(along.max(axis=0))


@pytest.mark.parametrize("name", ["axial", "oblique", "sagittal", "left-handed"])
def test_a_grid_of_the_same_spacing_keeps_the_voxels_of_the_series(name):
    grid = series_grid(name)
    mask = to_image(ball(grid) > 0.1, grid)
    kept = grid_over(bounding_box(mask, axes_of(grid, "reference")), grid.spacing, (4.0, 0.0, 5.0))
    x, y, z = np.meshgrid(*[np.arange(n) for n in kept.size], indexing="ij")
    at = grid.indices(kept.points(np.stack([x, y, z], axis=-1).reshape(-1, 3)))
    assert at == pytest.approx(np.rint(at), abs=1e-6)
    i, j, k = np.rint(at).astype(int).T
    array = ball(grid)
    assert to_array(resample(to_image(array, grid), kept)) == pytest.approx(
        array[k, j, i].reshape(kept.size).T, abs=1e-5
    )


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1), (1, -1, 1), (-1, 1, -1), (1, 1, -1)])
def test_however_a_file_runs_the_network_sees_the_same(name, signs):
    """A DICOM series and the NIfTI file of it differ in the direction of their axes, not in what is seen."""
    grid = series_grid(name)
    flips, last = np.diag(np.array(signs, float)), np.where(np.array(signs) > 0, 0, np.array(grid.size) - 1)
    axes = grid.axes @ flips
    flipped = Grid(
        size=grid.size, spacing=grid.spacing, origin=tuple(grid.points([last])[0]), direction=tuple(axes.ravel())
    )
    seen = []
    for one in (grid, flipped):
        mask = to_image(ball(one, centre=LESION + np.array([3, 5, 7])) > 0.2, one)
        over = grid_over(bounding_box(mask, axes_of(one, "reference")), (1.5, 1.5, 3), (9, 6, 9))
        seen.append(to_array(resample(to_image(ball(one), one), over)))
    assert seen[0] == pytest.approx(seen[1], abs=1e-5)


@pytest.mark.parametrize(
    ("name", "rows", "columns", "slices"),
    [
        ("axial", "L", "P", "S"),
        ("upside-down", "L", "P", "S"),
        ("mirrored", "L", "P", "S"),
        ("left-handed", "L", "P", "S"),
        ("coronal", "L", "I", "P"),
        ("sagittal", "P", "I", "R"),
    ],
)
def test_planes_are_seen_as_dicom_displays_them(name, rows, columns, slices):
    towards = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}
    axes = axes_of(series_grid(name), "reference")
    assert axes.T.tolist() == [list(towards[way]) for way in (rows, columns, slices)]
    assert np.linalg.det(axes) == pytest.approx(1)


def test_the_patients_axes():
    grid = series_grid("oblique")
    over = grid_over(bounding_box(to_image(ball(grid) > 0.1, grid), axes_of(grid, "patient")), (1, 1, 1), (5, 5, 5))
    assert over.direction == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    assert over.holds([LESION, LESION + 5]).all()


def test_a_thin_lesion_is_not_lost_between_slices():
    fine = Grid(size=(20, 20, 30), spacing=(1, 1, 1), origin=(0, 0, 0), direction=tuple(np.eye(3).ravel()))
    coarse = Grid(size=(20, 20, 4), spacing=(1, 1, 8), origin=(0, 0, 0), direction=tuple(np.eye(3).ravel()))
    mask = np.zeros((30, 20, 20), bool)
    mask[10:12, 5:8, 6:10] = True  # between the slices at 8 and 16 mm, nearer to the first
    carried = to_array(carry(to_image(mask, fine), coarse))
    assert np.array_equal(np.argwhere(carried.any(axis=(1, 2))), [[1]])
    assert np.array_equal(carried[1] > 0, mask[10])


def test_a_linear_mask_is_the_lesion_from_one_half():
    fine = Grid(size=(8, 1, 1), spacing=(1, 1, 1), origin=(0, 0, 0), direction=tuple(np.eye(3).ravel()))
    shifted = Grid(size=(8, 1, 1), spacing=(1, 1, 1), origin=(0.4, 0, 0), direction=fine.direction)
    mask = to_image(np.array([[[0, 0, 1, 1, 1, 0, 0, 0]]], bool), fine)
    assert to_array(carry(mask, shifted, "linear")).tolist() == [[[0, 0, 1, 1, 1, 0, 0, 0]]]


def test_a_mask_outside_the_image_is_refused():
    grid = series_grid("oblique")
    mask = to_image(ball(grid) > 0.1, grid)
    axes, size, spacing = SERIES["axial"]
    away = Grid(size=size, spacing=spacing, origin=(400, 0, 0), direction=tuple(axes.ravel()))
    with pytest.raises(
        DataError, match=r"(?s)error\[RS804\]: the lesion lies outside the DWI image.*by up to 4\d\d\.\d mm"
    ):
        require_inside(mask, away, "DWI")
    half = Grid(size=size, spacing=spacing, origin=tuple(LESION), direction=tuple(axes.ravel()))
    with pytest.raises(DataError, match=r"lies in part outside the ADC image"):
        require_inside(mask, half, "ADC")
    empty = to_image(np.zeros(grid.size[::-1], bool), grid)
    with pytest.raises(DataError, match="no voxel of the lesion"):
        require_inside(empty, grid, "T2")
    require_inside(mask, grid, "T2")


def test_lps_and_ras_by_hand():
    # 2 mm axial, first voxel 100 mm to the right, 80 mm to the front, 50 mm to the feet.
    lps = np.array([[2, 0, 0, -100], [0, 2, 0, -80], [0, 0, 5, -50], [0, 0, 0, 1.0]])
    ras = np.array([[-2, 0, 0, 100], [0, -2, 0, 80], [0, 0, 5, -50], [0, 0, 0, 1.0]])
    assert np.array_equal(swap_lps_ras(lps), ras)
    assert np.array_equal(swap_lps_ras(ras), lps)


@pytest.mark.parametrize("name", ["oblique", "sagittal", "upside-down"])
def test_lps_and_ras_as_nifti_has_them(name, tmp_path):
    grid = series_grid(name)
    SimpleITK.WriteImage(to_image(ball(grid), grid), str(tmp_path / "a.nii"))
    # srow_x, srow_y and srow_z of the header are the rows of the affine to RAS, as 12 floats from byte 280.
    rows = np.frombuffer((tmp_path / "a.nii").read_bytes()[280:328], "<f4").reshape(3, 4)
    assert swap_lps_ras(grid.affine)[:3] == pytest.approx(rows, abs=1e-4)


def test_a_grid_is_valid_once_made():
    with pytest.raises(ValueError, match="positive sizes"):
        Grid(size=(0, 1, 1), spacing=(1, 1, 1), origin=(0, 0, 0), direction=tuple(np.eye(3).ravel()))
    with pytest.raises(ValueError, match="right angles"):
        Grid(size=(1, 1, 1), spacing=(1, 1, 1), origin=(0, 0, 0), direction=(1, 0.1, 0, 0, 1, 0, 0, 0, 1))
    with pytest.raises(ValueError, match="has shape"):
        to_image(np.zeros((1, 2, 3)), series_grid("axial"))
    with pytest.raises(ValueError, match="empty mask"):
        bounding_box(to_image(np.zeros((40, 44, 46), bool), series_grid("axial")), np.eye(3))
