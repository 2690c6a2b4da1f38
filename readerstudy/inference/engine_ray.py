"""The same networks on many devices and machines with Ray Data: one replica a device, chunks handed to whoever is free.

Moritz P et al. Ray: a distributed framework for emerging AI applications. OSDI 2018:561-577. Store and weights must be
seen by every machine under the same path.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from readerstudy.inference.engine import Chunk, Item, Setup, rows_on_cpu
from readerstudy.inference.weights import load
from readerstudy.problems import DataError, Problem

_MISSING = "the engine ray needs the package ray, which is not installed"


@contextmanager
def _quiet() -> Iterator[None]:
    """Ray's own notes and its warnings about itself kept from the user."""
    levels = {name: logging.getLogger(name).level for name in ("ray", "ray.data")}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"ray\.")
        warnings.filterwarnings("ignore", category=FutureWarning, module=r"ray\.")
        try:
            for name in levels:
                logging.getLogger(name).setLevel(logging.ERROR)
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


@contextmanager
def cluster(devices: int | None = None) -> Iterator[int]:
    """The cluster that RAY_ADDRESS names, or one of this machine's own that lives as long as the block.

    Nothing is reported to anybody, and no dashboard is opened. The machine's own has a core for each of `devices`, be
    there so many or not.

    Yields
    ------
    The number of its GPUs.

    Raises
    ------
    DataError
        RS935 if ray is not installed, or the cluster cannot be reached.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        with _quiet():
            import ray.data  # it sets up its own notes when it is imported
    except ImportError:
        help_ = "pip install 'readerstudy[cluster]', or leave out --engine ray"
        raise DataError([Problem(code="RS935", message=_MISSING, help=help_)]) from None
    began = not ray.is_initialized()
    with _quiet():
        if began:
            cores = max(os.cpu_count() or 1, devices or 1)
            own: dict[str, Any] = {"include_dashboard": False, "num_cpus": cores}
            if os.environ.get("RAY_ADDRESS"):
                own = {}
            try:
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **own)
            except (ConnectionError, RuntimeError) as error:
                message = f"the Ray cluster cannot be reached: {str(error).splitlines()[0]}"
                help_ = "check RAY_ADDRESS, or unset it for a cluster on this machine alone"
                raise DataError([Problem(code="RS935", message=message, help=help_)]) from None
        try:
            yield _number_of("GPU")
        finally:
            if began:
                ray.shutdown()


def _number_of(resource: str) -> int:
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return int(resources.get(resource, 0))


class _Scoring:
    """A replica of the networks in a process of its own, which Ray keeps from chunk to chunk."""

    def __init__(self, setup: Setup) -> None:
        from readerstudy.inference.engine import Replica

        self.replica = Replica(setup)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        from readerstudy.inference.engine import run

        numbers, contents = [], []
        for number, text in zip(batch["number"].tolist(), batch["items"].tolist(), strict=True):
            items = tuple(Item(case, tuple(clinical)) for case, clinical in json.loads(text))
            for _, content in run(self.replica, [(number, items)]):
                numbers.append(number)
                contents.append(content)
        return {"number": np.array(numbers), "content": contents}


def rows_that_fit(setup: Setup) -> int:
    """Rows of a batch on a device of the cluster."""
    if setup.device == "cpu":
        return rows_on_cpu(setup.card)
    import ray

    @ray.remote(num_cpus=1, num_gpus=1)
    def measured() -> int:
        from readerstudy.inference.engine import Replica

        return Replica(setup).batch

    return int(ray.get(measured.remote()))


def run(setup: Setup, chunks: Sequence[Chunk], *, devices: int) -> Iterator[tuple[int, bytes]]:
    """Score the chunks on `devices` replicas, each on a GPU of its own (on CPU: a core); they come as they are done.

    What a replica had in hand when it was lost Ray gives to another.

    Raises
    ------
    DataError
        RS935 if the cluster has fewer devices, or loses processes for good.
    """
    from ray.exceptions import NodeDiedError, RayActorError, WorkerCrashedError

    kind = "GPU" if setup.device == "cuda" else "CPU"
    there = _number_of(kind)
    if devices > there:
        message = f"the Ray cluster has {there} of {devices} devices ({kind})"
        raise DataError([Problem(code="RS935", message=message, help=f"--devices {max(there, 1)}")])
    for path, sha256 in setup.files:  # what is wrong with them is said here, not in a process elsewhere
        load(setup.card, path, sha256)
    try:
        yield from _started(setup, chunks, devices)
    except (RayActorError, NodeDiedError, WorkerCrashedError) as error:
        help_ = "look after the machines, then give the same command again: it goes on where it stopped"
        message = f"the Ray cluster lost processes ({type(error).__name__})"
        raise DataError([Problem(code="RS935", message=message, help=help_)]) from None


def _started(setup: Setup, chunks: Sequence[Chunk], devices: int) -> Iterator[tuple[int, bytes]]:
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    rows = [
        {"number": number, "items": json.dumps([[item.case_id, item.clinical] for item in items])}
        for number, items in chunks
    ]
    made = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        _Scoring,
        fn_constructor_args=(setup,),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(devices, len(chunks))),
        num_gpus=1 if setup.device == "cuda" else 0,
        num_cpus=1,
    )
    for batch in made.iter_batches(batch_size=None, batch_format="numpy", prefetch_batches=0):
        yield from zip(batch["number"].tolist(), batch["content"].tolist(), strict=True)
