"""Plans of readers and cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from readerstudy.sizing.plan import Plan, aim, asked, curve, notes, percent, row, sizes_to_draw

if TYPE_CHECKING:
    from readerstudy.power import Components, PanelComponents, Power

_READERS_HEADINGS = {
    "n_readers": "readers", "n_cases": "cases", "power": "power", "std_error": "std. error", "df": "df",
}  # fmt: skip


def mrmc(
    components: Components,
    *,
    effect: float | None,
    readers: Sequence[int],
    cases: Sequence[int],
    power: float | None = None,
    measure: str = "AUC",
    source: str = "conjectured variance components",
    **same: Any,
) -> Plan:
    """Two modalities, many readers: power over readers x cases, and the cases that each number of readers takes."""
    from readerstudy.power import mrmc as plan

    def one(**sizes: Any) -> Power:
        return plan(components, effect=effect, **sizes, **same)

    return _of_readers("mrmc", one, readers, cases, power, f"mean {measure}", source, _sampled(same))


def panel(
    components: PanelComponents,
    *,
    effect: float | None,
    readers: Sequence[int],
    cases: Sequence[int],
    power: float | None = None,
    measure: str = "AUC",
    source: str = "conjectured variance components",
    **same: Any,
) -> Plan:
    """One model against a panel of readers, in the same way."""
    from readerstudy.power import model_versus_readers as plan

    def one(**sizes: Any) -> Power:
        return plan(components, effect=effect, **sizes, **same)

    return _of_readers(
        "panel", one, readers, cases, power, f"{measure} (model - readers' mean)", source, _sampled(same)
    )


def _sampled(options: Mapping[str, Any]) -> str:
    """What is random, in words."""
    given = options.get("random", ("readers", "cases"))
    names = [given] if isinstance(given, str) else list(given)
    return f"{' and '.join(names)} random"


def _of_readers(
    kind: str,
    one: Callable[..., Power],
    readers: Sequence[int],
    cases: Sequence[int],
    power: float | None,
    measure: str,
    source: str,
    sampled: str,
) -> Plan:
    readers = readers or (3, 5, 8, 12)
    wanted = asked(power, cases)
    given = [one(n_readers=j, n_cases=k) for j in readers for k in cases]
    found = {} if wanted is None else {j: one(n_readers=j, power=wanted) for j in readers}
    every = [*given, *found.values()]
    needed = [e.n_cases for e in found.values() if e.n_cases is not None]
    # One curve that hardly rises must not press the others against the axis.
    drawn = [*cases, *(n for n in needed if n <= 20 * min(needed))]
    sizes = sizes_to_draw(0 if drawn else 200, drawn, max(10, 2 * (every[0].n_blocks or 1)))
    curves = [
        curve(f"{j} readers", lambda n, j=j: one(n_readers=j, n_cases=n).power, sizes, found.get(j))  # type: ignore[misc]
        for j in readers
    ]
    how = {
        "mrmc": "each reader reading every case in both modalities",
        "panel": "each reader and the model reading every case",
    }[kind]
    blocks = every[0].n_blocks
    if blocks is not None:
        how = f"in {blocks} blocks, {how.replace('every case', 'every case of a block')}"
    test = f"analysis of Obuchowski and Rockette with Hillis' degrees of freedom, {sampled}; {source}"
    sentences = []
    for e in every:
        if e.n_cases is None:
            sentences.append(f"{str(e.note)[:1].upper()}{str(e.note)[1:]}.")
            continue
        sentences.append(
            f"With {e.n_readers} readers and {e.n_cases} cases, {how}, the study has a power of {percent(e.power)} "
            f"{aim(e, measure)}; {test}."
        )
    return Plan(
        kind=kind,
        rows=[row(e, n_readers=e.n_readers, n_cases=e.n_cases, power=e.to_dict()["power"]) for e in every],
        headings=_READERS_HEADINGS,
        sentences=sentences,
        curves=curves,
        wanted=wanted,
        caption=f"Power {aim(every[0], measure)}, {how}; {test}.",
        notes=notes(every),
    )
