"""The networks of an ensemble in memory, and batches that fill the device.

Which rows make a batch depends on the cases and the settings alone, never on the time a file took to read, so that a
run that was killed and went on, or was spread over machines, gives the same numbers to the last bit.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from readerstudy.imaging.store import Store
from readerstudy.inference.aggregate import Scored, finite, over_folds
from readerstudy.inference.card import Card
from readerstudy.inference.clinical import Clinical
from readerstudy.inference.data import inputs
from readerstudy.inference.ensemble import Scorer
from readerstudy.inference.weights import load
from readerstudy.problems import DataError

_TYPES = {"bf16": torch.bfloat16, "16": torch.float16}
_MOST_ROWS = {"slices": 1024, "volume": 128}
_CPU_ROWS = {"slices": 8, "volume": 2}
_FREE_SHARE = 0.8
"""Of the device's free memory that a batch may fill; the rest is for what the allocator cannot join."""

Images = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Item:
    """A case of the store to be scored, with its one-hot clinical vector (empty without clinical data)."""

    case_id: str
    clinical: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setup:
    """All that a replica of the networks needs to begin, on this machine or another.

    Parameters
    ----------
    card
        What goes in and comes out.
    store
        Folder of the prepared cases; on a cluster every machine must see it, and the weights, by the same path.
    files
        Weights of the networks whose probabilities are averaged, with their SHA-256.
    device
        ``"cpu"`` or ``"cuda"``.
    precision
        ``"32"``, or ``"bf16"`` or ``"16"``: mixed.
    batch
        Rows at once; 0 for as many as the device holds.
    compiled
        Whether torch.compile prepares the networks; batches are then filled up to the same size.
    threads
        Of one replica's arithmetic on the CPU.
    workers
        Threads that read cases ahead.
    features
        Whether the last hidden layer of the first network is kept.
    """

    card: Card
    store: Path
    files: tuple[tuple[Path, str], ...]
    device: str = "cpu"
    precision: str = "32"
    batch: int = 0
    compiled: bool = False
    threads: int = 1
    workers: int = 2
    features: bool = False


@dataclasses.dataclass(frozen=True)
class _Launched:
    """A batch on its way: the device may still compute what these tensors will hold."""

    rows: int
    logits: Sequence[dict[str, torch.Tensor]]
    features: torch.Tensor | None


