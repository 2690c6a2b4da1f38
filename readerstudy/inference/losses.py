"""The loss of training: cross entropy, summed over the tasks with their weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from readerstudy.inference.card import Card


def balanced(labels: npt.NDArray[np.int64], n_classes: int) -> npt.NDArray[np.float64]:
    """Weight of each class: the inverse of its share, scaled so that the mean over the samples is 1.

    Parameters
    ----------
    labels
        Class of each sample, from 0; every class is there.
    n_classes
        How many classes there are.
    """
    return len(labels) / (n_classes * np.bincount(labels, minlength=n_classes))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Loss:
    """Sum over the tasks of weight times cross entropy, for each sample by itself.

    Parameters
    ----------
    tasks
        Task -> its weight.
    classes
        Task -> weight of each class.
    """

    tasks: Mapping[str, float]
    classes: Mapping[str, Tensor]

    @classmethod
    def of(cls, card: Card, labels: Mapping[str, Sequence[int]], device: torch.device) -> Loss:
        """The card's loss for a training set whose samples have these classes, task -> class of each sample."""
        tasks, classes = {}, {}
        for task in card.tasks:
            tasks[task.name] = card.training.loss_weights.get(task.name, 1.0)
            weights = np.ones(len(task.classes))
            if card.training.class_weights == "balanced":
                weights = balanced(np.asarray(labels[task.name], dtype=np.int64), len(task.classes))
            classes[task.name] = torch.tensor(weights, dtype=torch.float32, device=device)
        return cls(tasks=tasks, classes=classes)

    def __call__(self, logits: Mapping[str, Tensor], labels: Mapping[str, Tensor]) -> Tensor:
        """Loss of each sample, shape (B,), of logits (B, classes) and labels (B,).

        A class weight multiplies the sample's term and does not enter a denominator, so that the mean over a batch is
        the same however the batch is spread over devices.
        """
        total: Tensor | float = 0.0
        for name, weight in self.tasks.items():
            entropy = torch.nn.functional.cross_entropy(logits[name].float(), labels[name], reduction="none")
            total = total + weight * self.classes[name][labels[name]] * entropy
        assert isinstance(total, Tensor)
        return total
