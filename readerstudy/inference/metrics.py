"""Early measures of a network in training: accuracy and macro AUC on the held-out fold, without intervals.

They steer the training and are no result: `readerstudy evaluate` computes those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.imaging.csv_text import csv_text

COLUMNS = ("fold", "epoch", "task", "learning_rate", "train_loss", "val_loss", "accuracy", "macro_auc")


def accuracy(labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> float:
    """Share of the cases whose most probable class is theirs; the first of several equally probable ones counts."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def auc(positive: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> float:
    """Area under the empirical ROC curve by ranks, ties counted half; nan without both kinds of cases."""
    n, m = int(positive.sum()), int((~positive).sum())
    if not n or not m:
        return float("nan")
    _, at, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[at]
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))


def macro_auc(labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> float:
    """Mean over the classes of the AUC of one class against the rest, of the classes that are there; nan if none is."""
    areas = [auc(labels == k, probabilities[:, k]) for k in range(probabilities.shape[1])]
    found = [area for area in areas if not np.isnan(area)]
    return float(np.mean(found)) if found else float("nan")


def table(runs: Iterable[tuple[str, Iterable[Mapping[str, Any]]]]) -> str:
    """metrics.csv of the runs' histories: a row for each run, epoch and task.

    Parameters
    ----------
    runs
        Name of a run (number of the fold, or ``"final"``) and what was measured after each of its epochs.
    """
    rows = []
    for name, history in runs:
        for epoch in history:
            for task, measured in epoch["tasks"].items():
                numbers = [epoch[column] for column in COLUMNS[3:6]] + [measured[column] for column in COLUMNS[6:]]
                rows.append([name, epoch["epoch"], task, *("" if x is None else f"{x:.6g}" for x in numbers)])
    return csv_text(COLUMNS, rows)
