"""The dossier as a text that says where each analysis is not at its level."""

import math
import re
import textwrap
from collections.abc import Callable, Iterable
from itertools import product

import numpy as np

from benchmarks.mrmc_dossier.cell import FAR, QUESTIONS, Cell, Plan, Pooled, Question, pooled
from benchmarks.mrmc_dossier.studies import DESIGNS, MARGIN, MEASURES, METHODS, NEAR_ONE, SIZES, SPECIFICITY
from readerstudy.simulate import STRUCTURES

TITLES = {"auc": "AUC", "sensitivity": "sensitivity"}
_NAMES = {
    "jackknife": "OR, jackknife", "delong": "OR, DeLong", "unbiased": "OR, unbiased", "dbm": "DBM",
    "u-statistic": "U-statistic",
}  # fmt: skip
_CALLS = {
    "jackknife": "by default",
    "delong": '`covariance="delong"`',
    "unbiased": '`covariance="unbiased"`',
    "dbm": '`method="dbm"`',
    "u-statistic": '`method="u-statistic"`',
}
NEAR = 0.9
"""Levels from here on have a section of their own."""
FEW_READERS, FEW_CASES = 3, 50
_SEEN = 0.0005
"""Shares below this are not spoken of."""


def summary(cells: list[Cell], plan: Plan) -> str:
    """The text."""
    usual = [cell for cell in cells if cell.level < NEAR]
    parts = [_head(plan), _in_short(usual)]
    for name, question in QUESTIONS.items():
        parts += [f"## {question.title}\n", _wrapped(question.about) + "\n"]
        for measure in MEASURES:
            found = [cell for cell in usual if (cell.question, cell.measure) == (name, measure)]
            parts += [f"### {TITLES[measure][0].upper()}{TITLES[measure][1:]}\n", _grid(found)]
            parts += ["\n".join(_wrapped(f"- {said}") for said in _said(found)), ""]
    parts += [_of_structures(usual), _near_one([cell for cell in cells if cell.level >= NEAR])]
    return "\n".join(parts).rstrip() + "\n"


def _wrapped(text: str) -> str:
    kept = re.sub(r"(?<=\d) (?=%|x \d)|(?<=\d x) (?=\d)", "\0", text)  # 5 % and 3 x 50 stay on one line
    indent = "  " * text.startswith("- ")
    return textwrap.fill(kept, 118, subsequent_indent=indent, break_on_hyphens=False).replace("\0", " ")


def _head(plan: Plan) -> str:
    replicates = plan.replicates * len(STRUCTURES)

    def error(share: float) -> str:
        return f"{100 * math.sqrt(share * (1 - share) / replicates):.2f}"

    calls = ", ".join(f"{_NAMES[name]} ({_CALLS[name]})" for name in METHODS)
    said = [
        f"Each entry is {replicates:,} studies, {plan.replicates:,} of each of Roe and Metz's structures "
        f"({', '.join(STRUCTURES)}: correlation of the scores high or low, then variance of the readers high or low). "
        f"The Monte-Carlo standard error of a rate of 5 % is {error(0.05)} points, of 2.5 % {error(0.025)} points.",
        f"An entry further than {FAR:g} standard errors from nominal is **bold** where errors are too many, *italic* "
        "where they are too few. Among entries that are at their level, 1 of 370 would be either by chance. All "
        "methods see the same studies, so that their entries go up and down together.",
        "Scores are continuous, half of the cases are positive. AUC 0.85; for sensitivity scores are called at a "
        f"threshold, sensitivity 0.8 at specificity {SPECIFICITY:g}. The margin is {MARGIN:g}.",
        "*Crossed*: everyone reads every case in both modalities. *Split-plot*: readers and cases are dealt out to two "
        "blocks (3 readers: two and one). *Missing*: 10 % of the reads are lost at random. *Clustered*: three cases a "
        "patient, of both classes, who share half of the cases' variance; analysed with `patients=`. The model, where "
        "there is one, shares half of its variance with the readers' effect of the case.",
        "Studies without a test and an interval (no positive variance) are in no rate; their share is said, and is the "
        "column `undefined`. Who counts them as not rejected multiplies a rate of rejection by 1 - `undefined`.",
        "An interval of no width, of readers who all do the same, counts as it is, though it has no test against a "
        "margin: the column `no_spread`. Limits cut at the end of the range count as they are.",
        "`too_low` and `too_high` are the shares of intervals that lie wholly below and above the truth. With several "
        "cases a patient the truth is that of cases of different patients; the pairs within patients move the mean of "
        "the studies' AUCs by less than 0.002.",
        "DBM is Obuchowski and Rockette's analysis by jackknife in another form: its tests are the same. The bootstrap "
        "covariance and V-statistics are not simulated here. U-statistics and the unbiased covariance refuse clustered "
        "cases, DBM designs that are not fully crossed.",
    ]
    lines = "\n".join(_wrapped(f"- {item}") for item in said)
    about = _wrapped(
        "How often the tests of `mrmc` and `model_versus_readers` reject what is true, and how often their 95 % "
        "intervals hold it, in studies simulated by Roe and Metz's model (`readerstudy.simulate`). Readers and cases "
        f"are random. Methods: {calls}. Made by `python -m benchmarks.mrmc_dossier`; seeded, so that a second run "
        "writes the same bytes. Each cell stands in [mrmc_coverage.csv](mrmc_coverage.csv)."
    )
    return f"""# Error rates and coverage with many readers and many cases

{about}

![Error rates by method, design and size](mrmc_coverage.svg)

How it is counted:

{lines}
"""


