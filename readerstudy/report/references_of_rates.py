"""Papers on proportions, indices, predictive values and ROC curves beyond the usual ones: citation and DOI."""

from __future__ import annotations

RATES: dict[str, tuple[str, str]] = {
    "agresti-coull": (
        "Agresti A, Coull BA. Approximate is better than “exact” for interval estimation of binomial proportions. "
        "American Statistician 1998;52(2):119–126.",
        "10.1080/00031305.1998.10480550",
    ),
    "newcombe-single": (
        "Newcombe RG. Two-sided confidence intervals for the single proportion: comparison of seven methods. "
        "Statistics in Medicine 1998;17(8):857–872.",
        "10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E",
    ),
    "blaker": (
        "Blaker H. Confidence curves and improved exact confidence intervals for discrete distributions. Canadian "
        "Journal of Statistics 2000;28(4):783–798.",
        "10.2307/3315916",
    ),
    "koopman": (
        "Koopman PAR. Confidence intervals for the ratio of two binomial proportions. Biometrics 1984;40(2):513–517.",
        "10.2307/2531405",
    ),
    "miettinen": (
        "Miettinen O, Nurminen M. Comparative analysis of two rates. Statistics in Medicine 1985;4(2):213–226.",
        "10.1002/sim.4780040211",
    ),
    "agresti-caffo": (
        "Agresti A, Caffo B. Simple and effective confidence intervals for proportions and differences of proportions "
        "result from adding two successes and two failures. American Statistician 2000;54(4):280–288.",
        "10.1080/00031305.2000.10474560",
    ),
    "brodersen": (
        "Brodersen KH, Ong CS, Stephan KE, Buhmann JM. The balanced accuracy and its posterior distribution. "
        "Proceedings of the 20th International Conference on Pattern Recognition 2010:3121–3124.",
        "10.1109/ICPR.2010.764",
    ),
    "glas": (
        "Glas AS, Lijmer JG, Prins MH, Bonsel GJ, Bossuyt PMM. The diagnostic odds ratio: a single indicator of test "
        "performance. Journal of Clinical Epidemiology 2003;56(11):1129–1135.",
        "10.1016/S0895-4356(03)00177-X",
    ),
    "haldane": (
        "Haldane JBS. The estimation and significance of the logarithm of a ratio of frequencies. Annals of Human "
        "Genetics 1956;20(4):309–311.",
        "10.1111/j.1469-1809.1955.tb01285.x",
    ),
    "matthews": (
        "Matthews BW. Comparison of the predicted and observed secondary structure of T4 phage lysozyme. Biochimica et "
        "Biophysica Acta 1975;405(2):442–451.",
        "10.1016/0005-2795(75)90109-9",
    ),
    "sokolova": (
        "Sokolova M, Lapalme G. A systematic analysis of performance measures for classification tasks. Information "
        "Processing & Management 2009;45(4):427–437.",
        "10.1016/j.ipm.2009.03.002",
    ),
    "mercaldo": (
        "Mercaldo ND, Lau KF, Zhou XH. Confidence intervals for predictive values with an emphasis to case–control "
        "studies. Statistics in Medicine 2007;26(10):2170–2183.",
        "10.1002/sim.2677",
    ),
    "zou": (
        "Zou GY, Donner A. Construction of confidence limits about effect measures: a general approach. Statistics in "
        "Medicine 2008;27(10):1693–1702.",
        "10.1002/sim.3095",
    ),
    "kosinski": (
        "Kosinski AS. A weighted generalized score statistic for comparison of predictive values of diagnostic tests. "
        "Statistics in Medicine 2013;32(6):964–977.",
        "10.1002/sim.5587",
    ),
    "leisenring": (
        "Leisenring W, Alonzo T, Pepe MS. Comparisons of predictive values of binary medical diagnostic tests for "
        "paired designs. Biometrics 2000;56(2):345–351.",
        "10.1111/j.0006-341X.2000.00345.x",
    ),
    "moskowitz": (
        "Moskowitz CS, Pepe MS. Comparing the predictive values of diagnostic tests: sample size and analysis for "
        "paired study designs. Clinical Trials 2006;3(3):272–279.",
        "10.1191/1740774506cn147oa",
    ),
    "gu": (
        "Gu W, Pepe MS. Estimating the capacity for improvement in risk prediction with a marker. Biostatistics "
        "2009;10(1):172–186.",
        "10.1093/biostatistics/kxn025",
    ),
    "lachenbruch": (
        "Lachenbruch PA, Lynch CJ. Assessing screening tests: extensions of McNemar's test. Statistics in Medicine "
        "1998;17(19):2207–2217.",
        "10.1002/(SICI)1097-0258(19981015)17:19<2207::AID-SIM920>3.0.CO;2-Y",
    ),
    "tang": (
        "Tang NS, Tang ML, Chan ISF. On tests of equivalence via non-unity relative risk for matched-pair design. "
        "Statistics in Medicine 2003;22(8):1217–1233.",
        "10.1002/sim.1213",
    ),
    "efron-1987": (
        "Efron B. Better bootstrap confidence intervals. Journal of the American Statistical Association "
        "1987;82(397):171–185.",
        "10.1080/01621459.1987.10478410",
    ),
    "mcclish": (
        "McClish DK. Analyzing a portion of the ROC curve. Medical Decision Making 1989;9(3):190–195.",
        "10.1177/0272989X8900900307",
    ),
    "pepe": (
        "Pepe MS. The statistical evaluation of medical tests for classification and prediction. Oxford: Oxford "
        "University Press; 2003.",
        "10.1093/oso/9780198509844.001.0001",
    ),
    "hand": (
        "Hand DJ, Till RJ. A simple generalisation of the area under the ROC curve for multiple class classification "
        "problems. Machine Learning 2001;45(2):171–186.",
        "10.1023/A:1010920819831",
    ),
    "venkatraman": (
        "Venkatraman ES, Begg CB. A distribution-free procedure for comparing receiver operating characteristic curves "
        "from a paired experiment. Biometrika 1996;83(4):835–848.",
        "10.1093/biomet/83.4.835",
    ),
    "dorfman": (
        "Dorfman DD, Alf E. Maximum-likelihood estimation of parameters of signal-detection theory and determination "
        "of confidence intervals: rating-method data. Journal of Mathematical Psychology 1969;6(3):487–496.",
        "10.1016/0022-2496(69)90019-4",
    ),
    "dorfman-1992": (
        "Dorfman DD, Berbaum KS, Metz CE. Receiver operating characteristic rating analysis: generalization to the "
        "population of readers and patients with the jackknife method. Investigative Radiology 1992;27(9):723–731.",
        "10.1097/00004424-199209000-00015",
    ),
    "gallas": (
        "Gallas BD. One-shot estimate of MRMC variance: AUC. Academic Radiology 2006;13(3):353–362.",
        "10.1016/j.acra.2005.11.030",
    ),
}
