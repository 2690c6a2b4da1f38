"""What several readers say together: the majority of their calls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]


def majority(calls: Codes, n_classes: int, ties: str) -> Codes:
    """The call that most readers made of each case.

    Parameters
    ----------
    calls
        Shape (n_readers, n_cases), codes 0, 1, ...; -1 = not read.
    n_classes
        How many codes there are.
    ties
        ``"first-of"``: among the tied calls the one of the reader listed first; ``"higher-risk"``: the tied class that
        comes last in the order of the classes (in a binary task, positive); ``"exclude"``: no call.

    Returns
    -------
    ndarray, shape (n_cases,)
        -1 where nobody read, or at a tie that is excluded.

    Examples
    --------
    >>> calls = np.array([[2, 0, 1], [0, 0, -1], [1, 1, -1]])
    >>> majority(calls, 3, "first-of").tolist(), majority(calls, 3, "exclude").tolist()
    ([2, 0, 1], [-1, 0, 1])
    """
    votes = np.stack([(calls == code).sum(axis=0) for code in range(n_classes)])
    most = votes.max(axis=0)
    leading = votes == most
    tied = leading.sum(axis=0) > 1
    chosen = leading.argmax(axis=0)
    if ties == "higher-risk":
        chosen = n_classes - 1 - leading[::-1].argmax(axis=0)
    elif ties == "first-of":
        # Readers from the last to the first, so that the first one among the tied has the last word.
        for row in calls[::-1]:
            read = row >= 0
            speaks = tied & read & leading[np.where(read, row, 0), np.arange(calls.shape[1])]
            chosen = np.where(speaks, row, chosen)
    else:
        chosen = np.where(tied, -1, chosen)
    return np.where(most == 0, -1, chosen)
