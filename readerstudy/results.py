"""`Results`: everything one analysis found, and its one file, results.json.

Figures, tables and reports are drawn from this object alone. It holds no clock and no path, so that the same
input gives the same bytes.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from readerstudy.estimate import Estimate

SCHEMA = "readerstudy-results/1"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Results:
    """What `readerstudy.evaluate` returns.

    Parameters
    ----------
    estimates
        Every number, with a key of its own.
    curves
        ROC curves by the key of the AUC that belongs to them: the identity fields and three lists of one length,
        `threshold` (None at the point where nothing is called positive), `sensitivity` and `specificity`.
    confusion
        One entry per reader and task: the identity fields, `classes`, `columns` (the classes, then ``"other"`` if
        a call outside them was made) and `counts` (a row per true class).
    tables
        Plain tables as lists of records: `readers` (how many cases each read), `classes` (how many cases each class
        has), `reader_case` (every call, without case ids), and where the study has them `endpoints` (by the key of
        their record), `mean_curves` (the average ROC curve of each group of readers), `variance_components` (of each
        comparison through a panel of readers), `mrmc_methods` (such a comparison by several methods, that of the
        protocol `chosen`), `reclassification` (calls of a reader in two modalities), `calibration` and `decision`
        (what is drawn of probabilities), `marks` (how many each reader made) and `froc_curve` (their curves),
        `characteristics`, `reading_times`, `washout` (days between two readings of a case), `cross_validation` (each
        fold by itself), `embedding`, `saliency` and `saliency_panels` (all three without case ids) and `errors`.
    flow
        How many cases came in, how many were left out and why.
    warnings
        What a statistician would want to know, in sentences.
    protocol
        The analysis plan as it was resolved: what was asked for, and the default where nothing was asked.
    provenance
        Version, seed, and the name, SHA-256 and row count of each input file.
    """

    estimates: tuple[Estimate, ...]
    curves: Mapping[str, Mapping[str, Any]]
    confusion: tuple[Mapping[str, Any], ...]
    tables: Mapping[str, list[dict[str, Any]]]
    flow: Mapping[str, Any]
    warnings: tuple[str, ...]
    protocol: Mapping[str, Any]
    provenance: Mapping[str, Any]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for estimate in self.estimates:
            if estimate.key in seen:
                raise ValueError(f"two estimates have the key {estimate.key}")
            seen.add(estimate.key)

    @functools.cached_property
    def by_key(self) -> dict[str, Estimate]:
        """Every estimate by its key."""
        return {estimate.key: estimate for estimate in self.estimates}

    def select(self, **identity: Any) -> list[Estimate]:
        """The estimates whose fields equal all that is given, in the order of the analysis.

        Examples
        --------
        ``results.select(measure="auc", task="malignant")`` gives the AUC of every reader;
        ``results.select(measure="accuracy", target=None)`` leaves out the one-vs-rest accuracies.
        """
        return [e for e in self.estimates if all(getattr(e, name) == value for name, value in identity.items())]

    def to_dict(self) -> dict[str, Any]:
        """The content of results.json."""
        return {
            "schema": SCHEMA,
            "estimates": [e.to_dict() for e in self.estimates],
            "curves": dict(self.curves),
            "tables": dict(self.tables),
            "confusion": [dict(c) for c in self.confusion],
            "flow": dict(self.flow),
            "warnings": list(self.warnings),
            "protocol": dict(self.protocol),
            "provenance": dict(self.provenance),
        }

    def to_json(self, path: str | Path) -> None:
        """Write results.json (UTF-8, undefined numbers as null)."""
        text = json.dumps(self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
        Path(path).write_text(text + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def read(cls, path: str | Path) -> Results:
        """Read results.json back.

        Raises
        ------
        ValueError
            If the file is not a readerstudy results file of a schema that this version knows.
        """
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        schema = content.get("schema") if isinstance(content, dict) else None
        if schema != SCHEMA:
            raise ValueError(f"{path}: schema is {schema!r}, this version reads {SCHEMA!r}")
        return cls(
            estimates=tuple(Estimate.from_dict(record) for record in content["estimates"]),
            curves=content["curves"],
            confusion=tuple(content["confusion"]),
            tables=content["tables"],
            flow=content["flow"],
            warnings=tuple(content["warnings"]),
            protocol=content["protocol"],
            provenance=content["provenance"],
        )
