"""One proportion, and the ratio of two, against R's DescTools and stats."""

import math

import goldens

from readerstudy.stats.diagnostic import diagnostic_counts
from readerstudy.stats.proportion import METHODS, proportion

ALTERNATIVES = {"left": "greater", "right": "less"}


@goldens.each("binomci")
def test_two_sided_limits(case):
    x, n, level = (case.args[name] for name in ("x", "n", "conf_level"))
    columns = {
        "clopper-pearson": ("clopper_pearson", "binom_test_exact"),
        "wilson": ("wilson", "prop_test_wilson_nocc", "binom_pkg_wilson"),
        "modified-wilson": ("modified_wilson",),
    }
    with goldens.against(case) as same:
        for method, names in columns.items():
            e = proportion(x, n, method=method, conf_level=level)
            for name in names:
                same(name, [e.conf_low, e.conf_high], case.result[name], absolute=1e-12)


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
