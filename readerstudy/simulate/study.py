"""A study of simulated scores: who read what, categories, calls, patients, and a standalone model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.simulate.model import RoeMetz, published
from readerstudy.stats._arrays import Bools, Floats, Ints

DESIGNS = ("crossed", "split-plot", "readers-nested", "cases-nested")
"""Who reads what."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Simulated:
    """A study and what is true of it.

    Parameters
    ----------
    truth
        Shape (n_cases,), the positive cases first.
    scores
        Shape (n_modalities, n_readers, n_cases), nan = not read: real numbers, categories 1, 2, ..., or calls 0/1.
    model_score
        The standalone model's, shape (n_cases,), calls 0/1 where the readers' are; None without one.
    patients
        Each case's patient, coded from 0, shape (n_cases,).
    parameters
        What the scores were drawn from, before they were put into categories or called.
    auc
        Of each modality over readers and cases, shape (n_modalities,), of the scores as they are here.
    sensitivity, specificity
        Of each modality's calls; nan where there are none.
    model_auc, model_sensitivity, model_specificity
        The same of the model; nan where there is none.
    """

    truth: Bools
    scores: Floats
    model_score: Floats | None
    patients: Ints
    parameters: RoeMetz
    auc: Floats
    sensitivity: Floats
    specificity: Floats
    model_auc: float
    model_sensitivity: float
    model_specificity: float


