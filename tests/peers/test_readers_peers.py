"""Agreement of many readers, alpha, ICC and PABAK against R's irr, irrCAC and DescTools."""

import math
import re

import goldens
import numpy as np
from scipy import stats

from readerstudy.stats import adjusted_kappa, krippendorff, multirater, observed_agreement
from readerstudy.stats._reads import coded
from readerstudy.stats.agreement import agreement_weights, kappa
from readerstudy.stats.icc import icc

PARTS = {
    "fleiss": multirater.fleiss_kappa,
    "conger": multirater.conger_kappa,
    "gwet": multirater.gwet_ac,
    "brennan_prediger": observed_agreement.brennan_prediger,
    "percent": observed_agreement.pairwise_agreement,
}
LEAST = {"percent": 0}
WEIGHTS = {"identity": None, "unweighted": None, "linear": "linear", "quadratic": "quadratic", "ordinal": "ordinal"}


def ratings(case):
    """Of a case, (n_readers, n_cases); a condition may stand among its columns."""
    frame, names = goldens.table(case), []
    for name in case.args["columns"]:
        if name.startswith("filter "):
            frame = frame[goldens.rows(frame, name.removeprefix("filter "))]
        else:
            names.append(name)
    return frame[names].to_numpy().T


def codes(case):
    return coded(ratings(case), case.args["categories_in_order"]).codes


def complete(case):
    """irr and DescTools leave out every case that some reader did not read."""
    found = codes(case)
    return found[:, (found >= 0).all(axis=0)]


