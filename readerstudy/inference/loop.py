"""One network trained on some units and watched on others: our own loop on Lightning Fabric.

Fabric places the network, scales mixed precision and averages gradients over devices; what is done in which order
stands here, where it can be read. It is small: it brings no loop, callbacks or checkpoints of its own, as the Lightning
Trainer does, and neither a configuration file nor a client of a model hub, as accelerate does.
"""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from readerstudy.imaging.atomic import remove_leftovers, write_text
from readerstudy.inference import augment, checkpoint, metrics
from readerstudy.inference.aggregate import softmax
from readerstudy.inference.card import Card, SliceInput
from readerstudy.inference.checkpoint import Progress
from readerstudy.inference.feed import Batch, Feed, seed_of
from readerstudy.inference.losses import Loss
from readerstudy.inference.networks import build
from readerstudy.inference.networks.inception_resnet_v2 import InceptionResNetV2
from readerstudy.inference.samples import Samples
from readerstudy.inference.weights import start_from_imagenet

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Probabilities = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """The training of one network.

    Parameters
    ----------
    card
        What is trained and how.
    samples
        All samples.
    folder
        Where its checkpoint stands.
    name
        Number of the fold, or ``"final"``.
    number
        Of the run, from which its random numbers are made.
    seed
        Of the whole training.
    epochs
        How many.
    train, valid
        Places in `samples.units`; without `valid` the last epoch's weights are kept, else the best one's.
    start
        Weights to begin with; None for random ones.
    workers
        Processes that read samples, for each device.
    precision
        As the user calls it.
    metrics
        The table that is written after each epoch.
    before
        The histories of the runs that are finished.
    log
        Takes a line of progress; with several devices a function of a module.
    """

    card: Card
    samples: Samples
    folder: Path
    name: str
    number: int
    seed: int
    epochs: int
    train: tuple[int, ...]
    valid: tuple[int, ...]
    start: Path | None
    workers: int
    precision: str
    metrics: Path
    before: tuple[tuple[str, Any], ...]
    log: Callable[[str], None]


class _DivergedError(Exception):
    """The loss is no longer a number: what to say, and what to do."""


def run(fabric: Fabric, job: Run) -> tuple[str, str] | None:
    """Train to the last epoch, from the checkpoint if there is one.

    Returns
    -------
    None, or message and help if the loss stopped being a number. All devices see that together, and from a process of
    its own an exception would come as mere text.
    """
    with _deterministic(fabric.device):
        try:
            _Training(fabric, job).run()
        except _DivergedError as error:
            message, help_ = error.args
            return message, help_
    return None


