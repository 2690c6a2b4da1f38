"""Places of the cases in the plane, by t-SNE of a network's features."""

from __future__ import annotations

from typing import Any

import numpy as np

from readerstudy.analysis.findings import Findings
from readerstudy.features import Features
from readerstudy.stats.embedding import tsne
from readerstudy.task import Codes, Floats


def embedding(found: Findings, features: Features) -> None:
    """One embedding of all rows whose case is analysed, coloured by the true class in each task of several classes."""
    study = found.study
    positions = {case: position for position, case in enumerate(study.case_ids)}
    cases = np.array([positions.get(case, -1) for case in features.case_id.tolist()], dtype=np.int64)
    used = cases >= 0
    if not used.any():
        found.warn(f"No row of {features.name} belongs to a case that is analysed: no t-SNE.")
        return
    wanted = study.protocol.to_dict()["embedding"]
    places = tsne(
        features.values[used],
        perplexity=wanted["perplexity"],
        n_iter=wanted["iterations"],
        engine=wanted["engine"],
        seed=found.seed,
    )
    tasks = [task for task in study.tasks.values() if task.positive is None] or list(study.tasks.values())
    for task in tasks:
        truth = study.truth(task.name)[cases[used]]
        shown = truth >= 0
        found.row(
            "embedding",
            task=task.name,
            model=None,
            method="t-SNE",
            engine=places.engine,
            n=int(shown.sum()),
            perplexity=places.perplexity,
            n_iter=places.n_iter,
            kl=places.kl,
            seed=places.seed,
            theta=places.theta,
            note=places.note,
            classes=list(task.classes),
            **{"class": truth[shown].tolist()},
            x=places.x[shown].tolist(),
            y=places.y[shown].tolist(),
            thumbnails=_insets(found, cases[used][shown], truth[shown], places.x[shown], places.y[shown]),
        )


def _insets(found: Findings, cases: Codes, truth: Codes, x: Floats, y: Floats) -> list[dict[str, Any]]:
    """For each class the pictured case that lies nearest to the middle of its class."""
    column = found.plan.embedding.get("images")
    insets = []
    for code in np.unique(truth).tolist():
        rows = np.flatnonzero(truth == code)
        far = np.hypot(x[rows] - np.median(x[rows]), y[rows] - np.median(y[rows]))
        for row in rows[np.argsort(far, kind="stable")].tolist():
            picture = found.study.picture(column, found.study.case_ids[cases[row]])
            if picture is not None:
                insets.append({"index": row, "png_base64": picture})
                break
    return insets
