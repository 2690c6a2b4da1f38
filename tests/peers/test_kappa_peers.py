"""Cohen's kappa against R's irr, vcd, DescTools, psych and irrCAC."""

import goldens
import numpy as np

from readerstudy.stats.agreement import kappa

WEIGHTS = {
    "unweighted": None,
    "Unweighted": None,
    "equal": "linear",
    "Equal-Spacing": "linear",
    "squared": "quadratic",
    "Fleiss-Cohen": "quadratic",
}


def ours(case, weights, **options):
    first, second = goldens.columns(case, "rater1", "rater2")
    return kappa(first, second, weights=weights, categories=case.args["categories_in_order"], **options)


@goldens.each("irr_kappa2_unweighted", "irr_kappa2_equal", "irr_kappa2_squared")
def test_irr(case):
    """Its z is under chance agreement, as ours."""
    e = ours(case, WEIGHTS[case.family.removeprefix("irr_kappa2_")])
    with goldens.against(case) as same:
        same("kappa", e.estimate, case.result["kappa"], absolute=1e-12)
        same("z", e.statistic, case.result["z"])
        same("p_value", e.p_value, case.result["p_value"])
        same("n", e.n_cases, case.result["n"])
    # irr numbers the categories that occur; ours does so when it is not told the categories.
    first, second = goldens.columns(case, "rater1", "rater2")
    if isinstance(first[0], int | np.integer):
        e = kappa(first, second, weights=WEIGHTS[case.family.removeprefix("irr_kappa2_")])
        assert goldens.close(e.estimate, case.result["kappa"], absolute=1e-12)


@goldens.each("vcd_kappa_Equal-Spacing", "vcd_kappa_Fleiss-Cohen")
def test_vcd(case):
    """The asymptotic standard error of Fleiss, Cohen and Everitt; the limits are not cut at 1."""
    limits = goldens.matrix(case.result["ci95"])
    with goldens.against(case) as same:
        for name, weights in (("unweighted", None), ("weighted", WEIGHTS[case.family.removeprefix("vcd_kappa_")])):
            e, theirs = ours(case, weights), case.result[name]
            same(f"{name} value", e.estimate, theirs["value"], absolute=1e-12)
            same(f"{name} ASE", e.std_error, theirs["ASE"], absolute=1e-9)
            cut = np.clip(limits.loc[name.capitalize()], -1, 1)
            same(f"{name} ci95", [e.conf_low, e.conf_high], cut, absolute=1e-9)


@goldens.each(
    "desctools_cohenkappa_Unweighted", "desctools_cohenkappa_Equal-Spacing", "desctools_cohenkappa_Fleiss-Cohen"
)
def test_desctools(case):
    e = ours(case, WEIGHTS[case.family.removeprefix("desctools_cohenkappa_")])
    with goldens.against(case) as same:
        same("kappa", e.estimate, case.result["kappa"], absolute=1e-12)
        same("lwr.ci", e.conf_low, np.clip(case.result["lwr.ci"], -1, 1), absolute=1e-9)
        same("upr.ci", e.conf_high, np.clip(case.result["upr.ci"], -1, 1), absolute=1e-9)


@goldens.each("psych_cohen_kappa")
def test_psych(case):
    plain, weighted = ours(case, None), ours(case, "quadratic")
    with goldens.against(case) as same:
        same("kappa", plain.estimate, case.result["kappa"], absolute=1e-12)
        same("var_kappa", plain.std_error**2, case.result["var_kappa"])
        same("weighted_kappa_quadratic", weighted.estimate, case.result["weighted_kappa_quadratic"], absolute=1e-12)
        same("var_weighted", weighted.std_error**2, case.result["var_weighted"])


@goldens.each("psych_cohen_kappa_linear")
def test_psych_linear(case):
    e = ours(case, "linear")
    with goldens.against(case) as same:
        same("weighted_kappa_linear", e.estimate, case.result["weighted_kappa_linear"])
        same("var_weighted", e.std_error**2, case.result["var_weighted"])


@goldens.each("irrcac_2raters")
def test_irrcac(case):
    """Kappa alone; its interval is by Student's t."""
    with goldens.against(case) as same:
        for name, weights in (("identity", None), ("linear", "linear"), ("quadratic", "quadratic")):
            e, theirs = ours(case, weights), case.result[name]["cohen"]
            same(f"{name} coeff.val", e.estimate, theirs["coeff.val"], absolute=1e-12)
            same(f"{name} coeff.se", e.std_error, theirs["coeff.se"])
