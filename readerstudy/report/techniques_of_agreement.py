"""Methods for agreement: of two, of many, and of one reader with themselves."""

from __future__ import annotations

from readerstudy.report.technique import Method, each

_WEIGHTS = {"": "", "-linear": " with linear weights", "-quadratic": " with quadratic weights"}
_ALL_WEIGHTS = {**_WEIGHTS, "-ordinal": " with ordinal weights"}
_OF_KAPPA = "its interval is from the large-sample standard error, its test from that under chance agreement"
_GWET = "with standard errors over cases and Student's t as given by Gwet"
_COEFFICIENTS = {
    ("fleiss_kappa",): ("Agreement among several readers is Fleiss' kappa", ("fleiss-1971", "gwet")),
    ("conger_kappa",): ("Conger's kappa takes each reader's own rates of the categories", ("conger", "gwet")),
    ("gwet_ac1", "gwet_ac2"): ("Gwet's coefficient is given beside them", ("gwet",)),
    ("brennan_prediger",): ("The coefficient of Brennan and Prediger is given", ("brennan", "gwet")),
    ("pairwise_agreement",): ("Observed agreement is the share of pairs of reads that agree", ("gwet",)),
}
_METRICS = ("nominal", "ordinal", "interval", "ratio")
_ICC = {
    "icc1": "ICC(1), of reads by readers who differ from case to case,",
    "icc2": "ICC(2), of absolute agreement with readers taken as random,",
    "icc3": "ICC(3), of consistency with readers taken as fixed,",
}
_UNITS = {"single": "one reader", "average": "the mean of the readers"}

OF_AGREEMENT = (
    Method(("kappa",), "cohen", f"Agreement is Cohen's kappa, unweighted; {_OF_KAPPA}", ("cohen", "fleiss-1969")),
    *(
        Method(
            ("kappa",),
            f"cohen{name}",
            f"Agreement is Cohen's kappa{said}; {_OF_KAPPA}",
            ("cohen", "cohen-1968", "fleiss-1969"),
        )
        for name, said in _WEIGHTS.items()
        if name
    ),
    *(
        Method(measures, f"gwet{name}", f"{opening}{said}, {_GWET}", references)
        for measures, (opening, references) in _COEFFICIENTS.items()
        for name, said in _ALL_WEIGHTS.items()
    ),
    Method(
        ("fleiss_kappa",),
        "fleiss-null-variance",
        "Fleiss' kappa is tested with its variance under chance agreement",
        ("fleiss-1979",),
    ),
    *(
        Method(
            ("light_kappa",),
            f"{family}{name}",
            f"Light's kappa is the mean of Cohen's kappas of all pairs of readers{said}",
            ("light",),
        )
        for family in ("gwet", "cohen", "light", "bootstrap", "delta")
        for name, said in _ALL_WEIGHTS.items()
    ),
    *(
        Method(
            ("krippendorff_alpha",),
            f"krippendorff-{metric}",
            f"Krippendorff's alpha has the {metric} metric, with standard errors over cases as given by Gwet",
            ("krippendorff", "gwet"),
        )
        for metric in _METRICS
    ),
    *each(
        ("unanimous_agreement", "specific_agreement"),
        "Shares of cases on which readers agree have",
        {
            "wilson": ("Wilson score intervals", ("wilson",)),
            "clopper-pearson": ("exact intervals (Clopper–Pearson)", ("clopper-pearson",)),
            "delta": ("intervals by the delta method", ("cicchetti",)),
        },
    ),
    *(
        Method(
            ("icc", "icc_average"),
            f"{model}-{unit}",
            f"{said} is that of {whom}, from the analysis of variance, with an interval by F",
            ("shrout", "mcgraw"),
        )
        for model, said in _ICC.items()
        for unit, whom in _UNITS.items()
    ),
    *each(
        ("icc", "icc_average"),
        "An intraclass correlation is tested by F,",
        {"f-upper": ("one-sided", ("mcgraw",)), "f-lower": ("one-sided to the other side", ("mcgraw",))},
    ),
    *(
        Method(
            ("kappa_difference",),
            f"delta{name}",
            f"Kappas of the same cases{said} are compared by the delta method, their correlation taken into account",
            ("barnhart",),
        )
        for name, said in _ALL_WEIGHTS.items()
    ),
    Method(("kappa_maximum",), "cohen", "The greatest possible kappa is that of the readers' own rates", ("cohen",)),
    Method(
        ("prevalence_index", "bias_index"),
        "byrt",
        "The indices of prevalence and bias of a pair of readers are those of Byrt, Bishop and Carlin",
        ("byrt",),
    ),
    Method(
        ("pabak",),
        "wilson",
        "Prevalence- and bias-adjusted kappa has the interval that follows from Wilson's of the observed agreement",
        ("byrt", "wilson"),
    ),
    Method(
        ("mean_difference",), "student-t", "Readers' numbers differ by a mean with Student's interval", ("bland-1986",)
    ),
    *(
        Method(
            ("kappa",),
            f"yang-zhou{name}",
            f"Cases of one patient are not independent: Cohen's kappa{said} has the interval of Yang and Zhou",
            ("cohen", "yang-zhou"),
        )
        for name, said in _WEIGHTS.items()
    ),
    Method(
        ("kappa",),
        "rao-scott-null-variance",
        "Cases of one patient are not independent: Cohen's kappa is tested with its variance under chance and the "
        "design effect",
        ("rao",),
    ),
    Method(
        ("within_reader_sd", "repeatability_coefficient"),
        "chi2-sd",
        "The standard deviation of repeated reads of one reader has the interval from the chi-squared distribution",
        ("bland-1996",),
    ),
    *each(
        ("lower_limit_of_agreement", "upper_limit_of_agreement"),
        "Limits of agreement have",
        {
            "bland-altman": ("the intervals of Bland and Altman", ("bland-1986",)),
            "carkeet": ("Carkeet's exact intervals", ("bland-1986", "carkeet")),
        },
    ),
    Method(("symmetry",), "bowker", "Whether disagreement has a direction is Bowker's test", ("bowker",)),
    Method(
        ("marginal_homogeneity",),
        "stuart-maxwell",
        "Whether two readers call the classes equally often is the test of Stuart and Maxwell",
        ("stuart", "maxwell"),
    ),
    Method(
        ("homogeneity_of_readers",),
        "cochran-q",
        "Whether readers call positive equally often is Cochran's Q test",
        ("cochran-1950",),
    ),
)
