"""Which records the main tables print: of each number one, by the rule of the protocol and as it was observed."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from readerstudy.estimate import IDENTITY, Estimate
from readerstudy.results import Results

CORRECTIONS = {
    "begg-greenes": "verification",
    "inverse-probability": "verification",
    "weighted": "sampling",
}
"""Methods of numbers that stand beside the observed ones, and what they are corrected for."""
COMPLETE = "complete-case"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Indexed(Results):
    """`Results` that finds the records of a task, or of a class of it, without a look at all others."""

    @functools.cached_property
    def _places(self) -> dict[tuple[str | None, str | None], list[Estimate]]:
        places: dict[tuple[str | None, str | None], list[Estimate]] = {}
        for e in self.estimates:
            places.setdefault((e.task, e.target), []).append(e)
        return places

    def select(self, **identity: Any) -> list[Estimate]:
        """As `Results.select`; fast where task and target are given."""
        if not {"task", "target"} <= set(identity):
            return super().select(**identity)
        task, target = identity.pop("task"), identity.pop("target")
        found = self._places.get((task, target), [])
        return [e for e in found if all(getattr(e, name) == value for name, value in identity.items())]


def indexed(results: Results) -> Indexed:
    """The same results, quick to search."""
    return Indexed(**{field.name: getattr(results, field.name) for field in dataclasses.fields(Results)})


def plan_of_missing(results: Results) -> str:
    """The rule by which the main analysis takes missing reads."""
    plan: Mapping[str, object] = results.protocol.get("missing") or {}
    return str(plan.get("reads") or COMPLETE)


def sampled(results: Results) -> str:
    """What the protocol takes as the sample: patients where it names them, else cases."""
    plan: Mapping[str, object] = results.protocol.get("clusters") or {}
    return "patients" if plan.get("patient") else "cases"


def rule_of(e: Estimate) -> str:
    """The rule by which one record takes missing reads."""
    return e.missing or COMPLETE


def correction_of(e: Estimate) -> str | None:
    """What a record is corrected for; None for an observed one. A method may name its interval after a hyphen."""
    method = e.method or ""
    found = (what for name, what in CORRECTIONS.items() if method == name or method.startswith(f"{name}-"))
    return next(found, None)


def apart_from(e: Estimate, *names: str) -> tuple[object, ...]:
    """The identity of a record without some of its fields; two such identities can be compared."""
    fields = (getattr(e, name) for name in IDENTITY if name not in names)
    return tuple(None if value != value else value for value in fields)


def number_of(e: Estimate, *names: str) -> tuple[object, ...]:
    """What a record is a number of, however it was taken: without its rule, its method and the fields of `names`.

    A task as a whole has one threshold for each observer; a class can have several.
    """
    return apart_from(e, "missing", "method", *(("threshold",) if e.target is None else ()), *names)


def main(results: Results) -> Results:
    """`results` with the records of the main analysis only: neither another rule for missing reads nor a correction.

    A number that the rule of the protocol does not touch stays as it is.
    """
    rule = plan_of_missing(results)
    observed = [e for e in results.estimates if correction_of(e) is None]
    ruled = {number_of(e) for e in observed if e.missing is not None and e.missing == rule}
    kept = tuple(
        e for e in observed if rule_of(e) == rule or (e.missing is None and (not ruled or number_of(e) not in ruled))
    )
    return results if len(kept) == len(results.estimates) else dataclasses.replace(results, estimates=kept)
