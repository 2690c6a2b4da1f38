"""Augmentation: mask and images move together, each sample by its own key; and the loss it feeds."""

import numpy as np
import pytest
import torch

from readerstudy.inference import augment
from readerstudy.inference.card import Augmentation
from readerstudy.inference.losses import Loss, balanced

ALL = Augmentation(rotation=40, flip=0.5, scale=0.2, shift=0.1, shear=10, light=0.2, noise=0.02)


def changes(augmentation, n, *, n_sequences, dims, epoch=0):
    return [augment.draw(augmentation, (0, 1, epoch, k), n_sequences=n_sequences, dims=dims) for k in range(n)]


def lopsided(dims, size=32):
    """A bright block off the centre, that no rotation or flip leaves in place."""
    block = torch.zeros((size,) * dims)
    block[tuple(slice(6 + 3 * axis, 14 + 5 * axis) for axis in range(dims))] = 1
    return block


def test_mask_and_images_of_all_sequences_move_together():
    block = lopsided(3)
    volumes = torch.stack([block * 0.8, block]).expand(6, 3, 2, 32, 32, 32)
    geometry = Augmentation(rotation=20, flip=0.5, scale=0.2, shift=0.1, shear=10)
    moved = augment.apply(volumes, changes(geometry, 6, n_sequences=3, dims=3))
    assert torch.allclose(moved[:, :, 0], moved[:, :, 1] * 0.8, atol=1e-6)
    assert torch.equal(moved[:, 0], moved[:, 2])
    assert all((moved[k, 0, 1] - block).abs().max() > 0.5 for k in range(6))
    # The block stays a block of about its size: nothing is smeared over the volume.
    assert (moved[:, 0, 1].sum((1, 2, 3)) / block.sum()).tolist() == pytest.approx([1] * 6, abs=0.75)


def test_light_and_noise_are_of_the_images_alone_and_stay_in_range():
    volumes = torch.rand(4, 2, 2, 8, 8, 8)
    drawn = changes(Augmentation(light=0.3, noise=0.2), 4, n_sequences=2, dims=3)
    changed = augment.apply(volumes, drawn)
    assert torch.equal(changed[:, :, 1], volumes[:, :, 1])
    assert (changed[:, :, 0] - volumes[:, :, 0]).abs().amax((2, 3, 4)).min() > 0.05
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert len({*drawn[0].contrast, *drawn[0].brightness}) == 4  # each sequence by itself


def test_nothing_asked_for_changes_nothing():
    images = torch.rand(3, 6, 20, 20)
    assert augment.apply(images, changes(Augmentation(), 3, n_sequences=6, dims=2)) is images


@pytest.mark.parametrize("dims", [2, 3])
def test_each_draw_is_what_the_card_says(dims):
    """One kind at a time, against the naive map."""
    block = lopsided(dims)[None, None] if dims == 2 else torch.stack([lopsided(3)] * 2)[None, None]
    spatial = tuple(range(block.dim() - dims, block.dim()))
    flips = [
        augment.apply(block, [augment.draw(Augmentation(flip=1), (k,), n_sequences=1, dims=dims)]) for k in range(3)
    ]
    assert all(torch.allclose(flip, block.flip(spatial), atol=1e-5) for flip in flips)
    found = [augment.draw(Augmentation(rotation=30), (k,), n_sequences=1, dims=dims).affine for k in range(200)]
    turns = np.array([affine[:, :dims] for affine in found])
    assert np.allclose(np.linalg.det(turns), 1)
    assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(dims))
    if dims == 2:
        angles = np.rad2deg(np.arctan2(turns[:, 1, 0], turns[:, 0, 0]))
        assert -30 <= angles.min() < -27
        assert 27 < angles.max() <= 30
    shifts = np.array(
        [augment.draw(Augmentation(shift=0.25), (k,), n_sequences=1, dims=dims).affine[:, dims] for k in range(200)]
    )
    assert 0.45 < np.abs(shifts).max() <= 0.5  # a quarter of a side that is 2 long
    scales = [
        np.linalg.det(augment.draw(Augmentation(scale=0.2), (k,), n_sequences=1, dims=dims).affine[:, :dims])
        for k in range(200)
    ]
    assert 1.2**-dims <= min(scales)
    assert max(scales) <= 0.8**-dims


def test_a_sample_is_changed_alike_in_every_batch_and_otherwise_in_every_epoch():
    images = torch.rand(5, 6, 24, 24)
    drawn = changes(ALL, 5, n_sequences=6, dims=2)
    together = augment.apply(images, drawn)
    alone = torch.cat([augment.apply(images[k : k + 1], drawn[k : k + 1]) for k in (4, 2, 0)])
    assert torch.equal(together[[4, 2, 0]], alone)
    later = changes(ALL, 5, n_sequences=6, dims=2, epoch=1)
    assert not np.allclose(drawn[0].affine, later[0].affine)


def test_the_loss_is_the_weighted_sum_of_cross_entropies():
    rng = np.random.default_rng(0)
    labels = {"two": rng.integers(0, 2, 12), "three": rng.integers(0, 3, 12)}
    weights = {"two": balanced(labels["two"], 2), "three": np.array([1.0, 2.0, 0.5])}
    assert np.mean(weights["two"][labels["two"]]) == pytest.approx(1)
    loss = Loss(
        tasks={"two": 1.0, "three": 0.5},
        classes={name: torch.tensor(values, dtype=torch.float32) for name, values in weights.items()},
    )
    logits = {"two": rng.normal(size=(12, 2)), "three": rng.normal(size=(12, 3))}
    made = loss(
        {name: torch.tensor(values) for name, values in logits.items()},
        {name: torch.tensor(values) for name, values in labels.items()},
    )
    expected = []
    for k in range(12):
        terms = {}
        for name in labels:
            e = np.exp(logits[name][k])
            c = labels[name][k]
            terms[name] = -weights[name][c] * np.log(e[c] / e.sum())
        expected.append(terms["two"] + 0.5 * terms["three"])
    assert made.numpy() == pytest.approx(expected, rel=1e-5)
