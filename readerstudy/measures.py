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
_COHEN = "10.1177/001316446002000104"
_BLAND = "10.1136/bmj.312.7039.1153"

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
    "auc_difference": Measure("AUC difference", -1, 1, _NAN, False, (), _DELONG),
    "proportion_difference": Measure("Difference of proportions", -1, 1, _NAN, True, (), _MCNEMAR),
    "sensitivity_difference": Measure("Sensitivity difference", -1, 1, _NAN, True, (), _MCNEMAR),
    "specificity_difference": Measure("Specificity difference", -1, 1, _NAN, True, (), _MCNEMAR),
    "accuracy_difference": Measure("Accuracy difference", -1, 1, _NAN, True, (), _MCNEMAR),
    "time_ratio": Measure("Reading-time ratio", 0, _INF, _NAN, False, ("ratio of geometric means",), _BLAND),
}

METHOD_NAMES: dict[str, str] = {
    "wilson": "Wilson score",
    "clopper-pearson": "Clopper–Pearson",
    "modified-wilson": "modified Wilson",
    "wilson-hmisc": "Wilson score, modified as in Hmisc",
    "delong": "DeLong",
    "logit": "DeLong, logit scale",
    "bootstrap": "bootstrap",
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
}
"""Published names of methods, for sentences."""
