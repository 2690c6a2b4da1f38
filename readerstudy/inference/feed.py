"""Batches of samples for training: who is in which batch depends on the seed and the epoch alone."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from readerstudy.inference.samples import Samples

Key = tuple[int, ...]
"""(seed, run, epoch), of which every random number of an epoch is made."""


def seed_of(*key: int) -> int:
    """A seed for torch, made of a key."""
    text = "-".join(map(str, key))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Some samples.

    Parameters
    ----------
    places
        In `Samples.index`.
    images
        Image groups (B, S, H, W) or volumes (B, S, 2, D, H, W).
    clinical
        Shape (B, K); None without clinical data.
    labels
        Task -> class, shape (B,).
    """

    places: tuple[int, ...]
    images: Tensor
    clinical: Tensor | None
    labels: dict[str, Tensor]

    def pin_memory(self) -> Batch:
        """In memory from which the device reads while it computes."""
        return dataclasses.replace(
            self,
            images=self.images.pin_memory(),
            clinical=None if self.clinical is None else self.clinical.pin_memory(),
            labels={name: values.pin_memory() for name, values in self.labels.items()},
        )

    def to(self, device: torch.device) -> Batch:
        """On a device."""
        return dataclasses.replace(
            self,
            images=self.images.to(device, non_blocking=True),
            clinical=None if self.clinical is None else self.clinical.to(device, non_blocking=True),
            labels={name: values.to(device, non_blocking=True) for name, values in self.labels.items()},
        )


class _Reader(Dataset[Any]):
    """Reads a sample; the key beside its place seeds what is drawn when a volume is cut, and is empty for none."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples

    def __getitem__(self, asked: tuple[int, Key]) -> tuple[int, Any]:
        place, key = asked
        rng = np.random.default_rng([*key, place, 1]) if key else None
        return place, self.samples.read(place, rng)

    def collate(self, found: Sequence[tuple[int, Any]]) -> Batch:
        """A batch of what was read."""
        places = tuple(place for place, _ in found)
        units = [self.samples.units[self.samples.index[place].unit] for place in places]
        return Batch(
            places=places,
            images=torch.from_numpy(np.stack([images for _, images in found])),
            clinical=torch.tensor([unit.clinical for unit in units]) if units[0].clinical else None,
            labels={name: torch.tensor([unit.labels[name] for unit in units]) for name in units[0].labels},
        )


def _one_thread(worker: int) -> None:
    """The workers are the parallel part: with threads of their own they would wait for each other's processors."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


class Feed:
    """The batches of one device, read ahead by worker processes.

    Parameters
    ----------
    samples
        All samples.
    places
        Those of this feed.
    batch
        Samples of a batch, over all devices together.
    rank, world
        Number of this device, and how many there are.
    workers
        Processes that read; 0 reads in this one. The batches are the same.
    pin
        Whether batches go to a graphics card.
    """

    def __init__(
        self, samples: Samples, places: Sequence[int], *, batch: int, rank: int, world: int, workers: int, pin: bool
    ) -> None:
        self._places = np.asarray(places)
        self._n_batches = -(-len(places) // batch)
        self._rank, self._world = rank, world
        self._asked: list[list[tuple[int, Key]]] = []
        reader = _Reader(samples)
        self._loader = DataLoader(
            reader,
            batch_sampler=self._asked,
            collate_fn=reader.collate,
            num_workers=workers,
            worker_init_fn=_one_thread,
            persistent_workers=workers > 0,
            pin_memory=pin,
            # Without a generator of its own the loader would take a number from the one that drops units.
            generator=torch.Generator(),
        )

    def shuffled(self, key: Key) -> Iterator[tuple[Batch, int]]:
        """The batches of an epoch with the number of samples that each has over all devices.

        The batches are as equal as can be, so that none is left with the one sample that batch normalisation cannot
        take.
        """
        order = np.random.default_rng([*key, 0, 2]).permutation(self._places)
        return self._read(order, key)

    def in_order(self) -> Iterator[tuple[Batch, int]]:
        """All samples in their order, unchanged."""
        return self._read(self._places, ())

    def _read(self, order: Any, key: Key) -> Iterator[tuple[Batch, int]]:
        batches = np.array_split(order, self._n_batches)
        own = [np.array_split(batch, self._world)[self._rank].tolist() for batch in batches]
        sizes = [len(batch) for batch, places in zip(batches, own, strict=True) if places]
        self._asked[:] = [[(place, key) for place in places] for places in own if places]
        return zip(self._loader, sizes, strict=True)