class _Training:
    """A run on one device."""

    def __init__(self, fabric: Fabric, job: Run) -> None:
        self.fabric, self.job = fabric, job
        training = job.card.training
        first = fabric.is_global_zero
        if first:
            job.folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers(job.folder)
        torch.manual_seed(seed_of(job.seed, job.number))
        self.network = _network(job.card, len(job.samples.units[0].clinical), job.start)
        self.optimiser = _optimiser(job.card, self.network)
        if fabric.device.type == "cuda" and isinstance(job.card.input, SliceInput):
            self.network = self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.model, self.stepper = fabric.setup(self.network, self.optimiser)
        # Now that all parameters are on their device: the optimiser's state goes where they are.
        self.progress = checkpoint.load(job.folder, self.network, self.optimiser)
        if first:
            checkpoint.drop_others(job.folder, self.progress.kept)
        if self.progress.scaler:
            fabric.strategy.precision.load_state_dict(dict(self.progress.scaler))
        places = {which: job.samples.of_units(getattr(job, which)) for which in ("train", "valid")}
        self.feeds = {
            which: Feed(
                job.samples, places[which], batch=training.batch, rank=fabric.global_rank, world=fabric.world_size,
                workers=job.workers, pin=fabric.device.type == "cuda",
            )
            for which in ("train", "valid")
            if places[which]
        }  # fmt: skip
        labels = {
            task.name: [job.samples.units[job.samples.index[place].unit].labels[task.name] for place in places["train"]]
            for task in job.card.tasks
        }
        self.loss = Loss.of(job.card, labels, fabric.device)
        self.n = {which: len(found) for which, found in places.items()}

    def run(self) -> None:
        job = self.job
        for epoch in range(self.progress.epochs, job.epochs):
            rate = self._set_rate(epoch)
            measured: dict[str, Any] = {"epoch": epoch + 1, "learning_rate": rate}
            measured["train_loss"] = self._finite(self._train(epoch), "training", epoch)
            measured["val_loss"] = None
            predictions: dict[str, Probabilities] = {}
            if job.valid:
                loss, predictions = self._validate()
                measured["val_loss"] = self._finite(loss, "validation", epoch)
            measured["tasks"] = self._measures(predictions)
            self._save(measured, predictions)
            if self.fabric.is_global_zero:
                job.log(_line(job, measured))

    def _set_rate(self, epoch: int) -> float:
        training = self.job.card.training
        rate = training.learning_rate * training.step_factor ** (epoch // training.step_epochs)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return rate

    def _train(self, epoch: int) -> float:
        """One epoch; the mean loss over its samples."""
        job, fabric = self.job, self.fabric
        key = (job.seed, job.number, epoch)
        torch.manual_seed(seed_of(*key, fabric.global_rank))
        self.model.train()
        total = torch.zeros((), dtype=torch.float64, device=fabric.device)
        for found, size in self.feeds["train"].shuffled(key):
            batch = found.to(fabric.device)
            images = augment.apply(batch.images, [self._change((*key, place)) for place in batch.places])
            loss = self.loss(self._logits(batch, images), batch.labels)
            # Devices' gradients are averaged, and each has its share of the batch.
            fabric.backward(loss.sum() * (fabric.world_size / size))
            self.stepper.step()
            self.stepper.zero_grad()
            total += loss.detach().sum().double()
        return float(self._sum(total)) / self.n["train"]

    def _sum(self, tensor: Tensor) -> Tensor:
        """The sum over all devices."""
        summed = self.fabric.all_reduce(tensor.to(self.fabric.device), reduce_op="sum")
        assert isinstance(summed, Tensor)
        return summed.cpu()

    def _change(self, key: tuple[int, ...]) -> augment.Change:
        what = self.job.card.input
        dims = 2 if isinstance(what, SliceInput) else 3
        return augment.draw(self.job.card.training.augmentation, key, n_sequences=len(what.sequences), dims=dims)

    def _logits(self, batch: Batch, images: Tensor) -> dict[str, Tensor]:
        slices = isinstance(self.job.card.input, SliceInput)
        return dict(self.model(images, batch.clinical) if slices else self.model(images))

    @torch.no_grad()
    def _validate(self) -> tuple[float, dict[str, Probabilities]]:
        """Mean loss over the held-out samples, and for each task the probabilities of the held-out units."""
        job, fabric = self.job, self.fabric
        self.model.eval()
        total = torch.zeros((), dtype=torch.float64, device=fabric.device)
        row = {unit: number for number, unit in enumerate(job.valid)}
        sums = {task.name: np.zeros((len(job.valid), len(task.classes))) for task in job.card.tasks}
        for found, _ in self.feeds["valid"].in_order():
            batch = found.to(fabric.device)
            logits = self._logits(batch, batch.images)
            total += self.loss(logits, batch.labels).sum().double()
            rows = [row[job.samples.index[place].unit] for place in batch.places]
            for name, of_task in logits.items():
                np.add.at(sums[name], rows, softmax(of_task.float().cpu().numpy()))
        summed = {name: self._sum(torch.from_numpy(values)).numpy() for name, values in sums.items()}
        predictions = {name: values / values.sum(axis=1, keepdims=True) for name, values in summed.items()}
        return float(self._sum(total)) / self.n["valid"], predictions

    def _measures(self, predictions: dict[str, Probabilities]) -> dict[str, dict[str, float | None]]:
        """Accuracy and macro AUC of each task, None where there is nothing to measure them on."""
        made: dict[str, dict[str, float | None]] = {}
        for task in self.job.card.tasks:
            made[task.name] = {"accuracy": None, "macro_auc": None}
            if predictions:
                labels = np.array([self.job.samples.units[unit].labels[task.name] for unit in self.job.valid])
                area = metrics.macro_auc(labels, predictions[task.name])
                made[task.name]["accuracy"] = metrics.accuracy(labels, predictions[task.name])
                made[task.name]["macro_auc"] = None if np.isnan(area) else area
        return made

    def _finite(self, loss: float, which: str, epoch: int) -> float:
        if np.isfinite(loss):
            return loss
        job = self.job
        rate = self.optimiser.param_groups[0]["lr"]
        what = "the final run" if job.name == "final" else f"fold {job.name}"
        message = f"{what}, epoch {epoch + 1}: the {which} loss is no longer a number (learning rate {rate:g})"
        help_ = f"begin anew (--force) with a lower rate, such as --set training.learning_rate={rate / 10:g}"
        if job.precision != "32":
            help_ += ", or with --precision 32"
        raise _DivergedError(message, help_)

    def _save(self, measured: dict[str, Any], predictions: dict[str, Probabilities]) -> None:
        """Write weights, then the checkpoint that names them, then the table; a kill between leaves all usable."""
        job, before = self.job, self.progress
        history = (*before.history, measured)
        number = measured["epoch"]
        best = rank(measured) > rank(before.history[before.kept - 1]) if before.kept else True
        keep = best if job.valid else number == job.epochs
        self.progress = Progress(
            epochs=number,
            history=history,
            kept=number if keep else before.kept,
            predictions={name: values.tolist() for name, values in predictions.items()} if keep else before.predictions,
            scaler=self.fabric.strategy.precision.state_dict(),
        )
        if self.fabric.is_global_zero:
            if keep:
                checkpoint.keep(job.folder, self.network, number, job.card)
            checkpoint.save(job.folder, self.network, self.optimiser, self.progress)
            checkpoint.drop_others(job.folder, self.progress.kept)
            write_text(job.metrics, metrics.table([*job.before, (job.name, history)]))
        self.fabric.barrier()


def rank(*epochs: Mapping[str, Any]) -> tuple[float, float]:
    """By what an epoch is better than another: the accuracy, mean over tasks (and folds), then the loss.

    Parameters
    ----------
    epochs
        What was measured after it, in one fold or in each.
    """
    right = [task["accuracy"] for measured in epochs for task in measured["tasks"].values()]
    return float(np.mean(right)), -float(np.mean([measured["val_loss"] for measured in epochs]))


def _network(card: Card, n_clinical: int, start: Path | None) -> nn.Module:
    network = build(card, n_clinical)
    if start is not None and isinstance(network, InceptionResNetV2):
        start_from_imagenet(network, start)
    return network


def check_start(card: Card, n_clinical: int, start: Path) -> None:
    """Refuse weights to begin with that do not fit the card, as `run` would after a folder was begun with them."""
    with torch.random.fork_rng([]):
        _network(card, n_clinical, start)


def _optimiser(card: Card, network: nn.Module) -> Optimizer:
    training = card.training
    if training.optimiser == "sgd":
        return SGD(
            network.parameters(), lr=training.learning_rate, momentum=training.momentum,
            weight_decay=training.weight_decay,
        )  # fmt: skip
    return AdamW(network.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay)


def _line(job: Run, measured: dict[str, Any]) -> str:
    """A line of progress."""
    parts = [f"{'final' if job.name == 'final' else f'fold {job.name}'}  epoch {measured['epoch']}/{job.epochs}"]
    parts.append(f"rate {measured['learning_rate']:.3g}  training loss {measured['train_loss']:.4f}")
    if job.valid:
        parts.append(f"validation loss {measured['val_loss']:.4f}")
        for name, values in measured["tasks"].items():
            area = values["macro_auc"]
            told = f"accuracy {values['accuracy']:.3f}" + ("" if area is None else f", macro AUC {area:.3f}")
            parts.append(f"{name}: {told}")
    return "  ".join(parts)


@contextmanager
def _deterministic(device: torch.device) -> Iterator[None]:
    """The same numbers in every run, to the last bit on a CPU; the caller's random numbers stay as they were.

    On a graphics card pooling in three dimensions has no deterministic gradient; torch would warn of it each time.
    """
    cuda = device.type == "cuda"
    if cuda:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    settings: Any = torch.utils.deterministic
    filled = settings.fill_uninitialized_memory
    with torch.random.fork_rng([device] if cuda else []), warnings.catch_warnings():
        if cuda:
            warnings.filterwarnings("ignore", message=".*does not have a deterministic implementation")
        torch.use_deterministic_algorithms(True, warn_only=cuda)
        settings.fill_uninitialized_memory = False
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before[0], warn_only=before[1])
            settings.fill_uninitialized_memory = filled
