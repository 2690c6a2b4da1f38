"""A simulated study in the form of our input files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from readerstudy.simulate.study import Simulated
from readerstudy.stats._arrays import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd


class Frames(NamedTuple):
    """The files of a study."""

    preds: pd.DataFrame | None
    """`case_id`, `model` and `score` (`label` for calls); None without a model."""
    reads: pd.DataFrame
    """`case_id`, `reader_id`, `modality` and `score` (`label` for calls), one row for each read."""
    cases: pd.DataFrame
    """`case_id`, `truth` and `patient_id`."""


def frames(simulated: Simulated) -> Frames:
    """A simulated study as the data frames, or files, that `Study.read` takes.

    Parameters
    ----------
    simulated
        Of `roe_metz`.

    Returns
    -------
    Frames
        Cases are C1, C2 and so on (C001 where there are hundreds), patients P, readers R, modalities M, the model is
        "model". Of one modality there is no such column.

    Examples
    --------
    >>> from readerstudy.simulate import roe_metz
    >>> files = frames(roe_metz(2, 1, 1, levels=5, rng=3))
    >>> files.reads.head(2)
      case_id reader_id modality  score
    0      C1        R1       M1    5.0
    1      C2        R1       M1    1.0
    """
    import pandas as pd

    def named(letter: str, codes: Ints, n: int) -> list[str]:
        return [f"{letter}{code + 1:0{len(str(n))}}" for code in codes.tolist()]

    n_modalities, n_readers, n = simulated.scores.shape
    cases = named("C", np.arange(n), n)
    of_patients = named("P", simulated.patients, int(simulated.patients.max(initial=0)) + 1)
    calls = not np.isnan(simulated.sensitivity).all()

    def measured(values: Floats) -> pd.DataFrame:
        return pd.DataFrame({"label": values.astype(np.int64)} if calls else {"score": values})

    modality, reader, case = np.nonzero(~np.isnan(simulated.scores))
    reads = pd.DataFrame({
        "case_id": [cases[k] for k in case],
        "reader_id": named("R", reader, n_readers),
        "modality": named("M", modality, n_modalities),
    })  # fmt: skip
    if n_modalities == 1:
        reads = reads.drop(columns="modality")
    reads = reads.join(measured(simulated.scores[modality, reader, case]))
    preds = None
    if simulated.model_score is not None:
        preds = pd.DataFrame({"case_id": cases, "model": "model"}).join(measured(simulated.model_score))
    truth = pd.DataFrame({"case_id": cases, "truth": simulated.truth.astype(np.int64), "patient_id": of_patients})
    return Frames(preds, reads, truth)