def entry(found: Pooled) -> str:
    """A rate in percent, marked where it is not nominal."""
    if math.isnan(found.share):
        return ""
    said = f"{100 * found.share:.1f}"
    return f"**{said}**" if found.beyond > FAR else f"*{said}*" if found.beyond < -FAR else said


def by_size(cells: Iterable[Cell]) -> dict[tuple[int, int], Pooled]:
    """Cells of one method and design, the structures of each size as one."""
    cells = list(cells)
    sizes = [size for size in SIZES if any((cell.readers, cell.cases) == size for cell in cells)]
    return {size: pooled(cell for cell in cells if (cell.readers, cell.cases) == size) for size in sizes}


def lines_of(cells: list[Cell]) -> dict[tuple[str, str], list[Cell]]:
    """Cells by method and design."""
    found = {
        (method, design): [cell for cell in cells if (cell.method, cell.design) == (method, design)]
        for design in DESIGNS
        for method in METHODS
    }
    return {key: of_line for key, of_line in found.items() if of_line}


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} readers, {size[1]} cases"


def _grid(cells: list[Cell]) -> str:
    lines = lines_of(cells)
    sizes = list(by_size(cells))
    head = ["design", "method", *map(_size, sizes)] + ["all"] * (len(sizes) > 1)
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for (method, design), found in lines.items():
        entries = [entry(one) for one in by_size(found).values()]
        entries += [entry(pooled(found))] * (len(sizes) > 1)
        rows.append(f"| {design} | {_NAMES[method]} | " + " | ".join(entries) + " |")
    return "\n".join(rows) + "\n"


def _said(cells: list[Cell]) -> list[str]:
    """A sentence for each method."""
    found = []
    for method in METHODS:
        of_method = {design: by_size(of) for (name, design), of in lines_of(cells).items() if name == method}
        if of_method:
            found.append(_of_method(method, of_method, QUESTIONS[cells[0].question]))
    return found


def _of_method(method: str, entries: dict[str, dict[tuple[int, int], Pooled]], question: Question) -> str:
    every = [(design, size, one) for design, of in entries.items() for size, one in of.items()]
    level = f"{100 * (question.nominal if question.tested else 1 - question.nominal):g} %"
    many = [item for item in every if item[2].beyond > FAR]
    few = [item for item in every if item[2].beyond < -FAR]
    within = len(every) - len(many) - len(few)
    if within == len(every):
        parts = [f"**{_NAMES[method]}**: within Monte-Carlo error of {level} everywhere."]
    else:
        parts = [f"**{_NAMES[method]}**: within Monte-Carlo error of {level} in {within} of {len(every)}."]
    more, less = ("rejects too often", "too seldom") if question.tested else ("too narrow", "wider than need be")
    for word, those in ((more, many), (less, few)):
        if those:
            parts.append(f"{word[0].upper()}{word[1:]}: {_places(those)}.")
    missing = max(every, key=lambda item: item[2].undefined)
    if missing[2].undefined >= _SEEN:
        design, size, one = missing
        parts.append(f"Undefined in up to {100 * one.undefined:.1f} % of the studies ({design}, {_size(size)}).")
    return " ".join(parts)


