"""Every public statistic, through every degenerate input that its arguments can have; docs/degenerate.md in full.

Nothing is listed by hand that can be found: a function's inputs (`degenerate_inputs`) follow from the names of its
arguments, its choices from what it says to a misspelt one. What is refused, and the few functions that need an option,
are in tables. A new public function whose arguments are not known here fails the walk.
"""

import inspect
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import readerstudy
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES
from stats.degenerate_inputs import ALL_MISSING, INPUTS, INPUTS_OF, SCORES, TWO_READERS

STATISTICS = [
    name
    for home, names in readerstudy._HOMES.items()
    if home.startswith("stats.")
    for name in names
    if inspect.isroutine(getattr(readerstudy, name))
]
"""Every public statistic."""

NEEDED = {
    "partial_auc": [{"specificity": (0.8, 1)}, {"sensitivity": (0.5, 0.9)}, {"specificity": (0, 1)}],
    "compare_partial_auc": [{"specificity": (0.8, 1)}, {"sensitivity": (0.5, 0.9)}],
    **{name: [{"specificity": s} for s in (0, 0.8, 1)] for name in ("sensitivity_at", "compare_sensitivity_at")},
    **{name: [{"sensitivity": s} for s in (0, 0.8, 1)] for name in ("specificity_at", "compare_specificity_at")},
    "ppv_npv_at": [{"prevalence": 0.1}],
    **{name: [{"classes": list("ABC")}] for name in ("multiclass_auc", "multiclass_brier", "log_loss")},
}
"""Options without which a function does nothing."""
PANEL_FUNCTIONS = ("mrmc", "model_versus_readers")
MARK_FUNCTIONS = ("froc", "froc_model_versus_readers")
OF_MARKS = (*MARK_FUNCTIONS, "froc_curve")
OF_PANELS = {
    "random": ["readers", "cases"],
    "measure": [
        "auc",
        readerstudy.measure.sensitivity(threshold=3),
        readerstudy.measure.specificity(threshold=3),
        readerstudy.measure.partial_auc(specificity=(0.5, 1)),
    ],
}
"""Choices that more than a name make; the panels' other choices are tried one at a time, for the sake of speed."""
FREE_TEXT = (
    ("compare_aucs", "names"),
    ("intra_reader", "readers"),
    ("model_versus_readers", "model"),
    ("froc_model_versus_readers", "model"),
    ("froc_model_versus_readers", "modality"),
)
"""Options that are no choice."""
COMPANIONS = {
    ("choose_threshold", "rule", "sensitivity"): {"target": 0.9},
    ("choose_threshold", "rule", "specificity"): {"target": 0.9},
    **{
        ("interaction", "measure", f"{m}_difference"): {"truth": lambda args: args[1]}
        for m in ("sensitivity", "specificity")
    },
    ("compare_roc", "paired", False): {"versus_truth": lambda args: args[0]},
}
"""What a choice needs beside it."""
VALUES = {
    "alternative": ["greater", "less"],
    "margin": [0.1],
    "null": [0.3],
    "corrected": [True],
    "paired": [False],
    "development": [True],
    "prevalence": [0.1],
    "conf_level": [0.5, 0.999],
    "patients": [
        lambda args: np.arange(len(args[0])),
        lambda args: np.arange(len(args[0])) // 2,
        lambda args: np.zeros(len(args[0])),
    ],
}
"""Values tried of options that are no choices of names, beside the default; a function is of the arguments."""
QUICK = {"n_boot": 30, "n_permutations": 30, "n_points": 5}


def kind_of(name):
    """The names of a function's arguments that have no default."""
    parameters = inspect.signature(getattr(readerstudy, name)).parameters.values()
    return tuple(p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)


