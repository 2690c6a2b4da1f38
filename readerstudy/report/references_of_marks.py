"""Papers on marks on lesions: free-response and LROC studies."""

from __future__ import annotations

MARKS: dict[str, tuple[str, str]] = {
    "chakraborty-2004": (
        "Chakraborty DP, Berbaum KS. Observer studies involving detection and localization: modeling, analysis, and "
        "validation. Medical Physics 2004;31(8):2313–2330.",
        "10.1118/1.1769352",
    ),
    "chakraborty-2013": (
        "Chakraborty DP. A brief history of free-response receiver operating characteristic paradigm data analysis. "
        "Academic Radiology 2013;20(7):915–919.",
        "10.1016/j.acra.2013.03.001",
    ),
    "chakraborty-2016": (
        "Chakraborty DP, Zhai X. On the meaning of the weighted alternative free-response operating characteristic "
        "figure of merit. Medical Physics 2016;43(5):2548–2557.",
        "10.1118/1.4947125",
    ),
    "popescu-2007": (
        "Popescu LM. Nonparametric ROC and LROC analysis. Medical Physics 2007;34(5):1556–1564.",
        "10.1118/1.2717407",
    ),
    "popescu-2011": (
        "Popescu LM. Nonparametric signal detectability evaluation using an exponential transformation of the FROC "
        "curve. Medical Physics 2011;38(10):5690–5702.",
        "10.1118/1.3633938",
    ),
}
