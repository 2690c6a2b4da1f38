"""The figures of a study as files for a journal, with their captions and the audit of what was written."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from readerstudy import _choice
from readerstudy.figures._canvas import SheetFigure, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._files import Written, written
from readerstudy.figures._gallery import KINDS, Maker, Names, makers
from readerstudy.figures._pick import Picked
from readerstudy.figures._resize import resize
from readerstudy.figures._sheet import Sheet, TooNarrowError, laid_out_on
from readerstudy.figures.audit import Finding, examine, lacking, to_csv, to_json
from readerstudy.figures.compose import Panel, composed
from readerstudy.figures.journal import Journal
from readerstudy.results import Results

_WITH_PICTURES = ("saliency", "errors")
_DRAWINGS = ("flow",)
COMPOSITE = "composite"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Submitted:
    """What was written.

    Parameters
    ----------
    files
        Their names.
    findings
        The audit.
    notes
        Figures that are wider than was asked for, or not drawn, and why.
    refused
        Whether a figure could not be drawn.
    """

    files: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    refused: bool


@dataclasses.dataclass(kw_only=True)
class _Figure:
    """A figure in its final size."""

    name: str
    kind: str
    figure: SheetFigure
    width: float
    caption: str


def submit(
    results: Results,
    journal: Journal,
    folder: Path,
    *,
    width: str = "single",
    only: Sequence[str] = (),
    compose: Sequence[Sequence[Panel]] = (),
    formats: Sequence[str] = (),
) -> Submitted:
    """Draw figures for a journal, write them into a folder and audit the files.

    Parameters
    ----------
    results
        The analysis.
    journal
        The rules.
    folder
        Where the files go; it exists.
    width
        ``"single"``, ``"onehalf"`` or ``"full"``. A figure that has no room there, or becomes too high, takes the next
        wider one.
    only
        Kinds or names of figures; all where it is empty, and none beside a composite figure.
    compose
        The panels of a composite figure, row by row.
    formats
        Of `journal.FORMATS`; what the journal asks for where it is empty.

    Raises
    ------
    ValueError
        If there is no such width, kind or figure, or nothing to draw.
    """
    picked = Picked(results)
    journal.width_of(width)
    figures: list[_Figure] = []
    notes: list[str] = []
    refused = False
    if compose:
        figures.append(_composite(picked, journal, width, compose, notes))
    if only or not compose:
        found, refused = _singles(picked, journal, width, only, notes)
        figures += found
    findings: list[Finding] = []
    files: list[str] = []
    for figure in figures:
        own, audited = _write(figure, journal, formats or journal.formats, folder)
        files += own
        findings += audited
    (folder / "captions.md").write_text(_captions(figures), encoding="utf-8", newline="\n")
    about = {
        "journal": journal.name, "status": journal.status, "checked": journal.checked.isoformat(),
        "source_url": journal.source_url, "note": journal.note, "notes": notes,
    }  # fmt: skip
    (folder / "audit.csv").write_text(to_csv(findings), encoding="utf-8", newline="\n")
    (folder / "audit.json").write_text(to_json(findings, about), encoding="utf-8", newline="\n")
    return Submitted(
        files=(*files, "audit.csv", "audit.json", "captions.md"), findings=tuple(findings), notes=tuple(notes),
        refused=refused,
    )  # fmt: skip


def _singles(
    picked: Picked, journal: Journal, width: str, only: Sequence[str], notes: list[str]
) -> tuple[list[_Figure], bool]:
    """Every figure asked for, and whether one of them could not be drawn."""
    names = Names()
    figures: list[_Figure] = []
    matched: set[str] = set()
    refused = False
    for maker in makers(picked):
        if only and not any(item == maker.kind or item.startswith(f"{maker.kind}-") for item in only):
            continue
        taken, displays, why = _fitting(maker, journal, width)
        if not displays and why:
            notes.append(f"not drawn: {_said(maker)} {why}")
            refused = True
            matched |= {item for item in only if item == maker.kind or item.startswith(f"{maker.kind}-")}
        before = len(figures)
        for display in displays:
            name = names.of(maker.kind, display)
            asked = [item for item in only if item == maker.kind or re.fullmatch(rf"{re.escape(item)}(-\d+)?", name)]
            matched.update(asked)
            if only and not asked:
                continue
            with house_style():
                resize(display.figure, journal.scale(journal.widths[taken]), least_line=journal.line)
            caption = f"{display.title}\n\n{display.caption}\n\nAlternative text: {display.alt}"
            figures.append(
                _Figure(name=name, kind=maker.kind, figure=display.figure, width=journal.widths[taken], caption=caption)
            )
        if len(figures) > before and taken != width:
            notes.append(f"{taken} instead of {width} width: {_said(maker)} {why}")
    for item in only:
        if item not in matched:
            _unknown(item, picked)
    return figures, refused


def _unknown(item: str, picked: Picked) -> None:
    """Say what there is instead of `item`."""
    names = Names()
    with laid_out_on(Sheet()):  # a narrow one has no room for some figures that there are
        known = {names.of(maker.kind, display): maker.kind for maker in makers(picked) for display in maker.displays()}
    if item in KINDS:
        own = sorted(name for name, kind in known.items() if kind == item)
        if own:
            raise ValueError(f"{item!r} is a kind of figure; name one of it: {', '.join(map(repr, own))}")
        raise ValueError(f"these results have no data for a figure of the kind {item!r}")
    offered = dict.fromkeys([*(kind for kind in KINDS if kind in known.values()), *sorted(known)])
    raise ValueError(f"there is no figure {item!r}: {_choice.did_you_mean(item, offered)}")


def _said(maker: Maker) -> str:
    return maker.kind if maker.task is None else f"{maker.kind} of {maker.task!r}"


def _fitting(maker: Maker, journal: Journal, width: str) -> tuple[str, list[Display], str]:
    """The figures at the first of the journal's widths, from `width` on, that has room for them, and why not before.

    Where they are too high at every width, they are drawn at the widest.
    """
    here: str | None = width
    last: tuple[str, list[Display]] = width, []
    why = ""
    while here is not None:
        sheet, scale = journal.sheet(journal.widths[here]), journal.scale(journal.widths[here])
        try:
            with laid_out_on(sheet):
                last = here, list(maker.displays())
        except TooNarrowError as error:
            why = f"needs at least {error.least * scale:.0f} mm"
        else:
            most = max((display.height_mm for display in last[1]), default=0.0)
            if most <= sheet.height + 1e-6:
                return *last, why
            why = f"would be {most * scale:.0f} mm high"
        here = journal.wider(here)
    return *last, why


def _composite(
    picked: Picked, journal: Journal, width: str, rows: Sequence[Sequence[Panel]], notes: list[str]
) -> _Figure:
    def draw(name: str) -> Display:
        names = Names()
        known: dict[str, Display] = {}
        for maker in makers(picked):
            if name == maker.kind or name.startswith(f"{maker.kind}-"):
                known |= {names.of(maker.kind, display): display for display in maker.displays()}
        if name not in known:
            _unknown(name, picked)
        further = [other for other in known if re.fullmatch(rf"{re.escape(name)}-\d+", other)]
        if further:
            notes.append(f"{name} goes on in its place in the composite figure: {', '.join(further)}")
        return known[name]

    mm = journal.width_of(width)
    try:
        figure, panels = composed(rows, journal, mm, draw)
    except TooNarrowError as error:
        needed = error.least * journal.scale(mm)
        raise ValueError(
            f"the panels do not fit {mm:g} mm beside each other: a row or a figure in it needs {needed:.0f} mm "
            "(a slash begins a new row, --width full is wider)"
        ) from None
    parts = [f"{journal.letters.of(panel.letter)}, {display.caption}" for panel, display in panels]
    alts = [f"{journal.letters.of(panel.letter)}, {display.alt}" for panel, display in panels]
    caption = "\n\n".join([*parts, f"Alternative text: {' '.join(alts)}"])
    return _Figure(name=COMPOSITE, kind=COMPOSITE, figure=figure, width=mm, caption=caption)


def _dpi(figure: _Figure, journal: Journal) -> int:
    """The resolution for the sort of artwork that a figure is."""
    if figure.kind in _WITH_PICTURES or figure.kind == COMPOSITE or any(axes.images for axes in figure.figure.axes):
        return journal.dpi["combination"]
    return journal.dpi["line" if figure.kind in _DRAWINGS else journal.charts]


def _write(figure: _Figure, journal: Journal, formats: Sequence[str], folder: Path) -> tuple[list[str], list[Finding]]:
    dpi = _dpi(figure, journal)
    drawing: bytes | None = None
    files: list[str] = []
    findings: list[Finding] = []
    for form in formats:
        made: Written = written(figure.figure, form, name=figure.name, dpi=dpi)
        path = folder / f"{figure.name}.{form}"
        path.write_bytes(made.content)
        files.append(path.name)
        if form in ("tiff", "png") and drawing is None:
            drawing = written(figure.figure, "pdf", name=figure.name, dpi=dpi).content
        findings += examine(
            path, figure=figure.name, journal=journal, width=figure.width, dpi=dpi,
            drawing=drawing if form in ("tiff", "png") else None,
        )  # fmt: skip
        findings += lacking(figure.name, path.name, made.lacking)
    return files, findings


def _captions(figures: Sequence[_Figure]) -> str:
    return "\n\n".join(f"## {figure.name}\n\n{figure.caption}" for figure in figures) + "\n"
