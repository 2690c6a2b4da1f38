"""The papers that the methods come from: citation and DOI."""

from __future__ import annotations

from readerstudy.report.references_of_agreement import AGREEMENT
from readerstudy.report.references_of_designs import DESIGNS
from readerstudy.report.references_of_marks import MARKS
from readerstudy.report.references_of_probabilities import PROBABILITIES
from readerstudy.report.references_of_rates import RATES
from readerstudy.report.references_of_saliency import SALIENCY

_USUAL: dict[str, tuple[str, str]] = {
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
    "newcombe-paired": (
        "Newcombe RG. Improved confidence intervals for the difference between binomial proportions based on paired "
        "data. Statistics in Medicine 1998;17(22):2635–2650.",
        "10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C",
    ),
    "bonett": (
        "Bonett DG, Price RM. Adjusted Wald confidence interval for a difference of binomial proportions based on "
        "paired data. Journal of Educational and Behavioral Statistics 2012;37(4):479–488.",
        "10.3102/1076998611411915",
    ),
    "agresti-min": (
        "Agresti A, Min Y. Simple improved confidence intervals for comparing matched proportions. Statistics in "
        "Medicine 2005;24(5):729–740.",
        "10.1002/sim.1781",
    ),
    "fagerland": (
        "Fagerland MW, Lydersen S, Laake P. The McNemar test for binary matched-pairs data: mid-p and asymptotic are "
        "better than exact conditional. BMC Medical Research Methodology 2013;13:91.",
        "10.1186/1471-2288-13-91",
    ),
    "obuchowski": (
        "Obuchowski NA, Rockette HE. Hypothesis testing of diagnostic accuracy for multiple readers and multiple "
        "tests: an ANOVA approach with dependent observations. Communications in Statistics – Simulation and "
        "Computation 1995;24(2):285–308.",
        "10.1080/03610919508813243",
    ),
    "hillis": (
        "Hillis SL. A comparison of denominator degrees of freedom methods for multiple observer ROC analysis. "
        "Statistics in Medicine 2007;26(3):596–619.",
        "10.1002/sim.2532",
    ),
    "newcombe-independent": (
        "Newcombe RG. Interval estimation for the difference between independent proportions: comparison of eleven "
        "methods. Statistics in Medicine 1998;17(8):873–890.",
        "10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
    ),
    "fisher": (
        "Fisher RA. On the interpretation of χ² from contingency tables, and the calculation of P. Journal of the "
        "Royal Statistical Society 1922;85(1):87–94.",
        "10.2307/2340521",
    ),
    "pearson": (
        "Pearson K. On the criterion that a given system of deviations from the probable in the case of a correlated "
        "system of variables is such that it can be reasonably supposed to have arisen from random sampling. "
        "Philosophical Magazine 1900;50(302):157–175.",
        "10.1080/14786440009463897",
    ),
    "yates": (
        "Yates F. Contingency tables involving small numbers and the χ² test. Supplement to the Journal of the Royal "
        "Statistical Society 1934;1(2):217–235.",
        "10.2307/2983604",
    ),
    "student": ("Student. The probable error of a mean. Biometrika 1908;6(1):1–25.", "10.1093/biomet/6.1.1"),
    "shapiro": (
        "Shapiro SS, Wilk MB. An analysis of variance test for normality (complete samples). Biometrika "
        "1965;52(3–4):591–611.",
        "10.1093/biomet/52.3-4.591",
    ),
    "mann": (
        "Mann HB, Whitney DR. On a test of whether one of two random variables is stochastically larger than the "
        "other. Annals of Mathematical Statistics 1947;18(1):50–60.",
        "10.1214/aoms/1177730491",
    ),
    "kruskal": (
        "Kruskal WH, Wallis WA. Use of ranks in one-criterion variance analysis. Journal of the American Statistical "
        "Association 1952;47(260):583–621.",
        "10.1080/01621459.1952.10483441",
    ),
    "bland": (
        "Bland JM, Altman DG. Transformations, means, and confidence intervals. BMJ 1996;312(7038):1079.",
        "10.1136/bmj.312.7038.1079",
    ),
    "youden": (
        "Youden WJ. Index for rating diagnostic tests. Cancer 1950;3(1):32–35.",
        "10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3",
    ),
    # The journal gives no DOIs.
    "maaten": (
        "van der Maaten L. Accelerating t-SNE using tree-based algorithms. Journal of Machine Learning Research "
        "2014;15:3221–3245. jmlr.org/papers/v15/vandermaaten14a.html.",
        "",
    ),
}

REFERENCES = {**_USUAL, **RATES, **AGREEMENT, **PROBABILITIES, **DESIGNS, **MARKS, **SALIENCY}
"""Citation and DOI by key."""
