"""What the keys of a protocol may be set to."""

from __future__ import annotations

ROLES = ("preds", "reads", "cases")
"""The files of a study."""

METHODS: dict[str, tuple[str, ...]] = {
    "proportion": (
        "wilson", "clopper-pearson", "modified-wilson", "wilson-hmisc", "wilson-cc", "agresti-coull", "jeffreys",
        "mid-p", "blaker",
    ),
    "auc": ("delong", "logit", "bootstrap", "bca"),
    "paired": ("mcnemar-exact", "mcnemar-mid-p", "mcnemar-chi2", "mcnemar-chi2-cc"),
    "paired_interval": ("tango", "newcombe", "bonett-price", "agresti-min", "wald"),
    "agreement_weights": ("none", "linear", "quadratic"),
    "mrmc": ("or-jackknife",),
    "subgroups": ("fisher", "chi2", "chi2-cc"),
    "rank_test": ("mann-whitney", "kruskal-wallis"),
    "t_test": ("student", "welch"),
}  # fmt: skip
"""The choices of each method; the first is the default."""

TIES = ("first-of", "higher-risk", "exclude")
"""What a majority does with a tie: the call of the first reader among the tied, the later class, or none."""

INCORPORATION = ("warn", "leave-one-out")
"""What is done about readers whose own votes made the truth."""

ENGINES = ("scikit-learn", "opentsne")
"""Implementations of t-SNE."""

DUPLICATES = ("error", "first", "last")
"""What is done with a second read of one case by one reader."""
