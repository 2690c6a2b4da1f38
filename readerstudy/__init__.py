"""readerstudy: diagnostic reader studies, from predictions and reads to figures and reports.

Importing this package is cheap: each public name is loaded when it is first used.
"""

from importlib import import_module

from readerstudy._version import __version__

_HOMES = {
    "estimate": ("Estimate", "from_json", "tidy", "to_json"),
    "results": ("Results",),
    "problems": ("DataError",),
    "protocol": ("Protocol",),
    "marks": ("Marks",),
    "study": ("Study",),
    "analysis": ("evaluate",),
    "stats.proportion": ("proportion",),
    "stats.independent": ("proportion_difference",),
    "stats.independent_ratio": ("proportion_ratio",),
    "stats.diagnostic": (
        "accuracy",
        "confusion_matrix",
        "diagnostic_counts",
        "diagnostic_table",
        "nlr",
        "npv",
        "plr",
        "ppv",
        "sensitivity",
        "specificity",
    ),
    "stats.roc": ("auc", "auc_covariance", "compare_auc", "roc_points"),
    "stats.roc_average": ("average_roc",),
    "stats.roc_curve": ("roc_band",),
    "stats.roc_tests": ("compare_aucs", "compare_roc"),
    "stats.partial_auc": ("compare_partial_auc", "partial_auc"),
    "stats.operating_points": (
        "compare_sensitivity_at",
        "compare_specificity_at",
        "sensitivity_at",
        "specificity_at",
    ),
    "stats.thresholds": ("choose_threshold",),
    "stats.multiclass": ("multiclass_auc",),
    "stats.multiclass_table": ("multiclass_table",),
    "stats.proper_scores": ("log_loss", "multiclass_brier"),
    "stats.binormal": ("binormal",),
    "stats.calibration": ("brier", "calibration"),
    "stats.calibration_curve": ("calibration_curve", "calibration_groups"),
    "stats.clustered_bootstrap": ("cluster_bootstrap",),
    "stats.decision": ("compare_net_benefit", "decision_curve", "net_benefit"),
    "stats.indices": ("balanced_accuracy", "diagnostic_indices", "dor", "f1", "mcc", "youden"),
    "stats.likelihood_ratios": ("compare_nlr", "compare_plr"),
    "stats.multiplicity": ("adjust",),
    "stats.paired": ("mcnemar", "paired_difference"),
    "stats.paired_joint": ("compare_sensitivity_specificity",),
    "stats.paired_ratio": ("paired_ratio",),
    "stats.prevalence": ("ppv_npv_at",),
    "stats.predictive": ("compare_npv", "compare_ppv"),
    "stats.agreement": ("kappa",),
    "stats.symmetry": ("bowker", "cochran_q", "stuart_maxwell"),
    "stats.multirater": ("conger_kappa", "fleiss_kappa", "gwet_ac", "light_kappa"),
    "stats.observed_agreement": ("brennan_prediger", "pairwise_agreement", "unanimous_agreement"),
    "stats.krippendorff": ("krippendorff_alpha",),
    "stats.icc": ("icc",),
    "stats.froc": ("froc", "froc_curve", "froc_model_versus_readers"),
    "stats.mrmc": ("measure", "model_versus_readers", "mrmc"),
    "stats.limits_of_agreement": ("limits_of_agreement",),
    "stats.kappa_difference": ("compare_kappa",),
    "stats.adjusted_kappa": ("kappa_maximum", "pabak", "prevalence_and_bias", "specific_agreement"),
    "stats.interaction": ("interaction",),
    "stats.heterogeneity": ("heterogeneity",),
    "stats.weighted": ("weighted_auc", "weighted_diagnostic", "weighted_proportion"),
    "stats.target_prevalence": ("accuracy_at", "net_benefit_at", "recalibrate"),
    "stats.verification": ("verification_corrected",),
    "stats.verification_auc": ("verification_corrected_auc",),
    "stats.reclassification": ("reclassification", "reclassification_table"),
    "stats.crossover": ("crossover",),
    "stats.repeatability": ("intra_reader",),
    "stats.compare_calibration": ("compare_brier", "compare_ici"),
}
_MODULES = ("power", "simulate")
"""Public modules, whose functions are called by the module's name."""
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_MODULES, *_HOME_OF]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"readerstudy.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'readerstudy' has no attribute {name!r}")
    value = getattr(import_module(f"readerstudy.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
