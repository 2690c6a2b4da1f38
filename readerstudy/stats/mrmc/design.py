"""Who read what: the design of a study, found in its reads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from readerstudy.stats._arrays import Bools, Ints


def over(read: Bools, axis: int | tuple[int, ...]) -> Bools:
    """Where anything was read, over one axis or more."""
    found: Bools = np.any(read, axis=axis)
    return found


def compact(codes: Ints) -> Ints:
    """The same codes without gaps, from 0."""
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


SPARSE = (
    "fewer than two readers a block: the mean square is that of all readers, whose covariance is 0 where they share no "
    "case"
)
"""What `grouped` has done where some readers share cases, but most do not."""


def grouped(blocks: Ints, modality: Ints | None = None) -> Ints:
    """Blocks of the readers that are left, without gaps.

    Mean squares within blocks have as many degrees of freedom as there are more readers than blocks. Where readers are
    fewer than two a block (in every modality), that is less than blocks have among themselves, and none where nobody
    shares a case with another: then all readers are one block. The mean square of all readers and the mean covariance
    of all pairs, 0 where two share no case, give the variance of a mean without bias whoever shares what.
    """
    within = np.zeros_like(blocks) if modality is None else modality
    members = [blocks[within == one] for one in np.unique(within)]
    sparse = all(len(of) < 2 * len(np.unique(of)) for of in members)
    return np.zeros_like(blocks) if sparse else compact(blocks)


def sparse_note(blocks: Ints, modality: Ints | None = None) -> str | None:
    """`SPARSE` where blocks of readers, some of more than one, were made one by `grouped`."""
    within = np.zeros_like(blocks) if modality is None else modality
    n_blocks = np.unique(np.stack((within, blocks)), axis=1).shape[1]
    some_share = len(np.unique(within)) < n_blocks < len(blocks)
    return SPARSE if some_share and not grouped(blocks, modality).any() else None


class Design(NamedTuple):
    """How readers, cases and modalities are crossed; of readers with a read in every modality, or in one each."""

    words: str
    readers_nested: bool
    """Every reader read in one modality only, each modality has readers of its own."""
    equally_paired: bool
    """Every two modalities share cases, or none do."""
    complete: bool
    """Nothing is missing of what the design asks for."""
    blocks: Ints
    """Readers that share cases have one code, shape (n_readers,)."""


def design_of(read: Bools, *, partly: bool = False) -> Design:
    """The design of reads, shape (n_modalities, n_readers, n_units); a unit is a case, or a patient with all of his.

    Raises
    ------
    ValueError
        If readers read in several modalities, but none in all of them, unless `partly` crossed readers may be.
    """
    n_modalities, n_readers = read.shape[:2]
    cell = over(read, 2)
    modalities_of = cell.sum(axis=0)
    nested = n_modalities > 1 and bool((modalities_of <= 1).all())
    in_all = modalities_of == n_modalities
    if not nested and not in_all.any():
        if partly:
            said = "readers partly crossed with modality and partly nested"
            return Design(said, False, False, False, np.zeros(n_readers, dtype=np.int64))
        raise ValueError(
            "readers read in several modalities, but none in all of them: no model of a panel that is partly crossed "
            "and partly nested is offered; compare modalities that some readers share, two at a time"
        )
    counted = modalities_of > 0 if nested else in_all
    by_modality = over(read[:, counted], 1).astype(np.float64)
    shares = (by_modality @ by_modality.T > 0)[~np.eye(n_modalities, dtype=bool)]
    cases_nested, paired = not shares.any() and n_modalities > 1, bool(shares.all())
    if nested:
        blocks = np.zeros(n_readers, dtype=np.int64)
        for modality in range(n_modalities):
            members = np.flatnonzero(cell[modality])
            blocks[members] = linked(read[modality, members])
        alone = all(_alone(blocks[members]) for members in cell)
        split = any(len(np.unique(blocks[members])) > 1 for members in cell)
    else:
        blocks = np.zeros(n_readers, dtype=np.int64)
        blocks[counted] = linked(over(read[:, counted], 0))
        alone, split = _alone(blocks[counted]), len(np.unique(blocks[counted])) > 1
    complete = _complete(read[:, counted], cell[:, counted], blocks[counted], apart=nested or not paired)
    words = []
    if nested:
        words.append("readers and cases nested in modality" if cases_nested else "readers nested in modality")
    elif cases_nested:
        words.append("cases nested in modality")
    elif not paired:
        words.append("cases partly shared by the modalities")
    if split:
        words.append("cases nested in readers" if alone else "cases nested in blocks of readers (split-plot)")
    if not words:
        words.append("fully crossed" if complete else "crossed with missing reads")
    elif not complete:
        words.append("missing reads")
    return Design(", ".join(words), nested, paired or cases_nested, complete, blocks)


def _alone(blocks: Ints) -> bool:
    """Whether every reader read cases of their own."""
    return len(blocks) > 1 and len(np.unique(blocks)) == len(blocks)


def linked(read: Bools) -> Ints:
    """Readers, or other rows of reads, that are linked by cases, directly or through others: codes from 0."""
    counts = read.astype(np.float64)
    near = (counts @ counts.T > 0) | np.eye(len(read), dtype=bool)
    for _ in range(max(1, len(read).bit_length())):  # each squaring doubles how far a link reaches
        near = near.astype(np.float64) @ near > 0
    return compact(near.argmax(axis=1))


def _complete(read: Bools, cell: Bools, blocks: Ints, *, apart: bool) -> bool:
    """Whether everyone of a block read all of its cases, in every modality unless these have cases `apart`."""
    for block in np.unique(blocks):
        members = blocks == block
        for modality in range(len(read)):
            readers = members & cell[modality]
            wanted = read[modality, members].any(axis=0) if apart else read[:, members].any(axis=(0, 1))
            if (read[modality, readers] != wanted).any():
                return False
    return True
