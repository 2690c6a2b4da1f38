"""Methods for several cases a patient, for samples that are not random, for subgroups and for sites."""

from __future__ import annotations

from readerstudy.report.technique import Method, each

_PROPORTIONS = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "proportion", "prevalence")
_DIFFERENCES = ("sensitivity_difference", "specificity_difference", "accuracy_difference", "proportion_difference")
_EVERYTHING = (
    *_PROPORTIONS,
    "auc",
    "plr",
    "nlr",
    "balanced_accuracy",
    "youden",
    "dor",
    "f1",
    "mcc",
    "kappa",
    "accuracy_at_prevalence",
)
_INTERACTIONS = ("interaction", "sensitivity_interaction", "specificity_interaction")
_CLUSTERED = "Cases of one patient are not independent:"

_OF_PATIENTS = (
    Method(
        (*_EVERYTHING, *_DIFFERENCES),
        "ratio-estimator*",
        f"{_CLUSTERED} intervals of proportions are by the ratio estimator, whose variance comes from the sums of "
        "patients ({way})",
        ("rao",),
    ),
    *each(
        _EVERYTHING,
        f"{_CLUSTERED} intervals of proportions are",
        {
            "korn-graubard": ("those of Korn and Graubard, exact with the effective number of cases", ("korn",)),
            "saha": ("score intervals with the design effect", ("rao",)),
            "saha-skewness": ("score intervals with the design effect, corrected for skewness", ("rao",)),
            "rao-scott-score": ("tested by the score test with the design effect", ("rao",)),
        },
    ),
    *each(
        ("auc", "auc_difference"),
        f"{_CLUSTERED} AUCs have",
        {
            "obuchowski": ("Obuchowski's standard errors for clustered data", ("obuchowski-1997",)),
            "obuchowski-logit": (
                "Obuchowski's standard errors for clustered data, on the logit scale",
                ("obuchowski-1997",),
            ),
        },
    ),
    *each(
        (*_EVERYTHING, *_DIFFERENCES, "auc_difference", "net_benefit", "net_benefit_difference"),
        f"{_CLUSTERED} the bootstrap draws",
        {
            "cluster-bootstrap": ("patients with all their cases", ("bootstrap",)),
            "cluster-bca": (
                "patients with all their cases, bias-corrected and accelerated",
                ("bootstrap", "efron-1987"),
            ),
            "cluster-bootstrap-z": ("patients with all their cases for the standard error of a z-test", ("bootstrap",)),
        },
    ),
    *each(
        _DIFFERENCES,
        f"{_CLUSTERED} paired calls are compared by",
        {
            f"{begins}{name}": (f"McNemar's test in the version of {whom}", (reference,))
            for begins in ("", "mcnemar-")
            for name, whom, reference in (
                ("obuchowski", "Obuchowski", "obuchowski-1998"),
                ("durkalski", "Durkalski and others", "durkalski"),
                ("yang", "Yang and others", "yang"),
                ("eliasziw-donner", "Eliasziw and Donner", "eliasziw"),
            )
        },
    ),
)
_OF_SESSIONS = each(
    ("modality_effect", "period_effect", "carry_over", "first_period_difference"),
    "Modality, session and carry-over of a cross-over are told apart by",
    {
        "student-t": ("Student's t of sums and differences of the two sessions", ("jones", "student")),
        "welch-t": ("Welch's t of sums and differences of the two sessions", ("jones", "welch")),
    },
)
_OF_SAMPLES = (
    Method(
        (*_PROPORTIONS, "auc"),
        "begg-greenes*",
        "Numbers corrected for verification bias follow Begg and Greenes ({way})",
        ("begg", "zhou"),
    ),
    Method(
        ("auc",),
        "inverse-probability*",
        "AUCs corrected for verification bias weight each verified case by the inverse of its chance to be verified "
        "({way})",
        ("begg",),
    ),
    *each(
        (*_PROPORTIONS, "auc"),
        "Weighted numbers count each case by the inverse of its chance to be sampled, with",
        {
            "weighted": ("linearised standard errors", ("rao", "korn")),
            "weighted-logit": ("linearised standard errors on the logit scale", ("rao", "korn")),
            "weighted-wald": ("linearised standard errors", ("rao", "korn")),
            "weighted-asin": ("linearised standard errors on the arcsine scale", ("rao", "korn")),
            "weighted-beta": ("exact limits of the effective number of cases", ("korn",)),
        },
    ),
    Method(("auc",), "weighted*", "Weighted AUCs weight both cases of a pair", ("yao",)),
)
_OF_SUBGROUPS = (
    *each(
        _DIFFERENCES,
        "In subgroups, the difference of a model and readers is a mean over",
        {
            "student-t": ("cases, with Student's interval", ("student",)),
            "cluster-t": ("cases, its variance from the sums of patients, with Student's interval", ("liang",)),
            "cluster-robust": (
                "cases, its variance from the sums of patients, with Student's interval",
                ("liang", "pustejovsky"),
            ),
        },
        ("reader", "group"),
    ),
    *each(
        _INTERACTIONS,
        "Whether the difference of a model and readers is the same in every level of a subgroup is",
        {
            "hotelling-wald": (
                "an F test with cluster-robust variances and the degrees of freedom of Pustejovsky and Tipton",
                ("altman-2003", "pustejovsky"),
            ),
            "cluster-robust": ("a test with cluster-robust variances", ("altman-2003", "liang")),
            "wald": ("Wald's test", ("altman-2003",)),
        },
    ),
    *each(
        ("heterogeneity", "cochran_q", "i2", "between_site_variance"),
        "Sites are compared by",
        {
            "cochran-q": ("Cochran's Q", ("cochran-1954",)),
            "higgins-thompson": ("I², with the interval of Higgins and Thompson", ("higgins",)),
            "dersimonian-laird": ("the variance between them, by DerSimonian and Laird", ("dersimonian",)),
        },
    ),
)

OF_DESIGNS = (*_OF_PATIENTS, *_OF_SESSIONS, *_OF_SAMPLES, *_OF_SUBGROUPS)
