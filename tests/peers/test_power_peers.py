"""Power and sample sizes against pROC, epiR, R's own power.prop.test, exact2x2, pmsampsize and RJafroc."""

import math

import goldens

import readerstudy as rs
from readerstudy import power
from readerstudy.power import AucPair, Components


def scores(case, *names):
    """The subarachnoid haemorrhage data: poor outcome is positive."""
    frame = goldens.table(case)
    return frame.outcome == "Poor", *(frame[case.args[name]] for name in names)


def sizes(found, share):
    return [found.unrounded, found.unrounded * share]


def rounded_up(found):
    assert found.n_positive == math.ceil(found.unrounded)
    assert found.power >= found.wanted


@goldens.each("power_roc")
def test_power_of_auc(case):
    args, theirs = case.args, case.result
    with goldens.against(case) as same:
        if "A1" in args:  # the areas of binormal curves, and a difference that is not theirs
            pair = AucPair.binormal(
                (args["A1"], args["B1"]), (args["A2"], args["B2"]), correlation=(args["ra"], args["rn"]),
                method="obuchowski",
            )  # fmt: skip
            found = power.compare_auc(pair, effect=args["delta"], power=theirs["power"], null_variance="first")
            same("n", sizes(found, 1), [theirs["ncases"], theirs["ncontrols"]])
            rounded_up(found)
        elif "score1" in args:
            truth, first, second = scores(case, "score1", "score2")
            pair = AucPair.of(truth, first, second)
            same("auc", [pair.auc, pair.versus], [theirs["auc1"], theirs["auc2"]])
            if "power" in args:
                found = power.compare_auc(pair, power=args["power"], null_variance="first")
                same("n", sizes(found, pair.ratio), [theirs["ncases"], theirs["ncontrols"]])
                rounded_up(found)
            else:
                found = power.compare_auc(
                    pair, n_positive=theirs["ncases"], n_negative=theirs["ncontrols"], null_variance="first"
                )
                same("power", found.power, theirs["power"])
        elif "power" in args:
            found = power.auc(args["auc"], power=args["power"], ratio=args["kappa"])
            same("n", sizes(found, args["kappa"]), [theirs["ncases"], theirs["ncontrols"]])
            rounded_up(found)
        else:
            area = args["auc"] if "auc" in args else rs.auc(*scores(case, "score")).estimate
            found = power.auc(area, n_positive=theirs["ncases"], n_negative=theirs["ncontrols"])
            same("power", found.power, theirs["power"])


@goldens.each("epi.ssdxsesp")
def test_cases_for_precise_sensitivity_and_specificity(case):
    name = "sensitivity" if "se" in case.result else "specificity"
    value, half_width, prevalence = (case.args[key] for key in ("value", "epsilon", "prevalence"))
    (found,) = power.sensitivity_specificity(**{name: value}, prevalence=prevalence, half_width=half_width)
    with goldens.against(case) as same:
        same("total.n", found.unrounded, case.result["total.n"])
    assert found.n_cases == math.ceil(found.unrounded)


@goldens.each("power_prop")
def test_two_independent_proportions(case):
    found = power.proportion_difference(case.args["p1"], case.args["p2"], power=0.8)
    with goldens.against(case) as same:
        same("n", found.unrounded, case.result["n"], rel=1e-6)  # theirs is searched for


@goldens.each("powerPaired2x2")
def test_mcnemar_exact(case):
    first, second, n = (case.args[key] for key in ("pb", "pc", "npairs"))
    found = power.paired_proportions(first - second, discordant=first + second, n_cases=n)
    with goldens.against(case) as same:
        # Theirs leaves outcomes with a probability of 1e-6 out.
        same("power", found.power, case.result["power"], rel=0, absolute=1e-6)


@goldens.each("pmsampsize")
def test_prediction_model(case):
    args = case.args
    found = power.prediction_model(args["csrsquared"], prevalence=args["prevalence"], n_parameters=args["parameters"])
    theirs = goldens.matrix(case.result["results_table"])
    with goldens.against(case) as same:
        same("n", [found.n_shrinkage, found.n_optimism, found.n_risk, found.n_cases], theirs["Samp_size"])
        same("final", found.n_cases, case.result["sample_size"])
        # Theirs are rounded to two and three digits.
        same("shrinkage", found.shrinkage, theirs["Shrinkage"].iloc[1], rel=0, absolute=0.0051)
        same("max", round(found.max_r_squared, 2), theirs["Max_Rsq"].iloc[0], rel=0, absolute=0.0051)
        same("nagelkerke", round(found.nagelkerke, 3), theirs["Nag_Rsq"].iloc[0])
        same("events", round(found.events_per_parameter, 2), theirs["EPP"].iloc[3], rel=0, absolute=0.0051)


def pilot(case):
    """The variance components of the pilot study of a case."""
    frame = goldens.table(case)
    wide = frame.pivot_table(index=["case", "truth"], columns=["modality", "reader"], values="rating")
    j = frame.reader.nunique()
    return rs.mrmc(wide.index.get_level_values("truth"), wide.to_numpy().T.reshape(-1, j, len(wide)))


def design(case):
    """Readers and cases, which stand in the id: J10_K200."""
    last = case.id.rpartition("/")[2]
    return {{"J": "n_readers", "K": "n_cases"}[part[0]]: int(part[1:]) for part in last.split("_")}


@goldens.each("SsPowerGivenJK")
def test_power_of_readers_and_cases(case):
    found = power.mrmc(pilot(case), effect=case.args["effect_size"], **design(case))
    with goldens.against(case) as same:
        compared(same, found, case.result)


@goldens.each("SsPowerGivenJKOrVarCom")
def test_power_from_components(case):
    args = case.args
    guess = Components(
        var_modality_reader=args["VarTR"], error=args["Var"], cov1=args["Cov1"], cov2=args["Cov2"], cov3=args["Cov3"],
        n_cases=args["KStar"],
    )  # fmt: skip
    found = power.mrmc(guess, effect=args["effectSize"], n_readers=args["J"], n_cases=args["K"])
    with goldens.against(case) as same:
        compared(same, found, case.result)


def compared(same, found, theirs):
    same("power", found.power, theirs["powerRRRC"])
    same("ncp", found.ncp, theirs["ncpRRRC"])
    same("df", found.df, theirs["df2RRRC"])
    same("critical", found.critical, theirs["fRRRC"])


@goldens.each("SsSampleSizeKGivenJ")
def test_cases_for_a_number_of_readers(case):
    args = case.args
    random = {"RRRC": ("readers", "cases"), "FRRC": "cases", "RRFC": "readers"}[args["analysis"]]
    found = power.mrmc(
        pilot(case), effect=args["effect_size"], n_readers=args["J"], power=args["desired_power"], alpha=args["alpha"],
        random=random,
    )  # fmt: skip
    with goldens.against(case) as same:
        same("n", found.n_cases, case.result[f"K{args['analysis']}"])
        same("power", found.power, case.result[f"power{args['analysis']}"])
