"""Degenerate inputs by kind of argument: what each function of tests/stats/test_degenerate.py is walked through."""

import itertools
import math

import numpy as np
import pandas as pd

from readerstudy.estimate import Estimate

nan = math.nan

# Eight cases of both classes; + is a positive case or call.
_TRUTH = "++++----"
_CALLS = {
    "nothing degenerate": (_TRUTH, "+++-+---"),
    "all right": (_TRUTH, "++++----"),
    "all wrong": (_TRUTH, "----++++"),
    "sensitivity n/n": (_TRUTH, "++++++--"),
    "sensitivity 0/n": (_TRUTH, "----+---"),
    "specificity n/n": (_TRUTH, "++------"),
    "specificity 0/n": (_TRUTH, "++--++++"),
    "everything called positive": (_TRUTH, "++++++++"),
    "everything called negative": (_TRUTH, "--------"),
    "no positive case": ("------", "++----"),
    "no negative case": ("++++++", "++----"),
    "no positive case and no positive call": ("------", "------"),
    "no negative case and no negative call": ("++++++", "++++++"),
    "one positive case": ("+-----", "+-+---"),
    "one positive case, missed": ("+-----", "--+---"),
    "one negative case": ("+++++-", "+++---"),
    "one case of each class": ("+-", "+-"),
    "one case of each class, all wrong": ("+-", "-+"),
    "two cases of each class, half right": ("++--", "+-+-"),
    "one case, positive": ("+", "+"),
    "one case, negative": ("-", "+"),
    "no case": ("", ""),
}
_PAIRS = {
    "nothing degenerate": (_TRUTH, "+++-+---", "++--++--"),
    "identical readers": (_TRUTH, "+++-+---", "+++-+---"),
    "identical readers, all right": (_TRUTH, _TRUTH, _TRUTH),
    "identical readers, all wrong": (_TRUTH, "----++++", "----++++"),
    "identical readers, everything positive": (_TRUTH, "++++++++", "++++++++"),
    "identical readers, everything negative": (_TRUTH, "--------", "--------"),
    "identical readers, one case": ("+", "+", "+"),
    "identical readers, no positive case": ("------", "++----", "++----"),
    "identical readers, no negative case": ("++++++", "++----", "++----"),
    "identical readers, one case of a class": ("+-----", "+-+---", "+-+---"),
    "opposite readers": (_TRUTH, "++++----", "----++++"),
    "opposite readers, the second right": (_TRUTH, "----++++", "++++----"),
    "the first calls nothing positive": (_TRUTH, "--------", "+++-+---"),
    "the second calls nothing positive": (_TRUTH, "+++-+---", "--------"),
    "the first calls everything positive": (_TRUTH, "++++++++", "+++-+---"),
    "the second calls everything positive": (_TRUTH, "+++-+---", "++++++++"),
    "everything against nothing": (_TRUTH, "++++++++", "--------"),
    "nothing against everything": (_TRUTH, "--------", "++++++++"),
    "the first all right": (_TRUTH, "++++----", "+++-+---"),
    "the second all right": (_TRUTH, "+++-+---", "++++----"),
    "the first has no false positive": (_TRUTH, "++------", "++--++--"),
    "the second has no false negative": (_TRUTH, "++--++--", "+++++---"),
    "no positive case": ("------", "++----", "+-+---"),
    "no negative case": ("++++++", "++----", "+-+---"),
    "one positive case": ("+-----", "+-+---", "--++--"),
    "one negative case": ("+++++-", "+++---", "++--++"),
    "one case of each class": ("+-", "+-", "-+"),
    "one case of each class, one discordant": ("+-", "+-", "--"),
    "two cases of each class": ("++--", "+-+-", "-+-+"),
    "one case": ("+", "+", "-"),
    "no case": ("", "", ""),
}
_SCORES = {
    "nothing degenerate": (_TRUTH, [4, 2, 3, 5, 1, 3, 2, 1], [5, 1, 2, 4, 2, 4, 1, 3]),
    "AUC 1": (_TRUTH, [5, 6, 7, 8, 1, 2, 3, 4], [4, 2, 3, 5, 1, 3, 2, 1]),
    "AUC 0": (_TRUTH, [1, 2, 3, 4, 5, 6, 7, 8], [4, 2, 3, 5, 1, 3, 2, 1]),
    "AUC 1 against AUC 0": (_TRUTH, [5, 6, 7, 8, 1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7, 8]),
    "AUC 0 against AUC 1": (_TRUTH, [1, 2, 3, 4, 5, 6, 7, 8], [5, 6, 7, 8, 1, 2, 3, 4]),
    "AUC 1 twice, in another order": (_TRUTH, [5, 6, 7, 8, 1, 2, 3, 4], [8, 7, 6, 5, 2, 1, 4, 3]),
    "AUC 1, two scores": (_TRUTH, [1, 1, 1, 1, 0, 0, 0, 0], [4, 2, 3, 5, 1, 3, 2, 1]),
    "constant scores": (_TRUTH, [2] * 8, [4, 2, 3, 5, 1, 3, 2, 1]),
    "two constant scores": (_TRUTH, [2] * 8, [7] * 8),
    "constant against perfect": (_TRUTH, [2] * 8, [5, 6, 7, 8, 1, 2, 3, 4]),
    "identical readers": (_TRUTH, [4, 2, 3, 5, 1, 3, 2, 1], [4, 2, 3, 5, 1, 3, 2, 1]),
    "identical readers, on another scale": (_TRUTH, [4, 2, 3, 5, 1, 3, 2, 1], [16, 4, 9, 25, 1, 9, 4, 1]),
    "identical readers, AUC 1": (_TRUTH, [5, 6, 7, 8, 1, 2, 3, 4], [5, 6, 7, 8, 1, 2, 3, 4]),
    "identical readers, one positive case": ("+-----", [3, 1, 2, 4, 5, 1], [3, 1, 2, 4, 5, 1]),
    "identical readers, no negative case": ("++++++", [3, 1, 2, 4, 5, 1], [3, 1, 2, 4, 5, 1]),
    "three categories without a binormal fit": ("---++-", [0, 0, 3, 3, 3, 4], [3, 1, 2, 4, 5, 1]),
    "infinite scores": (_TRUTH, [math.inf, 2, 3, 5, -math.inf, 3, 2, 1], [5, 1, 2, math.inf, 2, 4, 1, 3]),
    "no positive case": ("------", [3, 1, 2, 4, 5, 1], [1, 2, 3, 4, 5, 6]),
    "no negative case": ("++++++", [3, 1, 2, 4, 5, 1], [1, 2, 3, 4, 5, 6]),
    "one positive case": ("+-----", [3, 1, 2, 4, 5, 1], [1, 2, 3, 4, 5, 6]),
    "one negative case": ("+++++-", [3, 1, 2, 4, 5, 1], [1, 2, 3, 4, 5, 6]),
    "one positive case, AUC 1": ("+-----", [9, 1, 2, 4, 5, 1], [1, 2, 3, 4, 5, 6]),
    "one case of each class": ("+-", [2, 1], [1, 2]),
    "one case of each class, tied": ("+-", [1, 1], [1, 2]),
    "two cases of each class": ("++--", [4, 1, 2, 3], [1, 4, 3, 2]),
    "one case": ("+", [1], [2]),
    "no case": ("", [], []),
}
_PROBABILITIES = {
    "nothing degenerate": (_TRUTH, [0.8, 0.3, 0.6, 0.7, 0.2, 0.6, 0.4, 0.1], [0.6, 0.4, 0.7, 0.9, 0.3, 0.2, 0.5, 0.4]),
    "0 and 1, all right": (_TRUTH, [1, 1, 1, 1, 0, 0, 0, 0], [0.6, 0.4, 0.7, 0.9, 0.3, 0.2, 0.5, 0.4]),
    "0 and 1, all wrong": (_TRUTH, [0, 0, 0, 0, 1, 1, 1, 1], [0.6, 0.4, 0.7, 0.9, 0.3, 0.2, 0.5, 0.4]),
    "0 and 1 against 1 and 0": (_TRUTH, [1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]),
    "some 0 and 1": (_TRUTH, [1, 0.3, 0.6, 0, 0, 0.6, 1, 0.1], [0.6, 0.4, 0.7, 0.9, 0.3, 0.2, 0.5, 0.4]),
    "all 0": (_TRUTH, [0] * 8, [0.6, 0.4, 0.7, 0.9, 0.3, 0.2, 0.5, 0.4]),
    "all 1": (_TRUTH, [1] * 8, [0.6, 0.4, 0.7, 0.9, 0.3, 0.2, 0.5, 0.4]),
    "all 1/2": (_TRUTH, [0.5] * 8, [0.6, 0.4, 0.7, 0.9, 0.3, 0.2, 0.5, 0.4]),
    "all at the prevalence of another class": (_TRUTH, [0.1] * 8, [0.9] * 8),
    "the classes are separated": (_TRUTH, [0.6, 0.7, 0.8, 0.9, 0.1, 0.2, 0.3, 0.4], [0.9] * 8),
    "the classes are separated the wrong way": (_TRUTH, [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9], [0.9] * 8),
    "separated but for a tie": (_TRUTH, [0.4, 0.7, 0.8, 0.9, 0.1, 0.2, 0.3, 0.4], [0.9] * 8),
    "nearly 0 and nearly 1": (_TRUTH, [1 - 1e-12, 1e-12, 1 - 1e-9, 0.9, 1e-15, 1e-9, 0.5, 0.3], [0.9] * 8),
    "identical readers": (_TRUTH, [0.8, 0.3, 0.6, 0.7, 0.2, 0.6, 0.4, 0.1], [0.8, 0.3, 0.6, 0.7, 0.2, 0.6, 0.4, 0.1]),
    "identical readers, all 0": (_TRUTH, [0] * 8, [0] * 8),
    "identical readers, one case": ("+", [0.3], [0.3]),
    "identical readers, no positive case": ("------", [0.3, 0.1, 0.2, 0.4, 0.5, 0.1], [0.3, 0.1, 0.2, 0.4, 0.5, 0.1]),
    "no positive case": ("------", [0.3, 0.1, 0.2, 0.4, 0.5, 0.1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
    "no negative case": ("++++++", [0.3, 0.1, 0.2, 0.4, 0.5, 0.1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
    "one positive case": ("+-----", [0.3, 0.1, 0.2, 0.4, 0.5, 0.1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
    "one negative case": ("+++++-", [0.3, 0.1, 0.2, 0.4, 0.5, 0.1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
    "one case of each class": ("+-", [0.7, 0.2], [0.3, 0.6]),
    "two cases of each class": ("++--", [0.9, 0.1, 0.1, 0.9], [0.3, 0.6, 0.2, 0.8]),
    "one case": ("+", [0.7], [0.2]),
    "one case, 0": ("+", [0], [1]),
    "no case": ("", [], []),
}
_RATINGS = ([4, 2, 3, 5, 1, 3, 2, 1], [5, 1, 2, 4, 2, 4, 1, 3], [3, 4, 2, 5, 1, 2, 4, 1])
_OTHERS = ([3, 5, 2, 4, 1, 1, 4, 2], [4, 4, 1, 5, 3, 2, 1, 2], [5, 3, 3, 2, 1, 4, 2, 2])
_BEST = [5, 6, 7, 8, 1, 2, 3, 4]
# Two modalities, three readers, eight cases.
_PANELS = {
    "nothing degenerate": (_TRUTH, [_RATINGS, _OTHERS]),
    "identical modalities": (_TRUTH, [_RATINGS, _RATINGS]),
    "identical readers": (_TRUTH, [[_RATINGS[0]] * 3, [_OTHERS[0]] * 3]),
    "everything identical": (_TRUTH, [[_RATINGS[0]] * 3] * 2),
    "AUC 1 everywhere": (_TRUTH, [[_BEST] * 3] * 2),
    "AUC 1 against AUC 0": (_TRUTH, [[_BEST] * 3, [_BEST[::-1]] * 3]),
    "AUC 1 for a reader": (_TRUTH, [[_BEST, *_RATINGS[1:]], _OTHERS]),
    "constant scores": (_TRUTH, [[[2] * 8] * 3] * 2),
    "constant scores of a reader": (_TRUTH, [[[2] * 8, *_RATINGS[1:]], _OTHERS]),
    "all reads of a reader missing": (_TRUTH, [[[nan] * 8, *_RATINGS[1:]], [[nan] * 8, *_OTHERS[1:]]]),
    "all reads of a modality missing": (_TRUTH, [_RATINGS, [[nan] * 8] * 3]),
    "all reads missing": (_TRUTH, [[[nan] * 8] * 3] * 2),
    "one reader": (_TRUTH, [_RATINGS[:1], _OTHERS[:1]]),
    "two readers": (_TRUTH, [_RATINGS[:2], _OTHERS[:2]]),
    "one modality": (_TRUTH, [_RATINGS]),
    "no positive case": ("--------", [_RATINGS, _OTHERS]),
    "no negative case": ("++++++++", [_RATINGS, _OTHERS]),
    "one positive case": ("+-------", [_RATINGS, _OTHERS]),
    "one case of each class": ("+-", [[row[:2] for row in _RATINGS], [row[:2] for row in _OTHERS]]),
    "no case": ("", [[[]] * 3] * 2),
}
# Marks by reader and case: each lesion's score in turn (- is unmarked), then the false marks.
_LESIONS = {"A": 1, "B": 2, "C": 1, "D": 1, "E": 0, "F": 0, "G": 0, "H": 0}
_MARKED = (
    ["4", "5-1", "3", "-", "2", "1", "", "21"],
    ["5", "34", "-2", "1", "", "1", "3", ""],
    ["2", "--", "5", "43", "1", "", "2", "1"],
)
_MARKED_ELSE = (
    ["3", "4-", "2", "-1", "3", "", "1", "2"],
    ["-", "53", "4", "2", "1", "2", "", "3"],
    ["4", "-2", "31", "-", "2", "3", "", ""],
)
_FOUND = ["5", "54", "3", "4", "", "", "", ""]
_FREE = {
    "nothing degenerate": (_LESIONS, [_MARKED, _MARKED_ELSE]),
    "identical modalities": (_LESIONS, [_MARKED, _MARKED]),
    "identical readers": (_LESIONS, [_MARKED[:1] * 3, _MARKED_ELSE[:1] * 3]),
    "everything identical": (_LESIONS, [_MARKED[:1] * 3] * 2),
    "all lesions found, no false mark": (_LESIONS, [[_FOUND] * 3] * 2),
    "all lesions found by a reader": (_LESIONS, [[_FOUND, *_MARKED[1:]], _MARKED_ELSE]),
    "only false marks": (_LESIONS, [[["-1", "--", "-", "-", "1", "", "", ""]] * 3] * 2),
    "all lesions found against only false marks": (
        _LESIONS, [[_FOUND] * 3, [["-", "--", "-", "-", "5", "5", "5", "5"]] * 3],
    ),
    "every mark alike": (_LESIONS, [[["3", "33", "3", "3", "3", "3", "3", "3"]] * 3] * 2),
    "one mark each": (_LESIONS, [[["1", "--", "-", "-", "", "", "", ""]] * 3] * 2),
    "no lesion": (dict.fromkeys("ABCD", 0), [[["4", "", "12", "3"]] * 3, [["", "2", "1", "3"]] * 3]),
    "no case without lesions": (dict.fromkeys("ABCD", 1), [[row[:1] + row[2:5] for row in _MARKED]] * 2),
    "one diseased case": (
        {"A": 2, "B": 0, "C": 0, "D": 0}, [[["4-", "1", "", "5"]] * 2, [["12", "3", "", "1"]] * 2],
    ),
    "one case of each class": ({"A": 1, "B": 0}, [[["4", "1"], ["1", "2"]], [["3", "1"], ["-", "2"]]]),
    "one case, diseased": ({"A": 1}, [[["4"], ["1"]], [["3"], ["31"]]]),
    "one case, without lesions": ({"A": 0}, [[["4"], ["1"]], [["3"], ["31"]]]),
    "one reader": (_LESIONS, [_MARKED[:1], _MARKED_ELSE[:1]]),
    "one modality": (_LESIONS, [_MARKED]),
    "no mark": (_LESIONS, [[["-", "--", "-", "-", "", "", "", ""]] * 3] * 2),
    "no case": ({}, [[[]] * 3] * 2),
}  # fmt: skip
# Reads of three readers, or of two, of six cases: categories that are numbers too.
_READS = {
    "nothing degenerate": [[1, 2, 0, 1, 0, 2], [1, 2, 1, 1, 0, 0], [1, 1, 0, 1, 0, 2]],
    "two readers": [[1, 2, 0, 1, 0, 2], [1, 2, 1, 1, 0, 0]],
    "two categories": [[1, 1, 0, 1, 0, 0], [1, 0, 0, 1, 0, 1], [1, 1, 0, 1, 0, 1]],
    "identical readers": [[1, 2, 0, 1, 0, 2]] * 3,
    "two identical readers": [[1, 2, 0, 1, 0, 2]] * 2,
    "identical readers, two categories": [[1, 1, 0, 1, 0, 0]] * 2,
    "a constant shift": [[1, 2, 3, 1, 4, 2], [2, 3, 4, 2, 5, 3]],
    "never alike": [[0, 1, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0]],
    "never alike, three readers": [[0, 1, 2, 0, 1, 2], [1, 2, 0, 1, 2, 0], [2, 0, 1, 2, 0, 1]],
    "one category": [[1, 1, 1, 1, 1, 1]] * 3,
    "one category, two readers": [[1, 1, 1, 1, 1, 1]] * 2,
    "one category of zeros": [[0, 0, 0, 0, 0, 0]] * 2,
    "one category each, different": [[0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]],
    "one category each, half the cases": [[2, 2, 2, 2, 2, 1], [0, 0, 0, 0, 0, 1]],
    "cases alike in the mean": [[2, 2, 2], [1, 1, 0], [0, 0, 1]],
    "cases nearly alike in the mean": [[2, 2, 0], [0, 0, 0], [0, 0, 0], [0, 0, 2]],
    "less alike within cases than between": [[1, 0, 0, 0], [0, 2, 2, 2]],
    "one reader used one category": [[1, 1, 1, 1, 1, 1], [1, 0, 1, 1, 0, 1]],
    "one read differs": [[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]],
    "all alike within a case, cases alike": [[3, 3], [3, 3]],
    "one reader missing": [[1, 2, 0, 1, 0, 2], [nan] * 6, [1, 1, 0, 1, 0, 2]],
    "all but one reader missing": [[1, 2, 0, 1, 0, 2], [nan] * 6],
    "all missing": [[nan] * 6, [nan] * 6],
    "no case in common": [[1, 2, 0, nan, nan, nan], [nan, nan, nan, 1, 0, 2]],
    "one case in common": [[1, 2, 0, 1, nan, nan], [nan, nan, nan, 1, 0, 2]],
    "two cases in common": [[1, 2, 0, 1, 0, nan], [nan, nan, nan, 1, 2, 2]],
    "one case read by all": [[1, 2, 0, nan, 1, nan], [nan, 2, 0, 1, 0, 2], [nan, nan, 0, 1, nan, 1]],
    "two cases": [[0, 1], [0, 1]],
    "two cases, one alike": [[0, 1], [0, 0]],
    "one case": [[1], [1]],
    "one case, not alike": [[0], [1]],
    "no case": [[], []],
    "one reader": [[1, 2, 0, 1, 0, 2]],
    "one reader, one case": [[1]],
    "no reader": np.empty((0, 6)),
}


def _bits(word):
    return np.array([letter == "+" for letter in word], dtype=bool)


def _calls(case):
    return tuple(map(_bits, case))


def _with_truth(case):
    return (_bits(case[0]), *(np.array(row, dtype=float) for row in case[1:]))


def _paired(case):
    """The calls of the positive cases: what a comparison of two sensitivities is of."""
    truth, *calls = _calls(case)
    return tuple(call[truth] for call in calls)


def free_response(lesions, modalities, readers=("model", "R1", "R2")):
    """Cases, marks and lesions as tables."""
    rows = [
        (case, reader, name, float(score), str(k + 1) if k < lesions[case] else None)
        for name, of_modality in zip("12", modalities, strict=False)
        for reader, of_reader in zip(readers, of_modality, strict=False)
        for case, of_case in zip(lesions, of_reader, strict=True)
        for k, score in enumerate(of_case)
        if score != "-"
    ]
    listed = [(case, str(k + 1)) for case, n in lesions.items() for k in range(n)]
    return (
        pd.DataFrame({"case_id": list(lesions)}),
        pd.DataFrame(rows, columns=["case_id", "reader_id", "modality", "score", "lesion_id"]),
        pd.DataFrame(listed, columns=["case_id", "lesion_id"]),
    )


CALLS = {name: _calls(case) for name, case in _CALLS.items()}
PAIRS = {name: _calls(case) for name, case in _PAIRS.items()}
SCORES = {name: _with_truth(case) for name, case in _SCORES.items()}
PROBABILITIES = {name: _with_truth(case) for name, case in _PROBABILITIES.items()}
READS = {name: np.array(rows, dtype=float) for name, rows in _READS.items()}
TWO_READERS = {name: tuple(rows[:2]) for name, rows in READS.items() if len(rows) >= 2}
THRESHOLDS = [0.05, 0.5, 0.9]
FEW = (0, 1, 2, 7)

WEIGHTS = {
    "equal weights": lambda truth: np.ones(len(truth)),
    "unequal weights": lambda truth: np.where(truth, 1.0, 9.0),
    "one case stands for all": lambda truth: np.where(np.arange(len(truth)) == 0, 1e9, 1e-3),
}


def _different(inputs):
    """Without the inputs that another name has already."""
    first = {}
    for name, args in inputs.items():
        first.setdefault(repr(args), (name, args))
    return dict(first.values())


INPUTS = {
    ("count", "total"): {f"{x} of {n}": (x, n) for n in FEW for x in range(n + 1)},
    ("count", "total", "count2", "total2"): {
        f"{x} of {n} and {x2} of {n2}": (x, n, x2, n2)
        for n, n2 in itertools.product((0, 1, 7), repeat=2)
        for x, x2 in itertools.product({0, n // 2, n}, {0, n2 // 2, n2})
    },
    ("tp", "fp", "fn", "tn"): {f"cells {c}": c for n in (5, 1) for c in itertools.product((n, 0), repeat=4)},
    ("truth", "call"): CALLS,
    ("truth", "call", "versus"): PAIRS,
    ("call", "versus"): _different(
        {name: case[1:] for name, case in PAIRS.items()}
        | {f"{name}; the positive cases": _paired(case) for name, case in _PAIRS.items()}
    ),
    ("call", "versus", "strata"): {
        **{f"{name}; one stratum": (*case[1:], ["a"] * len(case[0])) for name, case in PAIRS.items()},
        **{f"{name}; the classes": (*case[1:], case[0]) for name, case in PAIRS.items()},
        **{f"{name}; a stratum each case": (*case[1:], np.arange(len(case[0]))) for name, case in PAIRS.items()},
    },
    ("right", "weights"): {
        f"{name}; {kind}": (case[1], of(case[0])) for name, case in CALLS.items() for kind, of in WEIGHTS.items()
    },
    ("truth", "call", "weights"): {
        f"{name}; {kind}": (*case, of(case[0])) for name, case in CALLS.items() for kind, of in WEIGHTS.items()
    },
    ("truth", "score", "weights"): {
        f"{name}; {kind}": (*case[:2], of(case[0])) for name, case in SCORES.items() for kind, of in WEIGHTS.items()
    },
    ("truth", "call", "prevalence"): {name: (*case, 0.1) for name, case in CALLS.items()},
    ("truth", "call", "prevalence", "threshold"): {name: (*case, 0.1, 0.2) for name, case in CALLS.items()},
    ("prob", "prevalence_from", "prevalence_to"): {
        "nothing degenerate": ([0.2, 0.7], 0.5, 0.1),
        "0 and 1": ([0.0, 1.0], 0.5, 0.1),
        "the same prevalence": ([0.0, 0.4, 1.0], 0.3, 0.3),
        "nearly 0 and nearly 1": ([1e-300, 1 - 1e-16], 0.999, 0.001),
        "no case": ([], 0.5, 0.1),
    },
    ("estimates", "std_errors"): {
        "nothing degenerate": ([0.1, 0.4, 0.2], [0.1, 0.2, 0.1]),
        "all equal": ([0.2, 0.2, 0.2], [0.1, 0.1, 0.1]),
        "two sites": ([0.2, 0.25], [0.1, 0.1]),
        "two sites far apart": ([0.0, 9.0], [0.1, 0.1]),
        "two equal sites": ([0.2, 0.2], [0.1, 0.1]),
        "one site": ([0.2], [0.1]),
        "no site": ([], []),
        "one precise site": ([0.2, 0.3], [1e-12, 5.0]),
    },
    ("truth", "score"): {name: case[:2] for name, case in SCORES.items()},
    ("truth", "score", "versus"): SCORES,
    ("truth", "scores"): {
        **{name: (case[0], np.stack(case[1:])) for name, case in SCORES.items()},
        **{f"{name}, a reader twice": (case[0], np.stack([*case[1:], case[1]])) for name, case in SCORES.items()},
        "one reader": (SCORES["AUC 1"][0], SCORES["AUC 1"][1][None]),
    },
    ("truth", "prob"): {name: case[:2] for name, case in PROBABILITIES.items()},
    ("truth", "prob", "versus"): PROBABILITIES,
    ("first", "second", "order"): {
        "nothing degenerate": ([1.0, 2.0, 1.5, 3.0, 2.5, 1.0], [2.0, 2.5, 1.0, 3.5, 2.0, 2.0], list("AABBAB")),
        "every difference alike": ([1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0], list("AABB")),
        "the sessions alike": ([1.1, 2.2, 3.3, 4.4], [1.1, 2.2, 3.3, 4.4], list("AABB")),
        "all numbers alike": ([2.0] * 4, [2.0] * 4, list("AABB")),
        "one unit of an order": ([1.0, 2.0, 1.5], [2.0, 2.5, 1.0], list("AAB")),
        "one unit of each order": ([1.0, 2.0], [2.0, 2.5], list("AB")),
        "one order": ([1.0, 2.0, 1.5], [2.0, 2.5, 1.0], list("AAA")),
        "missing reads": ([1.0, nan, 1.5, 2.0], [2.0, 2.5, nan, 1.0], list("AABB")),
        "all missing": ([nan] * 4, [1.0] * 4, list("AABB")),
    },
    ("truth", "prob", "thresholds"): {name: (*case[:2], THRESHOLDS) for name, case in PROBABILITIES.items()},
    ("truth", "prob", "versus", "thresholds"): {name: (*case, THRESHOLDS) for name, case in PROBABILITIES.items()},
    ("truth", "probs"): {
        "nothing degenerate": (
            list("AABBCC"),
            np.array([[6, 3, 1], [5, 2, 3], [2, 5, 3], [4, 4, 2], [1, 2, 7], [5, 3, 2]]) / 10,
        ),
        "perfect": (list("AABBCC"), np.repeat(np.eye(3), 2, axis=0)),
        "all wrong": (list("AABBCC"), np.roll(np.repeat(np.eye(3), 2, axis=0), 1, axis=1)),
        "constant scores": (list("AABBCC"), np.full((6, 3), 1 / 3)),
        "a class without a case": (list("AABB"), np.array([[6, 3, 1], [5, 2, 3], [2, 5, 3], [4, 4, 2]]) / 10),
        "one class only": (list("AAAA"), np.array([[6, 3, 1], [5, 2, 3], [2, 5, 3], [4, 4, 2]]) / 10),
        "one case of a class": (list("AABBC"), np.array([[6, 3, 1], [5, 2, 3], [2, 5, 3], [4, 4, 2], [5, 3, 2]]) / 10),
        "one case of each class": (list("ABC"), np.array([[6, 3, 1], [2, 5, 3], [5, 3, 2]]) / 10),
        "one case": (["B"], np.array([[6, 3, 1]]) / 10),
        "no case": ([], np.empty((0, 3))),
    },
    ("ratings", "versus"): TWO_READERS,
    ("ratings", "truth", "versus"): {
        **{name: (rows[0], rows[1], rows[-1]) for name, rows in READS.items() if len(rows) >= 2},
        **{f"{name}, identical pairs": (r[0], r[1], r[0]) for name, r in READS.items() if len(r) >= 2},
    },
    ("ratings",): {name: (rows,) for name, rows in READS.items()},
    ("p_values",): {
        "none": ([],),
        "one": ([0.02],),
        "all 0": ([0.0, 0.0, 0.0],),
        "all 1": ([1.0, 1.0],),
        "all equal": ([0.04] * 4,),
        "some undefined": ([0.01, nan, 0.04],),
        "all undefined": ([nan, nan],),
        "one undefined": (
            [Estimate(measure="auc", note="no case"), Estimate(measure="auc", estimate=0.9, p_value=0.03)],
        ),
    },
}
"""Degenerate inputs by the names of the arguments; the first of each kind is not degenerate."""

ALL_MISSING = "all reads missing"
for kind, inputs in INPUTS.items():
    if kind[0] in ("truth", "call", "right"):
        place = int(kind[0] == "truth")
        good = list(next(iter(inputs.values())))
        good[place] = np.full(np.shape(good[place]), nan)
        inputs[ALL_MISSING] = tuple(good)

INPUTS_OF = {
    # Reads of two categories, for it is a test of calls.
    "cochran_q": {name: (np.where(rows > 1, 1, rows),) for name, rows in READS.items()},
    "mrmc": {name: (_bits(truth), np.array(scores, dtype=float)) for name, (truth, scores) in _PANELS.items()},
    # Two readers who each read twice, then the reads of every input as those of one.
    "intra_reader": {
        **{f"{name}, twice": (np.stack([rows[:2], rows[:2][::-1]]),) for name, rows in READS.items() if len(rows) > 1},
        **{f"{name}, by one": (rows[None],) for name, rows in READS.items() if len(rows) > 1},
    },
    # The last reader of the first modality is the model, the readers of the second are the panel.
    "model_versus_readers": {
        name: (_bits(truth), np.array(scores[0][-1], dtype=float), np.array(scores[-1], dtype=float))
        for name, (truth, scores) in _PANELS.items()
    },
    **{name: {said: free_response(*given) for said, given in _FREE.items()} for name in ("froc", "froc_curve")},
    "froc_model_versus_readers": {
        said: free_response(lesions, modalities[:1])
        for said, (lesions, modalities) in _FREE.items()
        if said not in ("one reader", "one modality")
    },
}
"""Inputs of functions whose arguments' names do not say all."""
