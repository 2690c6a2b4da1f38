"""Methods for marks on lesions: what each figure of merit is, and how it is compared."""

from __future__ import annotations

from readerstudy.report.technique import Method, each
from readerstudy.report.techniques_of_curves import COVARIANCES

_FIGURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "wafroc": (
        "The wAFROC figure of merit is the share of pairs of a lesion and a case without lesions in which the mark on "
        "the lesion is rated above the highest mark of the case, equal ones counted half, with the lesions of a case "
        "sharing one weight",
        ("chakraborty-2016",),
    ),
    "wafroc1": (
        "The wAFROC1 figure of merit is the share of pairs of a lesion and a case in which the mark on the lesion is "
        "rated above the highest false mark of the case, equal ones counted half, with the lesions of a case sharing "
        "one weight",
        ("chakraborty-2016",),
    ),
    "afroc": (
        "AFROC is the share of pairs of a lesion and a case without lesions in which the mark on the lesion is rated "
        "above the highest mark of the case, equal ones counted half, each lesion alike",
        ("chakraborty-2004",),
    ),
    "afroc1": (
        "AFROC1 is the share of pairs of a lesion and a case in which the mark on the lesion is rated above the "
        "highest false mark of the case, equal ones counted half, each lesion alike",
        ("chakraborty-2004",),
    ),
    "froc_area": (
        "The area under the FROC curve (lesions found against false marks a case) ends at each reader's last mark and "
        "rises with marks at random: it describes, and decides nothing",
        ("chakraborty-2013", "popescu-2011"),
    ),
    "hr_auc": (
        "The AUC of the highest marks rates each case by its highest mark, wherever that is",
        ("chakraborty-2013",),
    ),
    "hr_sensitivity": ("A case with lesions counts as detected where it has any mark", ("chakraborty-2013",)),
    "hr_specificity": ("A case without lesions counts as right where it has no mark", ("chakraborty-2013",)),
    "max_llf": ("Lesions found are those with a mark, however it is rated", ("chakraborty-2013",)),
    "max_nlf": ("False marks are counted for each case without lesions, however rated", ("chakraborty-2013",)),
    "max_nlf_all_cases": ("False marks are counted for each case, however rated", ("chakraborty-2013",)),
    "exp_nlf": ("False marks are also given as exp(−false marks a case)", ("popescu-2011",)),
    "pcl": (
        "A case with lesions is localised where its highest mark is on a lesion and no false mark is rated as high",
        ("popescu-2007",),
    ),
    "alroc": (
        "The area under the LROC curve is that of the share of cases localised by their highest mark",
        ("popescu-2007",),
    ),
}
_VALUES = tuple(_FIGURES)
_DIFFERENCES = tuple(f"{measure}_difference" for measure in _VALUES)

OF_MARKS = (
    *(Method((measure,), "*", sentence, references, "") for measure, (sentence, references) in _FIGURES.items()),
    *each(
        _VALUES,
        "Figures of merit of marks have their intervals from the model of Obuchowski and Rockette, with Hillis's "
        "degrees of freedom for means of readers and",
        COVARIANCES,
        ("",),
    ),
    *each(
        _DIFFERENCES,
        "By marks, modalities are compared, and a model with readers, by the model of Obuchowski and Rockette, with",
        COVARIANCES,
        ("modality", "group", "reader"),
    ),
    *each(
        _DIFFERENCES,
        "By marks, all modalities are compared at once by",
        {
            "or-f": ("the F test of Obuchowski and Rockette", ("obuchowski", "hillis")),
            "or-chi2": ("the chi-squared test of Obuchowski and Rockette with readers fixed", ("obuchowski",)),
            "dbm-f": ("the F test of Dorfman, Berbaum and Metz", ("dorfman-1992", "hillis")),
        },
    ),
)
