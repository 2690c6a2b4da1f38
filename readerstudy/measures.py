"""The facts about every measure, and nothing else: no functions live here."""

from __future__ import annotations

from typing import NamedTuple


class Measure(NamedTuple):
    """Facts that printing and checking need."""

    label: str
    low: float
    """Least possible value."""
    high: float
    """Greatest possible value; ``inf`` when unbounded."""
    best: float
    """Value of a perfect reader; nan when more is neither better nor worse."""
    percent: bool
    """Printed as a percentage with its n/N."""
    synonyms: tuple[str, ...]
    reference: str
    """DOI of the definition."""


_INF = float("inf")
_NAN = float("nan")
_ALTMAN_TESTS = "10.1136/bmj.308.6943.1552"
_ALTMAN_VALUES = "10.1136/bmj.309.6947.102"
_SIMEL = "10.1016/0895-4356(91)90128-V"
_HANLEY = "10.1148/radiology.143.1.7063747"
_DELONG = "10.2307/2531595"
_MCNEMAR = "10.1007/BF02295996"
_LEISENRING = "10.1111/j.0006-341X.2000.00345.x"
_MOSKOWITZ = "10.1191/1740774506cn147oa"
_COX = "10.1093/biomet/45.3-4.562"
_AUSTIN = "10.1002/sim.8281"
_BRIER = "10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2"
_DIMITRIADIS = "10.1073/pnas.2016191118"
_VICKERS = "10.1177/0272989X06295361"
_YOUDEN = "10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3"
_MERCALDO = "10.1002/sim.2677"
_TANG = "10.1002/sim.1213"
_GU = "10.1093/biostatistics/kxn025"
_COHEN = "10.1177/001316446002000104"
_FLEISS = "10.1037/h0031619"
_CONGER = "10.1037/0033-2909.88.2.322"
_LIGHT = "10.1037/h0031643"
_GWET = "10.1348/000711006X126600"
_BRENNAN = "10.1177/001316448104100307"
_BYRT = "10.1016/0895-4356(93)90018-V"
_CICCHETTI = "10.1016/0895-4356(90)90159-M"
_KRIPPENDORFF = "10.1080/19312450709336664"
_SHROUT = "10.1037/0033-2909.86.2.420"
_BLAND_LIMITS = "10.1016/S0140-6736(86)90837-8"
_BARNHART = "10.1111/j.0006-341X.2002.01012.x"
_BLAND = "10.1136/bmj.312.7039.1153"
_MCCLISH = "10.1177/0272989X8900900307"
_ROBIN = "10.1186/1471-2105-12-77"
_PEPE = "10.1093/oso/9780198509844.001.0001"
_DORFMAN = "10.1016/0022-2496(69)90019-4"
_PENCINA = "10.1002/sim.2929"
_CROSSOVER = "10.1201/b17537"
_REPEATED = "10.1136/bmj.313.7059.744"
_INTERACTION = "10.1136/bmj.326.7382.219"
_HAND_TILL = "10.1023/A:1010920819831"
_SOKOLOVA = "10.1016/j.ipm.2009.03.002"
_OBUCHOWSKI = "10.1080/03610919508813243"
_DORFMAN_MRMC = "10.1097/00004424-199209000-00015"
_GALLAS_2009 = "10.1080/03610920802610084"
_WAFROC = "10.1118/1.4947125"
_AFROC = "10.1118/1.1769352"
_FROC = "10.1016/j.acra.2013.03.001"
_LROC = "10.1118/1.2717407"
_EXP_FROC = "10.1118/1.3633938"
_POINTING = "10.1007/s11263-017-1059-x"
_WANG = "10.1186/s13244-021-01117-z"

_BCK = (
    ("n", "negative cases"),
    ("d", "positive cases"),
    ("nd", "pairs of cases"),
    ("r", "readers, one-shot"),
    ("nr", "negative case by reader"),
    ("dr", "positive case by reader"),
    ("rnd", "pair of cases by reader"),
    ("c", "cases, one-shot"),
    ("rc", "case by reader, one-shot"),
)

