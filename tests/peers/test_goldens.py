"""The reader of other packages' numbers, and its list of known differences."""

import math

import goldens
import numpy as np
import pandas as pd
import pytest
from known_differences import KNOWN_DIFFERENCES


@pytest.mark.peers
def test_known_differences_name_cases_that_exist():
    assert {case_id for case_id, _ in KNOWN_DIFFERENCES} <= set(goldens.every_case())


@pytest.mark.peers
def test_every_data_file_can_be_read():
    for case in goldens.every_case().values():
        if case.data is not None and case.data.startswith("data/"):
            assert len(goldens.table(case)) > 0


def test_words_of_r_become_floats():
    found = goldens.numbers({"a": ["NA", "NaN", 1, None], "b": {"c": "Inf", "d": "-Inf", "e": "words"}})
    assert np.isnan(found["a"][:2]).all()
    assert found["a"][2:] == [1, None]
    assert found["b"] == {"c": math.inf, "d": -math.inf, "e": "words"}


def test_conditions_of_r():
    frame = pd.DataFrame({"set": ["a", "a", "b"], "reader": [1, 2, 1]})
    assert goldens.rows(frame, "set=='a'").tolist() == [True, True, False]
    assert goldens.rows(frame, "set=='a' & reader==1").tolist() == [True, False, False]
    assert goldens.column(frame, "reader").tolist() == [1, 2, 1]
    with pytest.raises(ValueError, match="cannot read the condition 'reader>1'"):
        goldens.column(frame, "reader>1")


def test_cases_of_unknown_shape_are_refused():
    with pytest.raises(ValueError, match=r"x\.json: a case of unknown shape, 'f/1'"):
        goldens._case({"id": "f/1", "args": {}}, "x.json")
    with pytest.raises(ValueError, match="unknown shape"):
        goldens._case({"id": "f/1", "result": 1, "more": 2}, "x.json")
    case = goldens._case({"id": "f/1", "args": [], "result": "NaN"}, "x.json")
    assert (case.family, case.args) == ("f", {})
    with pytest.raises(ValueError, match="f/1 has no data"):
        goldens.table(case)


def test_close():
    assert goldens.close([1, math.nan], [1 + 1e-9, math.nan])
    assert not goldens.close(1, 1 + 1e-7)
    assert not goldens.close(math.nan, 0)
    assert not goldens.close([1, 2], [1])


def compared(case, **parts):
    with goldens.against(case) as same:
        for part, (ours, theirs) in parts.items():
            same(part, ours, theirs)


def test_a_listed_difference_must_differ(monkeypatch):
    monkeypatch.setitem(goldens.KNOWN_DIFFERENCES, ("f/1", "p"), "a reason")
    case = goldens._case({"id": "f/1", "result": 1}, "x.json")
    compared(case, p=(1, 2), q=(1, 1))
    with pytest.raises(AssertionError, match="p: agrees, but is listed as a known difference: a reason"):
        compared(case, p=(1, 1))
    with pytest.raises(AssertionError, match="p: listed as a known difference, but not compared"):
        compared(case, q=(1, 1))
    with pytest.raises(AssertionError, match="q: ours 1, theirs 2"):
        compared(case, p=(1, 2), q=(1, 2))
