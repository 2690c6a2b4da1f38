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
_YOUDEN = "10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3"
_DORFMAN = "10.1016/0022-2496(69)90019-4"
_HAND_TILL = "10.1023/A:1010920819831"

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
    "f1": Measure("F1", 0, 1, 1, False, ("F-score", "Dice coefficient"), "10.1080/01621459.1927.10502953"),
    "mcc": Measure("MCC", -1, 1, 1, False, ("Matthews correlation coefficient",), "10.1016/0005-2795(75)90109-9"),
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
    "roc_difference": Measure("ROC curves", _NAN, _NAN, _NAN, False, (), "10.1093/biomet/83.4.835"),
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
    "brier_scaled": Measure("Scaled Brier score", -_INF, 1, 1, False, ("Brier skill score",), _BRIER),
    "brier_miscalibration": Measure("Miscalibration", 0, 1, 0, False, ("reliability",), _DIMITRIADIS),
    "brier_discrimination": Measure("Discrimination", 0, 0.25, 0.25, False, ("resolution",), _DIMITRIADIS),
    "brier_uncertainty": Measure("Uncertainty", 0, 0.25, _NAN, False, (), _DIMITRIADIS),
    "hosmer_lemeshow": Measure("Hosmer–Lemeshow test", _NAN, _NAN, _NAN, False, (), "10.1080/03610928008827941"),
    "spiegelhalter": Measure("Spiegelhalter's test", _NAN, _NAN, _NAN, False, (), "10.1002/sim.4780050506"),
    "net_benefit": Measure("Net benefit", -_INF, 1, _NAN, False, (), _VICKERS),
    "net_benefit_treat_all": Measure("Net benefit of treating all", -_INF, 1, _NAN, False, (), _VICKERS),
    "net_benefit_difference": Measure("Net benefit difference", -_INF, _INF, _NAN, False, (), _VICKERS),
    "time_ratio": Measure("Reading-time ratio", 0, _INF, _NAN, False, ("ratio of geometric means",), _BLAND),
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
}
"""Published names of methods, for sentences."""
