"""What a plan is, and the words and numbers that all plans share."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from readerstudy import text

if TYPE_CHECKING:
    from readerstudy.figures.power import Curve
    from readerstudy.power import Power, Precision

_POINTS = 120
"""Sizes at which a curve is computed."""
_SAW_TEETH = 600
"""Up to so many cases every number is computed where the power rises in saw teeth."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """What was found.

    Parameters
    ----------
    kind
        The subcommand: ``"mrmc"``, ``"panel"``, ``"auc"``, ``"paired"``, ``"proportion"`` or ``"precision"``.
    rows
        The table: one record for each combination, all with the same columns.
    headings
        What the columns are called when they are printed; columns that are not named here are in the files alone.
    sentences
        What a protocol can say, a sentence for each combination that was asked for.
    curves, wanted
        Of the figure.
    caption
        Of the figure: which test, which assumptions.
    y_title
        Of the figure.
    notes
        What must be told beside the numbers.
    """

    kind: str
    rows: list[dict[str, Any]]
    headings: dict[str, str]
    sentences: list[str]
    curves: list[Curve]
    wanted: float | None
    caption: str
    y_title: str = "Power"
    notes: list[str] = dataclasses.field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The plan without its curves, as plain JSON values."""
        return {
            "schema": "readerstudy-size/1",
            "kind": self.kind,
            "rows": self.rows,
            "sentences": self.sentences,
            "notes": self.notes,
        }


def percent(share: float) -> str:
    """A power: rounded down where rounding up would claim it whole."""
    return "> 99.9%" if 0.9995 <= share < 1 else text.percent(share)


def number(value: float) -> str:
    """A number as it was given."""
    return f"{value:.10g}"


def row(found: Power | Precision, **first: Any) -> dict[str, Any]:
    """A row of the table: what identifies it first."""
    record = found.to_dict()
    return {**first, **{name: value for name, value in record.items() if name not in first}}


def aim(found: Power, measure: str) -> str:
    """What is to be shown, of a difference."""
    level = f"{found.alpha / 2 * 100:g}%"
    if found.hypothesis == "non-inferiority":
        return (
            f"to show non-inferiority with a margin of {number(found.margin)} if the true difference in {measure} "
            f"is {number(found.effect)} (one-sided test at the {level} level)"
        )
    if found.hypothesis == "equivalence":
        return (
            f"to show equivalence with a margin of {number(found.margin)} if the true difference in {measure} is "
            f"{number(found.effect)} (two one-sided tests at the {level} level)"
        )
    sided = "two-sided" if found.alternative == "two-sided" else "one-sided"
    return (
        f"to show a true difference in {measure} of {number(found.effect)} ({sided} test at the "
        f"{found.alpha * 100:g}% level)"
    )


def asked(power: float | None, sizes: Sequence[int]) -> float | None:
    """The power that sizes are searched for: 0.8 where neither a power nor sizes were given."""
    return 0.8 if power is None and not sizes else power


def sizes_to_draw(most: int, marked: Iterable[int], least: int = 2, *, saw_teeth: bool = False) -> list[int]:
    """Where a curve is computed: up to a little more than what was given or found, and there."""
    marked = list(marked)
    end = max(least + 10, math.ceil(1.25 * max([most, *marked])))
    if end - least <= (_SAW_TEETH if saw_teeth else _POINTS):
        return list(range(least, end + 1))
    points = {round(least + (end - least) * i / _POINTS) for i in range(_POINTS + 1)}
    return sorted(points | {n for n in marked if n >= least})


def curve(label: str, power: Callable[[int], float], sizes: Sequence[int], found: Power | None) -> Curve:
    """A line of the figure, with the sizes that were searched for."""
    from readerstudy.figures.power import Curve

    reached, told = None, ""
    if found is not None:
        told = "not with any number" if found.n_cases is None else f"{found.n_cases:,} cases"
        inside = found.n_cases is not None and found.n_cases <= sizes[-1]
        reached = (float(found.n_cases or 0), found.power) if inside else None
    return Curve(label, [float(n) for n in sizes], [power(n) for n in sizes], reached, told)


def notes(found: Iterable[Power | Precision]) -> list[str]:
    """Each note once; what cannot be had is said in a sentence of its own."""
    return list(dict.fromkeys(e.note for e in found if e.note and e.n_cases is not None))
