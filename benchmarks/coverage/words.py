"""The dossier as a table of every cell and as a text that says where each interval falls short."""

import csv
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from benchmarks.coverage.cell import Cell, Plan
from benchmarks.coverage.families import FAMILIES, Family, group

LEVEL, SHORT, FAR_SHORT = 0.95, 0.94, 0.90
_WORDS = ("family", "measure", "interval", "data")
_DECIMALS = {"prevalence": 4, "correlation": 4, "versus": 4, "sensitivity": 4, "specificity": 4, "true_value": 6}


def rounded(cell: Cell) -> Cell:
    """The cell with the decimals that the table has, so that text and figure can be made from the table alone."""
    return Cell(*(_rounded(name, value) for name, value in cell._asdict().items()))


def _rounded(name: str, value: Any) -> Any:
    return round(float(value), _DECIMALS.get(name, 5)) + 0.0 if isinstance(value, float) else value


def table(cells: Iterable[Cell]) -> str:
    """Every cell, as CSV; empty where a factor does not apply, "exact" for replicates where there are none."""
    lines = [",".join(Cell._fields)]
    lines += (",".join(_field(*item) for item in cell._asdict().items()) for cell in cells)
    return "\n".join(lines) + "\n"


def _field(name: str, value: Any) -> str:
    if value is None:
        return "exact" if name == "replicates" else ""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)


def read(text: str) -> list[Cell]:
    """The cells of a table."""
    return [Cell(*(_value(*item) for item in row.items())) for row in csv.DictReader(text.splitlines())]


def _value(name: str, text: str) -> Any:
    if name in _WORDS:
        return text
    if name == "n" or (name == "replicates" and text != "exact"):
        return int(text)
    if name == "replicates" or (name in _DECIMALS and not text):
        return None
    return float(text or "nan")


