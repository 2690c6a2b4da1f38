"""Plans of cases: two AUCs, two proportions, one proportion, its interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from readerstudy import text
from readerstudy.sizing.plan import Plan, aim, asked, curve, notes, percent, row, sizes_to_draw

if TYPE_CHECKING:
    from readerstudy.power import AucPair, Power


def auc(
    pairs: Sequence[tuple[str, AucPair]],
    *,
    positives: Sequence[int],
    power: float | None = None,
    ratio: float | None = None,
    source: str,
    **same: Any,
) -> Plan:
    """Two AUCs of the same cases (or not): power over numbers of positive cases."""
    from readerstudy.power import compare_auc as plan

    return _of_cases(
        "auc",
        [(name, lambda pair=pair, **sizes: plan(pair, ratio=ratio, **sizes, **same)) for name, pair in pairs],
        "n_positive",
        positives,
        power,
        lambda e: aim(e, "AUC") + f"; {source}",
    )


def paired(
    effect: float | None,
    discordant: Sequence[float],
    *,
    cases: Sequence[int],
    power: float | None = None,
    measure: str = "the proportion",
    **same: Any,
) -> Plan:
    """Two proportions of the same cases: power over numbers of cases, for each share of discordant ones."""
    from readerstudy.power import paired_proportions as plan

    def test(e: Power) -> str:
        names = {"tango": "Tango's score test", "normal": "normal approximation"}
        return names.get(e.method, f"McNemar's test ({e.method})")

    return _of_cases(
        "paired",
        [
            (f"{share:g} discordant", lambda share=share, **sizes: plan(effect, discordant=share, **sizes, **same))
            for share in discordant
        ],
        "n_cases",
        cases,
        power,
        lambda e: f"{aim(e, measure)}, by {test(e)}",
    )


def proportion(
    values: Sequence[float],
    *,
    null: float,
    cases: Sequence[int],
    power: float | None = None,
    measure: str = "the proportion",
    **same: Any,
) -> Plan:
    """One proportion against a goal: power over numbers of cases, for each true proportion."""
    from readerstudy.power import proportion as plan

    def aim(e: Power) -> str:
        sided = "two-sided" if e.alternative == "two-sided" else "one-sided"
        side = "above" if e.effect > e.null else "below"
        return (
            f"to show that {measure} is {side} {e.null:g} if it is {e.effect:g} ({sided} level {e.alpha * 100:g}%, "
            f"{e.method} interval)"
        )

    return _of_cases(
        "proportion",
        [(f"true value {p:g}", lambda p=p, **sizes: plan(p, null=null, **sizes, **same)) for p in values],
        "n_cases",
        cases,
        power,
        aim,
    )


def _of_cases(
    kind: str,
    plans: Sequence[tuple[str, Callable[..., Power]]],
    unknown: str,
    sizes: Sequence[int],
    power: float | None,
    aim: Callable[[Power], str],
) -> Plan:
    """Power over one number of cases, `unknown`, for each assumption."""
    wanted = asked(power, sizes)
    rows, sentences, every, curves = [], [], [], []
    searched = {name: None if wanted is None else plan(power=wanted) for name, plan in plans}
    needed = [getattr(e, unknown) for e in searched.values() if e is not None and getattr(e, unknown) is not None]
    teeth = kind in ("paired", "proportion")
    grid = sizes_to_draw(0, [*sizes, *needed], saw_teeth=teeth)
    for name, plan in plans:
        found = searched[name]
        for e in [*(plan(**{unknown: n}) for n in sizes), *([] if found is None else [found])]:
            every.append(e)
            rows.append(row(e, assumed=name, **{unknown: getattr(e, unknown)}, power=e.to_dict()["power"]))
            sentences.append(
                f"{_with(e)} the study has a power of {percent(e.power)} {aim(e)}."
                if e.n_cases
                else f"{name}: {e.note}."
            )
        on_axis = None if found is None else dataclasses.replace(found, n_cases=getattr(found, unknown))
        curves.append(curve(name, lambda n, plan=plan: plan(**{unknown: n}).power, grid, on_axis))  # type: ignore[misc]
    classes = {"n_positive": "positive", "n_negative": "negative"} if unknown == "n_positive" else {}
    return Plan(
        kind=kind,
        rows=rows,
        headings={"assumed": "assumed", **classes, "n_cases": "cases", "power": "power"},
        sentences=sentences,
        curves=curves,
        wanted=wanted,
        caption=f"Power {aim(every[0])}.",
        notes=notes(every),
    )


def _with(e: Power) -> str:
    if e.n_positive is not None:
        return f"With {e.n_positive} positive and {e.n_negative} negative cases"
    return f"With {e.n_cases} cases"


def precision(
    values: Sequence[float],
    *,
    cases: Sequence[int],
    half_width: float | None = None,
    measure: str = "the proportion",
    **same: Any,
) -> Plan:
    """The interval of one proportion: half-widths over numbers of cases, for each true proportion."""
    from readerstudy.figures.power import Curve
    from readerstudy.power import precision as plan

    if half_width is None and not cases:
        half_width = 0.05
    curves, every, rows, sentences = [], [], [], []
    searched = {p: None if half_width is None else plan(p, half_width=half_width, **same) for p in values}
    needed = [e.n_cases for e in searched.values() if e is not None and e.n_cases]
    grid = sizes_to_draw(0, [*cases, *needed], 5)
    alone = {name: value for name, value in same.items() if name != "assurance"}
    for p in values:
        found = searched[p]
        for e in [*(plan(p, n_cases=n, **alone) for n in cases), *([] if found is None else [found])]:
            every.append(e)
            rows.append(row(e, assumed=f"true value {p:g}", n_cases=e.n_cases, half_width=e.to_dict()["half_width"]))
            if e.n_cases is None:
                sentences.append(f"True value {p:g}: {e.note}.")
                continue
            sentences.append(
                f"With {e.n_cases} cases the {e.conf_level * 100:g}% {e.method} interval of {measure} is expected to "
                f"reach {text.fixed(e.half_width, 3)} to either side if the true value is {p:g}."
            )
        halves = [plan(p, n_cases=n, **alone).half_width for n in grid]
        reached = None if found is None or found.n_cases is None else (float(found.n_cases), found.half_width)
        told = "" if found is None else found.note or "" if found.n_cases is None else f"{found.n_cases:,} cases"
        curves.append(Curve(f"true value {p:g}", [float(n) for n in grid], halves, reached, told))
    first = every[0]
    return Plan(
        kind="precision",
        rows=rows,
        headings={"assumed": "assumed", "n_cases": "cases", "half_width": "half-width"},
        sentences=sentences,
        curves=curves,
        wanted=half_width,
        caption=f"Expected half-width of the {first.conf_level * 100:g}% {first.method} interval of {measure}.",
        y_title="Half-width of the interval",
        notes=notes(every),
    )
