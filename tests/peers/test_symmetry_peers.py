"""Whether readers use the categories alike, against R's stats and DescTools."""

import math

import goldens
import numpy as np

from readerstudy.stats.agreement import table_of_ratings
from readerstudy.stats.symmetry import bowker, cochran_q, stuart_maxwell


@goldens.each("bowker")
def test_symmetry_and_marginal_homogeneity(case):
    """R has 0 / 0 where a pair of categories was never confused, and all pairs for the degrees of freedom."""
    first, second = goldens.columns(case, "reader1", "reader2")
    table = table_of_ratings(first, second, None)
    pairs = table + table.T
    never = int(np.count_nonzero(np.triu(pairs == 0, 1)))
    with goldens.against(case) as same:
        e, theirs = bowker(first, second), case.result["bowker"]
        same("bowker df with the empty pairs", e.df + never, theirs["df"])
        same("bowker df", e.df, theirs["df"])
        same("bowker statistic", e.statistic, theirs["statistic"])
        same("bowker p", e.p_value, theirs["p"])
        e, theirs = stuart_maxwell(first, second), case.result["stuart_maxwell"]
        same("stuart_maxwell statistic", e.statistic, np.squeeze(theirs["statistic"]["matrix"]))
        same("stuart_maxwell df", e.df, theirs["df"])
        same("stuart_maxwell p", e.p_value, np.squeeze(theirs["p"]["matrix"]))


@goldens.each("caret_confusion")
def test_carets_mcnemar_is_bowkers_undefined_with_a_pair_that_was_never_confused(case):
    truth, call = goldens.columns(case, "reference", "prediction")
    assert math.isnan(case.result["overall"]["McnemarPValue"])
    assert 0 < bowker(truth, call).p_value < 1


@goldens.each("cochran_q")
def test_cochrans_q(case):
    frame = goldens.table(case)
    right = [frame[f"reader{k}"] == frame.truth for k in range(1, 7)]
    e = cochran_q(right)
    with goldens.against(case) as same:
        for part, ours in (("statistic", e.statistic), ("df", e.df), ("p_value", e.p_value)):
            same(part, ours, case.result[part])
    assert not math.isnan(e.p_value)