MEASURES: dict[str, Measure] = {
    "proportion": Measure("Proportion", 0, 1, _NAN, True, ("rate",), "10.1214/ss/1009213286"),
    "sensitivity": Measure("Sensitivity", 0, 1, 1, True, ("recall", "true positive rate"), _ALTMAN_TESTS),
    "specificity": Measure("Specificity", 0, 1, 1, True, ("true negative rate",), _ALTMAN_TESTS),
    "ppv": Measure("PPV", 0, 1, 1, True, ("positive predictive value", "precision"), _ALTMAN_VALUES),
    "npv": Measure("NPV", 0, 1, 1, True, ("negative predictive value",), _ALTMAN_VALUES),
    "accuracy": Measure("Accuracy", 0, 1, 1, True, ("proportion correct",), _ALTMAN_TESTS),
    "plr": Measure("PLR", 0, _INF, _INF, False, ("positive likelihood ratio", "LR+"), _SIMEL),
    "nlr": Measure("NLR", 0, _INF, 0, False, ("negative likelihood ratio", "LR-"), _SIMEL),
    "auc": Measure("AUC", 0, 1, 1, False, ("area under the ROC curve", "c-statistic"), _HANLEY),
    "kappa": Measure("Cohen's kappa", -1, 1, 1, False, ("kappa",), _COHEN),
    "kappa_difference": Measure("Difference of kappas", -2, 2, _NAN, False, (), _BARNHART),
    "kappa_maximum": Measure("Greatest possible kappa", 0, 1, 1, False, ("kappa max",), _COHEN),
    "pabak": Measure("PABAK", -1, 1, 1, False, ("prevalence- and bias-adjusted kappa",), _BYRT),
    "prevalence_index": Measure("Prevalence index", 0, 1, _NAN, False, (), _BYRT),
    "bias_index": Measure("Bias index", 0, 1, 0, False, (), _BYRT),
    "specific_agreement": Measure("Specific agreement", 0, 1, 1, True, ("positive agreement",), _CICCHETTI),
    "fleiss_kappa": Measure("Fleiss' kappa", -1, 1, 1, False, ("multi-rater kappa",), _FLEISS),
    "conger_kappa": Measure("Conger's kappa", -1, 1, 1, False, ("exact Fleiss kappa",), _CONGER),
    "light_kappa": Measure("Light's kappa", -1, 1, 1, False, ("mean pairwise kappa",), _LIGHT),
    "gwet_ac1": Measure("Gwet's AC1", -1, 1, 1, False, ("AC1",), _GWET),
    "gwet_ac2": Measure("Gwet's AC2", -1, 1, 1, False, ("AC2",), _GWET),
    "brennan_prediger": Measure("Brennan–Prediger coefficient", -1, 1, 1, False, ("Bennett's S",), _BRENNAN),
    "pairwise_agreement": Measure("Pairwise agreement", 0, 1, 1, True, ("percent agreement",), _GWET),
    "unanimous_agreement": Measure("Unanimous agreement", 0, 1, 1, True, (), _FLEISS),
    "krippendorff_alpha": Measure("Krippendorff's alpha", -1, 1, 1, False, ("alpha",), _KRIPPENDORFF),
    "icc": Measure("ICC", -1, 1, 1, False, ("intraclass correlation",), _SHROUT),
    "icc_average": Measure("ICC of the average", -_INF, 1, 1, False, ("ICC(k)",), _SHROUT),
    "mean_difference": Measure("Mean difference", -_INF, _INF, _NAN, False, ("bias",), _BLAND_LIMITS),
    "lower_limit_of_agreement": Measure("Lower limit of agreement", -_INF, _INF, 0, False, (), _BLAND_LIMITS),
    "upper_limit_of_agreement": Measure("Upper limit of agreement", -_INF, _INF, 0, False, (), _BLAND_LIMITS),
    "auc_difference": Measure("AUC difference", -1, 1, _NAN, False, (), _DELONG),
    "proportion_difference": Measure("Difference of proportions", -1, 1, _NAN, True, (), _MCNEMAR),
    "sensitivity_difference": Measure("Sensitivity difference", -1, 1, _NAN, True, (), _MCNEMAR),
    "specificity_difference": Measure("Specificity difference", -1, 1, _NAN, True, (), _MCNEMAR),
    "accuracy_difference": Measure("Accuracy difference", -1, 1, _NAN, True, (), _MCNEMAR),
    "balanced_accuracy": Measure(
        "Balanced accuracy", 0, 1, 1, False, ("macro-averaged sensitivity",), "10.1109/ICPR.2010.764"
    ),
    "youden": Measure("Youden's index", -1, 1, 1, False, ("Youden's J", "informedness"), _YOUDEN),
    "dor": Measure("DOR", 0, _INF, _INF, False, ("diagnostic odds ratio",), "10.1016/S0895-4356(03)00177-X"),
    "f1": Measure("F1", 0, 1, 1, False, ("F-score", "Dice coefficient"), _SOKOLOVA),
    "mcc": Measure("MCC", -1, 1, 1, False, ("Matthews correlation coefficient",), "10.1016/0005-2795(75)90109-9"),
    "macro_sensitivity": Measure("Sensitivity (macro)", 0, 1, 1, False, ("macro-averaged recall",), _SOKOLOVA),
    "macro_specificity": Measure(
        "Specificity (macro)", 0, 1, 1, False, ("macro-averaged true negative rate",), _SOKOLOVA
    ),
    "macro_ppv": Measure("PPV (macro)", 0, 1, 1, False, ("macro-averaged precision",), _SOKOLOVA),
    "macro_npv": Measure("NPV (macro)", 0, 1, 1, False, ("macro-averaged negative predictive value",), _SOKOLOVA),
    "macro_f1": Measure("F1 (macro)", 0, 1, 1, False, ("macro-averaged F1",), _SOKOLOVA),
    "weighted_sensitivity": Measure("Sensitivity (weighted)", 0, 1, 1, False, ("weighted-average recall",), _SOKOLOVA),
    "weighted_specificity": Measure(
        "Specificity (weighted)", 0, 1, 1, False, ("weighted-average true negative rate",), _SOKOLOVA
    ),
    "weighted_ppv": Measure("PPV (weighted)", 0, 1, 1, False, ("weighted-average precision",), _SOKOLOVA),
    "weighted_npv": Measure(
        "NPV (weighted)", 0, 1, 1, False, ("weighted-average negative predictive value",), _SOKOLOVA
    ),
    "weighted_f1": Measure("F1 (weighted)", 0, 1, 1, False, ("weighted-average F1",), _SOKOLOVA),
    "micro_sensitivity": Measure("Sensitivity (micro)", 0, 1, 1, False, ("micro-averaged recall",), _SOKOLOVA),
    "micro_specificity": Measure(
        "Specificity (micro)", 0, 1, 1, False, ("micro-averaged true negative rate",), _SOKOLOVA
    ),
    "micro_ppv": Measure("PPV (micro)", 0, 1, 1, False, ("micro-averaged precision",), _SOKOLOVA),
    "micro_npv": Measure("NPV (micro)", 0, 1, 1, False, ("micro-averaged negative predictive value",), _SOKOLOVA),
    "micro_f1": Measure("F1 (micro)", 0, 1, 1, False, ("micro-averaged F1",), _SOKOLOVA),
    "log_loss": Measure("Log loss", 0, _INF, 0, False, ("cross-entropy",), "10.1111/j.2517-6161.1952.tb00104.x"),
    "multiclass_brier": Measure("Brier score, several classes", 0, 2, 0, False, ("quadratic score",), _BRIER),
    "ppv_at_prevalence": Measure("PPV at a prevalence", 0, 1, 1, False, ("standardised PPV",), _MERCALDO),
    "npv_at_prevalence": Measure("NPV at a prevalence", 0, 1, 1, False, ("standardised NPV",), _MERCALDO),
    "ppv_difference": Measure("PPV difference", -1, 1, _NAN, True, (), _LEISENRING),
    "npv_difference": Measure("NPV difference", -1, 1, _NAN, True, (), _LEISENRING),
    "ppv_ratio": Measure("PPV ratio", 0, _INF, _NAN, False, ("relative PPV",), _MOSKOWITZ),
    "npv_ratio": Measure("NPV ratio", 0, _INF, _NAN, False, ("relative NPV",), _MOSKOWITZ),
    "plr_ratio": Measure("PLR ratio", 0, _INF, _NAN, False, ("relative LR+",), _GU),
    "nlr_ratio": Measure("NLR ratio", 0, _INF, _NAN, False, ("relative LR-",), _GU),
    "proportion_ratio": Measure("Ratio of proportions", 0, _INF, _NAN, False, ("relative risk",), _TANG),
    "sensitivity_and_specificity": Measure(
        "Sensitivity and specificity together",
        _NAN,
        _NAN,
        _NAN,
        False,
        (),
        "10.1002/(SICI)1097-0258(19981015)17:19<2207::AID-SIM920>3.0.CO;2-Y",
    ),
    "partial_auc": Measure("Partial AUC", 0, 1, _NAN, False, ("pAUC",), _MCCLISH),
    "partial_auc_corrected": Measure(
        "Partial AUC (McClish)", -_INF, 1, 1, False, ("standardised partial AUC",), _MCCLISH
    ),
    "partial_auc_difference": Measure("Partial AUC difference", -1, 1, _NAN, False, (), _ROBIN),
    "partial_auc_corrected_difference": Measure(
        "Partial AUC (McClish) difference", -_INF, _INF, _NAN, False, (), _ROBIN
    ),
    "sensitivity_at_specificity": Measure(
        "Sensitivity at fixed specificity", 0, 1, 1, True, ("true positive rate at a false positive rate",), _PEPE
    ),
    "specificity_at_sensitivity": Measure("Specificity at fixed sensitivity", 0, 1, 1, True, (), _PEPE),
    "sensitivity_at_specificity_difference": Measure(
        "Difference of sensitivities at fixed specificity", -1, 1, _NAN, True, (), _PEPE
    ),
    "specificity_at_sensitivity_difference": Measure(
        "Difference of specificities at fixed sensitivity", -1, 1, _NAN, True, (), _PEPE
    ),
    "threshold": Measure("Threshold", -_INF, _INF, _NAN, False, ("cut-off", "operating point"), _YOUDEN),
    "symmetry": Measure(
        "Symmetry of two readers", _NAN, _NAN, _NAN, False, ("McNemar-Bowker test",), "10.1080/01621459.1948.10483284"
    ),
    "marginal_homogeneity": Measure(
        "Marginal homogeneity", _NAN, _NAN, _NAN, False, ("Stuart-Maxwell test",), "10.1093/biomet/42.3-4.412"
    ),
    "homogeneity_of_readers": Measure(
        "Homogeneity of readers", _NAN, _NAN, _NAN, False, ("Cochran's Q test",), "10.1093/biomet/37.3-4.256"
    ),
    "roc_difference": Measure("ROC curves", _NAN, _NAN, _NAN, False, (), "10.1093/biomet/83.4.835"),
    "user_measure": Measure("User's measure", -_INF, _INF, _NAN, False, (), _OBUCHOWSKI),
    "user_measure_difference": Measure("Difference in the user's measure", -_INF, _INF, _NAN, False, (), _OBUCHOWSKI),
    "var_reader": Measure("Variance of readers", -_INF, _INF, _NAN, False, (), _OBUCHOWSKI),
    "var_modality_reader": Measure("Variance of modality by reader", -_INF, _INF, _NAN, False, (), _OBUCHOWSKI),
    "var_error": Measure("Error variance", -_INF, _INF, _NAN, False, (), _OBUCHOWSKI),
    "cov1": Measure("Cov1: one reader, two modalities", -_INF, _INF, _NAN, False, (), _OBUCHOWSKI),
    "cov2": Measure("Cov2: two readers, one modality", -_INF, _INF, _NAN, False, (), _OBUCHOWSKI),
    "cov3": Measure("Cov3: two readers, two modalities", -_INF, _INF, _NAN, False, (), _OBUCHOWSKI),
    "var_case": Measure("Variance of cases", -_INF, _INF, _NAN, False, (), _DORFMAN_MRMC),
    "var_modality_case": Measure("Variance of modality by case", -_INF, _INF, _NAN, False, (), _DORFMAN_MRMC),
    "var_reader_case": Measure("Variance of reader by case", -_INF, _INF, _NAN, False, (), _DORFMAN_MRMC),
    **{f"bdg_m{k}": Measure(f"Moment M{k}", -_INF, _INF, _NAN, False, (), _GALLAS_2009) for k in range(1, 9)},
    **{
        f"bdg_m{k}_weight": Measure(f"Weight of the moment M{k}", -1, 1, _NAN, False, ("coefficient",), _GALLAS_2009)
        for k in range(1, 9)
    },
    **{f"bck_{name}": Measure(f"Variance of {of}", -_INF, _INF, _NAN, False, (), _GALLAS_2009) for name, of in _BCK},
    **{
        f"bck_{name}_weight": Measure(f"Weight of the variance of {of}", 0, 1, _NAN, False, (), _GALLAS_2009)
        for name, of in _BCK
    },
    "wafroc": Measure("wAFROC", 0, 1, 1, False, ("weighted AFROC AUC",), _WAFROC),
    "wafroc_difference": Measure("wAFROC difference", -1, 1, _NAN, False, (), _WAFROC),
    "wafroc1": Measure("wAFROC1", 0, 1, 1, False, (), _WAFROC),
    "wafroc1_difference": Measure("wAFROC1 difference", -1, 1, _NAN, False, (), _WAFROC),
    "afroc": Measure("AFROC", 0, 1, 1, False, ("JAFROC figure of merit",), _AFROC),
    "afroc_difference": Measure("AFROC difference", -1, 1, _NAN, False, (), _AFROC),
    "afroc1": Measure("AFROC1", 0, 1, 1, False, ("JAFROC1 figure of merit",), _AFROC),
    "afroc1_difference": Measure("AFROC1 difference", -1, 1, _NAN, False, (), _AFROC),
    "froc_area": Measure("Area under the FROC curve", 0, _INF, _NAN, False, (), _FROC),
    "froc_area_difference": Measure("Difference of FROC areas", -_INF, _INF, _NAN, False, (), _FROC),
    "hr_auc": Measure("AUC of the highest marks", 0, 1, 1, False, ("inferred ROC AUC",), _FROC),
    "hr_auc_difference": Measure("AUC difference, highest marks", -1, 1, _NAN, False, (), _FROC),
    "hr_sensitivity": Measure("Diseased cases marked", 0, 1, 1, True, ("inferred sensitivity",), _FROC),
    "hr_sensitivity_difference": Measure("Diseased cases marked, difference", -1, 1, _NAN, True, (), _FROC),
    "hr_specificity": Measure("Other cases unmarked", 0, 1, 1, True, ("inferred specificity",), _FROC),
    "hr_specificity_difference": Measure("Other cases unmarked, difference", -1, 1, _NAN, True, (), _FROC),
    "max_llf": Measure("Lesions found", 0, 1, 1, False, ("lesion localisation fraction", "MaxLLF"), _FROC),
    "max_llf_difference": Measure("Lesions found, difference", -1, 1, _NAN, False, (), _FROC),
    "max_nlf": Measure("False marks a case without lesions", 0, _INF, 0, False, ("MaxNLF",), _FROC),
    "max_nlf_difference": Measure(
        "False marks a case without lesions, difference", -_INF, _INF, _NAN, False, (), _FROC
    ),
    "max_nlf_all_cases": Measure("False marks a case", 0, _INF, 0, False, ("MaxNLFAllCases",), _FROC),
    "max_nlf_all_cases_difference": Measure("False marks a case, difference", -_INF, _INF, _NAN, False, (), _FROC),
    "exp_nlf": Measure("exp(-false marks a case)", 0, 1, 1, False, ("ExpTrnsfmSp",), _EXP_FROC),
    "exp_nlf_difference": Measure("exp(-false marks a case), difference", -1, 1, _NAN, False, (), _EXP_FROC),
    "pcl": Measure("Cases localised", 0, 1, 1, True, ("probability of correct localisation",), _LROC),
    "pcl_difference": Measure("Cases localised, difference", -1, 1, _NAN, True, (), _LROC),
    "alroc": Measure("Area under the LROC curve", 0, 1, _NAN, False, ("ALROC",), _LROC),
    "alroc_difference": Measure("Difference of LROC areas", -1, 1, _NAN, False, (), _LROC),
    "auc_hand_till": Measure("AUC (Hand–Till)", 0, 1, 1, False, ("M measure", "one-vs-one AUC"), _HAND_TILL),
    "binormal_a": Measure("Binormal a", -_INF, _INF, _INF, False, ("intercept",), _DORFMAN),
    "binormal_b": Measure("Binormal b", 0, _INF, _NAN, False, ("slope",), _DORFMAN),
    "auc_macro": Measure("AUC (macro)", 0, 1, 1, False, ("mean one-vs-rest AUC",), _HAND_TILL),
    "auc_micro": Measure("AUC (micro)", 0, 1, 1, False, ("pooled one-vs-rest AUC",), _HAND_TILL),
    "calibration_in_the_large": Measure(
        "Calibration in the large", -_INF, _INF, 0, False, ("calibration intercept",), _COX
    ),
    "calibration_slope": Measure("Calibration slope", -_INF, _INF, 1, False, (), _COX),
    "observed_expected": Measure("Observed / expected", 0, _INF, 1, False, ("O:E ratio",), "10.1136/bmj.i6460"),
    "ici": Measure("ICI", 0, 1, 0, False, ("integrated calibration index",), _AUSTIN),
    "e50": Measure("E50", 0, 1, 0, False, ("median calibration error",), _AUSTIN),
    "e90": Measure("E90", 0, 1, 0, False, ("90th percentile of the calibration error",), _AUSTIN),
    "ece": Measure("ECE", 0, 1, 0, False, ("expected calibration error",), "10.48550/arXiv.1909.10155"),
    "brier": Measure("Brier score", 0, 1, 0, False, ("quadratic score",), _BRIER),
    "brier_difference": Measure("Brier score difference", -1, 1, _NAN, False, (), _BRIER),
    "ici_difference": Measure("ICI difference", -1, 1, _NAN, False, (), _AUSTIN),
    "brier_scaled": Measure("Scaled Brier score", -_INF, 1, 1, False, ("Brier skill score",), _BRIER),
    "brier_miscalibration": Measure("Miscalibration", 0, 1, 0, False, ("reliability",), _DIMITRIADIS),
    "brier_discrimination": Measure("Discrimination", 0, 0.25, 0.25, False, ("resolution",), _DIMITRIADIS),
    "brier_uncertainty": Measure("Uncertainty", 0, 0.25, _NAN, False, (), _DIMITRIADIS),
    "hosmer_lemeshow": Measure("Hosmer–Lemeshow test", _NAN, _NAN, _NAN, False, (), "10.1080/03610928008827941"),
    "spiegelhalter": Measure("Spiegelhalter's test", _NAN, _NAN, _NAN, False, (), "10.1002/sim.4780050506"),
    "net_benefit": Measure("Net benefit", -_INF, 1, _NAN, False, (), _VICKERS),
    "net_benefit_treat_all": Measure("Net benefit of treating all", -_INF, 1, _NAN, False, (), _VICKERS),
    "net_benefit_difference": Measure("Net benefit difference", -_INF, _INF, _NAN, False, (), _VICKERS),
    "sensitivity_interaction": Measure("Interaction, sensitivity", _NAN, _NAN, _NAN, False, (), _INTERACTION),
    "specificity_interaction": Measure("Interaction, specificity", _NAN, _NAN, _NAN, False, (), _INTERACTION),
    "heterogeneity": Measure("Heterogeneity of sites", _NAN, _NAN, _NAN, False, (), "10.2307/3001666"),
    "i2": Measure("I²", 0, 1, 0, True, ("inconsistency",), "10.1002/sim.1186"),
    "between_site_variance": Measure(
        "Variance between sites", 0, _INF, 0, False, ("tau squared",), "10.1016/0197-2456(86)90046-2"
    ),
    "prevalence": Measure("Prevalence", 0, 1, _NAN, True, ("share of positive cases",), _ALTMAN_VALUES),
    "time_ratio": Measure("Reading-time ratio", 0, _INF, _NAN, False, ("ratio of geometric means",), _BLAND),
    "accuracy_at_prevalence": Measure(
        "Accuracy at a prevalence", 0, 1, 1, False, ("standardised accuracy",), _ALTMAN_VALUES
    ),
    "interaction": Measure("Interaction with a subgroup", _NAN, _NAN, _NAN, False, (), "10.1136/bmj.326.7382.219"),
    "nri": Measure("NRI", -2, 2, _NAN, False, ("net reclassification improvement",), _PENCINA),
    "nri_events": Measure("NRI of positive cases", -1, 1, _NAN, False, ("event NRI",), _PENCINA),
    "nri_non_events": Measure("NRI of negative cases", -1, 1, _NAN, False, ("non-event NRI",), _PENCINA),
    "within_reader_sd": Measure(
        "Within-reader standard deviation", 0, _INF, 0, False, ("within-subject standard deviation",), _REPEATED
    ),
    "repeatability_coefficient": Measure("Repeatability coefficient", 0, _INF, 0, False, (), _REPEATED),
    "beneficial_change": Measure("Changed for better", 0, 1, 1, True, (), _PENCINA),
    "harmful_change": Measure("Changed for worse", 0, 1, 0, True, (), _PENCINA),
    "net_change": Measure("Net change", -1, 1, _NAN, True, (), _PENCINA),
    "modality_effect": Measure("Effect of the modality", -_INF, _INF, _NAN, False, ("treatment effect",), _CROSSOVER),
    "period_effect": Measure("Effect of the session", -_INF, _INF, 0, False, ("order effect",), _CROSSOVER),
    "carry_over": Measure("Carry-over", -_INF, _INF, 0, False, ("residual effect",), _CROSSOVER),
    "first_period_difference": Measure("Difference in the first session", -_INF, _INF, _NAN, False, (), _CROSSOVER),
    "saliency_inside": Measure(
        "Saliency inside the lesion", 0, 1, _NAN, True, ("energy-based pointing game",), "10.1109/CVPRW50498.2020.00020"
    ),
    "lesion_area": Measure("Lesion's share of the area", 0, 1, _NAN, True, (), "10.1109/CVPRW50498.2020.00020"),
    "pointing_game": Measure("Maximum on the lesion", 0, 1, 1, True, ("pointing game",), _POINTING),
    "sequence_weight": Measure("Weight of a sequence", 0, 1, _NAN, True, (), _WANG),
}

