"""Where a peer differs from us on purpose or is wrong: (case id, part) -> reason.

`goldens.against` fails when a part that is listed here agrees, or is not compared.
"""


def _of(case_ids, parts, reason):
    return {(case_id, part): reason for case_id in case_ids for part in parts}


# Parts of an analysis of MRMCaov.
_OF_READERS = [f"reader_test_diffs {name}" for name in ("StdErr", "z", "p-value", "CI")]
_SPREADS = [
    *("test_diffs StdErr", "test_diffs p-value", "test_diffs CI", "test_means StdErr", "test_means CI"),
    *("test_equality statistic", "test_equality p-value"),
]
_ESTIMATES = ["test_diffs Estimate", "test_means Estimate"]
_COMPONENTS = ["reader", "treatment:reader", "Error", "Cov1", "Cov2", "Cov3"]
_RRRC = [*_SPREADS, *_COMPONENTS, "test_diffs df", "test_diffs t", "test_means df", "test_equality df"]
_FRRC = [*_SPREADS, *_COMPONENTS, *_OF_READERS, "test_diffs z", "reader_means StdErr", "reader_means CI"]
_CORNER = (
    "MRMCaov joins a point between two vertices to the far end of the next edge, off the curve; with its points ours "
    "is the same, see test_mrmcaov_with_its_own_curve"
)
_FITS = (
    "curves fitted by other optimisers agree to 1e-6, but not where a case left out leaves a reader no interior point: "
    "then MRMCaov says AUC = 1 and ours is undefined"
)

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
    **_of(
        ["ratioci/bailey/0_10_0_12", "ratioci/sinh-1/0_10_0_12"],
        ["est", "lwr.ci", "upr.ci"],
        "0/0 is undefined; DescTools says infinite or 0 with the interval 0-Inf",
    ),
    **_of(
        ["ratioci/bailey/0_20_5_20", "ratioci/noether/0_20_5_20"],
        ["upr.ci"],
        "0 of n1: DescTools adds a half to get an upper limit; these intervals have none, and a note says so",
    ),
    **_of(
        ["ratioci/adj.log/0_20_5_20"],
        ["lwr.ci"],
        "the lower limit lies above the estimate 0: drawn out to it with a note",
    ),
    **_of(
        ["ratioci/bailey/10_10_7_10"],
        ["lwr.ci", "upr.ci"],
        "n1 of n1: DescTools takes half a case off, though Bailey's formula holds there",
    ),
    **_of(
        [
            "epi.tests/agresti/0.95/tp41_fp3_fn4_tn66",
            "epi.tests/agresti/0.95/tp10_fp5_fn0_tn20",
            "epi.tests/agresti/0.95/tp0_fp3_fn7_tn30",
            "epi.tests/agresti/0.95/tp7_fp0_fn3_tn12",
            "epi.tests/agresti/0.95/tp2_fp3_fn1_tn5",
            "epi.tests/agresti/0.95/tp85_fp12_fn15_tn188",
            "epi.tests/agresti/0.95/tp5_fp40_fn5_tn950",
            "epi.tests/agresti/0.95/tp0_fp20_fn0_tn30",
        ],
        ["estimates"],
        "with Agresti and Coull's limits epiR moves the estimate to their middle: 0.88 for a sensitivity of 41 / 45",
    ),
    **_of(
        [
            "epi.tests/agresti/0.95/tp41_fp3_fn4_tn66",
            "epi.tests/agresti/0.95/tp2_fp3_fn1_tn5",
            "epi.tests/agresti/0.95/tp85_fp12_fn15_tn188",
            "epi.tests/agresti/0.95/tp5_fp40_fn5_tn950",
        ],
        ["lr.pos limits", "lr.neg limits"],
        "epiR makes the error of the log ratio of the moved sensitivity and specificity, but leaves the ratio where it "
        "is; Simel, Samsa and Matchar 1991 move neither",
    ),
    **_of(
        ["epi.tests/agresti/0.95/tp0_fp20_fn0_tn30"],
        ["se limits", "p.tndp limits"],
        "0 of 0: the interval 0-1 there, undefined with a note here",
    ),
    # stats, DTComPair
    **_of(
        [f"bowker/synth7/reader1-reader{k}" for k in (2, 3, 4, 5)],
        ["bowker df", "bowker statistic", "bowker p"],
        "a pair of categories that nobody confused: 0 / 0 in R, no term and no degree of freedom here",
    ),
    **_of(
        [
            "sesp_diff_ci_wald_cc/small_ties_n9",
            "sesp_diff_ci_wald_cc/small_ties_n20",
            "sesp_diff_ci_wald_cc/small_ties_n30",
            "sesp_diff_ci_wald_cc/clustered_ignoring_clusters",
        ],
        ["sensitivity limits", "specificity limits"],
        "DTComPair adds the correction 1 / n to the standard error, so that it is multiplied by z",
    ),
    **_of(
        ["prop_test/0_10_0_12"],
        ["cc ci"],
        "no success in either group: R lets no correction be larger than the difference, which is 0, so that its "
        "interval has no width",
    ),
    **_of(
        ["mcnemar/0_0_0_10"],
        ["asymptotic p", "continuity p"],
        "no discordant pair: NaN in R, P = 1 with a note here",
    ),
    **_of(
        ["mcnemar/0_0_0_10"],
        ["ratesci pval_right", "ratesci pval_left"],
        "no discordant pair: one half in ratesci, P = 1 here as of the exact one-sided test",
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
    # MRMCaov
    **_of(
        [
            "mrmc/kundel/empirical_auc/FRRC/jackknife",
            "mrmc/kundel/empirical_auc/FRRC/unbiased",
            "mrmc/kundel/binary_sens/FRRC/jackknife",
            "mrmc/synth/empirical_auc/FRRC/jackknife",
            "mrmc/synth/binary_spec/FRRC/jackknife",
        ],
        _OF_READERS,
        "with three modalities MRMCaov hands the readers' standard errors round: reader 1 gets reader 2's, and so on",
    ),
    **_of(
        ["mrmc/vandyke/empirical_pauc_spec_0.8_1/FRRC/jackknife"],
        ["reader_means CI"],
        "an area over a fifth of the axis cannot exceed 0.2: ours is cut there, MRMCaov's at 1",
    ),
    **_of(
        [
            "mrmc/vandyke/empirical_pauc_sens_0.8_1_norm/RRRC/jackknife",
            "mrmc/synth/empirical_pauc_spec_0.8_1/RRRC/jackknife",
            "mrmc/synth/empirical_sens_at_spec0.8/RRRC/jackknife",
        ],
        [*_ESTIMATES, *_RRRC],
        _CORNER,
    ),
    **_of(["mrmc/vandyke/empirical_spec_at_sens0.8/RRRC/jackknife"], _RRRC, _CORNER),
    **_of(["mrmc/vandyke/empirical_spec_at_sens0.8/FRRC/jackknife"], _FRRC, _CORNER),
    **_of(
        [
            "mrmc/synth/empirical_pauc_spec_0.8_1/FRRC/jackknife",
            "mrmc/synth/empirical_sens_at_spec0.8/FRRC/jackknife",
            "mrmc/synth/empirical_spec_at_sens0.8/FRRC/jackknife",
        ],
        [*_ESTIMATES, *_FRRC, "reader_test_diffs Estimate"],
        _CORNER,
    ),
    **_of(
        ["mrmc/synth/empirical_pauc_spec_0.8_1/RRFC/jackknife", "mrmc/synth/empirical_sens_at_spec0.8/RRFC/jackknife"],
        [*_ESTIMATES, *_SPREADS, "test_diffs t"],
        _CORNER,
    ),
    **_of(["mrmc/vandyke/binormal_auc/RRRC/jackknife"], ["test_diffs Estimate", *_RRRC], _FITS),
    **_of(
        ["mrmc/vandyke/binormal_auc/FRRC/jackknife"],
        ["test_diffs Estimate", *_FRRC, "reader_test_diffs Estimate"],
        _FITS,
    ),
    # Sizes
    **_of(
        ["epi.ssdxsesp/sp_0.8_eps0.1_prev0.2", "epi.ssdxsesp/sp_0.95_eps0.03_prev0.1"],
        ["total.n"],
        "epiR divides the negative cases by the prevalence; of those enrolled 1 - prevalence are negative",
    ),
    **_of(
        ["power_roc/two_n_obuchowski/ndka-wfns"],
        ["n"],
        "pROC plans with binormal curves and correlations that it fits in its own way; ours are DeLong's variances of "
        "this pilot, as in the cases without method='obuchowski'",
    ),
    # RJafroc
    **_of(
        ["StSignificanceTesting/OR/dataset03"],
        [*(f"FRRC ciDiffTrt {name}" for name in ("StdErr", "z", "PrGTz", "CILower", "CIUpper")), "FRRC F", "FRRC p"],
        "readers fixed: RJafroc takes a negative Cov2 - Cov3 as 0; its own DBM, MRMCaov and ours do not",
    ),
    **_of(
        ["StSignificanceTesting/OR/dataset03"],
        ["components"],
        "RJafroc takes a negative Cov2 - Cov3 as 0 in the components too; MRMCaov and ours do not",
    ),
    **_of(
        ["stmc/vandyke/reader1_treatment1/binary_sens"],
        ["jackknife se"],
        "stmc leaves out the negative cases too, which change nothing, and so takes 113 / 114 for 44 / 45",
    ),
}


