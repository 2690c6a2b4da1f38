"""The one result type: every number readerstudy computes is an `Estimate`."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import pandas as pd

ALL_READERS = "all readers"
"""`reader_group` of a mean over every human reader."""

IDENTITY = (
    "measure", "method", "task", "target", "reader", "reader_kind", "reader_group", "modality", "versus",
    "versus_kind", "threshold", "subgroup", "missing", "random", "endpoint",
)  # fmt: skip
_FLOATS = frozenset((
    "threshold", "estimate", "conf_low", "conf_high", "conf_level", "std_error", "statistic", "df", "df_num",
    "p_value", "p_adjusted", "null", "margin",
))  # fmt: skip
_COUNTS = frozenset(("n_cases", "n_patients", "n_readers", "count", "total"))
_ALTERNATIVES = ("two-sided", "greater", "less")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """One number with its interval, its test and everything needed to say what it is.

    The field names are the columns of `tidy`, the keys of a record in results.json and the names used in the
    report templates. A difference is the same type with `versus` set, and its sign is always
    (reader or modality) - versus.

    Parameters
    ----------
    measure
        What was estimated, a name in `readerstudy.measures.MEASURES` (``"sensitivity"``, ``"auc_difference"``).
    method
        How the interval was made, by its lower-case published name (``"wilson"``, ``"delong"``); for a number
        that has no interval, how the number was made (``"mean"``).
    task, target
        The task of the protocol; within a task of several classes, the class that is held against the rest.
    reader, reader_kind, reader_group, modality
        Whose number it is. `reader_kind` is ``"model"``, ``"human"`` or ``"consensus"``; a group mean has
        `reader_group` and no `reader`; a model has no `modality`.
    versus, versus_kind
        What it is compared with: a reader, modality or group by name, or ``"truth"``.
    threshold
        A case is positive if and only if its score >= threshold; nan when the call was not made by a threshold.
    subgroup, missing, random
        Subset of the cases (or the sequence that a weight is of), rule for missing reads, and what was taken as random,
        where they apply.
    endpoint
        Name of the endpoint, where two endpoints of the protocol test one number differently.
    estimate, conf_low, conf_high, conf_level, std_error
        The value, its confidence limits and level, and its standard error. nan = undefined, and `note` says why.
    statistic, df, df_num, p_value, p_adjusted, null, margin, alternative, verdict, test_method
        The test. `test_method` is named when it is not the method of the interval.
    n_cases, n_patients, n_readers, count, total
        What went in: all cases that were given and could be used, their patients, and the readers. `total` is the
        denominator where it is of some of them only, such as the positive cases of a sensitivity; `count` of `total`
        lets a percentage be printed with its fraction.
    role
        ``"primary"``, ``"secondary"`` or ``"exploratory"`` in the protocol.
    note
        What a careful reader must be told beside the number.

    Raises
    ------
    ValueError
        If the limits are in the wrong order or `p_value` lies outside [0, 1].
    """

    measure: str
    method: str | None = None
    task: str | None = None
    target: str | None = None
    reader: str | None = None
    reader_kind: str | None = None
    reader_group: str | None = None
    modality: str | None = None
    versus: str | None = None
    versus_kind: str | None = None
    threshold: float = math.nan
    subgroup: str | None = None
    missing: str | None = None
    random: str | None = None
    endpoint: str | None = None

    estimate: float = math.nan
    conf_low: float = math.nan
    conf_high: float = math.nan
    conf_level: float = math.nan
    std_error: float = math.nan
    statistic: float = math.nan
    df: float = math.nan
    df_num: float = math.nan
    p_value: float = math.nan
    p_adjusted: float = math.nan
    null: float = math.nan
    margin: float = math.nan
    alternative: str | None = None
    verdict: str | None = None
    test_method: str | None = None
    n_cases: int | None = None
    n_patients: int | None = None
    n_readers: int | None = None
    count: int | None = None
    total: int | None = None
    role: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        for name in _FLOATS:
            value = getattr(self, name)
            object.__setattr__(self, name, math.nan if value is None else float(value))
        for name in _COUNTS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, int(value))
        if self.conf_low > self.conf_high:
            raise ValueError(f"{self.measure}: conf_low {self.conf_low} is above conf_high {self.conf_high}")
        if self.p_value < 0 or self.p_value > 1:
            raise ValueError(f"{self.measure}: p_value {self.p_value} is outside [0, 1]")
        if self.alternative is not None and self.alternative not in _ALTERNATIVES:
            raise ValueError(f"{self.measure}: alternative {self.alternative!r} is none of {_ALTERNATIVES}")

    @property
    def key(self) -> str:
        """The identity fields that are set, as one string: the record's address in results.json and the report.

        Examples
        --------
        >>> Estimate(measure="auc", method="delong", task="liver", target="HCC; small", reader="A").key
        'measure=auc;method=delong;task=liver;target=HCC%3B%20small;reader=A'
        """
        parts = []
        for name in IDENTITY:
            value = getattr(self, name)
            if value is None or (isinstance(value, float) and math.isnan(value)):
                continue
            text = repr(value) if isinstance(value, float) else quote(value, safe="")
            parts.append(f"{name}={text}")
        return ";".join(parts)

    def replace(self, **changes: Any) -> Estimate:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON values; nan and infinities become None."""
        record: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                value = None
            record[field.name] = value
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Estimate:
        """The inverse of `to_dict`; an unknown field is an error."""
        unknown = set(record) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(f"not fields of an Estimate: {', '.join(sorted(unknown))}")
        return cls(**record)


def tidy(estimates: Iterable[Estimate]) -> pd.DataFrame:
    """One row per estimate, one column per field: the same columns always, in the same order.

    Parameters
    ----------
    estimates
        `Estimate` objects; none gives an empty table with all columns.

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd

    names = [field.name for field in dataclasses.fields(Estimate)]
    return pd.DataFrame([[getattr(e, name) for name in names] for e in estimates], columns=names)


def to_json(estimates: Iterable[Estimate]) -> str:
    """A JSON array of records (RFC 8259: undefined numbers are null)."""
    return json.dumps([e.to_dict() for e in estimates], indent=1, ensure_ascii=False, allow_nan=False)


def from_json(text: str) -> list[Estimate]:
    """The inverse of `to_json`."""
    return [Estimate.from_dict(record) for record in json.loads(text)]
