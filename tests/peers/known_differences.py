"""Where a peer differs from us on purpose or is wrong: (case id, part) -> reason.

`goldens.against` fails when a part that is listed here agrees, or is not compared.
"""


def _of(case_ids, parts, reason):
    return {(case_id, part): reason for case_id in case_ids for part in parts}


KNOWN_DIFFERENCES = {
    # pROC
    **_of(
        ["roc_test_paired/perfect/perfect-perfect"],
        ["statistic"],
        "identical curves: 0 / 0 is no statistic; the P-value is 1 by agreement",
    ),
    **_of(
        [
            "best_youden_weighted/small_ties_n9/reader2/<",
            "best_youden_weighted/small_ties_n9/call2/<",
            "best_youden_weighted/small_ties_n20/call2/<",
        ],
        ["sensitivity", "specificity", "calls"],
        "calling nothing positive wins: the threshold Inf there, the best that is a score here, with a note",
    ),
    **_of(
        ["best_youden_weighted/perfect/reversed/<"],
        ["specificity", "calls"],
        "calling nothing positive wins: the threshold Inf there, the best that is a score here, with a note",
    ),
    **_of(
        ["smooth_binormal/asah/s100b"],
        ["auc", "a", "b"],
        "pROC draws a least-squares line through the normal deviates; ours is the maximum likelihood of the ranks",
    ),
    # epiR
    **_of(
        [
            "epi.tests/clopper-pearson/0.95/tp10_fp0_fn0_tn10",
            "epi.tests/jeffreys/0.95/tp10_fp0_fn0_tn10",
            "epi.tests/wilson/0.95/tp7_fp0_fn3_tn12",
            "epi.tests/wilson/0.9/tp7_fp0_fn3_tn12",
            "epi.tests/clopper-pearson/0.95/tp7_fp0_fn3_tn12",
            "epi.tests/jeffreys/0.95/tp7_fp0_fn3_tn12",
        ],
        ["lr.pos est", "lr.pos upper"],
        "no false positive: infinite there, undefined with a note here",
    ),
    **_of(
        ["epi.tests/exact/0.95/tp30_fp0_fn0_tn0", "epi.tests/clopper-pearson/0.95/tp30_fp0_fn0_tn0"],
        ["sp lower", "sp upper", "pv.neg lower", "pv.neg upper"],
        "0 of 0: the interval 0-1 there, undefined with a note here",
    ),
    **_of(
        ["epi.tests/clopper-pearson/0.95/tp0_fp20_fn0_tn30"],
        ["se lower", "se upper"],
        "0 of 0: the interval 0-1 there, undefined with a note here",
    ),
    **_of(
        ["epi.tests/jeffreys/0.95/tp10_fp0_fn0_tn10"],
        ["se upper", "sp upper", "pv.pos upper", "pv.neg upper", "diag.ac upper"],
        "n of n: epiR gives the posterior quantile, which is below the estimate; Brown, Cai and DasGupta 2001 put 1",
    ),
    **_of(
        ["epi.tests/jeffreys/0.95/tp7_fp0_fn3_tn12"],
        ["sp upper", "pv.pos upper"],
        "n of n: epiR gives the posterior quantile, which is below the estimate; Brown, Cai and DasGupta 2001 put 1",
    ),
    **_of(
        ["epi.tests/jeffreys/0.95/tp0_fp3_fn7_tn30"],
        ["se lower", "pv.pos lower"],
        "0 of n: epiR gives the posterior quantile, which is above the estimate; Brown, Cai and DasGupta 2001 put 0",
    ),
    # DescTools
    **_of(
        ["ratioci/katz.log/0_20_5_20"],
        ["upr.ci"],
        "0 of n1: DescTools adds a half to get an upper limit; the log interval has none, and a note says so",
    ),
    **_of(
        ["ratioci/katz.log/0_10_0_12"],
        ["est", "lwr.ci", "upr.ci"],
        "0/0 is undefined; DescTools says 0 with the interval 0-Inf",
    ),
    # stats, DTComPair
    **_of(
        ["mcnemar/0_0_0_10"],
        ["asymptotic p", "continuity p"],
        "no discordant pair: NaN in R, P = 1 with a note here",
    ),
    **_of(
        ["prop_test/0_10_0_12"],
        ["nocc p", "cc p"],
        "no success in either group: NaN in R, P = 1 with a note here",
    ),
    **_of(
        ["sesp_exactbinom/small_ties_n9"],
        ["specificity p.value"],
        "2 against 2: DTComPair doubles the one-sided P without stopping at 1 (1.375)",
    ),
    **_of(
        [
            "sesp_diff_ci_agresti-min/Paired1",
            "sesp_diff_ci_bonett-price/small_ties_n20",
            "sesp_diff_ci_bonett-price/clustered_ignoring_clusters",
        ],
        ["sensitivity limits", "specificity limits"],
        "DTComPair puts the adjusted error around the unadjusted difference; both papers shift the centre",
    ),
    **_of(
        ["sesp_diff_ci_bonett-price/small_ties_n9"],
        ["sensitivity limits"],
        "DTComPair puts the adjusted error around the unadjusted difference; the paper shifts the centre",
    ),
    **_of(
        ["sesp_diff_ci_tango/clustered_ignoring_clusters"],
        ["sensitivity limits"],
        "DTComPair's limits belong to test 1 - test 2, its difference to test 2 - test 1",
    ),
    **_of(
        [
            "pv_prev_0.01/Paired1",
            "pv_prev_0.3/Paired1",
            "pv_prev_0.3/small_ties_n30",
            "pv_prev_0.01/clustered_ignoring_clusters",
            "pv_prev_0.1/clustered_ignoring_clusters",
            "pv_prev_0.3/clustered_ignoring_clusters",
        ],
        ["test1 npv", "test2 npv"],
        "DTComPair's NPV is 1 - NPV at 1 - prevalence: 0.29 at a prevalence of 0.3 where Bayes' theorem gives 0.93",
    ),
    # irr
    **_of(
        ["irr_kappa2_equal/anxiety_r2_r3", "irr_kappa2_squared/anxiety_r2_r3"],
        ["kappa", "z", "p_value"],
        "irr weights by rank among the categories that occur; here a category in the middle was not used",
    ),
    # psych
    **_of(
        [
            "psych_cohen_kappa/anxiety_r1_r2",
            "psych_cohen_kappa/anxiety_r1_r3",
            "psych_cohen_kappa/anxiety_r2_r3",
            "psych_cohen_kappa/diagnoses_r1_r2",
            "psych_cohen_kappa/diagnoses_r1_r5",
            "psych_cohen_kappa/vision",
            "psych_cohen_kappa/small_ties_n9",
            "psych_cohen_kappa/small_ties_n14",
            "psych_cohen_kappa/small_ties_n30",
            "psych_cohen_kappa/multiclass7_r1_r2",
            "psych_cohen_kappa/multiclass7_r1_r6",
            "psych_cohen_kappa_linear/anxiety_r1_r2",
            "psych_cohen_kappa_linear/anxiety_r1_r3",
            "psych_cohen_kappa_linear/diagnoses_r1_r2",
            "psych_cohen_kappa_linear/vision",
            "psych_cohen_kappa_linear/small_ties_n9",
            "psych_cohen_kappa_linear/small_ties_n30",
            "psych_cohen_kappa_linear/multiclass7_r1_r2",
            "psych_cohen_kappa_linear/multiclass7_r1_r6",
        ],
        ["var_weighted"],
        "psych's variance of weighted kappa is wrong for three categories and more (0, or 37): vcd, DescTools and "
        "irrCAC agree with us on the same tables",
    ),
    **_of(
        ["psych_cohen_kappa/one_class_identical_constant"],
        ["var_kappa", "var_weighted"],
        "kappa is undefined, so its variance is not 0",
    ),
    **_of(
        [
            "irr_light/anxiety",
            "irr_light/diagnoses",
            "irr_light/multiclass7",
            "irr_light/multiclass7_missing",
            "irr_light/small_ties_n9",
            "irr_light/small_ties_n14",
            "irr_light/small_ties_n30",
        ],
        ["z", "p_value"],
        "irr's test of Light's kappa takes Cohen's first approximation (1960) of the variance for two readers and is "
        "NaN or far too wide for more; ours is by the spread over cases",
    ),
    **_of(
        [
            "irr_kripp_nominal/anxiety",
            "irr_kripp_nominal/diagnoses",
            "irr_kripp_interval/anxiety",
            "irr_kripp_interval/diagnoses",
            "irr_kripp_interval/video",
            "irr_kripp_ratio/anxiety",
            "irr_kripp_ratio/diagnoses",
            "irr_kripp_ratio/video",
            "irr_kripp_ordinal/video",
            "irr_kripp_ordinal/multiclass7",
        ],
        ["alpha"],
        "with three readers or more and no read missing irr counts n_readers - 1 times too many reads in the "
        "small-sample factor; irrCAC agrees with us on the same data",
    ),
    # DescTools
    **_of(
        [
            "desctools_kappam/anxiety",
            "desctools_kappam/diagnoses",
            "desctools_kappam/video",
            "desctools_kappam/raw4raters",
            "desctools_kappam/small_ties_n14",
            "desctools_kappam/small_ties_n20",
            "desctools_kappam/small_ties_n30",
        ],
        ["fleiss limits"],
        "DescTools puts the standard error under chance around Fleiss' kappa; it is right for the test only",
    ),
    # irrCAC
    **_of(
        [
            "irrcac_unweighted/video",
            "irrcac_unweighted/small_ties_n9",
            "irrcac_unweighted/small_ties_n20",
            "irrcac_unweighted/small_ties_n30",
        ],
        ["fleiss p.value"],
        "irrCAC tests Fleiss' kappa by the standard error of its interval, we by that under chance, as irr does",
    ),
}
