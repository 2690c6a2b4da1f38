"""The sections of a card, each a frozen record that is valid once it was read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from readerstudy.imaging.recipe import SEQUENCES
from readerstudy.inference.card_fields import (
    choice,
    file_name,
    increasing,
    key,
    list_of,
    number,
    part,
    sha256,
    table_of,
    text,
    truth_value,
    whole,
)

_sequence = choice(*SEQUENCES)
_sequences = list_of(_sequence, f"a list of different sequences of {', '.join(SEQUENCES)}", distinct=True)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """A question that the network answers.

    Parameters
    ----------
    name
        Of the task, as in the column `task` of preds.csv.
    classes
        In the order of the network's outputs; ``prob_<class>`` are the columns of preds.csv.
    map
        For other words of the truth, the class that they mean. A truth that is neither a class nor here leaves the
        case out.
    """

    name: str = key(text)
    classes: tuple[str, ...] = key(list_of(text, "a list of different names", distinct=True))
    map: Mapping[str, str] = key(table_of(text, 'a table of texts, such as {"HEM" = "haemangioma"}'), {})

    def class_of(self, truth: str) -> int | None:
        """Number of the class that a truth means, None for a truth outside the taxonomy."""
        name = self.map.get(truth, truth)
        return self.classes.index(name) if name in self.classes else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class SliceInput:
    """Image groups: one slice of the lesion in every sequence, the sequences as channels.

    Parameters
    ----------
    sequences
        The channels, in order.
    size
        Pixels of a side after resizing.
    margin_mm
        Kept around the lesion: see `readerstudy.imaging.crops.slice_groups`.
    """

    kind: ClassVar[str] = "slices"
    sequences: tuple[str, ...] = key(_sequences)
    size: int = key(whole(75, 1024))  # below 75 pixels nothing is left for the last block
    margin_mm: float = key(number(0))


@dataclasses.dataclass(frozen=True, kw_only=True)
class VolumeInput:
    """Patches: a cube around the lesion in every sequence, each with its mask as a second channel.

    Parameters
    ----------
    sequences
        The streams, in order.
    size
        Voxels of a side after resizing.
    dilation_mm, blur_sigma
        Widening of the box of a large lesion and blur of the mask: see `readerstudy.imaging.crops.wang_patch`.
    """

    kind: ClassVar[str] = "volume"
    sequences: tuple[str, ...] = key(_sequences)
    size: int = key(whole(16, 256))
    dilation_mm: tuple[float, float] = key(increasing(number(0), "two numbers from 0, the lower first", length=2))
    blur_sigma: float = key(number(0))


@dataclasses.dataclass(frozen=True, kw_only=True)
class InceptionResNet:
    """Inception-ResNet-V2 over the sequences as channels.

    Parameters
    ----------
    width
        Factor of all channel counts of the convolutions; 1 is the published network.
    hidden_dim
        Units of the hidden layer between the pooled features (with the clinical data) and the classes; 0 for none.
    dropout
        Share of the pooled features that is dropped in training.
    """

    kind: ClassVar[str] = "inception-resnet-v2"
    width: float = key(number(0, 4, above=True), 1.0)
    hidden_dim: int = key(whole(0), 0)
    dropout: float = key(number(0, 0.95), 0.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SevenStream:
    """A 3D ResNet-18 for each sequence, whose features are fused in front of each task's layer.

    Parameters
    ----------
    heads
        For each task, the sequences whose features it receives beside the fused features of all.
    width
        Factor of all channel counts; 1 is ResNet-18.
    stem_stride
        Stride of the first convolution.
    dropout
        Share of each head's input that is dropped in training.
    """

    kind: ClassVar[str] = "seven-stream-resnet18"
    heads: Mapping[str, tuple[str, ...]] = key(table_of(_sequences, "for each task a list of sequences"))
    width: float = key(number(0, 4, above=True), 1.0)
    stem_stride: int = key(whole(1, 4), 1)
    dropout: float = key(number(0, 0.95), 0.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClinicalInput:
    """Clinical data beside the images: `table` is the coding table, a TOML file beside the card."""

    table: str = key(file_name)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random changes of the training images; 0 leaves a kind out.

    Parameters
    ----------
    rotation
        Degrees, drawn between minus and plus this.
    flip
        Probability of a flip, of each axis by itself.
    scale, shift, shear
        Largest change of the size (share), of the position (share of the side), of the angle between axes (degrees).
    light
        Largest change of contrast (share) and of brightness (share of the range 0 to 1).
    noise
        Largest standard deviation of the Gaussian noise, as a share of the range 0 to 1.
    """

    rotation: float = key(number(0, 180), 0.0)
    flip: float = key(number(0, 1), 0.0)
    scale: float = key(number(0, 0.9), 0.0)
    shift: float = key(number(0, 0.9), 0.0)
    shear: float = key(number(0, 80), 0.0)
    light: float = key(number(0, 0.9), 0.0)
    noise: float = key(number(0, 1), 0.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Training:
    """The paper's recipe of training.

    Parameters
    ----------
    optimiser, learning_rate, momentum, weight_decay
        ``"sgd"`` or ``"adamw"``; momentum is that of SGD.
    step_epochs, step_factor
        The rate is multiplied by `step_factor` every `step_epochs` epochs.
    epochs, batch, folds
        Epochs at most, cases (volumes) or image groups (slices) a step, folds of cross-validation by patient.
    final
        ``"folds"``: the networks of the folds are the model. ``"whole"``: the folds choose the number of epochs, and
        one network is trained on all.
    class_weights
        ``"none"``, or ``"balanced"``: each class weighs the inverse of its share.
    loss_weights
        Weight of each task's cross entropy; 1 where not given.
    start
        ``"imagenet"``: weights of a file that the user names; or ``"random"``.
    augmentation
        Random changes of the images.
    """

    optimiser: str = key(choice("sgd", "adamw"))
    learning_rate: float = key(number(0, above=True))
    momentum: float = key(number(0, 0.999), 0.0)
    weight_decay: float = key(number(0), 0.0)
    step_epochs: int = key(whole(1))
    step_factor: float = key(number(0, 1, above=True))
    epochs: int = key(whole(1))
    batch: int = key(whole(1))
    folds: int = key(whole(2, 100), 5)
    final: str = key(choice("folds", "whole"))
    class_weights: str = key(choice("none", "balanced"), "none")
    loss_weights: Mapping[str, float] = key(table_of(number(0), "for each task a number from 0"), {})
    start: str = key(choice("imagenet", "random"))
    augmentation: Augmentation = dataclasses.field(default_factory=Augmentation, metadata=part(Augmentation))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Aggregate:
    """From the outputs to one row of preds.csv: over a case's image groups, and over the networks of the folds."""

    groups: str = key(choice("sum"), "sum")
    folds: str = key(choice("mean"), "mean")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Weights:
    """A file of weights beside the card; `fold` counts from 0 and is None for a network trained on all cases."""

    file: str = key(file_name)
    sha256: str = key(sha256)
    fold: int | None = key(whole(0), None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trained:
    """Where the weights come from.

    Parameters
    ----------
    store, data
        SHA-256 of the case store, and of the table of cases with their truth.
    cases, patients
        How many were trained on.
    seed
        Of the random numbers.
    phantom
        Whether the images are of the digital phantom: then nothing clinical can be said of the model.
    epochs
        Epochs of each file of weights.
    versions
        Of the packages.
    """

    store: str = key(sha256)
    data: str = key(sha256)
    cases: int = key(whole(1))
    patients: int = key(whole(1))
    seed: int = key(whole(0))
    phantom: bool = key(truth_value)
    epochs: tuple[int, ...] = key(list_of(whole(1), "a list of whole numbers from 1"))
    versions: Mapping[str, str] = key(table_of(text, "a table of texts"), {})