def roe_metz(
    n_readers: int = 5,
    n_positive: int = 50,
    n_negative: int = 50,
    *,
    parameters: RoeMetz | str = "HL",
    auc: npt.ArrayLike | None = None,
    design: str | npt.ArrayLike = "crossed",
    n_blocks: int = 2,
    missing: float = 0.0,
    cases_per_patient: int = 1,
    patient_share: float = 0.5,
    levels: int | Sequence[float] | None = None,
    threshold: float | None = None,
    model_auc: float | None = None,
    model_share: float = 0.5,
    rng: np.random.Generator | int,
) -> Simulated:
    """A simulated study of readers and cases, by Roe and Metz's model.

    Parameters
    ----------
    n_readers, n_positive, n_negative
        Size of the whole study.
    parameters
        A `RoeMetz`, which sets the number of modalities, or the name of one of Roe and Metz's structures for two
        modalities, at AUC 0.855.
    auc
        AUC over readers and cases, one or one for each modality; by default as the parameters have it.
    design
        ``"crossed"``; ``"split-plot"`` (readers and cases dealt out to `n_blocks` blocks; as many as readers gives each
        his own cases); ``"readers-nested"`` (each reads in one modality); ``"cases-nested"`` (each case has one
        modality); or a boolean array of who reads what, shape (n_modalities, n_readers, n_cases), positive cases first.
    n_blocks
        Of ``"split-plot"``.
    missing
        Share of the reads that are lost, at random.
    cases_per_patient
        Cases, drawn from both classes, that belong to one patient; the last patient may have fewer.
    patient_share
        Share of the variances of case, and of modality by case, that the cases of a patient have in common.
    levels
        Number of categories, about equally used, or the cut points between them; None for real numbers.
    threshold
        Makes calls: 1 where score >= threshold (negative cases have mean 0). Not together with `levels`.
    model_auc
        AUC of a standalone model, whose scores have variance 1 in both classes; None for no model.
    model_share
        Share of the model's variance that is the readers' effect of the case.
    rng
        NumPy Generator or seed.

    Returns
    -------
    Simulated
        With the AUCs, sensitivities and specificities that hold for such scores.

    Raises
    ------
    ValueError
        If a number, name or shape is impossible.

    Notes
    -----
    Readers, cases (patients) and errors are independent and normal; positive and negative cases share nothing but
    their patient. `auc` is that of cases of different patients. Averages over studies differ from it by the pairs of
    cases within patients, and not at all without such.

    References
    ----------
    Roe and Metz 1997, doi:10.1016/S1076-6332(97)80032-3. Gallas and Hillis 2014, doi:10.1117/1.JMI.1.3.031006.

    Examples
    --------
    >>> study = roe_metz(4, 30, 40, parameters="LH", auc=[0.9, 0.85], model_auc=0.88, rng=1)
    >>> study.scores.shape, study.auc
    ((2, 4, 70), array([0.9 , 0.85]))
    """
    for name, value in (("n_readers", n_readers), ("n_positive", n_positive), ("n_negative", n_negative)):
        if value < 0 or (name == "n_readers" and value == 0):
            raise ValueError(f"{name} must be a number of them, got {value!r}")
    if cases_per_patient < 1:
        raise ValueError(f"cases_per_patient must be 1 or more, got {cases_per_patient!r}")
    shares = (("missing", missing), ("patient_share", patient_share), ("model_share", model_share))
    for name, share in shares:
        if not 0 <= share <= 1:
            raise ValueError(f"{name} must lie between 0 and 1, got {share!r}")
    if model_auc is not None and not 0 < model_auc < 1:
        raise ValueError(f"model_auc must lie between 0 and 1, got {model_auc!r}")
    if levels is not None and threshold is not None:
        raise ValueError("give levels= for categories or threshold= for calls, not both")
    model = published(parameters) if isinstance(parameters, str) else parameters
    model = model if auc is None else model.at(auc)
    cuts = None if levels is None else _cuts(model, levels)
    generator = np.random.default_rng(rng)
    truth: Bools = np.arange(n_positive + n_negative) < n_positive
    n = len(truth)
    patients: Ints = np.empty(n, dtype=np.int64)
    patients[np.arange(n) if cases_per_patient == 1 else generator.permutation(n)] = np.arange(n) // cases_per_patient
    draws = _Draws(generator, patients, patient_share if cases_per_patient > 1 else 0.0)
    scores, of_case = draws.scores(model, n_readers, truth.astype(np.int64))
    own: Floats | None = None
    separation = math.nan
    if model_auc is not None:
        separation = float(special.ndtri(model_auc)) * math.sqrt(2)
        noise = generator.normal(size=n)
        own = separation * truth + math.sqrt(model_share) * of_case + math.sqrt(1 - model_share) * noise
    read = _read(design, scores.shape, truth, patients, n_blocks)
    if missing:
        read &= generator.random(read.shape) >= missing
    sensitivity = specificity = np.full(len(model.separation), math.nan)
    own_sensitivity = own_specificity = math.nan
    area, own_area = model.auc, math.nan if model_auc is None else model_auc
    if threshold is not None:
        deviation = np.sqrt(model.variance)
        sensitivity = special.ndtr((model.separation - threshold) / deviation[:, 1])
        specificity = special.ndtr(threshold / deviation[:, 0])
        area = (sensitivity + specificity) / 2
        scores = (scores >= threshold).astype(np.float64)
        if own is not None:
            own_sensitivity = float(special.ndtr(separation - threshold))
            own_specificity = float(special.ndtr(threshold))
            own_area = (own_sensitivity + own_specificity) / 2
            own = (own >= threshold).astype(np.float64)
    elif cuts is not None:
        area = _area_of_categories(model, cuts)
        scores = 1.0 + np.searchsorted(cuts, scores, side="right").astype(np.float64)
    return Simulated(
        truth=truth, scores=np.where(read, scores, np.nan), model_score=own, patients=patients, parameters=model,
        auc=area, sensitivity=sensitivity, specificity=specificity, model_auc=own_area,
        model_sensitivity=own_sensitivity, model_specificity=own_specificity,
    )  # fmt: skip


