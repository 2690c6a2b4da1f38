"""Methods for proportions, likelihood ratios, indices and predictive values, and for comparing them."""

from __future__ import annotations

from readerstudy.report.technique import Method, each

_PROPORTIONS = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "proportion", "prevalence")
_DIFFERENCES = ("sensitivity_difference", "specificity_difference", "accuracy_difference", "proportion_difference")
_PAIRED_DIFFERENCES = (*_DIFFERENCES, "nri_events", "nri_non_events", "net_change")
_PUBLISHED = (
    "In the section “As published”, and nowhere else, a model is compared with a group of readers as if their calls "
    "were of different cases, by"
)
_AVERAGED = tuple(
    f"{average}_{measure}"
    for average in ("macro", "weighted", "micro")
    for measure in ("sensitivity", "specificity", "ppv", "npv", "f1")
)
# Comparisons of the same cases.
_SAME_CASES = ("reader", "modality")

_ONE = each(
    _PROPORTIONS,
    "Confidence intervals of sensitivity, specificity, predictive values and accuracy are",
    {
        "clopper-pearson": ("exact (Clopper–Pearson)", ("clopper-pearson",)),
        "wilson": ("Wilson score intervals", ("wilson",)),
        "modified-wilson": (
            "modified Wilson score intervals, with Poisson limits near 0 and 1",
            ("wilson", "brown"),
        ),
        "wilson-hmisc": (
            "Wilson score intervals, modified at one event and at one non-event",
            ("wilson", "brown"),
        ),
        "wilson-cc": ("Wilson score intervals with continuity correction", ("wilson", "newcombe-single")),
        "agresti-coull": ("those of Agresti and Coull", ("agresti-coull",)),
        "jeffreys": ("Bayesian with the prior of Jeffreys", ("brown",)),
        "mid-p": ("exact with the mid-P", ("newcombe-single",)),
        "blaker": ("exact by Blaker's method", ("blaker",)),
    },
)
_GOALS = each(
    _PROPORTIONS,
    "A proportion is held against a goal by",
    {
        "exact-binomial": ("the exact binomial test", ("clopper-pearson",)),
        "score": ("the score test", ("wilson",)),
        "mid-p-binomial": ("the binomial test with the mid-P", ("newcombe-single",)),
        "blaker": ("Blaker's test", ("blaker",)),
    },
)
_RATIOS = (
    *each(
        ("plr", "nlr"),
        "Intervals of likelihood ratios are",
        {"log": ("made on the log scale", ("simel",)), "koopman": ("Koopman's score intervals", ("koopman",))},
    ),
    Method(
        ("plr_ratio", "nlr_ratio"),
        "log",
        "Likelihood ratios of the same cases are compared by their ratio, with an interval on the log scale",
        ("gu",),
    ),
    Method(("plr_ratio", "nlr_ratio"), "gu-pepe", "The test of such a ratio is that of Gu and Pepe", ("gu",)),
)
_INDICES = (
    *each(
        ("balanced_accuracy", "youden"),
        "Intervals of balanced accuracy and of Youden's index",
        {
            "newcombe": (
                "square and add the Wilson limits of the classes",
                ("brodersen", "youden", "newcombe-independent"),
            ),
            "wald": ("are Wald's", ("brodersen", "youden")),
        },
    ),
    *each(
        ("dor",),
        "The interval of the diagnostic odds ratio is made on the log scale",
        {
            "log": ("from the four counts", ("glas",)),
            "haldane": ("with half a case added to each count", ("glas", "haldane")),
        },
    ),
    *each(
        ("f1",),
        "F1 has the interval that follows from that of the share of true positives among all cases but the true "
        "negatives,",
        {
            "wilson": ("a Wilson score interval", ("wilson",)),
            "clopper-pearson": ("exact (Clopper–Pearson)", ("clopper-pearson",)),
            "wilson-cc": ("a Wilson score interval with continuity correction", ("newcombe-single",)),
            "modified-wilson": ("a modified Wilson score interval", ("brown",)),
            "wilson-hmisc": ("a modified Wilson score interval", ("brown",)),
            "agresti-coull": ("that of Agresti and Coull", ("agresti-coull",)),
            "jeffreys": ("Bayesian with the prior of Jeffreys", ("brown",)),
            "mid-p": ("exact with the mid-P", ("newcombe-single",)),
            "blaker": ("exact by Blaker's method", ("blaker",)),
        },
    ),
    *each(
        ("mcc",),
        "Matthews' correlation coefficient has an interval",
        {"fisher-z": ("on the scale of Fisher's z", ("matthews",)), "wald": ("by the delta method", ("matthews",))},
    ),
    *each(
        _AVERAGED,
        "Averages over classes have intervals by",
        {
            "delta": ("the delta method", ("sokolova",)),
            "delta-logit": ("the delta method on the logit scale", ("sokolova",)),
            "wilson": ("Wilson's score, where they are proportions of all calls", ("sokolova", "wilson")),
        },
    ),
)
_AT_PREVALENCE = (
    Method(
        ("ppv_at_prevalence", "npv_at_prevalence"),
        "mercaldo",
        "Predictive values at the target prevalence follow from sensitivity and specificity by Bayes' theorem; their "
        "intervals are made on the logit scale",
        ("mercaldo",),
    ),
    Method(
        ("accuracy_at_prevalence", "net_benefit"),
        "mover-*",
        "Accuracy and net benefit at the target prevalence weight sensitivity and specificity by it; their intervals "
        "combine those of the two ({way})",
        ("zou",),
    ),
    Method(
        ("accuracy_at_prevalence",),
        "wald",
        "Accuracy at the target prevalence weights sensitivity and specificity by it, with Wald's interval",
        (),
    ),
)
_PAIRED = (
    *each(
        _PAIRED_DIFFERENCES,
        "The interval of a difference of paired proportions is",
        {
            "tango": ("Tango's score interval", ("tango",)),
            "newcombe": ("Newcombe's for paired proportions", ("newcombe-paired",)),
            "newcombe-cc": ("Newcombe's for paired proportions, continuity-corrected", ("newcombe-paired",)),
            "bonett-price": ("that of Bonett and Price", ("bonett",)),
            "agresti-min": ("that of Agresti and Min", ("agresti-min",)),
            "wald": ("Wald's", ()),
        },
        _SAME_CASES,
    ),
    *each(
        _PAIRED_DIFFERENCES,
        "Paired calls are compared by",
        {
            "mcnemar-exact": ("the exact McNemar test", ("mcnemar",)),
            "mcnemar-mid-p": ("the mid-P McNemar test", ("mcnemar", "fagerland")),
            "mcnemar-chi2": ("McNemar's chi-squared test", ("mcnemar",)),
            "mcnemar-chi2-cc": ("McNemar's chi-squared test with continuity correction", ("mcnemar",)),
        },
    ),
    Method(
        _PAIRED_DIFFERENCES,
        "tango-score",
        "Paired proportions are held against a margin by Tango's score test",
        ("tango",),
    ),
    *each(
        ("proportion_ratio",),
        "The ratio of paired proportions has",
        {
            "tang": ("the score interval of Tang and others", ("tang",)),
            "tang-score": ("the score test of Tang and others", ("tang",)),
            "wald": ("Wald's interval on the log scale", ()),
        },
    ),
    Method(
        ("sensitivity_and_specificity",),
        "lachenbruch-lynch",
        "Sensitivity and specificity are compared together by the chi-squared test of Lachenbruch and Lynch",
        ("lachenbruch",),
    ),
)
_PREDICTIVE = (
    Method(
        ("ppv_difference", "npv_difference"),
        "wald",
        "Differences of predictive values of the same cases have Wald's interval, which takes their correlation into "
        "account",
        ("moskowitz",),
    ),
    Method(
        ("ppv_ratio", "npv_ratio"),
        "log",
        "Ratios of predictive values have an interval on the log scale",
        ("moskowitz",),
    ),
    *each(
        ("ppv_difference", "npv_difference", "ppv_ratio", "npv_ratio"),
        "Predictive values are compared by",
        {
            "weighted-score": ("Kosinski's weighted score test", ("kosinski",)),
            "leisenring-score": ("the score test of Leisenring and others", ("leisenring",)),
            "moskowitz-pepe": ("the test of Moskowitz and Pepe", ("moskowitz",)),
        },
    ),
)
_INDEPENDENT = (
    *each(
        _DIFFERENCES,
        "The interval of a difference between subgroups of cases is",
        {
            "newcombe": ("Newcombe's for independent proportions, from Wilson limits", ("newcombe-independent",)),
            "newcombe-cc": ("Newcombe's for independent proportions, continuity-corrected", ("newcombe-independent",)),
            "miettinen-nurminen": ("the score interval of Miettinen and Nurminen", ("miettinen",)),
            "mee": ("Mee's score interval", ("newcombe-independent",)),
            "agresti-caffo": ("that of Agresti and Caffo", ("agresti-caffo",)),
            "brown-li-jeffreys": ("that of Brown and Li with the prior of Jeffreys", ("newcombe-independent",)),
            "jeffreys-perks": ("Beal's with the prior of Jeffreys and Perks", ("newcombe-independent",)),
            "hauck-anderson": ("that of Hauck and Anderson", ("newcombe-independent",)),
            "wald": ("Wald's", ()),
            "wald-cc": ("Wald's, continuity-corrected", ()),
        },
        ("subgroup",),
    ),
    *each(
        _DIFFERENCES,
        "Subgroups of cases are compared by",
        {
            "fisher": ("Fisher's exact test", ("fisher",)),
            "chi2": ("Pearson's chi-squared test", ("pearson",)),
            "chi2-cc": ("Pearson's chi-squared test with Yates's correction", ("pearson", "yates")),
        },
        ("subgroup",),
    ),
    *each(
        ("accuracy_difference",),
        _PUBLISHED,
        {
            "fisher": ("Fisher's exact test", ("fisher",)),
            "chi2": ("Pearson's chi-squared test", ("pearson",)),
            "chi2-cc": ("Pearson's chi-squared test with Yates's correction", ("pearson", "yates")),
        },
        ("group",),
    ),
    *each(
        ("proportion_ratio",),
        "The ratio of independent proportions has",
        {
            "koopman": ("Koopman's score interval", ("koopman",)),
            "miettinen-nurminen": ("the score interval of Miettinen and Nurminen", ("miettinen",)),
            "log": ("an interval on the log scale", ("koopman",)),
            "adjusted-log": ("an interval on the log scale, half a case added", ("koopman",)),
            "bailey": ("Bailey's interval", ("koopman",)),
            "inverse-sinh": ("an interval by the inverse hyperbolic sine", ("koopman",)),
            "noether": ("Noether's interval", ("koopman",)),
        },
        (None, "subgroup"),
    ),
)

OF_RATES = (*_ONE, *_GOALS, *_RATIOS, *_INDICES, *_AT_PREVALENCE, *_PAIRED, *_PREDICTIVE, *_INDEPENDENT)
