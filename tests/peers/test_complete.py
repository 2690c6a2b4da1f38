"""Every number of other packages is compared by some test of this folder, or listed with the reason why not.

What the tests read is not declared but seen: each is called on each of its cases, with results that remember which
of their parts were looked at. So a test that is lost, renamed, or narrowed by a `where` shows here.
"""

import contextlib
import dataclasses
import fnmatch
import functools
import importlib
import inspect
import itertools
import json
from pathlib import Path

import goldens
import pytest
from known_differences import NOT_COMPARED

FILES = (
    "roc_proc", "binomial_ci", "diagnostic_2x2", "paired_tests_dtcompair", "agreement", "calibration_dca", "mrmc_imrmc",
)  # fmt: skip
"""The files that must be walked from end to end."""


class Watched(dict):
    """A result whose parts, at any depth, are noted in `seen` when they are read."""

    def __init__(self, parts, path, seen):
        super().__init__(
            (name, Watched(part, f"{path}{name}/", seen) if isinstance(part, dict) else part)
            for name, part in parts.items()
        )
        self.path, self.seen = path, seen

    def _note(self, name):
        if name in self and not isinstance(dict.__getitem__(self, name), Watched):
            self.seen.add(f"{self.path}{name}")

    def __getitem__(self, name):
        self._note(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self._note(name)
        return super().get(name, default)

    def items(self):
        for name in self:
            self._note(name)
        return super().items()


def leaves(result, path=""):
    """The paths of all parts that are not dictionaries; a result that is none is one part, the empty path."""
    if not isinstance(result, dict):
        return {path.removesuffix("/")}
    return set().union(*(leaves(part, f"{path}{name}/") for name, part in result.items()))


def calls_of(test):
    """What a test is called with, one dictionary a run; none where it takes no case of a peer."""
    marks = [mark.args for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    if not any(names == "case" for names, _ in marks):
        return
    assert set(inspect.signature(test).parameters) == {names for names, _ in marks}, f"{test.__name__}: fixtures"
    for values in itertools.product(*(given for _, given in marks)):
        yield {
            names: value.values[0] if hasattr(value, "values") else value
            for (names, _), value in zip(marks, values, strict=True)
        }


def read_by(tests, wanted):
    """Of each case among the `wanted` that `tests` are called with, the parts of its result that they read."""
    found = {}
    for test in tests:
        for options in calls_of(test):
            case = options["case"]
            if case.id not in wanted:
                continue
            seen = found.setdefault(case.id, set())
            result = case.result
            if isinstance(result, dict):
                result = Watched(result, "", seen)
            else:
                seen.add("")
            # Whether they agree is what the test itself is for.
            with contextlib.suppress(AssertionError):
                test(**{**options, "case": dataclasses.replace(case, result=result)})
    return found


@functools.cache
def read_here():
    """The same of all tests of this folder."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))
    modules = [importlib.import_module(name) for name in names if name != Path(__file__).stem]
    tests = [
        test
        for module in modules
        for name, test in vars(module).items()
        if name.startswith("test_") and callable(test) and test.__module__ == module.__name__
    ]
    return read_by(tests, {case.id for file_name in FILES for case in cases_of(file_name)})


def cases_of(file_name):
    path = goldens.GOLDENS / f"{file_name}.json"
    ids = [record["id"] for record in json.loads(path.read_text(encoding="utf-8"))["cases"]]
    assert ids, f"{path.name} holds no case"
    return [goldens.every_case()[case_id] for case_id in ids]


def unread(cases, read):
    """Cases that no test is called with, and parts that none reads, without those that are listed."""
    left = []
    for case in cases:
        if case.id not in read:
            left.append(case.id)
        elif case.error is None:
            left += [f"{case.id}: {part}" for part in sorted(leaves(case.result) - read[case.id])]
    return [entry for entry in left if not any(fnmatch.fnmatchcase(entry, pattern) for pattern in NOT_COMPARED)]


@pytest.mark.peers
@pytest.mark.parametrize("file_name", FILES)
def test_every_case_and_every_part_is_compared_or_listed(file_name):
    left = unread(cases_of(file_name), read_here())
    assert not left, "\n".join([f"{len(left)} of {file_name} are compared by no test:", *left])


@pytest.mark.peers
def test_what_is_listed_as_not_compared_is_there_and_is_not():
    cases = [case for file_name in FILES for case in cases_of(file_name) if case.error is None]
    everything = [f"{case.id}: {part}" for case in cases for part in leaves(case.result)]
    read = {f"{case_id}: {part}" for case_id, parts in read_here().items() for part in parts}
    for pattern in NOT_COMPARED:
        meant = fnmatch.filter(everything, pattern)
        assert meant, f"{pattern} is listed as not compared, but nothing is called so"
        assert not read.issuperset(meant), f"{pattern} is listed as not compared, but it is all read"


def a_case(case_id, result):
    return goldens.Case(id=case_id, data=None, args={}, result=result, error=None, stochastic=False)


def test_a_part_that_is_not_read_is_seen():
    cases = [a_case("f/1", {"a": 1, "b": {"c": 2, "d": 3}}), a_case("f/2", {"a": 1}), a_case("f/3", [1, 2])]

    @pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in (cases[0], cases[2])])
    @pytest.mark.parametrize("method", ["x", "y"])
    def test(case, method):
        if case.id == "f/1":
            assert case.result["b"].get("c") == 2
            assert "e" not in case.result

    read = read_by([test, leaves], {case.id for case in cases})
    assert read == {"f/1": {"b/c"}, "f/3": {""}}
    assert unread(cases, read) == ["f/1: a", "f/1: b/d", "f/2"]
