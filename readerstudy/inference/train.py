"""A card's training on a case store: cross-validation by patient, then one network on all cases where the paper has it.

Everything is determined by the settings written to settings.json. A run that was killed is taken up at its last whole
epoch and ends, on a CPU, with the same bytes.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from readerstudy.imaging.atomic import write_bytes
from readerstudy.imaging.lock import alone
from readerstudy.imaging.store import Skipped, Store
from readerstudy.inference import folds, loop, outputs, trained
from readerstudy.inference.card import Card, InceptionResNet
from readerstudy.inference.data import Unit, data_digest, read_rows, usable
from readerstudy.inference.ledger import FINAL, Ledger
from readerstudy.inference.samples import Samples, gather
from readerstudy.problems import DataError, Problem

PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}
"""Our name -> Fabric's."""
_FINAL_RUN = 2**16
"""Number of the final run in the seeds; the folds are numbered from 0."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machine:
    """On what a training runs; it touches no more than the last digits.

    Parameters
    ----------
    device
        ``"auto"`` (a CUDA device if there is one), ``"cpu"`` or ``"cuda"``.
    precision
        ``"32"``, or mixed precision with ``"bf16"`` or ``"16"``.
    devices
        How many, each with its share of every batch.
    workers
        Processes for each device that read samples; the numbers do not depend on it.
    """

    device: str = "auto"
    precision: str = "32"
    devices: int = 1
    workers: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a training has come to.

    Parameters
    ----------
    card
        The trained card, read from its folder.
    records
        Name of each finished run and its record.
    skipped
        Cases that were left out, with reasons.
    """

    card: Card
    records: trained.Records
    skipped: tuple[Skipped, ...]


def _silent(line: str) -> None:
    """Take a line of progress and do nothing."""