def interval(text):
    return [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", text)]


@goldens.each("irr_fleiss")
def test_fleiss(case):
    e = multirater.fleiss_kappa(complete(case))
    with goldens.against(case) as same:
        for part, ours in (("value", e.estimate), ("z", e.statistic), ("p_value", e.p_value)):
            same(part, ours, case.result[part])
        same("subjects and raters", [e.n_cases, e.n_readers], [case.result["subjects"], case.result["raters"]])
        # Printed to three decimals, of the categories that occur.
        for category, row in zip(
            np.unique(complete(case)), goldens.matrix(case.result["detail"]).to_numpy(), strict=True
        ):
            one = multirater.fleiss_kappa(complete(case) == category)
            ours = [one.estimate, one.statistic, one.p_value]
            same(f"detail {category}", np.round(ours, 3), row, absolute=1e-3 + 1e-9)


@goldens.each("irr_fleiss_exact_conger")
def test_conger(case):
    e = multirater.conger_kappa(complete(case))
    with goldens.against(case) as same:
        same("value", e.estimate, case.result["value"])


@goldens.each("irr_light")
def test_light(case):
    e = multirater.light_kappa(complete(case))
    with goldens.against(case) as same:
        same("value", e.estimate, case.result["value"])
        same("z", e.statistic, case.result["z"])
        same("p_value", e.p_value, case.result["p_value"])


@goldens.each("irr_agree")
def test_all_agree(case):
    with goldens.against(case) as same:
        same("percent", 100 * observed_agreement.unanimous_agreement(ratings(case)).estimate, case.result["percent"])


@goldens.each("desctools_kappam")
def test_desctools(case):
    reads = complete(case)
    e = multirater.fleiss_kappa(reads)
    with goldens.against(case) as same:
        same("fleiss", e.estimate, case.result["fleiss"]["kappa"])
        limits = [case.result["fleiss"]["lwr.ci"], case.result["fleiss"]["upr.ci"]]
        same("fleiss limits", [e.conf_low, e.conf_high], limits)
        same("conger", multirater.conger_kappa(reads).estimate, case.result["conger"])
        same("light", multirater.light_kappa(reads).estimate, case.result["light"])
    # Its limits are of the standard error by chance.
    error = multirater.fleiss_null_error(reads, len(case.args["categories_in_order"]))
    assert goldens.close(e.estimate + np.array([-1, 1]) * stats.norm.isf(0.025) * error, limits)


@goldens.each("irr_kripp_nominal", "irr_kripp_ordinal", "irr_kripp_interval", "irr_kripp_ratio")
def test_alpha(case):
    """On the places of the categories, counted from 1."""
    reads = np.where(codes(case) < 0, math.nan, codes(case) + 1)
    e = krippendorff.krippendorff_alpha(reads, metric=case.family.removeprefix("irr_kripp_"))
    with goldens.against(case) as same:
        same("alpha", e.estimate, case.result["alpha"])
    if (reads == reads).all():
        # With no read missing irr takes n_readers - 1 times too many reads for the small-sample factor.
        factors = [1 - 1 / total for total in (reads.size, reads.size * (len(reads) - 1))]
        assert goldens.close(1 - (1 - e.estimate) * factors[1] / factors[0], case.result["alpha"])


@goldens.each("irrcac_unweighted", "irrcac_linear", "irrcac_quadratic", "irrcac_ordinal")
def test_irrcac(case):
    weights, known = WEIGHTS[case.family.removeprefix("irrcac_")], case.args["categories_in_order"]
    w = agreement_weights(len(known), weights)
    with goldens.against(case) as same:
        for name, function in PARTS.items():
            theirs = case.result[name]
            e = function(ratings(case), weights=weights, categories=known)
            same(f"{name} coeff.val", e.estimate, theirs["coeff.val"], absolute=1e-12)
            same(f"{name} coeff.se", e.std_error, theirs["coeff.se"])
            same(
                f"{name} conf.int",
                [e.conf_low, e.conf_high],
                np.clip(interval(theirs["conf.int"]), LEAST.get(name, -1), 1),
                rel=1e-6,
            )
            if name != "percent":  # that agreement is 0 is no hypothesis
                same(f"{name} p.value", e.p_value, theirs["p.value"])
        reads = krippendorff.pairable(codes(case))
        margin = krippendorff.margin_of(reads, len(known))
        found = krippendorff.alpha(reads, margin, lambda a, b: (1 - w)[a, b])
        same("krippendorff coeff.val", found.value, case.result["krippendorff"]["coeff.val"], absolute=1e-12)
        error = found.parts.std(ddof=1) / math.sqrt(len(found.parts))
        same("krippendorff coeff.se", error, case.result["krippendorff"]["coeff.se"])
        metric = {None: "nominal", "quadratic": "interval"}.get(weights)
        if metric:
            e = krippendorff.krippendorff_alpha(np.where(codes(case) < 0, math.nan, codes(case)), metric=metric)
            same("krippendorff p.value", e.p_value, case.result["krippendorff"]["p.value"])
            limits = np.clip(interval(case.result["krippendorff"]["conf.int"]), -1, 1)
            same("krippendorff conf.int", [e.conf_low, e.conf_high], limits, rel=1e-6)


@goldens.each("irrcac_2raters")
def test_irrcac_tables(case):
    """Its functions of a table of two raters divide by n, those of raw reads (as ours) by n - 1."""
    first, second = goldens.columns(case, "rater1", "rater2")
    known = case.args["categories_in_order"]
    functions = {
        name: PARTS[ours] for name, ours in (("gwet", "gwet"), ("bp", "brennan_prediger"), ("percent", "percent"))
    }
    functions |= {"scott": multirater.fleiss_kappa, "cohen": multirater.conger_kappa}
    shrink = math.sqrt((len(first) - 1) / len(first))
    with goldens.against(case) as same:
        for table, weights in (("identity", None), ("linear", "linear"), ("quadratic", "quadratic")):
            for name, function in functions.items():
                e, theirs = function([first, second], weights=weights, categories=known), case.result[table][name]
                same(f"{table} {name} coeff.val", e.estimate, theirs["coeff.val"], absolute=1e-12)
                if name != "cohen":  # compared exactly with kappa's own error elsewhere
                    same(f"{table} {name} coeff.se", e.std_error * shrink, theirs["coeff.se"], absolute=1e-12)
            if table != "linear":
                reads = coded([first, second], known).codes.astype(float)
                alpha = krippendorff.krippendorff_alpha(reads, metric="nominal" if weights is None else "interval")
                theirs = case.result[table]["krippendorff"]
                same(f"{table} krippendorff coeff.val", alpha.estimate, theirs["coeff.val"], absolute=1e-12)
                same(f"{table} krippendorff coeff.se", alpha.std_error * shrink, theirs["coeff.se"], absolute=1e-12)


@goldens.each("irr_icc")
def test_icc(case):
    kind, _, rest = case.id.partition("/")[2].partition("_")
    definition, unit = rest.split("/")[0].split("_")
    model = "icc1" if kind == "oneway" else {"consistency": "icc3", "agreement": "icc2"}[definition]
    e = icc(ratings(case), model=model, unit=unit)
    ours = (e.estimate, e.statistic, e.df_num, e.df, e.p_value, e.conf_low, e.conf_high)
    with goldens.against(case) as same:
        for part, value in zip(("icc", "F", "df1", "df2", "p", "lower", "upper"), ours, strict=True):
            same(part, value, case.result[part])


@goldens.each("pabak_agreement")
def test_pabak(case):
    """By hand, not by a package."""
    first, second = goldens.columns(case, "rater1", "rater2")
    known = case.args["categories_in_order"]
    e = adjusted_kappa.pabak(first, second, categories=known)
    with goldens.against(case) as same:
        same("po", e.count / e.total, case.result["po"])
        same("pabak", e.estimate, case.result["pabak"], absolute=1e-12)
        if "bias_index" in case.result:
            indices = adjusted_kappa.prevalence_and_bias(first, second, categories=known)
            same("prevalence_index", indices[0].estimate, case.result["prevalence_index"])
            same("bias_index", indices[1].estimate, case.result["bias_index"])
            specific = adjusted_kappa.specific_agreement(first, second, categories=known)
            for place, found in zip(("first", "second"), specific, strict=True):
                same(place, found.estimate, case.result[f"specific_agreement_{place}_category"])


@goldens.each("vcd_kappa_Equal-Spacing", "vcd_kappa_Fleiss-Cohen")
def test_two_readers_of_conger_are_cohens(case):
    first, second = goldens.columns(case, "rater1", "rater2")
    for weights in ("linear", "quadratic"):
        options = {"weights": weights, "categories": case.args["categories_in_order"]}
        found = [f([first, second], **options) for f in (multirater.conger_kappa, multirater.light_kappa)]
        cohen = kappa(first, second, **options)
        n = cohen.n_cases
        for e in found:
            assert goldens.close(e.estimate, cohen.estimate, absolute=1e-12)
            assert goldens.close(e.std_error, cohen.std_error * math.sqrt(n / (n - 1)), absolute=1e-9)
