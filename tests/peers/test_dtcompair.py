"""Two readings of the same cases against R's stats, exact2x2, PropCIs, ratesci and DTComPair."""

import math

import goldens
import numpy as np
import pytest

from readerstudy.stats.paired import mcnemar, paired_difference


def calls(a, b, c, d):
    """The two readers' calls behind a table: a both positive, b the first only, c the second only, d neither."""
    return np.repeat([1, 1, 0, 0], [a, b, c, d]), np.repeat([1, 0, 1, 0], [a, b, c, d])


def pair(case):
    return calls(*(case.args[name] for name in "abcd"))


@goldens.each("mcnemar")
def test_table_of_two_readers(case):
    with goldens.against(case) as same:
        four_tests(case, same)
        ratesci(case, same)
        if case.args["b"] + case.args["c"]:
            propcis(case, same)


def four_tests(case, same):
    ours = {method: mcnemar(*pair(case), method=method) for method in ("exact", "mid-p", "chi2", "chi2-cc")}
    same("asymptotic p", ours["chi2"].p_value, case.result["asymptotic"]["p"])
    same("asymptotic statistic", ours["chi2"].statistic, case.result["asymptotic"]["statistic"])
    same("continuity p", ours["chi2-cc"].p_value, case.result["continuity"]["p"])
    same("continuity statistic", ours["chi2-cc"].statistic, case.result["continuity"]["statistic"])
    if "exact" in case.result:
        same("exact p", ours["exact"].p_value, case.result["exact"]["p"])
        same("exact_binom_p", ours["exact"].p_value, case.result["exact_binom_p"])
        same("midp_exact2x2", ours["mid-p"].p_value, case.result["midp_exact2x2"]["p"])
        same("midp_formula_fagerland", ours["mid-p"].p_value, case.result["midp_formula_fagerland"])
    else:
        assert {(e.p_value, e.note) for e in ours.values()} == {(1, "no discordant pair")}


def ratesci(case, same):
    """Tango's interval, to six decimals, and his test."""
    interval = goldens.matrix(case.result["ratesci_pairbinci"]["estimates"]).iloc[0]
    test = goldens.matrix(case.result["ratesci_pairbinci"]["pval"]).iloc[0]
    e = paired_difference(*pair(case), method="tango")
    for ours, theirs in (("conf_low", "lower"), ("estimate", "est"), ("conf_high", "upper")):
        same(f"ratesci {theirs}", getattr(e, ours), interval[theirs], rel=0, absolute=0.51e-6)
    same("ratesci scorenull", e.statistic, test["scorenull"])
    same("ratesci pval2sided", e.p_value, test["pval2sided"])
    for alternative, theirs in (("greater", "pval_right"), ("less", "pval_left")):
        p = paired_difference(*pair(case), method="tango", alternative=alternative).p_value
        same(f"ratesci {theirs}", p, test[theirs])


def propcis(case, same):
    """It has second - first; its score interval is searched to 1e-6."""
    for method, theirs, tolerance in (
        ("tango", "diff_ci_propcis_score", 1e-6),
        ("agresti-min", "diff_ci_agresti_min_wald", 1e-12),
        ("wald", "diff_ci_wald", 1e-12),
    ):
        e = paired_difference(*pair(case), method=method)
        same(theirs, [-e.conf_high, -e.conf_low], case.result[theirs][:2], rel=0, absolute=tolerance)


def by_class(case):
    """What is compared in the diseased (positive calls) and in the others (negative calls), test 2 - test 1."""
    truth, first, second = goldens.columns(case, "d", "y1", "y2")
    yield "sensitivity", second[truth == 1], first[truth == 1]
    yield "specificity", 1 - second[truth == 0], 1 - first[truth == 0]


def without_error(case):
    return case.error is None