NO_CURVE = "truth has one class only"
ONE_CLASS = [name for name, case in SCORES.items() if len(set(case[0].tolist())) < 2]
SEVERAL_CATEGORIES = r"prevalence and bias indices are of two categories"
MISSING = "is missing|has missing values"
NOT_READ = ("interaction", "average_roc")
"""Functions of one reader a row in which nan is a case that was not read."""
NO_READ = "no read at all"
REFUSES = {
    **{
        (name, ALL_MISSING): MISSING
        for name in STATISTICS
        if ALL_MISSING in INPUTS.get(kind_of(name), ()) and name not in (*NOT_READ, *INPUTS_OF)
    },
    **{("roc_points", name): NO_CURVE for name in ONE_CLASS},
    **{("roc_band", name): NO_CURVE for name in ONE_CLASS},
    **{("auc_covariance", name): NO_CURVE for name in ONE_CLASS},
    **{("auc_covariance", f"{name}, a reader twice"): NO_CURVE for name in ONE_CLASS},
    **{(name, "no mark"): "give reads=" for name in OF_MARKS},
    **{(name, "no case"): "cases has no case" for name in OF_MARKS},
    ("compare_aucs", "one reader"): "with 2 readers or more",
    ("mrmc", "all reads of a modality missing"): "leave it out",
    ("model_versus_readers", "all reads of a modality missing"): NO_READ,
    **{(name, said): NO_READ for name in PANEL_FUNCTIONS for said in ("all reads missing", "no case")},
    **{
        ("cochran_q", name): "of two readers or more"
        for name, (rows,) in INPUTS_OF["cochran_q"].items()
        if len(rows) < 2 or (~np.isnan(rows).all(axis=1)).sum() < 2
    },
    **{
        ("prevalence_and_bias", name): SEVERAL_CATEGORIES
        for name, rows in TWO_READERS.items()
        if len({value for pair in zip(*rows, strict=True) if not any(map(math.isnan, pair)) for value in pair}) > 2
    },
}
"""What is an error, with what the message says."""
HIGHER_IS_BETTER = "a higher value is better"
REFUSED_OPTIONS = dict.fromkeys(
    (
        *("compare_auc", "compare_partial_auc", "compare_sensitivity_at", "compare_specificity_at"),
        *PANEL_FUNCTIONS,
        *MARK_FUNCTIONS,
    ),
    HIGHER_IS_BETTER,
)
"""Where ``alternative="less"`` with a margin is an error whatever the data, with what the message says."""


def quick(name):
    return {k: v for k, v in QUICK.items() if k in inspect.signature(getattr(readerstudy, name)).parameters}


def choices_of(name):
    """The names that each option of a function knows, from what it says to a name that it does not know."""
    function, found = getattr(readerstudy, name), {}
    args = next(iter(inputs_of(name).values()))
    fixed = NEEDED.get(name, [{}])[0] | quick(name)
    for option, parameter in inspect.signature(function).parameters.items():
        if (
            parameter.default is parameter.empty
            or "str" not in str(parameter.annotation)
            or (name, option) in FREE_TEXT
        ):
            continue
        if option in OF_PANELS and (name in PANEL_FUNCTIONS or (name in MARK_FUNCTIONS and option != "measure")):
            found[option] = OF_PANELS[option]
            continue
        with pytest.raises(ValueError, match=f"{option} is 'no such name'; it must be one of") as error:
            function(*args, **fixed | {option: "no such name"})
        found[option] = re.findall(r"'([^']+)'", str(error.value).split("one of")[1])
        if "None" in str(parameter.annotation):
            found[option].append(None)
    return found


def _companions(name, option, value):
    return {} if callable(value) else COMPANIONS.get((name, option, value), {})


def inputs_of(name):
    return INPUTS_OF.get(name) or INPUTS[kind_of(name)]


