"""The kinds of study that are simulated, and the analyses that each is put to."""

import time
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from scipy import special

import readerstudy as rs
from benchmarks.coverage.cell import thousandths
from benchmarks.mrmc_dossier.cell import QUESTIONS, Cell, Plan, Tally
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.simulate import STRUCTURES, Simulated, published, roe_metz

MEASURES = ("auc", "sensitivity")
SIZES = ((3, 50), (5, 100), (10, 50), (3, 300), (10, 300))
"""Readers and cases."""
AT_MARGIN = ((3, 50), (5, 100))
NEAR_ONE = ((3, 50), (5, 100))
SPECIFICITY = 0.8
MARGIN = 0.05
DESIGNS: dict[str, dict[str, Any]] = {
    "crossed": {},
    "split-plot": {"design": "split-plot", "n_blocks": 2},
    "missing": {"missing": 0.1},
    "clustered": {"cases_per_patient": 3},
}


class Method(NamedTuple):
    """How `mrmc` and `model_versus_readers` are asked."""

    options: dict[str, str]
    measures: tuple[str, ...] = MEASURES
    designs: tuple[str, ...] = ("crossed", "split-plot", "missing")
    of_models: bool = True


METHODS = {
    "jackknife": Method({}, designs=tuple(DESIGNS)),
    "delong": Method({"covariance": "delong"}, measures=("auc",), designs=tuple(DESIGNS)),
    "unbiased": Method({"covariance": "unbiased"}),
    "dbm": Method({"method": "dbm"}, designs=("crossed",), of_models=False),
    "u-statistic": Method({"method": "u-statistic"}),
}


class Job(NamedTuple):
    """One kind of study."""

    measure: str
    design: str
    readers: int
    cases: int
    structure: str
    level: float
    lost: float
    """By how much the first modality, and the model, are worse."""


def jobs(plan: Plan) -> list[Job]:
    """Everything that is to be done, what takes longest first."""

    def of(sizes: tuple[tuple[int, int], ...], designs: Any, levels: tuple[float, float], lost: float) -> list[Job]:
        taken = sizes[: plan.most_sizes]
        return [
            Job(measure, design, *size, structure, level, lost)
            for (measure, level), design, size, structure in product(
                zip(MEASURES, levels, strict=True), designs, taken, STRUCTURES
            )
        ]

    found = of(SIZES, DESIGNS, (0.85, 0.8), 0.0) + of(AT_MARGIN, DESIGNS, (0.85, 0.8), MARGIN)
    found += of(NEAR_ONE, ("crossed",), (0.95, 0.95), 0.0)
    return sorted(found, key=lambda job: -job.readers * (job.cases + 200))


def simulated(job: Job, rng: np.random.Generator) -> Simulated:
    """One study, half of its cases positive; calls where sensitivity is measured."""
    model, options = published(job.structure), DESIGNS[job.design]
    lower, level = job.level - job.lost, job.level
    half = job.cases // 2
    if job.measure == "auc":
        return roe_metz(
            job.readers, half, half, parameters=model, auc=[lower, level], model_auc=lower, rng=rng, **options
        )
    deviation = np.sqrt(model.variance[0])
    threshold = float(deviation[0] * special.ndtri(SPECIFICITY))
    separation = threshold + deviation[1] * special.ndtri([lower, level])
    return roe_metz(
        job.readers, half, half, parameters=model, threshold=threshold,
        auc=special.ndtr(separation / np.sqrt((deviation**2).sum())),
        model_auc=float(special.ndtr((threshold + special.ndtri(lower)) / np.sqrt(2))), rng=rng, **options,
    )  # fmt: skip


def truths(job: Job, study: Simulated) -> dict[str, float]:
    """What is true, by question."""
    values, model = (
        (study.auc, study.model_auc) if job.measure == "auc" else (study.sensitivity, study.model_sensitivity)
    )
    difference, own = float(values[0] - values[1]), float(model - values[1])
    if job.lost:
        return {"non-inferiority": difference, "model non-inferiority": own}
    return {"difference": difference, "model": own, "mean": float(values[0])}


def cells_of(job: Job, plan: Plan) -> Iterator[Cell]:
    """Every analysis of one kind of study; all of them see the same studies."""
    methods = {
        name: method for name, method in METHODS.items()
        if job.measure in method.measures and job.design in method.designs
    }  # fmt: skip
    place = (MEASURES.index(job.measure), list(DESIGNS).index(job.design), STRUCTURES.index(job.structure))
    rng = np.random.default_rng([11, *place, job.readers, job.cases, *thousandths(job.level, job.lost)])
    tallies: dict[tuple[str, str], Tally] = {}
    truth: dict[str, float] = {}
    for _ in range(plan.replicates):
        study = simulated(job, rng)
        truth = truths(job, study)
        for name, method in methods.items():
            for question, e in answers(job, study, method):
                tallies.setdefault((question, name), Tally(QUESTIONS[question].nominal)).add(e)
    for (question, name), tally in tallies.items():
        yield Cell(
            question, job.measure, name, job.design, job.readers, job.cases, job.structure, job.level,
            truth[question], plan.replicates, **tally.numbers(truth[question]),
        )  # fmt: skip


def answers(job: Job, study: Simulated, method: Method) -> Iterator[tuple[str, Estimate]]:
    """The estimates that are counted, each with its question."""
    options: dict[str, Any] = {"measure": job.measure, **method.options}
    if job.lost:
        options["margin"] = job.lost
    if job.design == "clustered":
        options["patients"] = study.patients
    difference = f"{job.measure}_difference"
    found = rs.mrmc(study.truth, study.scores, **options)
    of_means = [e for e in found if e.reader is None]
    yield (
        "non-inferiority" if job.lost else "difference",
        next(e for e in of_means if e.measure == difference and e.versus == "2"),
    )
    if not job.lost:
        yield "mean", next(e for e in of_means if e.measure == job.measure and e.modality == "1")
    if method.of_models:
        assert study.model_score is not None
        found = rs.model_versus_readers(study.truth, study.model_score, study.scores[1], **options)
        yield (
            "model non-inferiority" if job.lost else "model",
            next(e for e in found if e.measure == difference and e.versus == ALL_READERS),
        )


def done(task: tuple[Job, Plan]) -> tuple[list[Cell], str]:
    """The cells of one job, and what to say of it; for a process of its own."""
    job, plan = task
    start = time.process_time()
    cells = list(cells_of(job, plan))
    said = f"{job.measure}, {job.design}, {job.readers} x {job.cases}, {job.structure}, {job.level} - {job.lost}"
    return cells, f"{said}: {time.process_time() - start:.1f} s"