def _parts(families, parts, reason):
    return {f"{family}/*: {part}": reason for family in families for part in parts}


_ECHO = "repeats what went in, or names it"
_FROM_ERROR = "follows from the estimate and its standard error, which are compared"
_LIMITS = "the limits that are made of it are compared"
_MEDIAN = "median or variance of replicates, of which ours gives none"

NOT_COMPARED: dict[str, str] = {
    # pROC
    **_parts(["roc_test_*"], ["alternative", "method", "statistic_name", "parameter"], _ECHO),
    **_parts(["roc_test_[!p]*"], ["conf_int"], "pROC gives an interval to DeLong's paired test alone"),
    **_parts(
        ["roc_test_bootstrap", "roc_test_se*", "roc_test_sp*", "roc_test_venkatraman"],
        ["estimate"],
        "the two AUCs, compared in auc_delong, or none",
    ),
    **_parts(["at_fixed"], ["*/rows", "*/cols"], _ECHO),
    **_parts(["ci_se", "ci_sp", "ci_thresholds"], ["*rows", "*cols"], _ECHO),
    **_parts(["ci_auc_bootstrap"], ["var", "ci95/auc.50%"], _MEDIAN),
    **_parts(["ci_pauc_bootstrap"], ["auc.50%"], _MEDIAN),
    **_parts(["auc_delong"], ["var_obuchowski"], "another variance, of a binormal model; ours is DeLong's"),
    **_parts(
        ["auc_delong"],
        ["ci??_delong/lower", "ci??_delong/upper"],
        "at AUC 1 and 0 pROC's interval has no width, ours is Newcombe's",
    ),
    # DescTools, stats
    **_parts(
        ["binomci"],
        ["wald", "waldcc", "arcsine", "logit", "lik", "modified_jeffreys", "ratesci_scas"],
        "not offered: Brown, Cai and DasGupta 2001 advise against Wald's, the arcsine and the logit; the others add "
        "nothing to the nine that are",
    ),
    **_parts(["fisher"], ["ci", "conditional_or"], "the conditional odds ratio is not offered; the test is"),
    **_parts(["scoreci_MN"], ["order"], _ECHO),
    # exact2x2
    **_parts(
        ["mcnemar"],
        ["exact/odds_ratio", "exact/or_ci95_clopper_pearson", "midp_exact2x2/or_ci95"],
        "the odds ratio of discordant pairs is not offered; the tests are",
    ),
    **_parts(["mcnemar"], ["diff_tango_note"], _ECHO),
    # DTComPair
    **_parts(["acc_paired"], ["Test?/alpha", "Test?/testname", "Test?/tab/*"], _ECHO),
    **_parts(["acc_paired"], ["Test?/*/lcl", "Test?/*/ucl"], "Wald's limits: " + _FROM_ERROR),
    **_parts(["acc_paired"], ["Test?/?dlr/se.ln"], _LIMITS),
    **_parts(["sesp_diff_ci_*"], ["alpha", "ci.method", "cont.corr"], _ECHO),
    **_parts(["sesp_exactbinom", "sesp_mcnemar", "pv_gs", "pv_wgs"], ["method"], _ECHO),
    **_parts(["pv_rpv", "dlr_regtest"], ["alpha", "method"], _ECHO),
    **_parts(["sesp_rel", "tpffpf_rel"], ["alpha"], _ECHO),
    **_parts(
        ["pv_gs", "pv_wgs", "pv_rpv", "dlr_regtest", "sesp_rel"],
        ["*/test1", "*/test2"],
        "the value of each test, compared in acc_paired; here their difference or ratio is",
    ),
    **_parts(["pv_prev_*"], ["test?/pi"], _ECHO),
    **_parts(["pv_rpv"], ["Sigma/*"], _LIMITS),
    **_parts(["pv_rpv", "dlr_regtest", "sesp_rel", "tpffpf_rel"], ["*/se.log*"], _LIMITS),
    **_parts(["sesp_diff_ci_wald", "sesp_diff_ci_tango"], ["*/diff.se"], _LIMITS),
    **_parts(["tab"], ["*diseased/rows", "*diseased/cols"], _ECHO),
    # irr, irrCAC, psych
    **_parts(["irr_light", "irr_fleiss_exact_conger"], ["detail", "raters", "subjects"], _ECHO),
    **_parts(["irr_fleiss_exact_conger"], ["z", "p_value"], "irr has no test of it"),
    **_parts(["psych_cohen_kappa", "psych_cohen_kappa_linear"], ["confid/*"], "made of the variances, compared"),
    **_parts(["irrcac_*"], ["*/coeff.name", "*/w.name"], _ECHO),
    **_parts(["irrcac_*"], ["*/pa", "*/pe"], "parts of the coefficient, which is compared"),
    **_parts(["irrcac_*"], ["percent/p.value"], "that agreement is 0 is no hypothesis"),
    **_parts(
        ["irrcac_linear", "irrcac_ordinal"],
        ["krippendorff/conf.int", "krippendorff/p.value"],
        "alpha with these weights is not offered, only its kernel, which is compared",
    ),
    **_parts(["irrcac_2raters"], ["*/coeff.ci", "*/coeff.pval"], "by Student's t: " + _FROM_ERROR),
    **_parts(["irrcac_2raters"], ["linear/krippendorff/*"], "alpha with linear weights is not offered"),
    # glm, dcurves
    **_parts(["calibration_glm"], ["intercept_in_slope_model"], "a nuisance beside the slope, which is compared"),
    **_parts(
        ["dca"],
        ["fp_rate", "tp_rate", "pos_rate", "harm", "n", "threshold"],
        "parts of the net benefit, which is compared, or what went in",
    ),
}
"""Parts of a result that no test compares: ``case id: part``, with the wild cards of `fnmatch` -> reason."""
