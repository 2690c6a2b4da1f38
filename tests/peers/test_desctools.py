"""One proportion, and the ratio of two, against R's DescTools and stats."""

import math

import goldens

from readerstudy.stats.diagnostic import diagnostic_counts
from readerstudy.stats.likelihood_ratios import koopman_limits, koopman_z
from readerstudy.stats.proportion import METHODS, proportion

ALTERNATIVES = {"left": "greater", "right": "less"}


@goldens.each("binomci")
def test_two_sided_limits(case):
    x, n, level = (case.args[name] for name in ("x", "n", "conf_level"))
    columns = {
        "clopper-pearson": ("clopper_pearson", "binom_test_exact"),
        "wilson": ("wilson", "prop_test_wilson_nocc", "binom_pkg_wilson"),
        "modified-wilson": ("modified_wilson",),
        "wilson-cc": ("wilsoncc",),
        "agresti-coull": ("agresti_coull",),
        "jeffreys": ("jeffreys",),
    }
    with goldens.against(case) as same:
        for method, names in columns.items():
            e = proportion(x, n, method=method, conf_level=level)
            for name in names:
                same(name, [e.conf_low, e.conf_high], case.result[name], absolute=1e-12)


@goldens.each("binomci")
def test_limits_that_are_cut_in_one_package_only(case):
    """The binom package lets Agresti and Coull's limits leave the range; Jeffreys' quantiles are never 0 or 1."""
    x, n, level = (case.args[name] for name in ("x", "n", "conf_level"))
    with goldens.against(case) as same:
        e = proportion(x, n, method="agresti-coull", conf_level=level)
        cut = [max(0, case.result["binom_pkg_agresti_coull"][0]), min(1, case.result["binom_pkg_agresti_coull"][1])]
        same("binom_pkg_agresti_coull", [e.conf_low, e.conf_high], cut, absolute=1e-12)
        e = proportion(x, n, method="jeffreys", conf_level=level)
        low, high = case.result["jeffreys_beta"]
        moved = [0 if x == 0 else low, 1 if x == n else high]
        same("jeffreys_beta", [e.conf_low, e.conf_high], moved, absolute=1e-12)


SEARCHED = {"mid-p": (("midp", "exactci_midp"), 3.1e-5), "blaker": (("blaker",), 1.01e-5)}
"""uniroot stops within half of 6.1e-5; Blaker's limit is sought on a grid of steps of 1e-5. Ours are exact."""


@goldens.each("binomci", where=lambda case: "midp" in case.result)
def test_limits_that_are_searched_coarsely_there(case):
    x, n, level = (case.args[name] for name in ("x", "n", "conf_level"))
    with goldens.against(case) as same:
        for method, (names, step) in SEARCHED.items():
            e = proportion(x, n, method=method, conf_level=level)
            for name in names:
                same(name, [e.conf_low, e.conf_high], case.result[name], rel=0, absolute=step)


@goldens.each("binomci")
def test_wilson_as_hmisc_computes_it(case):
    """No column of R's: Wilson, but at 1 event -log(conf_level) / n, mirrored at n - 1."""
    x, n, level = (case.args[name] for name in ("x", "n", "conf_level"))
    low, high = case.result["wilson"]
    if x == 1:
        low = -math.log(level) / n
    if x == n - 1:
        high = 1 + math.log(level) / n
    e = proportion(x, n, method="wilson-hmisc", conf_level=level)
    assert goldens.close([e.conf_low, e.conf_high], [low, high], absolute=1e-12)


@goldens.each("binomci_one_sided", where=lambda case: case.args["method"] in METHODS)
def test_one_sided_limits(case):
    e = proportion(
        case.args["x"],
        case.args["n"],
        method=case.args["method"],
        conf_level=case.args["conf_level"],
        alternative=ALTERNATIVES[case.args["sides"]],
    )
    with goldens.against(case) as same:
        same("limits", [e.estimate, e.conf_low, e.conf_high], case.result, absolute=1e-12)


@goldens.each("binom_test")
def test_exact_test_of_a_goal(case):
    e = proportion(
        case.args["x"],
        case.args["n"],
        method="clopper-pearson",
        alternative=case.args["alternative"].replace(".", "-"),
        null=case.args["p"],
    )
    with goldens.against(case) as same:
        same("p_value", e.p_value, case.result["p_value"])
        same("ci", [e.conf_low, e.conf_high], case.result["ci"])


@goldens.each("ratioci", where=lambda case: case.id.startswith("ratioci/katz.log/"))
def test_likelihood_ratio_is_a_ratio_of_two_proportions(case):
    x1, n1, x2, n2 = (case.args[name] for name in ("x1", "n1", "x2", "n2"))
    plr = {e.measure: e for e in diagnostic_counts(tp=x1, fn=n1 - x1, fp=x2, tn=n2 - x2)}["plr"]
    with goldens.against(case) as same:
        same("est", plr.estimate, case.result["est"])
        same("lwr.ci", plr.conf_low, case.result["lwr.ci"])
        same("upr.ci", plr.conf_high, case.result["upr.ci"])


@goldens.each("ratioci", where=lambda case: case.args["method"] == "koopman")
def test_koopmans_interval(case):
    """Searched there until 1e-6."""
    limits = koopman_limits(*(case.args[name] for name in ("x1", "n1", "x2", "n2")), 0.025)
    with goldens.against(case) as same:
        same("limits", limits, [case.result["lwr.ci"], case.result["upr.ci"]], rel=1e-6)


@goldens.each("scoreci_MN")
def test_miettinen_and_nurminens_ratio_solves_koopmans_equation(case):
    """The same statistic but for the factor N / (N - 1) of the variance; their limits are searched to 1e-6."""
    x, n, x2, n2 = (case.args[name] for name in ("x1", "n1", "x2", "n2"))
    z = 1.959963984540054 * math.sqrt((n + n2) / (n + n2 - 1))
    for limit, expected in ((case.result["rr"][0], z), (case.result["rr"][2], -z)):
        if 0 < limit < math.inf:
            assert abs(koopman_z(math.log(limit), x, n, x2, n2) - expected) < 1e-4