def plans(name):
    """Options to call a function with: every choice with every side, and everything else one at a time."""
    parameters = inspect.signature(getattr(readerstudy, name)).parameters
    choices = choices_of(name)
    made = []
    for fixed in NEEDED.get(name, [{}]):
        fixed = fixed | quick(name)
        made.append(fixed)
        for option, values in choices.items():
            for value in values:
                with_choice = fixed | {option: value} | _companions(name, option, value)
                made.append(with_choice)
                if name in (*PANEL_FUNCTIONS, *MARK_FUNCTIONS):
                    continue
                made += [with_choice | {"alternative": side} for side in choices.get("alternative", ())]
                if "conf_level" in parameters and value not in ("greater", "less"):
                    made += [with_choice | {"conf_level": level} for level in VALUES["conf_level"]]
                made += [with_choice | {"null": null} for null in VALUES["null"] if "null" in parameters]
                if "margin" in parameters:
                    made += [with_choice | {"margin": 0.1, "hypothesis": what} for what in choices["hypothesis"]]
        if "alternative" in choices and "margin" in parameters:
            made.append(fixed | {"margin": 0.1, "alternative": "greater"})
        for option, values in VALUES.items():
            if option in parameters and option not in (*choices, *fixed, *kind_of(name)):
                made += [fixed | {option: value} | _companions(name, option, value) for value in values]
    if name == "multiclass_auc":
        made += [made[0] | {"average": None, "method": method} for method in choices_of("auc")["method"]]
    unique = {repr(sorted(plan.items(), key=str)): plan for plan in made}
    return list(unique.values())


STANDING = re.compile(
    r"(over (sensitivity|specificity) \S+ to \S+|at (sensitivity|specificity) \S+|at a prevalence of \S+ %"
    r"|threshold chosen on the cases it is judged on: optimistic|the same cases, tested as if they were different ones"
    r"|(at FPF|over FPF 0 to) \S+|a case is rated by its highest mark|the area ends at the reader's own last.*bound"
    r"|half a case added to each cell|one-sided: no (lower|upper) limit)(; |$)"
)
"""Notes that stand beside every number of a function, and say nothing of its data."""


def undefined(*numbers):
    return any(map(math.isnan, numbers))


def complaints(e):
    """What breaks the policy in one record."""
    facts = MEASURES[e.measure]
    values = (e.estimate, e.conf_low, e.conf_high)
    asked = not math.isnan(e.conf_level)
    tested = e.test_method is not None or not math.isnan(e.null)
    two_sided = e.alternative in (None, "two-sided") or not math.isnan(e.margin)
    numbers = (*values, e.std_error, e.statistic, e.df, e.df_num, e.p_value)
    if any(map(math.isinf, numbers)):
        yield "infinite"
    if any(v < facts.low - 1e-12 or v > facts.high + 1e-12 for v in values):
        yield f"outside {facts.low}, {facts.high}"
    if e.conf_low > e.estimate + 1e-9 or e.conf_high < e.estimate - 1e-9:
        yield "the interval does not hold the estimate"
    said = STANDING.sub("", e.note or "")
    if undefined(e.conf_low, e.conf_high) and asked and not e.note:
        yield "a limit is undefined without a note"
    if not said:
        no_limit = two_sided and asked and undefined(e.conf_low, e.conf_high)
        if undefined(e.estimate) or no_limit or (tested and undefined(e.p_value)):
            yield "undefined without a note"
        if two_sided and (e.conf_low, e.conf_high) == (facts.low, facts.high):
            yield "the whole range without a note"
        if e.conf_low == e.conf_high:
            yield "no width without a note"
    if e.std_error < 0 or e.df < 0:
        yield "a negative standard error or df"


def complaints_about_identical(e):
    """What is wrong with a comparison of two identical readers."""
    same = 1 if e.measure.endswith("_ratio") else 0
    if not undefined(e.estimate) and e.estimate != same:
        yield f"identical readers, but not {same}"
    tested = (e.test_method is not None or not undefined(e.null)) and undefined(e.margin)
    if tested and not undefined(e.estimate) and e.p_value != 1:
        yield "identical readers, but P is not 1"
    if not e.note:
        yield "identical readers without a note"


def records(found):
    if isinstance(found, Estimate):
        return [found]
    if isinstance(found, list):
        return [e for e in found if isinstance(e, Estimate)]
    return []


