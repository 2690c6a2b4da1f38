"""Methods for ROC curves, means of readers and reading times."""

from __future__ import annotations

from readerstudy.report.technique import Method, each

_AVERAGED = ("auc", "sensitivity", "specificity", "accuracy")
_DIFFERENCES = ("auc_difference", "sensitivity_difference", "specificity_difference", "accuracy_difference")
_PARTIAL = ("partial_auc", "partial_auc_corrected")
_AT = ("sensitivity_at_specificity", "specificity_at_sensitivity")
_BEYOND = (*_PARTIAL, *_AT, *(f"{measure}_difference" for measure in (*_PARTIAL, *_AT)))
_SEVERAL = ("auc_hand_till", "auc_macro", "auc_micro")

_COMPONENTS = (
    "var_reader", "var_modality_reader", "var_error", "cov1", "cov2", "cov3", "var_case", "var_modality_case",
    "var_reader_case",
)  # fmt: skip
# How the covariances of the readers are estimated.
COVARIANCES = {
    "or-jackknife": ("covariances by the jackknife", ("obuchowski", "hillis")),
    "or-delong": ("covariances by the method of DeLong et al.", ("obuchowski", "hillis", "delong")),
    "or-unbiased": ("unbiased covariances", ("obuchowski", "hillis", "gallas")),
    "or-bootstrap": ("covariances by the bootstrap", ("obuchowski", "hillis", "bootstrap")),
    "or-influence": ("linearised covariances", ("obuchowski", "hillis")),
    "or-function": ("covariances by a function of the user's own", ("obuchowski", "hillis")),
    "or": ("no covariances, as cases are taken as fixed", ("obuchowski", "hillis")),
    "dbm": ("pseudovalues, in the form of Dorfman, Berbaum and Metz", ("dorfman-1992", "hillis")),
}
_ONE_SHOT = {
    "u-statistic": ("U-statistics, with the degrees of freedom of BDG", ("gallas",)),
    "v-statistic": ("V-statistics, with the degrees of freedom of BDG", ("gallas",)),
}

OF_CURVES = (
    *each(
        ("auc",),
        "The AUC is the empirical area under the ROC curve, ties counting one half;",
        {
            "delong": ("its interval is by the method of DeLong et al.", ("delong",)),
            "logit": ("its interval is made on the logit scale from DeLong's standard error", ("delong",)),
            "bootstrap": ("its interval is by the bootstrap", ("bootstrap",)),
            "bca": ("its interval is by the bias-corrected and accelerated bootstrap", ("bootstrap", "efron-1987")),
        },
    ),
    Method(
        ("auc",),
        "binormal",
        "The area under the binormal ROC curve is fitted by maximum likelihood",
        ("dorfman",),
    ),
    Method(
        ("binormal_a", "binormal_b"), "binormal", "The binormal curve is fitted by maximum likelihood", ("dorfman",)
    ),
    Method(
        ("auc_difference",),
        "delong",
        "AUCs of the same cases are compared by the test of DeLong et al., which takes their correlation into account",
        ("delong",),
    ),
    *each(
        ("auc_difference",),
        "Differences of AUCs have",
        {
            "bootstrap": ("intervals by the bootstrap of cases", ("bootstrap",)),
            "bca": ("intervals by the bias-corrected and accelerated bootstrap", ("bootstrap", "efron-1987")),
            "bootstrap-z": ("a z-test with the bootstrap's standard error", ("bootstrap",)),
        },
    ),
    Method(
        ("auc_difference", "auc"),
        "delong-chi2",
        "Several AUCs of the same cases are compared at once by the chi-squared test of DeLong et al.",
        ("delong",),
    ),
    Method(
        ("roc_difference",),
        "venkatraman",
        "Whole ROC curves are compared by the permutation test of Venkatraman and Begg",
        ("venkatraman",),
    ),
    *each(
        _BEYOND,
        "Partial areas and points of ROC curves have",
        {
            "bootstrap": ("intervals by the bootstrap", ("mcclish", "pepe", "bootstrap")),
            "bca": ("intervals by the bias-corrected and accelerated bootstrap", ("mcclish", "pepe", "efron-1987")),
            "bootstrap-z": ("z-tests with the bootstrap's standard error", ("pepe", "bootstrap")),
        },
    ),
    Method(("threshold",), "bootstrap", "Chosen thresholds have intervals by the bootstrap", ("bootstrap",)),
    Method(
        _SEVERAL,
        "bootstrap",
        "AUCs of several classes are averaged over the classes or their pairs, with intervals by the bootstrap",
        ("hand", "bootstrap"),
    ),
    *each(
        _AVERAGED,
        "The mean of a group of readers has its interval from the model of Obuchowski and Rockette for one modality, "
        "with Hillis's degrees of freedom and",
        COVARIANCES,
        ("",),
    ),
    *each(
        _DIFFERENCES,
        "A model is compared with the mean of a group of readers by the model of Obuchowski and Rockette, in which the "
        "model adds the variance of cases and none of readers, with",
        COVARIANCES,
        ("group", "reader"),
    ),
    *each(
        (*_DIFFERENCES, *_AVERAGED),
        "Modalities are compared over readers by the model of Obuchowski and Rockette, with Hillis's degrees of "
        "freedom and",
        COVARIANCES,
        ("modality",),
    ),
    *each(
        (*_DIFFERENCES, *_AVERAGED),
        "Means over readers and their differences have the one-shot variance of Gallas, for random readers and cases, "
        "by",
        _ONE_SHOT,
        ("", "modality", "group"),
    ),
    *each(
        (*_DIFFERENCES, *_AVERAGED),
        "All modalities are compared at once by",
        {
            "or-f": ("the F test of Obuchowski and Rockette", ("obuchowski", "hillis")),
            "or-chi2": ("the chi-squared test of Obuchowski and Rockette with readers fixed", ("obuchowski",)),
            "dbm-f": ("the F test of Dorfman, Berbaum and Metz", ("dorfman-1992", "hillis")),
        },
    ),
    *each(
        _COMPONENTS,
        "Variance components are those of the model of Obuchowski and Rockette, with",
        COVARIANCES,
        (None,),
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
)
