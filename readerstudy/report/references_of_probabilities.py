"""Papers on calibration, net benefit and reclassification: citation and DOI."""

from __future__ import annotations

PROBABILITIES: dict[str, tuple[str, str]] = {
    "cox": (
        "Cox DR. Two further applications of a model for binary regression. Biometrika 1958;45(3–4):562–565.",
        "10.1093/biomet/45.3-4.562",
    ),
    "debray": (
        "Debray TPA, Damen JAAG, Snell KIE, et al. A guide to systematic review and meta-analysis of prediction model "
        "performance. BMJ 2017;356:i6460.",
        "10.1136/bmj.i6460",
    ),
    "austin": (
        "Austin PC, Steyerberg EW. The Integrated Calibration Index (ICI) and related metrics for quantifying the "
        "calibration of logistic regression models. Statistics in Medicine 2019;38(21):4051–4065.",
        "10.1002/sim.8281",
    ),
    "kumar": (
        "Kumar A, Liang P, Ma T. Verified uncertainty calibration. arXiv 2019; 1909.10155.",
        "10.48550/arXiv.1909.10155",
    ),
    "brier": (
        "Brier GW. Verification of forecasts expressed in terms of probability. Monthly Weather Review 1950;78(1):1–3.",
        "10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
    ),
    "dimitriadis": (
        "Dimitriadis T, Gneiting T, Jordan AI. Stable reliability diagrams for probabilistic classifiers. Proceedings "
        "of the National Academy of Sciences 2021;118(8):e2016191118.",
        "10.1073/pnas.2016191118",
    ),
    "hosmer": (
        "Hosmer DW, Lemeshow S. Goodness of fit tests for the multiple logistic regression model. Communications in "
        "Statistics – Theory and Methods 1980;9(10):1043–1069.",
        "10.1080/03610928008827941",
    ),
    "spiegelhalter": (
        "Spiegelhalter DJ. Probabilistic prediction in patient management and clinical trials. Statistics in Medicine "
        "1986;5(5):421–433.",
        "10.1002/sim.4780050506",
    ),
    "vickers": (
        "Vickers AJ, Elkin EB. Decision curve analysis: a novel method for evaluating prediction models. Medical "
        "Decision Making 2006;26(6):565–574.",
        "10.1177/0272989X06295361",
    ),
    "vickers-2008": (
        "Vickers AJ, Cronin AM, Elkin EB, Gonen M. Extensions to decision curve analysis, a novel method for "
        "evaluating diagnostic tests, prediction models and molecular markers. BMC Medical Informatics and Decision "
        "Making 2008;8:53.",
        "10.1186/1472-6947-8-53",
    ),
    "pencina": (
        "Pencina MJ, D'Agostino RB Sr, D'Agostino RB Jr, Vasan RS. Evaluating the added predictive ability of a new "
        "marker: from area under the ROC curve to reclassification and beyond. Statistics in Medicine "
        "2008;27(2):157–172.",
        "10.1002/sim.2929",
    ),
    "good": (
        "Good IJ. Rational decisions. Journal of the Royal Statistical Society, Series B 1952;14(1):107–114.",
        "10.1111/j.2517-6161.1952.tb00104.x",
    ),
}
