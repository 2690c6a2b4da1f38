"""A plan for every combination of sizes and assumptions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from readerstudy.power._result import Power, Precision


def table(
    plan: Callable[..., Power | Precision], *given: Any, over: Mapping[str, Sequence[Any]], **same: Any
) -> pd.DataFrame:
    """One row for each combination of values: power, or sizes, over a grid.

    Parameters
    ----------
    plan
        A function of `readerstudy.power`.
    *given, **same
        Its arguments that stay.
    over
        Its arguments that change, each with its values: ``{"n_readers": [5, 10], "n_cases": [100, 200]}``.

    Returns
    -------
    pandas.DataFrame
        The changed arguments, and the fields of the result that are known somewhere; the first of `over` changes
        slowest.

    Raises
    ------
    ValueError
        If an argument stands on both sides, or as `plan` does.

    Examples
    --------
    >>> from readerstudy.power import mrmc, roe_metz
    >>> guess = roe_metz(
    ...     1.6, versus=1.4, n_positive=50, n_negative=50, reader=0.01, modality_reader=0.01, case=0.3,
    ...     modality_case=0.2, reader_case=0.2, error=0.3,
    ... )
    >>> found = table(mrmc, guess, over={"n_readers": [5, 10], "n_cases": [100, 200]})
    >>> found[["n_readers", "n_cases", "power"]].round(2).values.tolist()
    [[5.0, 100.0, 0.17], [5.0, 200.0, 0.24], [10.0, 100.0, 0.22], [10.0, 200.0, 0.34]]
    """
    import pandas as pd

    both = sorted(set(over) & set(same))
    if both:
        raise ValueError(f"{', '.join(both)} cannot both stay and change")
    rows = []
    for values in itertools.product(*over.values()):
        changed = dict(zip(over, values, strict=True))
        rows.append({**changed, **plan(*given, **changed, **same).to_dict()})
    found = pd.DataFrame(rows)
    return found.dropna(axis="columns", how="all")
