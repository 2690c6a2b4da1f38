"""Papers on how cases came into a study, on several cases a patient, on subgroups and on many endpoints."""

from __future__ import annotations

DESIGNS: dict[str, tuple[str, str]] = {
    "begg": (
        "Begg CB, Greenes RA. Assessment of diagnostic tests when disease verification is subject to selection bias. "
        "Biometrics 1983;39(1):207–215.",
        "10.2307/2530820",
    ),
    # No DOI of this paper could be confirmed.
    "zhou": (
        "Zhou XH. Maximum likelihood estimators of sensitivity and specificity corrected for verification bias. "
        "Communications in Statistics – Theory and Methods 1993;22(11):3177–3198.",
        "",
    ),
    "rao": (
        "Rao JNK, Scott AJ. A simple method for the analysis of clustered binary data. Biometrics 1992;48(2):577–585.",
        "10.2307/2532311",
    ),
    "korn": ("Korn EL, Graubard BI. Analysis of health surveys. New York: Wiley; 1999.", "10.1002/9781118032619"),
    "yao": (
        "Yao W, Li Z, Graubard BI. Estimation of ROC curve with complex survey data. Statistics in Medicine "
        "2015;34(8):1293–1303.",
        "10.1002/sim.6405",
    ),
    "obuchowski-1997": (
        "Obuchowski NA. Nonparametric analysis of clustered ROC curve data. Biometrics 1997;53(2):567–578.",
        "10.2307/2533958",
    ),
    "obuchowski-1998": (
        "Obuchowski NA. On the comparison of correlated proportions for clustered data. Statistics in Medicine "
        "1998;17(13):1495–1507.",
        "10.1002/(SICI)1097-0258(19980715)17:13<1495::AID-SIM863>3.0.CO;2-I",
    ),
    "durkalski": (
        "Durkalski VL, Palesch YY, Lipsitz SR, Rust PF. Analysis of clustered matched-pair data. Statistics in "
        "Medicine 2003;22(15):2417–2428.",
        "10.1002/sim.1438",
    ),
    "eliasziw": (
        "Eliasziw M, Donner A. Application of the McNemar test to non-independent matched pair data. Statistics in "
        "Medicine 1991;10(12):1981–1991.",
        "10.1002/sim.4780101211",
    ),
    "yang": (
        "Yang Z, Sun X, Hardin JW. A note on the tests for clustered matched-pair binary data. Biometrical Journal "
        "2010;52(5):638–652.",
        "10.1002/bimj.201000035",
    ),
    "liang": (
        "Liang KY, Zeger SL. Longitudinal data analysis using generalized linear models. Biometrika 1986;73(1):13–22.",
        "10.1093/biomet/73.1.13",
    ),
    "altman-2003": (
        "Altman DG, Bland JM. Interaction revisited: the difference between two estimates. BMJ 2003;326(7382):219.",
        "10.1136/bmj.326.7382.219",
    ),
    "pustejovsky": (
        "Pustejovsky JE, Tipton E. Small-sample methods for cluster-robust variance estimation and hypothesis testing "
        "in fixed effects models. Journal of Business & Economic Statistics 2018;36(4):672–683.",
        "10.1080/07350015.2016.1247004",
    ),
    "cochran-1954": (
        "Cochran WG. The combination of estimates from different experiments. Biometrics 1954;10(1):101–129.",
        "10.2307/3001666",
    ),
    "higgins": (
        "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Statistics in Medicine "
        "2002;21(11):1539–1558.",
        "10.1002/sim.1186",
    ),
    "dersimonian": (
        "DerSimonian R, Laird N. Meta-analysis in clinical trials. Controlled Clinical Trials 1986;7(3):177–188.",
        "10.1016/0197-2456(86)90046-2",
    ),
    "jones": (
        "Jones B, Kenward MG. Design and analysis of cross-over trials. 3rd ed. Boca Raton: Chapman & Hall/CRC; 2014.",
        "10.1201/b17537",
    ),
    "welch": (
        "Welch BL. The generalization of “Student's” problem when several different population variances are "
        "involved. Biometrika 1947;34(1–2):28–35.",
        "10.1093/biomet/34.1-2.28",
    ),
    # The journal of that year has no DOIs.
    "holm": (
        "Holm S. A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics "
        "1979;6(2):65–70.",
        "",
    ),
    "hochberg": (
        "Hochberg Y. A sharper Bonferroni procedure for multiple tests of significance. Biometrika 1988;75(4):800–802.",
        "10.1093/biomet/75.4.800",
    ),
    "dunn": (
        "Dunn OJ. Multiple comparisons among means. Journal of the American Statistical Association "
        "1961;56(293):52–64.",
        "10.1080/01621459.1961.10482090",
    ),
    "benjamini": (
        "Benjamini Y, Hochberg Y. Controlling the false discovery rate: a practical and powerful approach to multiple "
        "testing. Journal of the Royal Statistical Society, Series B 1995;57(1):289–300.",
        "10.1111/j.2517-6161.1995.tb02031.x",
    ),
    "westfall": (
        "Westfall PH, Krishen A. Optimally weighted, fixed sequence and gatekeeper multiple testing procedures. "
        "Journal of Statistical Planning and Inference 2001;99(1):25–40.",
        "10.1016/S0378-3758(01)00077-5",
    ),
}