METHOD_NAMES: dict[str, str] = {
    "wilson": "Wilson score",
    "clopper-pearson": "Clopper–Pearson",
    "modified-wilson": "modified Wilson",
    "wilson-hmisc": "Wilson score, modified as in Hmisc",
    "wilson-cc": "Wilson score, continuity-corrected",
    "agresti-coull": "Agresti–Coull",
    "jeffreys": "Jeffreys",
    "mid-p": "mid-P",
    "blaker": "Blaker",
    "delong": "DeLong",
    "logit": "DeLong, logit scale",
    "bootstrap": "bootstrap",
    "bca": "bootstrap, bias-corrected and accelerated",
    "bootstrap-z": "bootstrap, z-test",
    "delong-chi2": "DeLong chi-squared",
    "venkatraman": "Venkatraman",
    "binormal": "binormal, maximum likelihood",
    "or-jackknife": "Obuchowski–Rockette, jackknife",
    "or": "Obuchowski–Rockette",
    "or-delong": "Obuchowski–Rockette, DeLong",
    "or-unbiased": "Obuchowski–Rockette, unbiased covariance",
    "or-bootstrap": "Obuchowski–Rockette, bootstrap",
    "or-function": "Obuchowski–Rockette, supplied covariance",
    "or-f": "Obuchowski–Rockette F",
    "or-chi2": "Obuchowski–Rockette chi-squared, readers fixed",
    "dbm": "Dorfman–Berbaum–Metz",
    "dbm-f": "Dorfman–Berbaum–Metz F",
    "u-statistic": "U-statistics, readers and cases",
    "v-statistic": "V-statistics, readers and cases",
    "newcombe": "Newcombe",
    "newcombe-cc": "Newcombe, continuity-corrected",
    "miettinen-nurminen": "Miettinen–Nurminen",
    "agresti-caffo": "Agresti–Caffo",
    "tango": "Tango",
    "bonett-price": "Bonett–Price",
    "agresti-min": "Agresti–Min",
    "wald": "Wald",
    "mcnemar-exact": "exact McNemar",
    "mcnemar-mid-p": "mid-P McNemar",
    "mcnemar-chi2": "McNemar chi-squared",
    "mcnemar-chi2-cc": "McNemar chi-squared (continuity-corrected)",
    "chi2": "Pearson chi-squared",
    "chi2-cc": "chi-squared (Yates-corrected)",
    "fisher": "Fisher exact",
    "paired-t": "paired t",
    "student-t": "Student's t",
    "gwet": "Gwet",
    "gwet-linear": "Gwet, linear weights",
    "gwet-quadratic": "Gwet, quadratic weights",
    "gwet-ordinal": "Gwet, ordinal weights",
    "linearised-t": "t-test, linearised",
    "delta": "delta method",
    "delta-linear": "delta method, linear weights",
    "delta-quadratic": "delta method, quadratic weights",
    "delta-ordinal": "delta method, ordinal weights",
    "krippendorff-nominal": "Gwet, nominal metric",
    "krippendorff-ordinal": "Gwet, ordinal metric",
    "krippendorff-interval": "Gwet, interval metric",
    "krippendorff-ratio": "Gwet, ratio metric",
    "fleiss-null-variance": "variance under chance of Fleiss, Nee and Landis",
    "icc1-single": "ICC(1), single reader",
    "icc1-average": "ICC(1), average of readers",
    "icc2-single": "ICC(2), single reader",
    "icc2-average": "ICC(2), average of readers",
    "icc3-single": "ICC(3), single reader",
    "icc3-average": "ICC(3), average of readers",
    "f-upper": "F, one-sided",
    "f-lower": "F, one-sided",
    "bland-altman": "Bland–Altman",
    "carkeet": "Carkeet, exact",
    "byrt": "Byrt, Bishop and Carlin",
    "log": "log",
    "koopman": "Koopman score",
    "haldane": "log, half a case added to each cell",
    "weighted-score": "Kosinski weighted score",
    "leisenring-score": "Leisenring score",
    "moskowitz-pepe": "Moskowitz–Pepe",
    "tang": "Tang",
    "tang-score": "Tang score",
    "tango-score": "Tango score",
    "lachenbruch-lynch": "Lachenbruch–Lynch chi-squared",
    "mercaldo": "Mercaldo logit",
    "fisher-z": "Fisher z",
    "holm": "Holm",
    "hochberg": "Hochberg",
    "bonferroni": "Bonferroni",
    "bh": "Benjamini–Hochberg",
    "restricted-cubic-spline": "restricted cubic spline, four knots",
    "equal-width": "groups of equal width",
    "equal-mass": "groups of equal size",
    "equal-width-debiased": "groups of equal width, debiased",
    "equal-mass-debiased": "groups of equal size, debiased",
    "isotonic": "isotonic regression",
    "hosmer-lemeshow": "Hosmer–Lemeshow",
    "spiegelhalter": "Spiegelhalter",
    "gu-pepe": "Gu–Pepe regression",
    "ratio-estimator": "ratio estimator",
    "ratio-estimator-wilson": "ratio estimator, Wilson score",
    "ratio-estimator-clopper-pearson": "ratio estimator, Clopper–Pearson",
    "ratio-estimator-agresti-coull": "ratio estimator, Agresti–Coull",
    "ratio-estimator-jeffreys": "ratio estimator, Jeffreys",
    "ratio-estimator-logit": "ratio estimator, logit scale",
    "ratio-estimator-arcsine": "ratio estimator, arcsine scale",
    "ratio-estimator-log": "ratio estimator, log scale",
    "ratio-estimator-haldane": "ratio estimator, log scale, half a case added to each cell",
    "ratio-estimator-newcombe": "ratio estimator, Newcombe",
    "ratio-estimator-fisher-z": "ratio estimator, Fisher z",
    "ratio-estimator-tango": "ratio estimator, Tango",
    "ratio-estimator-bonett-price": "ratio estimator, Bonett–Price",
    "ratio-estimator-agresti-min": "ratio estimator, Agresti–Min",
    "ratio-estimator-wald-cc": "ratio estimator, continuity-corrected",
    "ratio-estimator-tango-score": "Tango score, patients as clusters",
    "korn-graubard": "Korn–Graubard",
    "saha": "Saha score, intraclass correlation",
    "saha-skewness": "Saha score, intraclass correlation, skewness-corrected",
    "rao-scott-score": "Rao–Scott score",
    "rao-scott-null-variance": "variance under chance, Rao–Scott",
    "obuchowski": "Obuchowski",
    "obuchowski-logit": "Obuchowski, logit scale",
    "cluster-bootstrap": "bootstrap of patients",
    "cluster-bca": "bootstrap of patients, bias-corrected and accelerated",
    "cluster-bootstrap-z": "bootstrap of patients, z-test",
    "mcnemar-obuchowski": "McNemar chi-squared, Obuchowski",
    "mcnemar-durkalski": "McNemar chi-squared, Durkalski",
    "mcnemar-yang": "McNemar chi-squared, Yang",
    "mcnemar-eliasziw-donner": "McNemar chi-squared, Eliasziw–Donner",
    "yang-zhou": "Yang–Zhou",
    "yang-zhou-linear": "Yang–Zhou, linear weights",
    "yang-zhou-quadratic": "Yang–Zhou, quadratic weights",
    "mee": "Mee",
    "brown-li-jeffreys": "Brown–Li, Jeffreys",
    "jeffreys-perks": "Beal, Jeffreys–Perks",
    "hauck-anderson": "Hauck–Anderson",
    "wald-cc": "Wald, continuity-corrected",
    "adjusted-log": "log, half a case added",
    "bailey": "Bailey",
    "inverse-sinh": "inverse hyperbolic sine",
    "noether": "Noether",
    "bowker": "Bowker",
    "stuart-maxwell": "Stuart–Maxwell",
    "delta-logit": "delta method, logit scale",
    "cluster-robust": "cluster-robust",
    "cluster-t": "Student's t, patients as clusters",
    "hotelling-wald": "cluster-robust F",
    "higgins-thompson": "Higgins–Thompson",
    "cochran-q": "Cochran's Q",
    "dersimonian-laird": "DerSimonian–Laird",
    "weighted-logit": "weighted, logit scale",
    "weighted-wald": "weighted, linearised",
    "weighted-asin": "weighted, arcsine scale",
    "weighted-beta": "weighted, Korn–Graubard",
    "mover-wilson": "square and add, Wilson score",
    "mover-clopper-pearson": "square and add, Clopper–Pearson",
    "mover-modified-wilson": "square and add, modified Wilson",
    "mover-wilson-hmisc": "square and add, Wilson score modified as in Hmisc",
    "mover-wilson-cc": "square and add, continuity-corrected Wilson score",
    "mover-agresti-coull": "square and add, Agresti–Coull",
    "mover-jeffreys": "square and add, Jeffreys",
    "mover-mid-p": "square and add, mid-P",
    "mover-blaker": "square and add, Blaker",
    "begg-greenes-logit": "Begg–Greenes, logit scale",
    "begg-greenes-wald": "Begg–Greenes, Wald",
    "begg-greenes-bootstrap": "Begg–Greenes, bootstrap",
    "mover-tango": "square and add, Tango",
    "mover-newcombe": "square and add, Newcombe",
    "mover-bonett-price": "square and add, Bonett–Price",
    "mover-agresti-min": "square and add, Agresti–Min",
    "mover-wald": "square and add, Wald",
    "mover-wald-cc": "square and add, continuity-corrected Wald",
    "pencina": "Pencina z",
    "welch-t": "Welch's t",
    "chi2-sd": "chi-squared of the variance",
    "or-influence": "Obuchowski–Rockette, linearised",
    "inverse-probability-logit": "inverse probability of verification, logit scale",
    "inverse-probability-wald": "inverse probability of verification, Wald",
}
"""Published names of methods, for sentences."""
