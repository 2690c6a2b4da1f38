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
    "study": ("Study",),
    "analysis": ("evaluate",),
    "stats.proportion": ("proportion",),
    "stats.independent": ("proportion_difference",),
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
    "stats.binormal": ("binormal",),
    "stats.calibration": ("brier", "calibration"),
    "stats.decision": ("compare_net_benefit", "net_benefit"),
    "stats.indices": ("balanced_accuracy", "diagnostic_indices", "dor", "f1", "mcc", "youden"),
    "stats.likelihood_ratios": ("compare_nlr", "compare_plr"),
    "stats.multiplicity": ("adjust",),
    "stats.paired": ("mcnemar", "paired_difference"),
    "stats.paired_joint": ("compare_sensitivity_specificity",),
    "stats.paired_ratio": ("paired_ratio",),
    "stats.prevalence": ("ppv_npv_at",),
    "stats.predictive": ("compare_npv", "compare_ppv"),
    "stats.agreement": ("kappa",),
    "stats.multirater": ("conger_kappa", "fleiss_kappa", "gwet_ac", "light_kappa"),
    "stats.observed_agreement": ("brennan_prediger", "pairwise_agreement", "unanimous_agreement"),
    "stats.krippendorff": ("krippendorff_alpha",),
    "stats.icc": ("icc",),
    "stats.limits_of_agreement": ("limits_of_agreement",),
    "stats.kappa_difference": ("compare_kappa",),
    "stats.adjusted_kappa": ("kappa_maximum", "pabak", "prevalence_and_bias", "specific_agreement"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_HOME_OF]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'readerstudy' has no attribute {name!r}")
    value = getattr(import_module(f"readerstudy.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
