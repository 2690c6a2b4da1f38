"""readerstudy: diagnostic reader studies, from predictions and reads to figures and reports.

Importing this package is cheap: each public name is loaded when it is first used.
"""

from importlib import import_module

from readerstudy._version import __version__

_HOMES = {
    "estimate": ("Estimate", "from_json", "tidy", "to_json"),
    "results": ("Results",),
    "problems": ("DataError",),
    "protocol": ("Protocol",),
    "study": ("Study",),
    "analysis": ("evaluate",),
    "stats.proportion": ("proportion",),
    "stats.independent": ("proportion_difference",),
    "stats.diagnostic": (
        "accuracy",
        "confusion_matrix",
        "diagnostic_counts",
        "diagnostic_table",
        "nlr",
        "npv",
        "plr",
        "ppv",
        "sensitivity",
        "specificity",
    ),
    "stats.roc": ("auc", "auc_covariance", "compare_auc", "roc_points"),
    "stats.paired": ("mcnemar", "paired_difference"),
    "stats.agreement": ("kappa",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_HOME_OF]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'readerstudy' has no attribute {name!r}")
    value = getattr(import_module(f"readerstudy.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