SHARES = {
    "roc_points": ["sensitivity", "specificity"],
    "average_roc": ["sensitivity", "specificity"],
    "roc_band": ["sensitivity", "specificity", "conf_low", "conf_high"],
    "calibration_curve": ["prob", "observed", "conf_low", "conf_high"],
    "calibration_groups": ["prob", "observed", "conf_low", "conf_high"],
    "froc_curve": ["fpf", "llf", "wllf", "tpf", "pcl"],
}
"""Columns of tables that lie between 0 and 1."""
MAY_BE_UNDEFINED = ("decision_curve", "froc_curve")
"""Tables in which nan stands for what is undefined, as their docstring says."""


def complaints_about_numbers(name, found):
    """What breaks the policy in a table or an array."""
    if isinstance(found, pd.DataFrame):
        columns = found.drop(columns=["threshold", "reader", "modality"], errors="ignore").astype(float)
        if np.isinf(columns.to_numpy()).any():
            yield "an infinite number in a table"
        if columns.isna().any(axis=None) and name not in MAY_BE_UNDEFINED:
            yield "an undefined number in a table"
        for column in columns.columns.intersection(SHARES.get(name, [])):
            if not columns[column].dropna().between(0, 1).all():
                yield f"{column} outside 0, 1"
    if name == "auc_covariance":
        area, covariance = found
        if not ((area >= 0) & (area <= 1)).all() or np.isinf(covariance).any() or (np.diag(covariance) < 0).any():
            yield "no area or no covariance"
    if name == "adjust" and not records(found) and ((found < 0) | (found > 1)).any():
        yield "a P-value outside 0, 1"


@pytest.mark.parametrize("name", STATISTICS)
def test_policy(name):
    assert name in INPUTS_OF or kind_of(name) in INPUTS, (
        f"{name} takes {kind_of(name)}: give its degenerate inputs in INPUTS"
    )
    function, found, refused = getattr(readerstudy, name), [], set()
    comparison = name.startswith(("compare", "paired", "mcnemar"))
    for said, args in inputs_of(name).items():
        for options in plans(name):
            called = f"{said}: {name}({', '.join(f'{k}={v!r}' for k, v in options.items() if k not in QUICK)})"
            try:
                result = function(*args, **{k: v(args) if callable(v) else v for k, v in options.items()})
            except ValueError as error:
                wrong_side = "margin" in options and options.get("alternative") == "less"
                wanted = REFUSED_OPTIONS.get(name) if wrong_side else None
                wanted = wanted or REFUSES.get((name, said))
                if wanted is None or not re.search(wanted, str(error)):
                    found.append(f"{called}: {error!r}")
                refused |= set() if wrong_side else {said}
                continue
            except Exception as error:  # the walk goes on, so that one run tells all
                found.append(f"{called}: {error!r}")
                continue
            found += [f"{called}: {what}" for what in complaints_about_numbers(name, result)]
            for e in records(result):
                found += [f"{called}: {what}: {shown(e)}" for what in complaints(e)]
                identical = "identical readers" in said or ("identical pairs" in said and name == "compare_kappa")
                if comparison and identical and options.get("paired", True):
                    found += [f"{called}: {what}: {shown(e)}" for what in complaints_about_identical(e)]
    assert not found, f"{len(found)} breaches of the policy:\n" + "\n".join(found[:40])
    assert refused == {said for refuser, said in REFUSES if refuser == name}


def shown(e):
    return {k: v for k, v in e.to_dict().items() if v is not None}


def test_every_refusal_is_of_an_input():
    for name, said in REFUSES:
        assert said in inputs_of(name)


def test_what_is_refused_stands_in_the_docs():
    page = (Path(__file__).parents[2] / "docs" / "degenerate.md").read_text()
    for name in {name for name, said in REFUSES if said != ALL_MISSING} | {*REFUSED_OPTIONS, *NOT_READ}:
        assert f"`{name}`" in page
    for name in MAY_BE_UNDEFINED:
        assert f"`{name}`" in page
