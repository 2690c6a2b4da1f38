"""What a statistician would want to know about the data, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from readerstudy.protocol import Protocol
from readerstudy.study import Reads, Task


def warnings_of(
    tasks: Mapping[str, Task],
    protocol: Protocol,
    model_reads: Mapping[str, Reads],
    human_reads: Mapping[str, Reads],
    flow: Mapping[str, Any],
) -> list[str]:
    """The warnings of a study before any statistic is computed."""
    found = []
    n_cases, n_patients = flow["n_cases"], flow["n_patients"]
    if n_patients is not None and n_patients < n_cases:
        found.append(
            f"{n_cases} cases come from {n_patients} patients. Every interval and test here takes cases as "
            "independent, which makes them too narrow and too sure when cases of one patient are alike."
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
    without_truth = next(e["n"] for e in flow["excluded"] if e["reason"] == "no truth")
    if without_truth:
        found.append(f"{without_truth} case{'s were' if without_truth > 1 else ' was'} left out for lack of a truth.")
    return found
