"""Other packages' numbers: read them, and hold ours against them.

A file of ``../shared/goldens`` holds cases; the family of a case is its id up to the first slash. A test takes one
family and compares part by part:

    @goldens.each("cov")
    def test_covariance(case):
        with goldens.against(case) as same:
            same("cov_delong", ours, case.result["cov_delong"])

A part that is listed in `known_differences` must differ; any other must agree.
"""

import contextlib
import dataclasses
import functools
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from known_differences import KNOWN_DIFFERENCES

SHARED = Path(__file__).resolve().parents[3] / "shared"
GOLDENS = SHARED / "goldens"

_WORDS = {"NA": math.nan, "NaN": math.nan, "Inf": math.inf, "-Inf": -math.inf}
_TERM = re.compile(r"(?P<column>[\w.]+)\s*==\s*(?:'(?P<word>[^']*)'|(?P<number>-?[\d.]+))")
_SUBSET = re.compile(r"(?P<column>[\w.]+)\[(?P<rows>.+)\]")


@dataclasses.dataclass(frozen=True)
class Case:
    """One call of another package: what went in and what came out."""

    id: str
    data: str | None
    args: dict[str, Any]
    result: Any
    error: str | None
    stochastic: bool

    @property
    def family(self):
        return self.id.partition("/")[0]


def numbers(value):
    """`value` with R's words for what is not finite as floats, at any depth."""
    if isinstance(value, dict):
        return {name: numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [numbers(inner) for inner in value]
    return _WORDS.get(value, value) if isinstance(value, str) else value


def _case(record, file_name):
    unknown = set(record) - {"id", "data", "fun", "args", "result", "error", "warnings", "notes", "stochastic"}
    if "id" not in record or unknown or ("result" in record) == ("error" in record):
        raise ValueError(f"{file_name}: a case of unknown shape, {record.get('id')!r} with fields {sorted(record)}")
    return Case(
        id=record["id"],
        data=record.get("data"),
        args=record.get("args") or {},
        result=numbers(record.get("result")),
        error=record.get("error"),
        stochastic=record.get("stochastic", False),
    )


@functools.cache
def every_case():
    """All cases of all files by id; none where the folder is missing."""
    found = {}
    for path in sorted(GOLDENS.glob("*.json")):
        for record in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            case = _case(record, path.name)
            if case.id in found:
                raise ValueError(f"{path.name}: second case with the id {case.id}")
            found[case.id] = case
    return found


def each(*families, where=lambda case: True):
    """Run a test, marked `peers`, on every case of `families` for which `where` holds, as its argument `case`."""
    cases = [case for case in every_case().values() if case.family in families and where(case)]
    missing = {*families} - {case.family for case in cases}
    if missing and GOLDENS.is_dir():
        raise ValueError(f"no case of {', '.join(sorted(missing))} in {GOLDENS.name}/")

    def mark(test):
        parametrized = pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases])
        return pytest.mark.peers(parametrized(test))

    return mark


@functools.cache
def _read(name):
    if not name.endswith(".csv"):
        raise ValueError(f"{name!r} names no CSV file")
    return pd.read_csv(GOLDENS / name)


def rows(frame, condition):
    """Which rows satisfy an R condition, such as ``set=='n9' & reader==1``."""
    keep = np.ones(len(frame), dtype=bool)
    for term in condition.split("&"):
        found = _TERM.fullmatch(term.strip())
        if not found:
            raise ValueError(f"cannot read the condition {condition!r}")
        value = found["word"] if found["number"] is None else float(found["number"])
        keep &= (frame[found["column"]] == value).to_numpy()
    return keep


def column(frame, expression):
    """A column by name, or by an R comparison such as ``outcome=='Poor'`` (then boolean)."""
    return frame[expression].to_numpy() if expression in frame else rows(frame, expression)


def table(case):
    """The data of a case, its filter applied: ``args.filter``, or the brackets of ``rater1 = "call1[set=='n9']"``."""
    if case.data is None:
        raise ValueError(f"{case.id} has no data")
    frame = _read(case.data)
    subsets = [_SUBSET.fullmatch(value) for value in case.args.values() if isinstance(value, str)]
    conditions = {found["rows"] for found in subsets if found} | {case.args.get("filter")} - {None}
    for condition in conditions:
        frame = frame[rows(frame, condition)]
    return frame


def columns(case, *names):
    """The columns that the arguments `names` of a case stand for; ``truth`` is the column of that name by default."""
    frame = table(case)
    found = []
    for name in names:
        expression = case.args.get(name, "truth" if name == "truth" else None)
        if expression is None:
            raise ValueError(f"{case.id} has no argument {name!r}, only {sorted(case.args)}")
        subset = _SUBSET.fullmatch(expression)
        found.append(column(frame, subset["column"] if subset else expression))
    return found


def matrix(block):
    """An R matrix as a data frame with its row and column names."""
    return pd.DataFrame(block["matrix"], index=block.get("rows") or None, columns=block.get("cols"))


def close(ours, theirs, rel=1e-8, absolute=1e-14):
    """Are two numbers, or two sequences of them, the same? nan is the same as nan."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    return ours.shape == theirs.shape and bool(np.allclose(ours, theirs, rtol=rel, atol=absolute, equal_nan=True))


@contextlib.contextmanager
def against(case):
    """Compare a case part by part, once in a run: what `known_differences` lists must occur and differ, the rest agree.

    All parts are compared before the test fails.
    """
    listed = {part: reason for (case_id, part), reason in KNOWN_DIFFERENCES.items() if case_id == case.id}
    problems = []

    def same(part, ours, theirs, rel=1e-8, absolute=1e-14):
        reason = listed.pop(part, None)
        agree = close(ours, theirs, rel, absolute)
        if reason is None and not agree:
            problems.append(f"{part}: ours {ours}, theirs {theirs}")
        if reason is not None and agree:
            problems.append(f"{part}: agrees, but is listed as a known difference: {reason}")

    yield same
    problems += [f"{part}: listed as a known difference, but not compared" for part in listed]
    assert not problems, "\n".join([case.id, *problems])
