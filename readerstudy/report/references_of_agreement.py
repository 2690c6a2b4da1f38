"""Papers on agreement: citation and DOI."""

from __future__ import annotations

AGREEMENT: dict[str, tuple[str, str]] = {
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
    "fleiss-1971": (
        "Fleiss JL. Measuring nominal scale agreement among many raters. Psychological Bulletin 1971;76(5):378–382.",
        "10.1037/h0031619",
    ),
    "fleiss-1979": (
        "Fleiss JL, Nee JCM, Landis JR. Large sample variance of kappa in the case of different sets of raters. "
        "Psychological Bulletin 1979;86(5):974–977.",
        "10.1037/0033-2909.86.5.974",
    ),
    "conger": (
        "Conger AJ. Integration and generalization of kappas for multiple raters. Psychological Bulletin "
        "1980;88(2):322–328.",
        "10.1037/0033-2909.88.2.322",
    ),
    "light": (
        "Light RJ. Measures of response agreement for qualitative data: some generalizations and alternatives. "
        "Psychological Bulletin 1971;76(5):365–377.",
        "10.1037/h0031643",
    ),
    "gwet": (
        "Gwet KL. Computing inter-rater reliability and its variance in the presence of high agreement. British "
        "Journal of Mathematical and Statistical Psychology 2008;61(1):29–48.",
        "10.1348/000711006X126600",
    ),
    "brennan": (
        "Brennan RL, Prediger DJ. Coefficient kappa: some uses, misuses, and alternatives. Educational and "
        "Psychological Measurement 1981;41(3):687–699.",
        "10.1177/001316448104100307",
    ),
    "krippendorff": (
        "Hayes AF, Krippendorff K. Answering the call for a standard reliability measure for coding data. "
        "Communication Methods and Measures 2007;1(1):77–89.",
        "10.1080/19312450709336664",
    ),
    "shrout": (
        "Shrout PE, Fleiss JL. Intraclass correlations: uses in assessing rater reliability. Psychological Bulletin "
        "1979;86(2):420–428.",
        "10.1037/0033-2909.86.2.420",
    ),
    "mcgraw": (
        "McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. Psychological Methods "
        "1996;1(1):30–46.",
        "10.1037/1082-989X.1.1.30",
    ),
    "byrt": (
        "Byrt T, Bishop J, Carlin JB. Bias, prevalence and kappa. Journal of Clinical Epidemiology 1993;46(5):423–429.",
        "10.1016/0895-4356(93)90018-V",
    ),
    "cicchetti": (
        "Cicchetti DV, Feinstein AR. High agreement but low kappa: II. Resolving the paradoxes. Journal of Clinical "
        "Epidemiology 1990;43(6):551–558.",
        "10.1016/0895-4356(90)90159-M",
    ),
    "barnhart": (
        "Barnhart HX, Williamson JM. Weighted least-squares approach for comparing correlated kappa. Biometrics "
        "2002;58(4):1012–1019.",
        "10.1111/j.0006-341X.2002.01012.x",
    ),
    "bland-1986": (
        "Bland JM, Altman DG. Statistical methods for assessing agreement between two methods of clinical measurement. "
        "Lancet 1986;327(8476):307–310.",
        "10.1016/S0140-6736(86)90837-8",
    ),
    "bland-1996": ("Bland JM, Altman DG. Measurement error. BMJ 1996;313(7059):744.", "10.1136/bmj.313.7059.744"),
    # No DOI of this paper could be confirmed.
    "yang-zhou": (
        "Yang Z, Zhou M. Weighted kappa statistic for clustered matched-pair ordinal data. Computational Statistics & "
        "Data Analysis 2015;82:1–18.",
        "",
    ),
    "carkeet": (
        "Carkeet A. Exact parametric confidence intervals for Bland–Altman limits of agreement. Optometry and Vision "
        "Science 2015;92(3):e71–e80.",
        "10.1097/OPX.0000000000000513",
    ),
    "bowker": (
        "Bowker AH. A test for symmetry in contingency tables. Journal of the American Statistical Association "
        "1948;43(244):572–574.",
        "10.1080/01621459.1948.10483284",
    ),
    "stuart": (
        "Stuart A. A test for homogeneity of the marginal distributions in a two-way classification. Biometrika "
        "1955;42(3–4):412–416.",
        "10.1093/biomet/42.3-4.412",
    ),
    "maxwell": (
        "Maxwell AE. Comparing the classification of subjects by two independent judges. British Journal of Psychiatry "
        "1970;116(535):651–655.",
        "10.1192/bjp.116.535.651",
    ),
    "cochran-1950": (
        "Cochran WG. The comparison of percentages in matched samples. Biometrika 1950;37(3–4):256–266.",
        "10.1093/biomet/37.3-4.256",
    ),
}
