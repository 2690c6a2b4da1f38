"""Which method a record stands for, in sentences. Facts only; `methods` writes them up."""

from __future__ import annotations

from typing import NamedTuple


class Method(NamedTuple):
    """One method: the measures it is told for, its sentence, and the keys of its references.

    `versus_kind` is set where one name means another method in another comparison.
    """

    measures: tuple[str, ...]
    name: str
    sentence: str
    references: tuple[str, ...]
    versus_kind: str | None = None


_PROPORTIONS = ("sensitivity", "specificity", "ppv", "npv", "accuracy")
_DIFFERENCES = ("sensitivity_difference", "specificity_difference", "accuracy_difference")
_OF_PROPORTIONS = "Confidence intervals of sensitivity, specificity, predictive values and accuracy are"
_AVERAGED = ("auc", "sensitivity", "specificity", "accuracy")
_OF_PAIRED = "The interval of a difference of paired proportions is"
_PUBLISHED = (
    "In the section “As published”, and nowhere else, a model is compared with a group of readers as if their calls "
    "were of different cases, by"
)
_OF_KAPPA = "its interval is from the large-sample standard error, its test from that under chance agreement"

METHODS: tuple[Method, ...] = (
    Method(_PROPORTIONS, "clopper-pearson", f"{_OF_PROPORTIONS} exact (Clopper–Pearson)", ("clopper-pearson",)),
    Method(_PROPORTIONS, "wilson", f"{_OF_PROPORTIONS} Wilson score intervals", ("wilson",)),
    Method(
        _PROPORTIONS,
        "modified-wilson",
        f"{_OF_PROPORTIONS} modified Wilson score intervals, with Poisson limits near 0 and 1",
        ("wilson", "brown"),
    ),
    Method(
        _PROPORTIONS,
        "wilson-hmisc",
        f"{_OF_PROPORTIONS} Wilson score intervals, modified at one event and at one non-event",
        ("wilson", "brown"),
    ),
    Method(("plr", "nlr"), "log", "Intervals of likelihood ratios are made on the log scale", ("simel",)),
    Method(
        ("auc",),
        "delong",
        "The AUC is the empirical area under the ROC curve, ties counting one half; its interval is by the method of "
        "DeLong et al.",
        ("delong",),
    ),
    Method(
        ("auc",),
        "logit",
        "The AUC is the empirical area under the ROC curve, ties counting one half; its interval is made on the logit "
        "scale from DeLong's standard error",
        ("delong",),
    ),
    Method(
        ("auc",),
        "bootstrap",
        "The AUC is the empirical area under the ROC curve, ties counting one half; its interval is by the bootstrap",
        ("bootstrap",),
    ),
    Method(
        ("auc",),
        "bca",
        "The AUC is the empirical area under the ROC curve, ties counting one half; its interval is by the "
        "bias-corrected and accelerated bootstrap",
        ("bootstrap",),
    ),
    Method(
        ("auc_difference",),
        "delong",
        "AUCs of the same cases are compared by the test of DeLong et al., which takes their correlation into account",
        ("delong",),
    ),
    Method(
        _AVERAGED,
        "or-jackknife",
        "The mean of a group of readers has its interval from the model of Obuchowski and Rockette for one modality, "
        "with jackknife covariances and Hillis's degrees of freedom",
        ("obuchowski", "hillis"),
    ),
    Method(_DIFFERENCES, "tango", f"{_OF_PAIRED} Tango's score interval", ("tango",), "reader"),
    Method(_DIFFERENCES, "newcombe", f"{_OF_PAIRED} Newcombe's for paired proportions", ("newcombe-paired",), "reader"),
    Method(_DIFFERENCES, "bonett-price", f"{_OF_PAIRED} that of Bonett and Price", ("bonett",), "reader"),
    Method(_DIFFERENCES, "agresti-min", f"{_OF_PAIRED} that of Agresti and Min", ("agresti-min",), "reader"),
    Method(_DIFFERENCES, "wald", f"{_OF_PAIRED} Wald's", (), "reader"),
    Method(_DIFFERENCES, "mcnemar-exact", "Paired calls are compared by the exact McNemar test", ("mcnemar",)),
    Method(
        _DIFFERENCES, "mcnemar-mid-p", "Paired calls are compared by the mid-P McNemar test", ("mcnemar", "fagerland")
    ),
    Method(_DIFFERENCES, "mcnemar-chi2", "Paired calls are compared by McNemar's chi-squared test", ("mcnemar",)),
    Method(
        _DIFFERENCES,
        "mcnemar-chi2-cc",
        "Paired calls are compared by McNemar's chi-squared test with continuity correction",
        ("mcnemar",),
    ),
    Method(
        ("accuracy_difference",),
        "newcombe",
        "The interval of a difference between subgroups of cases is Newcombe's for independent proportions, from "
        "Wilson limits",
        ("newcombe-independent",),
        "subgroup",
    ),
    Method(
        ("accuracy_difference",),
        "fisher",
        "Subgroups of cases are compared by Fisher's exact test",
        ("fisher",),
        "subgroup",
    ),
    Method(
        ("accuracy_difference",),
        "chi2",
        "Subgroups of cases are compared by Pearson's chi-squared test",
        ("pearson",),
        "subgroup",
    ),
    Method(
        ("accuracy_difference",),
        "chi2-cc",
        "Subgroups of cases are compared by Pearson's chi-squared test with Yates's correction",
        ("pearson", "yates"),
        "subgroup",
    ),
    Method(("accuracy_difference",), "fisher", f"{_PUBLISHED} Fisher's exact test", ("fisher",), "group"),
    Method(("accuracy_difference",), "chi2", f"{_PUBLISHED} Pearson's chi-squared test", ("pearson",), "group"),
    Method(
        ("accuracy_difference",),
        "chi2-cc",
        f"{_PUBLISHED} Pearson's chi-squared test with Yates's correction",
        ("pearson", "yates"),
        "group",
    ),
    Method(
        ("time_ratio",),
        "paired-t",
        "Reading times are compared by the ratio of their geometric means, with Student's paired t on logarithms",
        ("bland", "student"),
    ),
    Method(
        ("time_ratio",),
        "or-jackknife",
        "Reading times are compared by the ratio of their geometric means, with the model of Obuchowski and Rockette "
        "on logarithms",
        ("bland", "obuchowski", "hillis"),
    ),
    Method(("kappa",), "cohen", f"Agreement is Cohen's kappa, unweighted; {_OF_KAPPA}", ("cohen", "fleiss-1969")),
    Method(
        ("kappa",),
        "cohen-linear",
        f"Agreement is Cohen's kappa with linear weights; {_OF_KAPPA}",
        ("cohen", "cohen-1968", "fleiss-1969"),
    ),
    Method(
        ("kappa",),
        "cohen-quadratic",
        f"Agreement is Cohen's kappa with quadratic weights; {_OF_KAPPA}",
        ("cohen", "cohen-1968", "fleiss-1969"),
    ),
)