def train(
    card: Card,
    store: str | Path,
    out: str | Path,
    *,
    cases: str | Path | None = None,
    weights: str | Path | None = None,
    only: Iterable[int] | None = None,
    final: bool | None = None,
    seed: int = 0,
    shuffle_labels: bool = False,
    machine: Machine = Machine(),
    force: bool = False,
    log: Callable[[str], None] = _silent,
) -> Outcome:
    """Train a card, or go on with a training that was interrupted.

    Parameters
    ----------
    card
        What is trained and how.
    store
        The prepared cases.
    out
        Folder of the trained card; one training at a time.
    cases
        Table with `case_id` (of the store), `truth` and the clinical columns; the store's without it.
    weights
        ImageNet weights to begin with, if the card says so.
    only
        Folds to train in this call; all without it.
    final
        Whether a network is then trained on all cases; without it as the card says, once all folds are finished.
    seed
        Of every random number.
    shuffle_labels
        Give the units each other's classes, to see that nothing can be learnt from them.
    machine
        On what it runs.
    force
        Remove what a training with other settings left in `out`.
    log
        Takes lines that say how far it is; with several devices it must be a function of a module.

    Raises
    ------
    DataError
        If no case can be used, a class is too small for the folds (RS923), the weights do not fit the card, the loss
        diverges (RS925), the folder holds another training (RS926), or a setting is impossible (RS927).
    FileExistsError
        If the folder holds other files.
    BlockingIOError
        If another process trains in the folder.
    """
    out = Path(out)
    if card.folder is not None and out.resolve() == card.folder.resolve():
        raise _impossible("the card stands in the folder that --out names", "name another folder with --out")
    start = _start(card, weights)
    device = _device(card, machine)
    numbers = _numbers(card, only)
    opened = Store.open(store)
    rows = opened.table() if cases is None else read_rows(cases)
    units, unusable = usable(card, opened, rows)
    if shuffle_labels:
        units = _shuffled(units, seed)
    if not units:
        raise _nothing(unusable)
    try:  # what cannot be trained is refused before anything is written
        folds.assign(units, card.tasks, n_folds=card.training.folds, seed=seed)
    except DataError as error:
        raise DataError([*error.problems, *_left_out(unusable)]) from None
    if start is not None:
        loop.check_start(card, len(units[0].clinical), start)
    about: dict[str, Any] = {
        "card": card.to_toml(),
        "store": opened.digest,
        "data": data_digest(opened, units),
        "seed": seed,
        "shuffled": shuffle_labels,
        "start": None if start is None else _sha256(start),
        "precision": machine.precision,
        "versions": trained.versions(card),
        "beside": [] if card.clinical is None else [card.clinical.table],
    }
    with alone(out):
        ledger = Ledger(out, about, force=force)
        samples, unreadable = gather(card, opened, units, ledger.cache, log)
        if not samples.units:
            raise _nothing(unreadable)
        skipped = tuple(sorted((*unusable, *unreadable)))
        if skipped:
            log(f"{len(skipped)} cases are left out; skipped.csv says why")
        entries = [(entry.case, entry.reason) for entry in skipped]
        write_bytes(out / "skipped.csv", outputs.table(("case", "reason"), entries))
        of_patient = folds.assign(samples.units, card.tasks, n_folds=card.training.folds, seed=seed)
        ledger.keep_folds(folds.table(samples.units, card.tasks, of_patient))
        work = _Work(
            card=card, ledger=ledger, samples=samples, seed=seed, start=start,
            fold=tuple(of_patient[unit.patient_id] for unit in samples.units),
            device=device, machine=machine, log=log,
        )  # fmt: skip
        if final:
            _refuse_early(card, {*map(str, numbers), *(name for name, _ in work.finished_folds())})
        for number in numbers:
            work.train_fold(number)
        if _wants_final(card, final, work.finished_folds()):
            work.train_final()
        records = [
            (name, record)
            for name in (*map(str, range(card.training.folds)), FINAL)
            if (record := ledger.finished(name)) is not None
        ]
        made = trained.write(ledger, card, opened, samples.units, skipped, records, about)
        ledger.drop_cache()
    return Outcome(card=made, records=records, skipped=skipped)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Work:
    """The runs of one training."""

    card: Card
    ledger: Ledger
    samples: Samples
    seed: int
    start: Path | None
    fold: tuple[int, ...]
    """Of each unit."""
    device: str
    machine: Machine
    log: Callable[[str], None]

    def train_fold(self, number: int) -> None:
        """Train on all folds but one, unless that is done."""
        train = tuple(unit for unit, fold in enumerate(self.fold) if fold != number)
        valid = tuple(unit for unit, fold in enumerate(self.fold) if fold == number)
        self._run(str(number), number, train, valid, self.card.training.epochs)

    def train_final(self) -> None:
        """Train on all units to the epoch that was best on average over the folds, unless that is done."""
        histories = [record["history"] for _, record in self.finished_folds()]
        epochs = max(zip(*histories, strict=True), key=_best)[0]["epoch"]
        self._run(FINAL, _FINAL_RUN, tuple(range(len(self.fold))), (), epochs)

    def finished_folds(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and record of each."""
        names = map(str, range(self.card.training.folds))
        return [(name, record) for name in names if (record := self.ledger.finished(name)) is not None]

    def _run(self, name: str, number: int, train: Sequence[int], valid: Sequence[int], epochs: int) -> None:
        if self.ledger.finished(name) is not None:
            self.ledger.tidy(name)
            self.log(f"{'the final run' if name == FINAL else f'fold {name}'} was finished by an earlier run")
            return
        job = loop.Run(
            card=self.card, samples=self.samples, folder=self.ledger.folder(name), name=name, number=number,
            seed=self.seed, epochs=epochs, train=tuple(train), valid=tuple(valid), start=self.start,
            workers=self.machine.workers, precision=self.machine.precision, metrics=self.ledger.out / "metrics.csv",
            before=tuple((name, record["history"]) for name, record in self.finished_folds()), log=self.log,
        )  # fmt: skip
        _launch(job, self.device, self.machine)
        self.ledger.finish(name, {"units": [self.samples.units[unit].unit_id for unit in valid]})


def _best(measured: Sequence[dict[str, Any]]) -> tuple[float, float, int]:
    """An epoch's rank over the folds; of equal ones the earlier is better."""
    return (*loop.rank(*measured), -measured[0]["epoch"])


def _launch(job: loop.Run, device: str, machine: Machine) -> None:
    import logging

    # Fabric says which precision it uses and how many processes there are: we do, where it matters.
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    from lightning_fabric import Fabric

    fabric = Fabric(
        accelerator=device,
        devices=machine.devices,
        # Processes that this one starts, so that only it holds the folder and writes the card.
        strategy="auto" if machine.devices == 1 else "ddp_spawn",
        precision=PRECISIONS[machine.precision],  # type: ignore[arg-type]
    )
    # Within the function, because Fabric looks through the arguments and takes no frozen dataclass.
    wrong = fabric.launch(functools.partial(loop.run, job=job))
    if wrong is not None:
        message, help_ = wrong
        raise DataError([Problem(code="RS925", message=message, help=help_)])


def _device(card: Card, machine: Machine) -> str:
    """The device's kind, after a look at what is asked of it."""
    cuda = torch.cuda.device_count()
    device = machine.device if machine.device != "auto" else "cuda" if cuda else "cpu"
    if device == "cuda" and cuda < machine.devices:
        raise _impossible(f"{machine.devices} CUDA devices are asked for and {cuda} are here", "--device cpu")
    if device == "cpu" and machine.precision == "16":
        raise _impossible("precision 16 needs a CUDA device", "--precision bf16 or 32")
    if card.training.batch < 2 * machine.devices:
        message = f"a batch of {card.training.batch} leaves a device with fewer than 2 samples"
        raise _impossible(message, "--set training.batch=N: batch normalisation needs two")
    return device


def _start(card: Card, weights: str | Path | None) -> Path | None:
    """The file to begin with."""
    wanted = card.training.start == "imagenet"
    if wanted and not isinstance(card.network, InceptionResNet):
        raise _impossible(f"there are no ImageNet weights for {card.network.kind}", "--set training.start=random")
    if wanted and weights is None:
        help_ = "give --weights imagenet.safetensors, or begin anew with --set training.start=random"
        raise _impossible(f"{card.name} begins with ImageNet weights, and none are given", help_)
    if not wanted and weights is not None:
        help_ = "leave --weights out, or --set training.start=imagenet"
        raise _impossible(f"{card.name} begins with random weights, and others are given", help_)
    return None if weights is None else Path(weights)


def _numbers(card: Card, only: Iterable[int] | None) -> tuple[int, ...]:
    """The folds to train."""
    n = card.training.folds
    numbers = tuple(range(n)) if only is None else tuple(sorted(set(only)))
    strange = [number for number in numbers if not 0 <= number < n]
    if strange:
        raise _impossible(f"there is no fold {strange[0]}", f"the folds are numbered 0 to {n - 1}")
    return numbers


def _wants_final(card: Card, final: bool | None, finished: Sequence[Any]) -> bool:
    """Whether a network is trained on all cases now."""
    complete = len(finished) == card.training.folds
    return complete and (card.training.final == "whole" if final is None else final)


def _refuse_early(card: Card, folds_then: set[str]) -> None:
    """Refuse to train on all cases when not all folds will be finished by then."""
    if len(folds_then) < card.training.folds:
        message = f"all {card.training.folds} folds choose the epochs of the final run; {len(folds_then)} would be done"
        raise _impossible(message, "train the other folds first, or leave --final out")


def _shuffled(units: Sequence[Unit], seed: int) -> tuple[Unit, ...]:
    """The units with each other's classes."""
    order = np.random.default_rng([seed, 3]).permutation(len(units))
    return tuple(dataclasses.replace(unit, labels=units[k].labels) for unit, k in zip(units, order, strict=True))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _nothing(skipped: Sequence[Skipped]) -> DataError:
    return DataError([Problem(code="RS928", message="no case of the store can be trained on", found=_reasons(skipped))])


def _left_out(skipped: Sequence[Skipped]) -> list[Problem]:
    """Why there are so few cases; nothing where none was left out."""
    if not skipped:
        return []
    return [Problem(code="RS928", message=f"{len(skipped)} cases are left out", found=_reasons(skipped))]


def _reasons(skipped: Sequence[Skipped]) -> str:
    """The three most frequent, with the number of cases."""
    reasons: dict[str, int] = {}
    for entry in skipped:
        reasons[entry.reason] = reasons.get(entry.reason, 0) + 1
    return "; ".join(f"{n}: {reason}" for reason, n in sorted(reasons.items(), key=lambda item: -item[1])[:3])


def _impossible(message: str, help_: str) -> DataError:
    return DataError([Problem(code="RS927", message=message, help=help_)])