def grouped(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """Cells by interval, in the order in which they come."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(group(cell), []).append(cell)
    return groups


def percent(share: float) -> str:
    """A share of which the first decimal of its percentage matters; what is below a bound never prints as it."""
    return f"{np.floor(1000 * share + 1e-9) / 10:.1f}"


def summary(cells: list[Cell], plan: Plan) -> str:
    """The text."""
    parts = [_head(plan)]
    for family in FAMILIES:
        groups = grouped(cell for cell in cells if cell.family == family.name)
        sizes = sorted({cell.n for found in groups.values() for cell in found})
        parts += [
            f"## {family.title}\n",
            _wrapped(family.about) + "\n",
            "Coverage in percent: mean (lowest) over the cells.\n",
        ]
        parts.append(_grid(groups, sizes, _coverage))
        parts.append("Mean width.\n")
        parts.append(_grid(groups, sizes, _width))
        parts.append("\n".join(_wrapped(f"- {_said(family, name, found)}") for name, found in groups.items()))
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 118, subsequent_indent="  " * text.startswith("- "), break_on_hyphens=False)


def _head(plan: Plan) -> str:
    error = 100 * np.sqrt(LEVEL * (1 - LEVEL) / plan.replicates)
    return f"""# Coverage of the intervals

How often a two-sided 95 % interval holds the truth, for every interval of five families, by size and truth. Made by
`python -m benchmarks.coverage`, which puts every outcome to the public functions; seeded, so that a second run writes
the same bytes. Each cell stands in [coverage.csv](coverage.csv).

![Coverage by interval and number of cases](coverage.svg)

How it is counted:

- *Exact* means that every outcome was enumerated and weighed with its probability. Otherwise a cell has
  {plan.replicates:,} replicates: the standard error of a coverage of 95 % is {error:.2f} points.
- An interval *under-covers* in a cell where its coverage is below 94 %: further from 95 % than chance takes a
  simulated cell. A mean over cells says how an interval does in most of them, the lowest what can happen.
- Outcomes without any limit (an undefined estimate) are in no coverage and no width; their share is said, and is the
  column `undefined`. Who counts them as misses multiplies the coverage by 1 - `undefined`.
- An interval with one limit (a likelihood ratio that is 0 or unbounded) has no end on the other side: it covers the
  truth if its one limit lets it. It is in no width. Its share is the column `one_limit`.
- An interval without width counts as it is: it misses all but its own value.
- `too_low` and `too_high` are the shares of intervals that lie wholly below and above the truth.
"""


def _grid(groups: dict[str, list[Cell]], sizes: list[int], entry: Callable[[list[Cell]], str]) -> str:
    lines = ["| interval | " + " | ".join(f"n = {n}" for n in sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    for name, found in groups.items():
        entries = [entry([cell for cell in found if cell.n == n]) for n in sizes]
        lines.append(f"| {name} | " + " | ".join(entries) + " |")
    return "\n".join(lines) + "\n"


def _coverage(cells: list[Cell]) -> str:
    if not cells:
        return ""
    shares = [cell.coverage for cell in cells]
    return f"{percent(float(np.mean(shares)))} ({percent(min(shares))})"


def _width(cells: list[Cell]) -> str:
    widths = [cell.width for cell in cells if not np.isnan(cell.width)]
    return f"{np.mean(widths):.3f}" if widths else ""


def _said(family: Family, name: str, cells: list[Cell]) -> str:
    worst = min(cells, key=lambda cell: cell.coverage)
    sides = f"{100 * worst.too_low:.1f} % lie too low, {100 * worst.too_high:.1f} % too high"
    lowest = f"{percent(worst.coverage)} % at {_place(family, worst)} ({sides})"
    short = [cell for cell in cells if cell.coverage < SHORT]
    if not short:
        kept = "never under-covers" if worst.coverage < LEVEL else "holds its level everywhere"
        said = f"**{name}** {kept}: lowest {lowest}."
    else:
        far = sum(cell.coverage < FAR_SHORT for cell in short)
        below = f", {far} of them below 90 %" if far else ""
        said = f"**{name}** under-covers in {len(short)} of {len(cells)} cells{below}. Lowest {lowest}. "
        said += _ranges(short) if family.name == "proportion" else _shares(family, cells, short)
    most = max(cells, key=lambda cell: cell.undefined)
    if most.undefined >= 5e-5:
        said += f" No interval in up to {100 * most.undefined:.2f} % of the samples ({_place(family, most)})."
    most = max(cells, key=lambda cell: cell.one_limit)
    if most.one_limit >= 5e-5:
        said += f" One limit only in up to {100 * most.one_limit:.2f} % ({_place(family, most)})."
    return said


def _place(family: Family, cell: Cell) -> str:
    return ", ".join([f"n = {cell.n}", *(f"{word} {getattr(cell, name):g}" for name, word in family.factors.items())])


def _ranges(short: list[Cell]) -> str:
    """The proportions of each n, neighbours as a range."""
    parts = []
    for n in sorted({cell.n for cell in short}):
        runs: list[list[float]] = []
        for p in sorted(cell.true_value for cell in short if cell.n == n):
            if runs and p - runs[-1][-1] < 0.0101:
                runs[-1].append(p)
            else:
                runs.append([p])
        words = (f"{run[0]:g}" if len(run) == 1 else f"{run[0]:g} to {run[-1]:g}" for run in runs)
        parts.append(f"n = {n}: p " + ", ".join(words))
    return "Where: " + "; ".join(parts) + "."


def _shares(family: Family, cells: list[Cell], short: list[Cell]) -> str:
    """How many cells fall short at each value of each factor, where that tells one value from another."""
    parts = []
    for column, word in {"n": "n", **family.factors}.items():
        values = sorted({getattr(cell, column) for cell in cells})
        if len(values) < 2:
            continue
        hit = [sum(getattr(cell, column) == value for cell in short) for value in values]
        total = [sum(getattr(cell, column) == value for cell in cells) for value in values]
        found = ", ".join(f"{h} of {t} at {v:g}" for v, h, t in zip(values, hit, total, strict=True) if h)
        parts.append(f"by {word}: {found}")
    where = "; ".join(parts)
    return f"{where[0].upper()}{where[1:]}."
