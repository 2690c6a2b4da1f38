"""What a statistician would want to know about the data, in sentences."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.pairing.readers import Who
from readerstudy.pairing.values import said
from readerstudy.protocol import Protocol
from readerstudy.tabular import Table
from readerstudy.task import Codes, Reads, Task


def warnings_of(
    tasks: Mapping[str, Task],
    protocol: Protocol,
    model_reads: Mapping[str, Reads],
    human_reads: Mapping[str, Reads],
    truths: Mapping[str, Codes],
    keep: npt.NDArray[np.bool_],
    covered: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None,
    who: Who,
    flow: Mapping[str, Any],
    repeats: Sequence[Table],
) -> list[str]:
    """The warnings of a study before any statistic is computed."""
    found = []
    n_cases, n_patients = flow["n_cases"], flow["n_patients"]
    if n_patients is not None and n_patients < n_cases and protocol.clusters is None:
        found.append(
            f"{n_cases} cases come from {n_patients} patients. Every interval and test here takes cases as "
            "independent, which makes them too narrow and too sure when cases of one patient are alike; differences by "
            "subgroup alone allow for it. "
            'patient = "patient_id" in [clusters] of the protocol allows for it.'
        )
    for name, task in tasks.items():
        if task.positive is None:
            continue
        model, human = model_reads[name], human_reads[name]
        rated = ~np.isnan(human.scores)
        if (rated & (human.labels < 0)).any() and protocol.threshold is None:
            found.append(
                f"Task {name}: the readers' ratings have no threshold, so that they get no sensitivity, specificity "
                "or accuracy. Set threshold in [readers] of the protocol."
            )
        scored = ~np.isnan(model.scores) & (model.labels < 0)
        if scored.any() and model.probs is None and task.threshold is None:
            found.append(
                f"Task {name}: the models' scores have no threshold, so that they get no sensitivity, specificity or "
                f"accuracy. Set threshold in [tasks.{name}] of the protocol."
            )
    if protocol.truth_from and protocol.incorporation == "warn":
        names = ", ".join(protocol.truth_from)
        found.append(
            f"The truth was made of the reads of {names}. Held against it they look better than they are "
            '(incorporation bias). incorporation = "leave-one-out" in [readers] holds each against the others.'
        )
    if covered is not None:
        predicted, read = (cases & keep for cases in covered)
        alone, unread = int((predicted & ~read).sum()), int((read & ~predicted).sum())
        if alone or unread:
            found.append(
                f"Models and readers did not see the same cases: {alone} were predicted and not read, {unread} read "
                "and not predicted. What is compared case by case uses the others only, and says how many; what stands "
                "side by side is about different cases. Are the case ids written alike?"
            )
    for kind, written in (("models", who.models), ("readers", who.readers), ("classes", _classes(tasks))):
        for one, other in _alike(written):
            found.append(f"Two {kind} differ only in how their names are written: {one!r} and {other!r}.")
    for name, task in tasks.items():
        if task.kind == "classes" and len(task.classes) == 2:
            found.append(
                f"Task {name} has two classes and names neither as positive, so that each is held against the other "
                f'and everything is said twice. Set positive = ["{task.classes[1]}"] in [tasks.{name}].'
            )
        codes = task.as_classes(truths[task.source])[keep]
        for code, label in enumerate(task.classes):
            n = int((codes == code).sum())
            if n < 2:
                found.append(f"Task {name}: {n or 'no'} case{'' if n == 1 else 's'} of class {label}.")
        if task.positive is None and protocol.methods["agreement_weights"] != "none":
            found.append(
                f"Task {name}: kappa is weighted by the distance of the classes in the order "
                f"{', '.join(task.classes)}. That says something only if they are ordered so."
            )
    if protocol.truth_from and who.consensus is not None:
        found.append(
            f"The consensus {who.consensus} is held against a truth that readers of it have made: it agrees with "
            "itself, and a comparison with it is a comparison with the truth."
        )
    for everyone, reads in ((who.models, model_reads), (who.readers, human_reads)):
        unused = [name for name, some in zip(everyone, _took_part(reads, keep), strict=True) if not some]
        found += [f"{name} said nothing about any case that is analysed, and is in no table." for name in unused]
    if len(repeats) > 1:
        later = sum(len(table.frame) for table in repeats[1:])
        found.append(f"{later} reads are third or later ones of a case by a reader. Only the second is compared.")
    without_truth = next(e["n"] for e in flow["excluded"] if e["reason"] == "no truth")
    if without_truth:
        what = "left out for lack of a truth"
        if protocol.verification is not None:
            what = "without a truth: they are used by the correction for verification bias only"
        found.append(f"{without_truth} case{'s were' if without_truth > 1 else ' was'} {what}.")
    return found


def _classes(tasks: Mapping[str, Task]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(label for task in tasks.values() for label in task.labels))


def _alike(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Names that differ only in case, in accents' encoding or in blanks."""
    seen: dict[str, str] = {}
    found = []
    for name in dict.fromkeys(names):
        plain = "".join(unicodedata.normalize("NFKC", name).casefold().split())
        if plain in seen:
            found.append((seen[plain], name))
        seen.setdefault(plain, name)
    return found


def _took_part(reads: Mapping[str, Reads], keep: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which models or readers said something about a case that is analysed, in any task."""
    some: npt.NDArray[np.bool_] = np.any([_by_name(said(one)[..., keep]) for one in reads.values()], axis=0)
    return some


def _by_name(spoke: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Over cases, and over modalities where there are any; names stand on the axis before the cases."""
    some: npt.NDArray[np.bool_] = np.any(spoke, axis=tuple(i for i in range(spoke.ndim) if i != spoke.ndim - 2))
    return some


def n_taking_part(reads: Mapping[str, Reads], keep: npt.NDArray[np.bool_]) -> int:
    """How many said something about a case that is analysed."""
    return int(_took_part(reads, keep).sum())
