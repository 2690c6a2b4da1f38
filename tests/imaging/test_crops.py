"""What is cut from a stored case, against SciPy's interpolation and shapes of known size."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import pdist

from readerstudy.imaging.crops import lesion_diameter_mm, slice_groups, wang_crop_mm, wang_patch, wang_region


def ellipsoid(shape, spacing, centre, half):
    """Voxels whose centres lie in an ellipsoid; centre and half axes z, y, x in mm."""
    grids = np.meshgrid(*[np.arange(n) * step for n, step in zip(shape, spacing, strict=True)], indexing="ij")
    return sum(((g - c) / h) ** 2 for g, c, h in zip(grids, centre, half, strict=True)) <= 1


def naive_diameter(mask, spacing):
    """Largest distance of any two midpoints between a pixel in and its neighbour out, slice by slice."""
    longest = 0.0
    for plane in np.pad(mask, ((0, 0), (1, 1), (1, 1))):
        points = []
        for y, x in np.argwhere(plane):
            for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                if not plane[y + dy, x + dx]:
                    points.append(((y + dy / 2) * spacing[1], (x + dx / 2) * spacing[2]))
        if points:
            longest = max(longest, pdist(points).max())
    return longest


@pytest.mark.parametrize(("diameter", "edge"), [(0, 32), (15.9, 32), (16, 64), (31.9, 64), (32, None), (120, None)])
def test_wangs_rule(diameter, edge):
    assert wang_crop_mm(diameter) == edge


def test_diameter_of_a_ball_and_of_one_voxel():
    ball = ellipsoid((30, 60, 60), (2, 1, 1), (30, 30, 30), (20, 20, 20))
    assert lesion_diameter_mm(ball, (2, 1, 1)) == pytest.approx(40, abs=1)
    one = np.zeros((3, 3, 3), bool)
    one[1, 1, 1] = True
    assert lesion_diameter_mm(one, (7, 0.7, 0.9)) == pytest.approx(0.9)


def test_diameter_is_the_longest_in_the_plane():
    # A line of 11 pixels along the diagonal, and a taller stack of single pixels: only the plane counts.
    line = np.zeros((20, 20, 20), bool)
    line[4, range(3, 14), range(3, 14)] = True
    line[:, 15, 2] = True
    assert lesion_diameter_mm(line, (3, 1, 1)) == pytest.approx(naive_diameter(line, (3, 1, 1)))
    assert lesion_diameter_mm(line, (3, 1, 1)) == pytest.approx(np.hypot(11, 10))


@pytest.mark.parametrize("seed", range(6))
def test_diameter_against_all_pairs(seed):
    rng = np.random.default_rng(seed)
    spacing = tuple(rng.uniform(0.5, 3, 3))
    mask = ndimage.gaussian_filter(rng.random((6, 26, 24)), 2.5) > 0.52
    assert lesion_diameter_mm(mask, spacing) == pytest.approx(naive_diameter(mask, spacing))


def cases(diameter, spacing=(1.0, 1.0, 1.0), n=3, shape=(90, 96, 100), centre=(41, 50, 47)):
    mask = ellipsoid(shape, spacing, centre, [diameter / 2] * 3)
    images = np.random.default_rng(5).random((n, *shape), dtype=np.float32)
    return images, np.repeat(mask[None], n, axis=0).astype(np.uint8)


def test_a_cube_begins_between_two_voxels_and_is_copied():
    for diameter, edge in ((11, 32), (24, 64)):
        images, masks = cases(diameter, n=1)
        region = wang_region(masks[0], (1, 1, 1), dilation_mm=10)
        assert region.edges.tolist() == [edge] * 3
        assert region.centre.tolist() == [41.5, 50.5, 47.5]
        at = tuple(slice(int(c + 0.5) - edge // 2, int(c + 0.5) + edge // 2) for c in region.centre)
        patch = wang_patch(images, masks, (1, 1, 1), size=edge, blur_sigma=0)
        assert np.array_equal(patch[0, 0], images[0][at])
        assert np.array_equal(patch[0, 1], masks[0][at])


def test_a_large_lesion_gets_its_dilated_box():
    mask = cases(40)[1][0]
    mask[:22] = 0  # the box is now from 22 to 61, 30 to 70 and 27 to 67
    region = wang_region(mask, (1, 1, 1), dilation_mm=10)
    assert region.edges.tolist() == [40 + 20, 41 + 20, 41 + 20]
    assert region.centre.tolist() == [41.5, 50, 47]


def scipy_patch(images, masks, spacing, size, region, sigma):
    """The same by `map_coordinates` and `gaussian_filter`."""
    cells = [
        (c - e / 2 + (np.arange(size) + 0.5) * e / size) / s
        for c, e, s in zip(region.centre, region.edges, spacing, strict=True)
    ]
    at = np.meshgrid(*cells, indexing="ij")
    made = []
    for image, mask in zip(images, masks, strict=True):
        soft = ndimage.map_coordinates(mask.astype(float), at, order=0, mode="grid-constant")
        soft = ndimage.gaussian_filter(soft, sigma, mode="constant") if sigma else soft
        linear = ndimage.map_coordinates(image.astype(float), at, order=1, mode="grid-constant")
        made.append([linear, soft / (soft.max() or 1)])
    return np.array(made)


@pytest.mark.parametrize(("diameter", "spacing"), [(11, (1, 1, 1)), (24, (1.5, 0.8, 1.1)), (44, (1, 1, 1))])
@pytest.mark.parametrize("sigma", [0, 1.7])
def test_wangs_patch_against_scipy(diameter, spacing, sigma):
    images, masks = cases(diameter, spacing, n=2, shape=(60, 70, 66), centre=(31.3, 22, 40))
    patch = wang_patch(images, masks, spacing, size=28, dilation_mm=(6, 10), blur_sigma=sigma)
    region = wang_region(masks[0], spacing, dilation_mm=8)
    assert patch.dtype == np.float32
    assert patch.shape == (2, 2, 28, 28, 28)
    assert patch == pytest.approx(scipy_patch(images, masks, spacing, 28, region, sigma), abs=2e-6)


def test_the_lesion_is_in_the_middle_of_wangs_patch():
    for diameter in (11, 24, 44):
        images, masks = cases(diameter, n=1)
        patch = wang_patch(images, masks, (1, 1, 1))
        # A cube's centre lies between voxels, this lesion's on one: half a voxel is one of the patch, or a half.
        away = {11: 1, 24: 0.5, 44: 0}[diameter]
        assert ndimage.center_of_mass(patch[0, 1]) == pytest.approx((31.5 - away,) * 3, abs=0.01)
        assert patch[:, 1].max() == 1


def test_a_patch_is_padded_where_the_volume_ends():
    images, masks = np.ones((1, 20, 20, 20), np.float32), np.zeros((1, 20, 20, 20), bool)
    masks[0, 2:6, 8:12, 8:12] = True
    patch = wang_patch(images, masks, (1, 1, 1), blur_sigma=0)
    # 32 mm around z = 3.5: the first voxel, whose edge is at -0.5, begins 12 mm = 24 voxels from the patch's edge.
    assert not patch[0, 0, :23].any()
    assert (patch[0, 0, 25:62, 30, 30] == 1).all()


def test_the_dilation_is_drawn_in_training_only():
    images, masks = cases(44, n=1)
    still = [wang_patch(images, masks, (1, 1, 1), dilation_mm=(2, 20)) for _ in range(2)]
    assert np.array_equal(*still)
    drawn = [wang_patch(images, masks, (1, 1, 1), dilation_mm=(2, 20), rng=np.random.default_rng(s)) for s in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    shares = [patch[0, 1].mean() for patch in drawn]
    low, high = (wang_patch(images, masks, (1, 1, 1), dilation_mm=(mm, mm))[0, 1].mean() for mm in (20, 2))
    assert all(low < share < high for share in shares)


def test_the_first_mask_sets_the_region():
    images, masks = cases(11, n=2)
    masks[1] = np.roll(masks[1], 5, axis=1)
    patch = wang_patch(images, masks, (1, 1, 1), blur_sigma=0)
    assert ndimage.center_of_mass(patch[0, 1]) == pytest.approx((30.5, 30.5, 30.5))
    assert ndimage.center_of_mass(patch[1, 1]) == pytest.approx((30.5, 40.5, 30.5))


def test_a_sequence_in_which_the_mask_is_empty_stays_finite():
    images, masks = cases(11, n=2)
    masks[1] = 0
    patch = wang_patch(images, masks, (1, 1, 1))
    assert not patch[1, 1].any()
    assert np.isfinite(patch).all()


def test_slice_groups_against_scipy():
    spacing, size = (7.0, 0.7, 0.9), 61
    mask = ellipsoid((9, 60, 70), spacing, (28, 20, 33), (15, 12, 9))
    images = np.random.default_rng(3).random((4, 9, 60, 70), dtype=np.float32)
    groups, masks = slice_groups(images, np.repeat(mask[None], 4, axis=0), spacing, size=size, margin_mm=5)
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    assert slices.tolist() == [2, 3, 4, 5, 6]
    assert (groups.shape, groups.dtype) == ((5, 4, size, size), np.float32)
    assert (masks.shape, masks.dtype) == ((5, size, size), bool)
    rows, columns = (np.flatnonzero(mask.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    edge = max(len(rows) * 0.7, len(columns) * 0.9) + 10
    cells = (np.arange(size) + 0.5) / size * edge - edge / 2
    y, x = ((rows[0] + rows[-1]) / 2 + cells / 0.7, (columns[0] + columns[-1]) / 2 + cells / 0.9)
    at = np.meshgrid(y, x, indexing="ij")
    for group, plane in enumerate(slices):
        for sequence in range(4):
            expected = ndimage.map_coordinates(images[sequence, plane], at, order=1, mode="grid-constant")
            assert groups[group, sequence] == pytest.approx(expected, abs=1e-5)
        nearest = ndimage.map_coordinates(mask[plane].astype(np.uint8), at, order=0, mode="grid-constant")
        assert np.array_equal(masks[group], nearest)


def test_slice_groups_have_the_papers_size():
    images, masks = cases(30, (7.0, 0.7, 0.7), n=3, shape=(12, 80, 80), centre=(35, 28, 28))
    groups, _ = slice_groups(images.astype(np.float16), masks, (7.0, 0.7, 0.7))
    assert groups.shape == (5, 3, 299, 299)
    assert groups.flags.c_contiguous


def test_an_empty_mask_is_refused():
    images, masks = np.zeros((1, 4, 4, 4), np.float32), np.zeros((1, 4, 4, 4), bool)
    for crop in (wang_patch, slice_groups):
        with pytest.raises(ValueError, match="at least one voxel"):
            crop(images, masks, (1, 1, 1))
    with pytest.raises(ValueError, match="at least one voxel"):
        lesion_diameter_mm(masks[0], (1, 1, 1))
