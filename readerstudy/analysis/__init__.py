"""`evaluate`: a Study to Results. Which statistic is computed for whom is decided in this room and nowhere else."""

from __future__ import annotations

import numpy as np

from readerstudy.analysis import comparisons, counts, describe, missing, performance, probabilities
from readerstudy.analysis.agreement import among_readers, repeats
from readerstudy.analysis.averages import averages, of_probabilities
from readerstudy.analysis.changes import changes
from readerstudy.analysis.corrected import corrected
from readerstudy.analysis.embedding import embedding
from readerstudy.analysis.endpoints import endpoints
from readerstudy.analysis.errors import errors
from readerstudy.analysis.findings import Findings
from readerstudy.analysis.interactions import interactions
from readerstudy.analysis.lesions import lesions
from readerstudy.analysis.marked import counted, curves, flow_of, inputs_of
from readerstudy.analysis.means import means, reader_groups
from readerstudy.analysis.observers import between_modalities, observers, pairs
from readerstudy.analysis.panel import panel
from readerstudy.analysis.record import protocol_of, provenance_of
from readerstudy.analysis.saliency import saliency as of_saliency
from readerstudy.analysis.subgroups import as_published, subgroups
from readerstudy.features import Features
from readerstudy.marks import Marks
from readerstudy.marks.planned import check_asked, planned
from readerstudy.protocol import Protocol
from readerstudy.results import Results
from readerstudy.saliency import Saliency
from readerstudy.study import Study
from readerstudy.task import Task

__all__ = ["evaluate"]


def evaluate(
    study: Study | None = None,
    *,
    features: Features | None = None,
    saliency: Saliency | None = None,
    marks: Marks | None = None,
    protocol: Protocol | None = None,
    rng: np.random.Generator | int | None = None,
) -> Results:
    """Every number of the protocol: each model and reader against the truth, and against each other.

    For each task and each model and reader: AUC, sensitivity, specificity, PPV, NPV, accuracy and likelihood ratios
    (each class against the rest in a task of several classes), overall accuracy, Cohen's kappa with the truth, the
    confusion matrix and the ROC curve. Between models, between models and readers, and of a reader between modalities:
    paired differences of AUC (DeLong) and of sensitivity, specificity and accuracy (McNemar), predictive values and
    likelihood ratios. Between all pairs: kappa. For groups of readers: agreement, means, differences between modalities
    and from the models by Obuchowski and Rockette's model, because an average of readers is not a call. For models that
    give probabilities: calibration and net benefit. What the protocol asks for beside: endpoints with verdicts,
    subgroups with tests of interaction, other rules for missing reads, sampling weights, corrections. Of marks on
    lesions: each figure of merit for every reader, through the readers, and of a model against them, with the curves.

    Parameters
    ----------
    study
        From `Study.read`; None in a study of marks alone.
    features
        From `readerstudy.features.read`; adds their t-SNE.
    saliency
        From `readerstudy.saliency.read`; adds where the model looked.
    marks
        From `Marks.read`: marks on lesions, which have a task of their own.
    protocol
        The plan of a study of marks alone; that of `study` otherwise.
    rng
        NumPy Generator or seed for resampling; None takes the protocol's seed.

    Returns
    -------
    Results

    Notes
    -----
    Each number uses the cases that its reader (or both readers of a pair) read and whose truth is known. Cases are
    taken as independent, and a warning says so when several come from one patient, unless the protocol names the
    patients as clusters.
    """
    if study is None and marks is None:
        raise ValueError("nothing to analyse: give a study, or marks=")
    if study is not None and protocol is not None:
        raise ValueError("protocol= is for marks alone: a study has its own, from Study.read")
    plan = (protocol or Protocol()) if study is None else study.protocol
    if study is None and not (features is None and saliency is None):
        raise ValueError("features and saliency are of the cases of a study, and there are only marks")
    check_asked(plan, marks, None if study is None else tuple(study.tasks))
    asked = None if marks is None else planned(marks, plan, None if study is None else study.groups)
    seed = plan.seed
    if rng is not None:
        seed = int(rng.integers(2**32)) if isinstance(rng, np.random.Generator) else rng
    found = Findings(study, seed, plan)
    for task in () if study is None else study.tasks.values():
        _analyse(found, task)
    if study is not None:
        describe.characteristics(found)
        describe.reading_times(found)
        describe.washout(found)
        if features is not None:
            embedding(found, features)
        if saliency is not None:
            of_saliency(found.untouched(), saliency)
    flow = {} if study is None else dict(study.flow)
    if marks is not None and asked is not None:
        counted(found, asked)
        lesions(found, asked)
        curves(found, asked)
        flow = flow_of(marks, asked, flow)
    endpoints(found, asked)
    warnings = [*(study.warnings if study else ()), *(marks.warnings if marks else ()), *found.warnings]
    inputs = [*(study.inputs if study else ()), *(inputs_of(marks) if marks else ())]
    return Results(
        estimates=tuple(found.estimates),
        curves=found.curves,
        confusion=tuple(found.confusion),
        tables=found.tables,
        flow=flow,
        warnings=tuple(dict.fromkeys(warnings)),
        protocol=protocol_of(study, plan, asked),
        provenance=provenance_of(inputs, plan, seed, features, saliency),
    )


def _analyse(found: Findings, task: Task) -> None:
    as_read = observers(found.study, task)
    everyone = missing.completed(found, task, as_read, found.plan.missing)
    untouched = found.untouched()  # of what no rule for missing reads is about
    counts.class_counts(found, task)
    for one in as_read:
        counts.read_counts(found, task, one)
    for one in everyone:
        performance.performance(found, task, one)
        performance.thresholds(found, task, one)
        performance.areas(found, task, one)
        averages(found, task, one)
        comparisons.kappa(found, task, one, one.truth, None)
        counts.confusion(found, task, one)
        subgroups(found, task, one)
        errors(found, task, one)
    means(found, task, everyone)
    for one, other in pairs(everyone):
        comparisons.compare(found, task, one, other)
    for one, other in between_modalities(everyone, found.study.reference):
        comparisons.differences(found, task, one, other)
        changes(found, task, one, other)
    panel(found, task, everyone)
    interactions(found, task, everyone)
    among_readers(untouched, task, as_read)
    repeats(untouched, task, as_read)
    for one in as_read:
        corrected(untouched, task, one)
        of_probabilities(untouched, task, one)
    probabilities.calibrations(untouched, task, as_read)
    probabilities.net_benefits(untouched, task, as_read)
    missing.other_rules(found, task, as_read)
    as_published(found, task, everyone, reader_groups(found.study))
    counts.reader_case(found, task, everyone)
    counts.folds(found, task)
