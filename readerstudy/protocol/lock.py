"""The lock of a protocol: the plan as it stood on a day, so that what was decided later can be told apart."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from readerstudy.problems import DataError, Place, Problem

SCHEMA = "readerstudy-lock/1"

_WORDS = ("title", "notice", "registration", "file", "sha256", "lock")
"""Fields of a protocol that change no number."""

_BESIDE = (
    "thresholds", "weight", "verification", "subgroups", "cut", "characteristics", "patient_characteristics",
    "categorical", "by", "embedding", "errors", "as_published", "also", "columns",
)  # fmt: skip
"""Fields whose change leaves the endpoints planned: they change other numbers, or perhaps only a column's name."""

SECTIONS = {
    "conf_level": "study", "alpha": "study", "significant": "study", "seed": "study", "groups": "readers",
    "threshold": "readers", "exclude": "readers", "consensus": "readers", "ties": "readers", "truth_from": "readers",
    "incorporation": "readers", "duplicates": "readers", "reference": "readers", "bootstrap": "methods",
    "also": "missing", "thresholds": "decision", "weight": "sampling", "cut": "subgroups",
    "patient_characteristics": "characteristics", "categorical": "characteristics", "by": "characteristics",
}  # fmt: skip
"""Section of protocol.toml in which a field stands, where it is not called so."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lock:
    """What a lock says of the plan that is carried out.

    Parameters
    ----------
    date
        Day on which the plan was locked, ``"2026-01-31"``.
    sha256
        Of the protocol file as it was locked.
    changed
        Sections of the protocol that differ from the locked plan, in alphabetical order.
    demoted
        Endpoints that the locked plan does not hold as they are now analysed and adjusted; they are exploratory.
    """

    date: str
    sha256: str
    changed: tuple[str, ...] = ()
    demoted: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As in results.json."""
        return {
            "date": self.date,
            "sha256": self.sha256,
            "changed": list(self.changed),
            "demoted": list(self.demoted),
        }


def beside(protocol: str | os.PathLike[str]) -> Path:
    """Where the lock of a protocol file stands: protocol.toml has protocol.lock.json."""
    return Path(protocol).with_suffix(".lock.json")


def content(fields: Mapping[str, Any], *, sha256: str, date: str, version: str) -> dict[str, Any]:
    """What goes into a lock file.

    Parameters
    ----------
    fields
        The protocol's fields, as `dataclasses.asdict` gives them.
    sha256
        Of the protocol file.
    date
        The day, ``"2026-01-31"``.
    version
        Of readerstudy.
    """
    plan = _plan(fields)
    return {
        "schema": SCHEMA,
        "locked": date,
        "readerstudy": version,
        "sha256": sha256,
        "plan_sha256": _digest(plan),
        "plan": plan,
    }


def read(path: Path, fields: Mapping[str, Any], defaults: Mapping[str, Any]) -> Lock:
    """Hold a plan against its lock; `defaults` stand for what the version that locked it did not know.

    Raises
    ------
    DataError
        If the file is no lock, or its plan is not the one it was written with.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        plan, date, sha256 = found["plan"], str(found["locked"]), str(found["sha256"])
        whole = found["schema"] == SCHEMA and found["plan_sha256"] == _digest(plan)
    except (ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise DataError(
            [
                Problem(
                    code="RS306",
                    message="this is no lock of a protocol as `readerstudy lock` writes it, or it was changed by hand",
                    place=Place(file=str(path)),
                    help="put back the file that was written, or remove it: the plan is then reported as not locked",
                )
            ]
        )
    now, then = _plan(fields), {**_plan(defaults), **plan}
    differ = {key for key in now if then[key] != now[key]}
    as_locked = then["endpoints"]
    others = differ - {"endpoints", *_BESIDE}
    standing = [] if others else _standing(now["endpoints"], as_locked, now["multiplicity"])
    demoted = [one["name"] for one in now["endpoints"] if one not in standing]
    return Lock(
        date=date,
        sha256=sha256,
        changed=tuple(sorted({SECTIONS.get(key, key) for key in differ})),
        demoted=tuple(demoted),
    )


def _standing(now: list[dict[str, Any]], then: list[dict[str, Any]], multiplicity: str) -> list[dict[str, Any]]:
    """The endpoints that are in the lock, as long as those that they are adjusted or gated by are there, too."""
    kept = [one for one in now if one in then]
    if multiplicity == "none":
        return kept
    tested = [one for one in then if one["role"] != "exploratory"]
    still = [one for one in kept if one["role"] != "exploratory"]
    if multiplicity == "gatekeeping":  # in its turn: what comes after the first that is another
        same = next((i for i, pair in enumerate(zip(still, tested, strict=False)) if pair[0] != pair[1]), len(still))
        lost = still[same:]
    elif multiplicity == "bh":
        lost = [] if len(still) == len(tested) else still
    else:
        primary = all(one in still for one in tested if one["role"] == "primary")
        lost = [] if len(still) == len(tested) else [e for e in still if not primary or e["role"] == "secondary"]
    return [one for one in kept if one not in lost]


def _plan(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that may change a number, as JSON gives them back."""
    kept = {key: value for key, value in fields.items() if key not in _WORDS}
    plan: dict[str, Any] = json.loads(json.dumps(kept, sort_keys=True))
    return plan


def _digest(plan: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
