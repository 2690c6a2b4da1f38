"""What the keys of a protocol may be set to."""

from __future__ import annotations

ROLES = ("preds", "reads", "cases")
"""The files of a study."""

MARK_FILES = ("marks", "lesions", "mark_reads")
"""The files of marks on lesions; their cases are those of the study's file of cases."""

METHODS: dict[str, tuple[str, ...]] = {
    "proportion": (
        "wilson", "clopper-pearson", "modified-wilson", "wilson-hmisc", "wilson-cc", "agresti-coull", "jeffreys",
        "mid-p", "blaker",
    ),
    "auc": ("delong", "logit", "bootstrap", "bca"),
    "paired": ("mcnemar-exact", "mcnemar-mid-p", "mcnemar-chi2", "mcnemar-chi2-cc"),
    "paired_clustered": ("mcnemar-obuchowski", "mcnemar-durkalski", "mcnemar-yang", "mcnemar-eliasziw-donner"),
    "paired_interval": ("tango", "newcombe", "bonett-price", "agresti-min", "wald", "wald-cc"),
    "agreement_weights": ("none", "linear", "quadratic"),
    "mrmc": ("or-jackknife", "or-delong", "or-unbiased", "or-bootstrap", "dbm", "u-statistic", "v-statistic"),
    "subgroups": ("fisher", "chi2", "chi2-cc"),
    "rank_test": ("mann-whitney", "kruskal-wallis"),
    "t_test": ("student", "welch"),
}  # fmt: skip
"""The choices of each method; the first is the default."""

CLUSTERED = ("wilson", "clopper-pearson", "agresti-coull", "jeffreys")
"""The intervals of a proportion that have a form for several cases a patient."""

TIES = ("first-of", "higher-risk", "exclude")
"""What a majority does with a tie: the call of the first reader among the tied, the later class, or none."""

INCORPORATION = ("warn", "leave-one-out")
"""What is done about readers whose own votes made the truth."""

ENGINES = ("scikit-learn", "opentsne")
"""Implementations of t-SNE."""

DUPLICATES = ("error", "first", "last", "repeat")
"""What is done with a second read of one case by one reader; "repeat": the first counts, and the two are compared."""

MISSING = ("complete-case", "worst", "best")
"""What a case that was not read counts as: nothing, a wrong call or a right one; the first is the default."""

THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Probabilities at which the net benefit is given when the protocol names none."""

VERIFICATION = ("begg-greenes",)
"""Corrections for cases that were called but have no truth."""
