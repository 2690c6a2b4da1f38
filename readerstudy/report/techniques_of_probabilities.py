"""Methods for calibration, net benefit and reclassification."""

from __future__ import annotations

from readerstudy.report.technique import Method, each

_SMOOTH = ("ici", "e50", "e90")
_NET = ("net_benefit", "net_benefit_treat_all", "net_benefit_difference")

OF_PROBABILITIES = (
    Method(
        ("calibration_in_the_large", "calibration_slope"),
        "wald",
        "Calibration in the large and the calibration slope are coefficients of the logistic regression of the truth "
        "on the logit of the probabilities, with Wald's intervals and tests of 0 and of 1",
        ("cox",),
    ),
    Method(
        ("observed_expected",),
        "log",
        "The ratio of observed to expected positive cases has an interval on the log scale",
        ("debray",),
    ),
    Method(
        _SMOOTH,
        "restricted-cubic-spline",
        "ICI, E50 and E90 are the mean, median and 90th percentile of the distance between each probability and a "
        "smooth calibration curve, a logistic regression on a restricted cubic spline of the logit with four knots",
        ("austin",),
    ),
    *each(
        ("ece",),
        "The expected calibration error is taken over",
        {
            "equal-width": ("groups of equal width of the probability", ("kumar",)),
            "equal-mass": ("groups of equally many cases", ("kumar",)),
            "equal-width-debiased": ("groups of equal width, freed of the bias of small groups", ("kumar",)),
            "equal-mass-debiased": ("groups of equally many cases, freed of the bias of small groups", ("kumar",)),
        },
    ),
    Method(
        ("brier", "brier_scaled", "multiclass_brier"),
        "wald",
        "The Brier score, the mean squared distance of the probabilities from the truth, has Wald's interval; the "
        "scaled score is one minus its ratio to that of the prevalence alone",
        ("brier",),
    ),
    Method(
        ("brier_miscalibration", "brier_discrimination", "brier_uncertainty"),
        "isotonic",
        "The Brier score is split into miscalibration, discrimination and uncertainty by isotonic regression",
        ("dimitriadis",),
    ),
    *each(
        ("brier_difference", "ici_difference"),
        "Calibration of two models on the same cases is compared by",
        {
            "paired-t": ("Student's paired t of the squared errors", ("brier", "student")),
            "cluster-robust": ("the mean difference of squared errors with cluster-robust errors", ("brier", "liang")),
            "bootstrap": ("the bootstrap of cases", ("austin", "bootstrap")),
            "cluster-bootstrap": ("the bootstrap of patients", ("austin", "bootstrap")),
        },
    ),
    Method(("log_loss",), "wald", "The log loss has Wald's interval", ("good",)),
    Method(
        ("hosmer_lemeshow",),
        "hosmer-lemeshow",
        "The test of Hosmer and Lemeshow is over groups of equally many cases, with as many degrees of freedom as "
        "groups, since the probabilities were not fitted on these cases",
        ("hosmer",),
    ),
    Method(
        ("spiegelhalter",),
        "spiegelhalter",
        "Spiegelhalter's test asks whether the Brier score is what calibrated probabilities would give",
        ("spiegelhalter",),
    ),
    Method(
        _NET,
        "bootstrap",
        "Net benefit counts true positives less false positives at the odds of the threshold probability, as shares of "
        "all cases; its intervals are by the bootstrap of cases",
        ("vickers", "vickers-2008", "bootstrap"),
    ),
    Method(_NET, "wald", "Differences in net benefit are tested by Wald's test", ("vickers",)),
    *each(
        ("nri", "nri_events", "nri_non_events"),
        "Net reclassification improvement has",
        {
            "wald": ("Wald's interval and test", ("pencina",)),
            "bootstrap": ("an interval by the bootstrap", ("pencina",)),
            "pencina": ("the test of Pencina and others, under no change", ("pencina",)),
            "mover-*": ("an interval made from those of its two parts ({way})", ("pencina", "zou")),
        },
    ),
    Method(
        ("beneficial_change", "harmful_change"),
        "clopper-pearson",
        "Shares of cases that moved to their own side or away from it have exact intervals",
        ("clopper-pearson",),
    ),
)
