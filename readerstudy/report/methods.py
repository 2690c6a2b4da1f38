"""Which methods were run, in sentences, with the papers they come from. Facts only; `account` writes them up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.report.document import Block, Listing, Paragraph, Span, paragraph
from readerstudy.results import Results

REFERENCES: dict[str, tuple[str, str]] = {
    "clopper-pearson": (
        "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the binomial. "
        "Biometrika 1934;26(4):404–413.",
        "10.1093/biomet/26.4.404",
    ),
    "wilson": (
        "Wilson EB. Probable inference, the law of succession, and statistical inference. "
        "Journal of the American Statistical Association 1927;22(158):209–212.",
        "10.1080/01621459.1927.10502953",
    ),
    "brown": (
        "Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. "
        "Statistical Science 2001;16(2):101–133.",
        "10.1214/ss/1009213286",
    ),
    "delong": (
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated receiver operating "
        "characteristic curves: a nonparametric approach. Biometrics 1988;44(3):837–845.",
        "10.2307/2531595",
    ),
    "newcombe-2006": (
        "Newcombe RG. Confidence intervals for an effect size measure based on the Mann–Whitney statistic. Part 2: "
        "asymptotic methods and evaluation. Statistics in Medicine 2006;25(4):559–573.",
        "10.1002/sim.2324",
    ),
    "bootstrap": (
        "Efron B, Tibshirani R. Bootstrap methods for standard errors, confidence intervals, and other measures of "
        "statistical accuracy. Statistical Science 1986;1(1):54–75.",
        "10.1214/ss/1177013815",
    ),
    "simel": (
        "Simel DL, Samsa GP, Matchar DB. Likelihood ratios with confidence: sample size estimation for diagnostic test "
        "studies. Journal of Clinical Epidemiology 1991;44(8):763–770.",
        "10.1016/0895-4356(91)90128-V",
    ),
    "mcnemar": (
        "McNemar Q. Note on the sampling error of the difference between correlated proportions or percentages. "
        "Psychometrika 1947;12(2):153–157.",
        "10.1007/BF02295996",
    ),
    "tango": (
        "Tango T. Equivalence test and confidence interval for the difference in proportions for the paired-sample "
        "design. Statistics in Medicine 1998;17(8):891–908.",
        "10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B",
    ),
    "cohen": (
        "Cohen J. A coefficient of agreement for nominal scales. Educational and Psychological Measurement "
        "1960;20(1):37–46.",
        "10.1177/001316446002000104",
    ),
    "cohen-1968": (
        "Cohen J. Weighted kappa: nominal scale agreement provision for scaled disagreement or partial credit. "
        "Psychological Bulletin 1968;70(4):213–220.",
        "10.1037/h0026256",
    ),
    "fleiss-1969": (
        "Fleiss JL, Cohen J, Everitt BS. Large sample standard errors of kappa and weighted kappa. "
        "Psychological Bulletin 1969;72(5):323–327.",
        "10.1037/h0028106",
    ),
}


class Method(NamedTuple):
    """One method: the measures it is told for, its sentence, and the keys of its references."""

    measures: tuple[str, ...]
    name: str
    sentence: str
    references: tuple[str, ...]


_PROPORTIONS = ("sensitivity", "specificity", "ppv", "npv", "accuracy")
_DIFFERENCES = ("sensitivity_difference", "specificity_difference", "accuracy_difference")
_OF_PROPORTIONS = "Confidence intervals of sensitivity, specificity, predictive values and accuracy are"
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
        ("auc_difference",),
        "delong",
        "AUCs of the same cases are compared by the test of DeLong et al., which takes their correlation into account",
        ("delong",),
    ),
    Method(
        _DIFFERENCES,
        "tango",
        "The interval of a difference of paired proportions is Tango's score interval",
        ("tango",),
    ),
    Method(_DIFFERENCES, "mcnemar-exact", "Paired calls are compared by the exact McNemar test", ("mcnemar",)),
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


class _Citations:
    """Numbers the references in the order in which they are cited."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def cite(self, keys: Iterable[str]) -> str:
        numbers = []
        for key in keys:
            if key not in self.keys:
                self.keys.append(key)
            numbers.append(self.keys.index(key) + 1)
        return f" [{', '.join(map(str, numbers))}]" if numbers else ""

    def listing(self) -> Listing:
        return Listing(items=tuple(_reference(key) for key in self.keys), kind="references")


def _reference(key: str) -> Paragraph:
    citation, doi = REFERENCES[key]
    return paragraph(citation + " ", Span(text=doi, kind="doi"))


def account(results: Results) -> tuple[Block, ...]:
    """The statistical analysis as it was run, and the references to it."""
    used = _used(results.estimates)
    citations = _Citations()
    sentences = [
        f"{method.sentence}{citations.cite(method.references)}."
        for method in METHODS
        if any((measure, method.name) in used for measure in method.measures)
    ]
    if any("newcombe" in (e.note or "").lower() for e in results.estimates):
        sentences.append(
            "Where the empirical AUC has no variance, as the note at the number says, its interval is Newcombe's"
            f"{citations.cite(['newcombe-2006'])}."
        )
    blocks: list[Block] = [paragraph(" ".join(sentences)), paragraph(" ".join(_conventions(results)))]
    software = _software(results)
    if software:
        blocks.append(paragraph(software))
    if citations.keys:
        blocks.append(citations.listing())
    return tuple(blocks)


def _used(estimates: Iterable[Estimate]) -> set[tuple[str, str | None]]:
    """Every pair of measure and method, of the interval or of the test."""
    pairs: set[tuple[str, str | None]] = set()
    for e in estimates:
        pairs.add((e.measure, e.method))
        pairs.add((e.measure, e.test_method))
    return pairs


def _conventions(results: Results) -> list[str]:
    study = results.protocol["study"]
    level = text.fixed(study["conf_level"] * 100, 4).rstrip("0").rstrip(".")
    bound = "below" if study["significant"] == "<" else "at or below"
    lines = [f"Confidence intervals are at the {level}% level."]
    if any(e.p_value == e.p_value for e in results.estimates):
        lines.append(f"A P value {bound} {study['alpha']:g} is called significant.")
        if all(e.p_adjusted != e.p_adjusted for e in results.estimates):
            lines.append("P values are not adjusted for multiple comparisons.")
    if not any(e.random for e in results.estimates):
        lines.append(
            "All intervals and tests take cases as independent and readers as fixed: they speak for other cases like "
            "these, and for these readers only."
        )
    return lines


def _software(results: Results) -> str:
    made = results.provenance
    if "readerstudy" not in made:
        return ""
    packages = ", ".join(f"{name} {version}" for name, version in made.get("packages", {}).items())
    inside = "; ".join(part for part in (f"Python {made['python']}" if "python" in made else "", packages) if part)
    seed = f" The seed of the random number generator was {made['seed']}." if made.get("seed") is not None else ""
    return f"The analysis was run with readerstudy {made['readerstudy']}{f' ({inside})' if inside else ''}.{seed}"