class _Draws:
    """Normal effects, those of cases with a share in common within a patient."""

    def __init__(self, generator: np.random.Generator, patients: Ints, share: float) -> None:
        self.generator, self.patients, self.share = generator, patients, share

    def _of_cases(self, *shape: int) -> Floats:
        n = len(self.patients)
        alone = self.generator.normal(size=(*shape, n))
        if not self.share:
            return alone
        of_patient = self.generator.normal(size=(*shape, int(self.patients.max(initial=-1)) + 1))
        mixed: Floats = math.sqrt(1 - self.share) * alone + math.sqrt(self.share) * of_patient[..., self.patients]
        return mixed

    def scores(self, model: RoeMetz, n_readers: int, truth: Ints) -> tuple[Floats, Floats]:
        """All scores, shape (n_modalities, n_readers, n_cases), and the cases' effect, in standard deviations."""
        draw, m, n = self.generator.normal, len(model.separation), len(truth)
        of_case = self._of_cases()
        found = model.separation[:, None, None] * truth + np.sqrt(model.case)[truth] * of_case
        found = found + (draw(size=(n_readers, 2)) * np.sqrt(model.reader))[:, truth]
        found += np.sqrt(model.reader_case)[truth] * draw(size=(n_readers, n))
        found += (draw(size=(m, n_readers, 2)) * np.sqrt(model.modality_reader)[:, None])[:, :, truth]
        found += (np.sqrt(model.modality_case)[:, truth] * self._of_cases(m))[:, None]
        found += np.sqrt(model.modality_reader_case)[:, None, truth] * draw(size=(m, n_readers, n))
        return found, of_case


def _read(design: str | npt.ArrayLike, shape: tuple[int, ...], truth: Bools, patients: Ints, n_blocks: int) -> Bools:
    """Who reads what, shape (n_modalities, n_readers, n_cases); a patient's cases stay together."""
    n_modalities, n_readers, n = shape
    if not isinstance(design, str):
        given = np.asarray(design)
        if given.dtype != bool or given.shape != shape:
            raise ValueError(f"design must be a name or a boolean array of shape {shape}, got {given.shape}")
        return given.copy()
    _choice.check(design, DESIGNS, "design")
    reader = np.arange(n_readers)
    place = patients.copy()
    if len(np.unique(patients)) == n:  # each class is dealt out evenly
        for of_class in (truth, ~truth):
            place[of_class] = np.arange(int(of_class.sum()))
    if design == "split-plot":
        if not 1 <= n_blocks <= n_readers:
            raise ValueError(f"n_blocks must lie between 1 and {n_readers}, the readers, got {n_blocks!r}")
        return np.repeat((reader[:, None] % n_blocks == place % n_blocks)[None], n_modalities, axis=0)
    modality = np.arange(n_modalities)[:, None, None]
    if design == "readers-nested":
        return np.broadcast_to(reader[:, None] % n_modalities == modality, shape).copy()
    if design == "cases-nested":
        return np.broadcast_to(place % n_modalities == modality, shape).copy()
    return np.ones(shape, dtype=bool)


def _cuts(model: RoeMetz, levels: int | Sequence[float]) -> Floats:
    """Cut points: as given, or quantiles of a normal distribution with mean and variance of all scores."""
    if isinstance(levels, int):
        if levels < 2:
            raise ValueError(f"levels must be 2 or more, got {levels!r}")
        centre = float(model.separation.mean()) / 2
        within = float(model.variance.mean())
        between = float(np.mean(model.separation**2)) / 2 - centre**2
        quantiles: Floats = special.ndtri(np.arange(1, levels) / levels)
        return centre + math.sqrt(within + between) * quantiles
    found = np.asarray(levels, dtype=np.float64)
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all() or (np.diff(found) <= 0).any():
        raise ValueError(f"levels must be a number of categories or finite cut points in rising order, got {levels!r}")
    return found


def _area_of_categories(model: RoeMetz, cuts: Floats) -> Floats:
    """AUC of scores in categories, shape (n_modalities,): two classes' scores are independent normals."""
    deviation = np.sqrt(model.variance)
    edges = np.concatenate(([-np.inf], cuts, [np.inf]))
    negative = special.ndtr(edges / deviation[:, :1])
    positive = special.ndtr((edges - model.separation[:, None]) / deviation[:, 1:])
    area: Floats = (np.diff(positive, axis=1) * (negative[:, 1:] + negative[:, :-1]) / 2).sum(axis=1)
    return area
