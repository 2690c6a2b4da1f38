"""Counts of a table of calls: the two-by-two table and the confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from readerstudy.stats._arrays import ArrayLike, Bools, Ints, binary, labels, same_length, sorted_labels

if TYPE_CHECKING:
    import pandas as pd


class Counts(NamedTuple):
    """True and false positives and negatives."""

    tp: int
    fp: int
    fn: int
    tn: int


def counts(truth: Bools, call: Bools) -> Counts:
    """Cross-tabulate two boolean arrays of one length."""
    tp = int(np.count_nonzero(truth & call))
    fp = int(np.count_nonzero(call)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return Counts(tp, fp, fn, len(truth) - tp - fp - fn)


def checked(truth: ArrayLike, call: ArrayLike) -> tuple[Bools, Bools]:
    """Both as boolean arrays of one length."""
    truth, call = binary(truth, "truth"), binary(call, "call")
    same_length(truth=truth, call=call)
    return truth, call


def table_of(truth: ArrayLike, call: ArrayLike) -> Counts:
    """`counts` of arrays that are checked first."""
    return counts(*checked(truth, call))


def cross_counts(rows: Ints, columns: Ints, n_rows: int, n_columns: int) -> Ints:
    """Cross-tabulate two arrays of codes (0, 1, ...) into shape (n_rows, n_columns)."""
    return np.bincount(rows * n_columns + columns, minlength=n_rows * n_columns).reshape(n_rows, n_columns)


def confusion_matrix(truth: ArrayLike, call: ArrayLike, *, classes: list[Any] | None = None) -> pd.DataFrame:
    """How often each true class was called each class.

    Parameters
    ----------
    truth, call
        Labels, shape (n_cases,), paired by position.
    classes
        The classes in the order wanted; by default all that occur, sorted.

    Returns
    -------
    pandas.DataFrame
        Counts; rows are the truth, columns the calls.

    Raises
    ------
    ValueError
        If a label is not among `classes`.
    """
    import pandas as pd

    truth, call = labels(truth, "truth"), labels(call, "call")
    same_length(truth=truth, call=call)
    if classes is None:
        classes = sorted_labels([*truth.tolist(), *call.tolist()], "truth and call")
    codes = {label: code for code, label in enumerate(classes)}
    for name, array in (("truth", truth), ("call", call)):
        unknown = [label for label in array.tolist() if label not in codes]
        if unknown:
            raise ValueError(f"{name} holds {unknown[0]!r}, which is not among the classes {classes}")
    rows = np.array([codes[label] for label in truth.tolist()], dtype=np.int64)
    columns = np.array([codes[label] for label in call.tolist()], dtype=np.int64)
    table = cross_counts(rows, columns, len(classes), len(classes))
    return pd.DataFrame(table, index=pd.Index(classes, name="truth"), columns=pd.Index(classes, name="call"))