@goldens.each("sesp_mcnemar", "sesp_exactbinom", where=without_error)
def test_sensitivity_and_specificity(case):
    method = {"sesp_mcnemar": "chi2", "sesp_exactbinom": "exact"}[case.family]
    with goldens.against(case) as same:
        for name, second, first in by_class(case):
            e, theirs = mcnemar(second, first, method=method), case.result[name]
            same(f"{name} tests", [first.mean(), second.mean()], [theirs["test1"], theirs["test2"]])
            same(f"{name} diff", e.estimate, theirs["diff"])
            same(f"{name} p.value", e.p_value, theirs["p.value"])
            same(f"{name} statistic", e.statistic, theirs.get("test.statistic", math.nan))


@goldens.each(
    "sesp_diff_ci_tango",
    "sesp_diff_ci_bonett-price",
    "sesp_diff_ci_agresti-min",
    "sesp_diff_ci_wald",
    where=without_error,
)
def test_interval_of_the_difference(case):
    method = case.family.removeprefix("sesp_diff_ci_")
    with goldens.against(case) as same:
        for name, second, first in by_class(case):
            e, theirs = paired_difference(second, first, method=method), case.result[name]
            # They let the limits leave the range; Tango's limits are searched to 1e-6.
            limits = np.clip([theirs["diff.lcl"], theirs["diff.ucl"]], -1, 1)
            rel, absolute = (0, 1e-6) if method == "tango" else (1e-8, 1e-14)
            same(f"{name} tests", [first.mean(), second.mean()], [theirs["test1"], theirs["test2"]])
            same(f"{name} diff", e.estimate, theirs["diff"])
            same(f"{name} limits", [e.conf_low, e.conf_high], limits, rel, absolute)
            if method in ("bonett-price", "agresti-min"):
                # Their interval is as wide as ours, but stands around the plain difference.
                z = 1.959963984540054
                same(f"{name} se", (e.conf_high - e.conf_low) / (2 * z), theirs["diff.se"])


@goldens.each("sesp_diff_ci_wald_cc", where=without_error)
def test_walds_interval_with_a_continuity_correction(case):
    """They add 1 / n to the standard error, so that z multiplies it; Newcombe 1998 (method 2) adds it to the limits."""
    z = 1.959963984540054
    with goldens.against(case) as same:
        for name, second, first in by_class(case):
            e, theirs = paired_difference(second, first, method="wald-cc"), case.result[name]
            limits = np.array([theirs["diff.lcl"], theirs["diff.ucl"]])
            same(f"{name} tests", [first.mean(), second.mean()], [theirs["test1"], theirs["test2"]])
            same(f"{name} diff", e.estimate, theirs["diff"])
            same(f"{name} limits", [e.conf_low, e.conf_high], np.clip(limits, -1, 1))
            n = len(first)
            wald = theirs["diff.se"] - 1 / n
            moved = theirs["diff"] + np.array([-1, 1]) * (z * wald + 1 / n)
            same(f"{name} limits put right", [e.conf_low, e.conf_high], np.clip(moved, -1, 1))


INTERVALS = ("wald", "wald_cc", "agresti-min", "bonett-price", "tango")


@goldens.each(*(f"sesp_diff_ci_{name}" for name in INTERVALS), where=lambda case: case.error is not None)
def test_intervals_for_readers_of_one_class_that_dtcompair_refuses(case):
    method = case.family.removeprefix("sesp_diff_ci_").replace("_", "-")
    for _, second, first in by_class(case):
        e = paired_difference(second, first, method=method)
        assert -1 <= e.conf_low <= e.estimate <= e.conf_high <= 1
        assert goldens.close(e.estimate, second.mean() - first.mean())


@goldens.each("sesp_mcnemar", "sesp_exactbinom", where=lambda case: case.error is not None)
@pytest.mark.parametrize("method", ["exact", "mid-p", "chi2", "chi2-cc"])
def test_readers_of_one_class_that_dtcompair_refuses(case, method):
    for _, second, first in by_class(case):
        assert 0 <= mcnemar(second, first, method=method).p_value <= 1
        e = paired_difference(second, first)
        assert -1 <= e.conf_low <= e.estimate <= e.conf_high <= 1
