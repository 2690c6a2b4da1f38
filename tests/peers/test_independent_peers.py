"""Difference and ratio of two independent proportions against R's DescTools, ratesci and stats."""

import math

import goldens
from scipy import special

from readerstudy.stats.contingency import chi2_p, fisher_p
from readerstudy.stats.independent import miettinen_nurminen_z, proportion_difference
from readerstudy.stats.independent_ratio import _CLOSED, Groups, proportion_ratio

METHODS = {
    "wald": "wald",
    "score": "newcombe",
    "scorecc": "newcombe-cc",
    "ac": "agresti-caffo",
    "mn": "miettinen-nurminen",
    "waldcc": "wald-cc",
    "blj": "brown-li-jeffreys",
    "ha": "hauck-anderson",
    "hal": "haldane",
    "jp": "jeffreys-perks",
}
RATIOS = {
    "katz.log": "log",
    "adj.log": "adjusted-log",
    "bailey": "bailey",
    "koopman": "koopman",
    "noether": "noether",
    "sinh-1": "inverse-sinh",
}
SEARCHED = 1e-6
"""Miettinen and Nurminen's limits are found by a search there too, which stops earlier than ours."""


def counts(case):
    return tuple(case.args[name] for name in ("x1", "n1", "x2", "n2"))


@goldens.each("diffci", where=lambda case: case.args["method"] in METHODS)
def test_limits(case):
    e = proportion_difference(*counts(case), method=METHODS[case.args["method"]])
    absolute = SEARCHED if e.method == "miettinen-nurminen" else 1e-12
    with goldens.against(case) as same:
        same("est", e.estimate, case.result["est"])
        same("limits", [e.conf_low, e.conf_high], [case.result["lwr.ci"], case.result["upr.ci"]], absolute=absolute)


@goldens.each("diffci", where=lambda case: case.args["method"] == "mee")
def test_mees_limits_solve_our_equation(case):
    """The same statistic as Miettinen and Nurminen's without the factor N / (N - 1); his limits are coarse there."""
    x, n, x2, n2 = counts(case)
    z = float(-special.ndtri(0.025)) * math.sqrt((n + n2 - 1) / (n + n2))
    ours = [miettinen_nurminen_z(case.result[limit], x, n, x2, n2) for limit in ("lwr.ci", "upr.ci")]
    with goldens.against(case) as same:
        same("limits", ours, [z, -z], absolute=5e-4)
        e = proportion_difference(x, n, x2, n2, method="mee")
        same("est", e.estimate, case.result["est"])
        same("lwr.ci", e.conf_low, case.result["lwr.ci"], rel=0, absolute=5e-5)
        same("upr.ci", e.conf_high, case.result["upr.ci"], rel=0, absolute=5e-5)


@goldens.each("ratioci")
def test_limits_of_a_ratio(case):
    """Koopman's limits are searched there until 1e-6."""
    e = proportion_ratio(*counts(case), method=RATIOS[case.args["method"]])
    rel = 1e-6 if e.method == "koopman" else 1e-8
    with goldens.against(case) as same:
        same("est", e.estimate, case.result["est"])
        same("lwr.ci", e.conf_low, case.result["lwr.ci"], rel)
        same("upr.ci", e.conf_high, case.result["upr.ci"], rel)


@goldens.each("ratioci", where=lambda case: case.args["method"] in ("katz.log", "bailey", "noether"))
def test_limits_where_half_a_case_is_moved_there(case):
    """Without a success DescTools adds half of one, and for Bailey's, where all succeeded, it takes half of one off."""
    x, n, x2, n2 = counts(case)
    z = float(-special.ndtri(0.025))
    if x == 0 < x2:
        above = _CLOSED[RATIOS[case.args["method"]]](Groups(0.5, n, x2, n2), z)
        assert goldens.close(above, case.result["upr.ci"])
    elif x == n and case.args["method"] == "bailey":
        ours = [_CLOSED["bailey"](Groups(n - 0.5, n, x2, n2), side * z) for side in (-1, 1)]
        assert goldens.close(ours, [case.result["lwr.ci"], case.result["upr.ci"]])


@goldens.each("scoreci_MN")
def test_miettinen_nurminen(case):
    e = proportion_difference(*counts(case), method="miettinen-nurminen")
    with goldens.against(case) as same:
        same("rd", [e.conf_low, e.estimate, e.conf_high], case.result["rd"], absolute=SEARCHED)
        e = proportion_ratio(*counts(case), method="miettinen-nurminen")
        same("rr", [e.conf_low, e.estimate, e.conf_high], case.result["rr"], rel=1e-6)


@goldens.each("fisher")
def test_fisher(case):
    with goldens.against(case) as same:
        same("p_value", fisher_p(*case.args["table_by_row"]), case.result["p_value"])


@goldens.each("prop_test")
def test_chi_square_and_walds_interval(case):
    (x, x2), (n, n2) = case.args["x"], case.args["n"]
    e = proportion_difference(x, n, x2, n2, method="wald")
    with goldens.against(case) as same:
        for name, correction in (("nocc", False), ("cc", True)):
            statistic, _, p = chi2_p([[x, n - x], [x2, n2 - x2]], correction)
            same(f"{name} stat", statistic, case.result[name]["stat"])
            same(f"{name} p", p, case.result[name]["p"])
        same("nocc ci", [e.conf_low, e.conf_high], case.result["nocc"]["ci"], absolute=1e-12)
        e = proportion_difference(x, n, x2, n2, method="wald-cc")
        same("cc ci", [e.conf_low, e.conf_high], case.result["cc"]["ci"], absolute=1e-12)
