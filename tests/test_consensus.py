"""What readers say together: majority with a rule for ties, a supplied consensus, and a truth made of their votes."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import readerstudy as rs
from readerstudy.consensus import majority

CALLS = st.lists(st.lists(st.integers(-1, 3), min_size=5, max_size=5), min_size=1, max_size=6)


@given(CALLS, st.sampled_from(["first-of", "higher-risk", "exclude"]))
def test_majority_against_counting_votes(rows, ties):
    found = majority(np.array(rows), 4, ties)
    for case, votes in enumerate(zip(*rows, strict=True)):
        cast = [vote for vote in votes if vote >= 0]
        if not cast:
            assert found[case] == -1
            continue
        counts = Counter(cast)
        tied = [code for code, n in counts.items() if n == max(counts.values())]
        if len(tied) == 1:
            expected = tied[0]
        elif ties == "higher-risk":
            expected = max(tied)
        elif ties == "first-of":
            expected = next(vote for vote in cast if vote in tied)
        else:
            expected = -1
        assert found[case] == expected


def study(consensus=None, **readers):
    reads = pd.DataFrame(
        {
            "case_id": [1, 2, 3, 4] * 3,
            "reader_id": ["A"] * 4 + ["B"] * 4 + ["C"] * 4,
            "label": ["0", "1", "1", "0", "0", "1", "0", "1", "1", "1", "", ""],
        }
    )
    preds = pd.DataFrame({"case_id": [1, 2, 3, 4], "truth": [0, 1, 1, 1], "label": [0, 1, 0, 1], "model": "M"})
    plan = {"readers": ({"consensus": consensus} if consensus else {}) | readers}
    return rs.Study.read(preds, reads, protocol=plan)


def test_a_majority_is_a_reader_of_its_own_kind():
    results = rs.evaluate(study("majority", ties="higher-risk"))
    accuracy = {e.reader: e for e in results.select(measure="accuracy", reader_group=None)}
    assert accuracy["consensus"].reader_kind == "consensus"
    assert (accuracy["consensus"].count, accuracy["consensus"].total) == (4, 4)  # 0, 1, tie -> 1, tie -> 1
    means = results.select(measure="accuracy", reader=None)
    assert [e.n_readers for e in means] == [3]
    kappas = {(e.reader, e.versus) for e in results.select(measure="kappa", versus_kind="reader")}
    assert ("M", "consensus") in kappas
    assert not [pair for pair in kappas if pair[1] == "consensus" and pair[0] != "M"]
    assert results.select(measure="accuracy_difference", reader="M", versus="consensus")


def test_ties_can_be_left_open():
    results = rs.evaluate(study("majority", ties="exclude"))
    (accuracy,) = results.select(measure="accuracy", reader="consensus")
    assert (accuracy.count, accuracy.total) == (2, 2)


def test_a_supplied_consensus_is_no_reader():
    results = rs.evaluate(study("C"))
    assert results.flow["n_readers"] == 2
    (accuracy,) = results.select(measure="accuracy", reader="C")
    assert (accuracy.reader_kind, accuracy.count, accuracy.total) == ("consensus", 1, 2)
    (mean,) = results.select(measure="accuracy", reader=None)
    assert mean.n_readers == 2


@pytest.mark.parametrize(
    ("readers", "words"),
    [
        ({"consensus": "majority"}, "a majority needs a rule for ties"),
        ({"consensus": "D"}, "'D' of the protocol has no row"),
        ({"ties": "exclude"}, "ties is a rule for a majority"),
        ({"incorporation": "leave-one-out"}, "no reader is named whose votes made the truth"),
        ({"truth_from": ["Z"]}, "reader 'Z' of the protocol"),
    ],
)
def test_what_is_refused(readers, words):
    with pytest.raises(rs.DataError, match=words):
        study(**readers)


def test_a_truth_made_of_the_readers_is_warned_about_or_left_one_out():
    rng = np.random.default_rng(4)
    n = 60
    votes = rng.integers(0, 2, (5, n))
    truth = (votes.sum(axis=0) > 2).astype(int)
    reads = pd.DataFrame(
        {
            "case_id": np.tile(np.arange(n), 5),
            "reader_id": np.repeat(list("ABCDE"), n),
            "label": votes.ravel(),
            "truth": np.tile(truth, 5),
        }
    )
    readers = {"truth_from": list("ABCDE")}
    warned = rs.evaluate(rs.Study.read(None, reads, protocol={"readers": readers}))
    assert "incorporation bias" in " ".join(warned.warnings)
    loo = rs.evaluate(rs.Study.read(None, reads, protocol={"readers": readers | {"incorporation": "leave-one-out"}}))
    for j, name in enumerate("ABCDE"):
        others = np.delete(votes, j, axis=0).sum(axis=0)
        clear = others != 2  # of four
        (e,) = loo.select(measure="accuracy", reader=name)
        assert (e.count, e.total) == (((others > 2) == votes[j])[clear].sum(), clear.sum())
        (with_own_vote,) = warned.select(measure="accuracy", reader=name)
        assert with_own_vote.estimate > e.estimate
    (mean,) = loo.select(measure="accuracy", reader=None)
    parts = [e.estimate for e in loo.select(measure="accuracy", reader_kind="human") if e.reader]
    assert mean.estimate == pytest.approx(np.mean(parts))
    assert mean.conf_low < mean.estimate < mean.conf_high


CLASSES = ["cyst", "FNH", "HCC", "ICC"]
LIVER = {
    "tasks": {
        "kind": {"classes": CLASSES},
        "malignancies": {"from": "kind", "restrict": ["HCC", "ICC"]},
        "malignant": {"from": "kind", "positive": ["HCC", "ICC"]},
    }
}


def votes(table, truth):
    """Reads of as many readers as the rows are long, a row a case."""
    rows = [(case, f"R{j}", label) for case, row in enumerate(table) for j, label in enumerate(row)]
    reads = pd.DataFrame(rows, columns=["case_id", "reader_id", "label"])
    return reads.merge(pd.DataFrame({"case_id": range(len(table)), "truth": truth}), on="case_id")


def test_a_case_has_one_consensus_in_all_its_tasks():
    reads = votes([["HCC", "cyst"], ["ICC", "HCC"], ["cyst", "FNH"]], ["HCC", "ICC", "HCC"])
    plan = LIVER | {"readers": {"consensus": "majority", "ties": "higher-risk"}}
    study = rs.Study.read(None, reads, protocol=plan)
    assert study.consensus_calls("kind").tolist() == [[2, 3, 1]]
    assert study.consensus_calls("malignancies").tolist() == [[0, 1, 2]]  # 2: FNH, which that task left out
    assert study.consensus_calls("malignant").tolist() == [[1, 1, 0]]


def test_the_truth_without_a_reader_counts_votes_for_classes_a_task_left_out():
    reads = votes([["HCC", "HCC", "cyst", "cyst"], ["HCC", "HCC", "HCC", "cyst"]], ["HCC", "HCC"])
    readers = {"truth_from": ["R0", "R1", "R2", "R3"], "incorporation": "leave-one-out"}
    study = rs.Study.read(None, reads, protocol=LIVER | {"readers": readers})
    for task, hcc in (("kind", 2), ("malignancies", 0), ("malignant", 1)):
        assert study.reference_without(task, "R3").tolist() == [hcc, hcc]
        assert study.reference_without(task, "R0").tolist()[1] == hcc
    assert study.reference_without("malignancies", "R0").tolist()[0] == -1  # cyst has two votes of three
    assert study.reference_without("malignant", "R0").tolist()[0] == 0


def test_the_first_of_a_tie_does_not_depend_on_the_rows():
    reads = votes([["HCC", "cyst"]], ["HCC"])
    readers = {"consensus": "majority", "ties": "first-of"}
    for rows in (reads, reads[::-1]):
        by_name = rs.Study.read(None, rows, protocol=LIVER | {"readers": readers})
        assert by_name.consensus_calls("kind").tolist() == [[2]]
        listed = readers | {"groups": {"all": ["R1", "R0"]}}
        assert rs.Study.read(None, rows, protocol=LIVER | {"readers": listed}).consensus_calls("kind").tolist() == [[0]]


def test_a_consensus_of_those_who_made_the_truth_says_so():
    reads = votes([["HCC", "HCC", "cyst"], ["cyst", "cyst", "HCC"]] * 4, ["HCC", "cyst"] * 4)
    readers = {"truth_from": ["R0", "R1", "R2"], "incorporation": "leave-one-out"}
    readers |= {"consensus": "majority", "ties": "exclude"}
    results = rs.evaluate(rs.Study.read(None, reads, protocol=LIVER | {"readers": readers}))
    assert "it agrees with itself" in " ".join(results.warnings)
    accuracy = results.select(measure="accuracy", reader="consensus", task="kind", target=None)[0]
    assert accuracy.estimate == 1
    assert "votes of readers of this consensus" in accuracy.note


def test_a_reader_of_no_analysed_case_is_named():
    reads = votes([["HCC"], ["cyst"]], ["HCC", "cyst"])
    lost = pd.DataFrame({"case_id": [9], "reader_id": ["R9"], "label": ["HCC"], "truth": [""]})
    study = rs.Study.read(None, pd.concat([reads, lost]), protocol=LIVER)
    assert "R9 said nothing about any case that is analysed" in " ".join(study.warnings)
    assert study.flow["n_readers"] == 1
