"""The difference of two independent proportions against R's DescTools, ratesci and stats."""

import math

import goldens
from scipy import special

from readerstudy.stats.contingency import chi2_p, fisher_p
from readerstudy.stats.independent import miettinen_nurminen_z, proportion_difference

METHODS = {
    "wald": "wald",
    "score": "newcombe",
    "scorecc": "newcombe-cc",
    "ac": "agresti-caffo",
    "mn": "miettinen-nurminen",
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
    """Mee's is the same statistic without the factor N / (N - 1) of the variance; his limits are coarse there."""
    x, n, x2, n2 = counts(case)
    z = float(-special.ndtri(0.025)) * math.sqrt((n + n2 - 1) / (n + n2))
    ours = [miettinen_nurminen_z(case.result[limit], x, n, x2, n2) for limit in ("lwr.ci", "upr.ci")]
    with goldens.against(case) as same:
        same("limits", ours, [z, -z], absolute=5e-4)


@goldens.each("scoreci_MN")
def test_miettinen_nurminen(case):
    e = proportion_difference(*counts(case), method="miettinen-nurminen")
    with goldens.against(case) as same:
        same("rd", [e.conf_low, e.estimate, e.conf_high], case.result["rd"], absolute=SEARCHED)


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