class Replica:
    """The networks on one device.

    Parameters
    ----------
    setup
        What to load.

    Raises
    ------
    DataError
        If a file of weights is not the one named or does not fit the card.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.store = Store.open(setup.store)
        torch.set_num_threads(setup.threads)
        self._device = torch.device(setup.device)
        self._kind = setup.card.input.kind
        channels_last = self._kind == "slices" and setup.device == "cuda"
        self._format = torch.channels_last if channels_last else torch.preserve_format
        self._networks = [self._network(path, sha256) for path, sha256 in setup.files]
        self.batch = setup.batch or self._rows_that_fit()
        self._buffers: list[torch.Tensor] = []

    def _network(self, path: Path, sha256: str) -> nn.Module:
        network = load(self.setup.card, path, sha256)
        scorer = Scorer(network, _TYPES.get(self.setup.precision)).to(self._device)
        scorer.to(memory_format=self._format)  # type: ignore[call-overload]  # known to torch, not to its annotations
        return cast(nn.Module, torch.compile(scorer, dynamic=False)) if self.setup.compiled else scorer

    def score(self, cases: Iterable[tuple[Item, Images | str]]) -> Scored:
        """Score cases as they were read; one that could not be read comes with the reason in its place."""
        names: list[tuple[str, str]] = []
        skipped: list[tuple[str, str]] = []
        done: list[tuple[list[dict[str, Any]], Any]] = []
        flying: deque[_Launched] = deque()
        for rows, images, clinical in self._batches(cases, names, skipped):
            flying.append(self._launch(rows, images, clinical))
            if len(flying) > 1:  # the batch before is collected while this one is computed
                done.append(_collect(flying.popleft()))
        done += [_collect(launched) for launched in flying]
        tasks = [task.name for task in self.setup.card.tasks]
        kept = [features for _, features in done if features is not None]
        scored = Scored(
            case_id=np.array([case for case, _ in names], dtype=np.str_),
            group_id=np.array([group for _, group in names], dtype=np.str_),
            probabilities={
                task: np.concatenate([over_folds([of[task] for of in logits]) for logits, _ in done])
                for task in tasks
                if done
            },
            features=np.concatenate(kept) if kept else None,
            skipped=tuple(skipped),
        )
        return finite(scored)

    def _batches(
        self, cases: Iterable[tuple[Item, Images | str]], names: list[tuple[str, str]], skipped: list[tuple[str, str]]
    ) -> Iterator[tuple[int, torch.Tensor, torch.Tensor | None]]:
        """Rows of the cases, `batch` at a time and the rest at the end; what they are goes to `names`."""
        buffer, clinical, at, turn = None, None, 0, 0
        for item, found in cases:
            if isinstance(found, str):
                skipped.append((item.case_id, found))
                continue
            names += [(item.case_id, f"{item.case_id}:{k}") for k in range(len(found))]
            for row in found:
                if buffer is None:
                    buffer = self._buffer(turn, row.shape)
                    clinical = torch.zeros(self.batch, len(item.clinical)) if item.clinical else None
                buffer[at] = torch.from_numpy(row)
                if clinical is not None:
                    clinical[at] = torch.tensor(item.clinical)
                at += 1
                if at == self.batch:
                    yield at, buffer, clinical
                    buffer, at, turn = None, 0, turn + 1
        if buffer is not None:
            if self.setup.compiled:
                buffer[at:] = 0
            yield at, buffer, clinical

    def _buffer(self, turn: int, shape: tuple[int, ...]) -> torch.Tensor:
        """One of two places for a batch: while the device takes one, the other is filled."""
        if not self._buffers or self._buffers[0].shape != (self.batch, *shape):
            pinned = self._device.type == "cuda"
            self._buffers = [torch.empty(self.batch, *shape, pin_memory=pinned) for _ in range(2 if pinned else 1)]
        return self._buffers[turn % len(self._buffers)]

    def _launch(self, rows: int, images: torch.Tensor, clinical: torch.Tensor | None) -> _Launched:
        """Give a batch to every network of the ensemble."""
        shown = len(images) if self.setup.compiled else rows  # a compiled network knows one size
        # The choice of algorithm must not depend on a race between them, or a re-run would differ in the last bits.
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with exact, torch.inference_mode():
            x = images[:shown].to(self._device, non_blocking=True, memory_format=self._format)
            about = None if clinical is None else clinical[:shown].to(self._device)
            outputs = [network(x, about) for network in self._networks]
        return _Launched(
            rows=rows,
            logits=[logits for _, logits in outputs],
            features=outputs[0][0] if self.setup.features else None,
        )

    def _rows_that_fit(self) -> int:
        """Rows of a batch: few on a CPU, on other devices as many as the memory holds."""
        if self._device.type != "cuda":
            return rows_on_cpu(self.setup.card)
        shape, clinical = row_shape(self.setup.card), Clinical.of(self.setup.card)
        n_clinical = 0 if clinical is None else len(clinical.names)
        torch.cuda.empty_cache()
        before = torch.cuda.memory_allocated()
        free = torch.cuda.mem_get_info()[0] * _FREE_SHARE

        def peak(rows: int) -> int:
            torch.cuda.reset_peak_memory_stats()
            about = torch.zeros(rows, n_clinical) if n_clinical else None
            _collect(self._launch(rows, torch.zeros(rows, *shape), about))
            return torch.cuda.max_memory_allocated() - before

        few, more = peak(4), peak(8)
        rows = int((free - few) / max((more - few) / 4, 1)) + 4
        rows = max(1, min(rows, _MOST_ROWS[self._kind]))
        while rows > 1:
            rows -= rows % 8 if rows > 8 else 0
            try:
                peak(rows)
            except torch.cuda.OutOfMemoryError:
                torch.cuda.empty_cache()
                rows //= 2
            else:
                break
        torch.cuda.empty_cache()
        return rows


def rows_on_cpu(card: Card) -> int:
    """Rows of a batch on a CPU, which is busy with few."""
    return _CPU_ROWS[card.input.kind]


def row_shape(card: Card) -> tuple[int, ...]:
    """Shape of one image group or volume of a card."""
    n, size = len(card.input.sequences), card.input.size
    return (n, size, size) if card.input.kind == "slices" else (n, 2, size, size, size)


def _collect(launched: _Launched) -> tuple[list[dict[str, Images]], Images | None]:
    """Wait for a batch; what was filled up is left out."""

    def rows(tensor: torch.Tensor) -> Images:
        found: Images = tensor[: launched.rows].float().cpu().numpy()
        return found

    logits = [{task: rows(values) for task, values in of.items()} for of in launched.logits]
    return logits, None if launched.features is None else rows(launched.features)


def read_ahead(
    setup: Setup, store: Store, items: Iterable[Item], pool: ThreadPoolExecutor
) -> Iterator[tuple[Item, Images | str]]:
    """Cases in their order, read by the pool's threads while the networks work.

    Reading inflates, converts and resizes in compiled code that lets other threads run.
    """

    def read(item: Item) -> Images | str:
        try:
            return inputs(setup.card, store, item.case_id)
        except DataError as error:
            return "; ".join(problem.message for problem in error.problems)

    ahead: deque[tuple[Item, Future[Images | str]]] = deque()
    for item in items:
        ahead.append((item, pool.submit(read, item)))
        if len(ahead) > 2 * setup.workers:
            first, found = ahead.popleft()
            yield first, found.result()
    while ahead:
        first, found = ahead.popleft()
        yield first, found.result()


Chunk = tuple[int, tuple[Item, ...]]
"""Number of a chunk and its cases: what is computed, and kept in the journal, at once."""


def run(replica: Replica, chunks: Sequence[Chunk]) -> Iterator[tuple[int, bytes]]:
    """Score the chunks one after the other on this machine; cases of the next are read while one is computed."""
    from threadpoolctl import threadpool_limits

    # The readers are the parallel part; each with threads of its own for small matrix products would be too many, and
    # how many a process may have must not show in the numbers.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(replica.setup.workers) as pool:
        everything = (item for _, items in chunks for item in items)
        cases = read_ahead(replica.setup, replica.store, everything, pool)
        for number, items in chunks:
            yield number, replica.score(itertools.islice(cases, len(items))).to_bytes()