def _places(those: list[tuple[str, tuple[int, int], Pooled]]) -> str:
    by_design: dict[str, list[str]] = {}
    for design, (readers, cases), one in those:
        by_design.setdefault(design, []).append(f"{readers} x {cases} ({100 * one.share:.1f} %)")
    return "; ".join(f"{design}, {', '.join(sizes)}" for design, sizes in by_design.items())


def _in_short(cells: list[Cell]) -> str:
    """Least and largest entries of few readers, few cases, and more of both."""
    regions: dict[str, Callable[[tuple[int, int]], bool]] = {
        f"{FEW_READERS} readers": lambda size: size[0] <= FEW_READERS,
        f"more readers, {FEW_CASES} cases": lambda size: size[0] > FEW_READERS and size[1] <= FEW_CASES,
        "more readers and cases": lambda size: size[0] > FEW_READERS and size[1] > FEW_CASES,
    }
    head = ["question", "nominal", "measure", "method", *regions]
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, question in QUESTIONS.items():
        nominal = f"{100 * (question.nominal if question.tested else 1 - question.nominal):g}"
        for measure, method in product(MEASURES, METHODS):
            found = [c for c in cells if (c.question, c.measure, c.method) == (name, measure, method)]
            if not found:
                continue
            entries = [(size, one) for of in lines_of(found).values() for size, one in by_size(of).items()]
            ranges = [_range([one for size, one in entries if inside(size)]) for inside in regions.values()]
            row = [question.title, nominal, TITLES[measure], _NAMES[method], *ranges]
            rows.append(f"| {' | '.join(row)} |")
    about = (
        "Least and largest entry of the tables below, over designs and sizes, in percent; marked as there if one of "
        "them is."
    )
    return "\n".join(["## In short\n", _wrapped(about) + "\n", *rows]) + "\n"


def _range(found: list[Pooled]) -> str:
    known = sorted((one for one in found if not math.isnan(one.share)), key=lambda one: one.share)
    if not known:
        return ""
    ends = [f"{100 * one.share:.1f}" for one in (known[0], known[-1])]
    said = ends[0] if ends[0] == ends[1] else " to ".join(ends)
    if any(one.beyond > FAR for one in known):
        return f"**{said}**"
    return f"*{said}*" if any(one.beyond < -FAR for one in known) else said


def _of_structures(cells: list[Cell]) -> str:
    head = ["question", "measure", "method", *STRUCTURES]
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, question in QUESTIONS.items():
        for measure in MEASURES:
            for method in METHODS:
                found = [c for c in cells if (c.question, c.measure, c.method) == (name, measure, method)]
                if found:
                    entries = [entry(pooled(c for c in found if c.structure == s)) for s in STRUCTURES]
                    rows.append(f"| {question.title} | {TITLES[measure]} | {_NAMES[method]} | {' | '.join(entries)} |")
    about = (
        "The same by structure of the variances, over all designs and sizes: the first letter is the correlation of "
        "the scores (high or low), the second the variance of the readers."
    )
    return "\n".join(["## By structure\n", _wrapped(about) + "\n", *rows]) + "\n"


def _near_one(cells: list[Cell]) -> str:
    sizes = [size for size in NEAR_ONE if any((cell.readers, cell.cases) == size for cell in cells)]
    head = ["question", "measure", "method", *map(_size, sizes), "undefined", "no width"]
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, question in QUESTIONS.items():
        for measure in MEASURES:
            for method in METHODS:
                found = [c for c in cells if (c.question, c.measure, c.method) == (name, measure, method)]
                if found:
                    entries = [entry(one) for one in by_size(found).values()]
                    most = [100 * max(getattr(c, field) for c in found) for field in ("undefined", "no_spread")]
                    entries += ["" if np.isnan(share) else f"{share:.1f}" for share in most]
                    rows.append(f"| {question.title} | {TITLES[measure]} | {_NAMES[method]} | {' | '.join(entries)} |")
    about = (
        "AUC 0.95, or sensitivity 0.95 at specificity 0.8, fully crossed. The last two columns are the largest shares, "
        "in percent, of studies without an interval and of intervals without width."
    )
    return "\n".join(["## Near 1\n", _wrapped(about) + "\n", *rows]) + "\n"
