"""``readerstudy prepare``: images as they come from the scanner to a store of de-identified cases."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from readerstudy.cli_status import exit_status, one_of

if TYPE_CHECKING:
    from readerstudy.imaging.prepare import Report, Use
    from readerstudy.imaging.recipe import Recipe

_CARDS = ("zhen2020-a", "wang2021")


def prepare(
    folder: Annotated[Path, typer.Argument(metavar="INPUT", help="Folder with the images.")],
    out: Annotated[Path, typer.Option("--out", metavar="STORE", help="The case store, new or to be completed.")],
    layout: Annotated[str, typer.Option("--layout", metavar="NAME", help="auto, dicom, nifti or lld-mmri.")] = "auto",
    roi: Annotated[
        Path | None, typer.Option("--roi", metavar="FOLDER", help="Regions of interest, named by patient.")
    ] = None,
    cases: Annotated[
        Path | None, typer.Option("--cases", metavar="FILE", help="cases.csv: truth and clinical columns.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option("--keep", metavar="COLUMN", help="Column of cases.csv to carry over; repeat it.")
    ] = None,
    card: Annotated[
        list[str] | None,
        typer.Option("--card", metavar="CARD", help="Model to prepare for; repeat it. zhen2020-a and wang2021."),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help="Rules that tell the sequences apart (TOML).")
    ] = None,
    override: Annotated[
        Path | None, typer.Option("--override", metavar="FILE", help="Sequences settled by hand, study by study.")
    ] = None,
    flip: Annotated[
        Path | None, typer.Option("--flip", metavar="FILE", help="What is upside down in LLD-MMRI2023 (CSV).")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Secret key of the pseudonyms; STORE.key without it.")
    ] = None,
    link: Annotated[
        Path | None, typer.Option("--link", metavar="FILE", help="Write which pseudonym is which patient.")
    ] = None,
    dicom_out: Annotated[
        Path | None, typer.Option("--dicom-out", metavar="FOLDER", help="Write de-identified copies of the images.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", metavar="N", min=1, help="Processes.")] = 1,
    force: Annotated[
        bool, typer.Option("--force", help="Begin anew with other cards; remove patients that INPUT does not have.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Write a store of de-identified cases from DICOM, NIfTI or LLD-MMRI2023 images.

    Example: readerstudy prepare dicom --roi masks --cases cases.csv --out store
    """
    from readerstudy.imaging.prepare import LAYOUTS, Request
    from readerstudy.imaging.prepare import prepare as prepare_all

    one_of(layout, LAYOUTS, "--layout")
    with exit_status(interrupted="what is finished stays, run it again to complete the store", refused=""):
        recipes, uses = _asked(card or _CARDS)
        folder, roi, cases = _within(folder, roi, cases, quiet=quiet)
        request = Request(
            folder=folder, out=out, recipes=recipes, uses=uses, layout=layout, roi=roi, cases=cases,
            keep=tuple(keep or ()), rules=rules, override=override, flips=flip, key=key, link=link,
            dicom_out=dicom_out, workers=workers, force=force,
        )  # fmt: skip
        report = prepare_all(request, None if quiet else _bar)
    for note in report.notes:
        typer.echo(f"warning: {note}", err=True)
    for one in report.skipped:
        typer.echo(f"skipped {one.case}: {one.reason}", err=True)
    if report.store is None:
        typer.echo(f"error[RS860]: none of {report.patients} patients could be prepared", err=True)
        raise typer.Exit(1)
    _print(report, out, as_json=as_json)


def _within(
    folder: Path, roi: Path | None, cases: Path | None, *, quiet: bool
) -> tuple[Path, Path | None, Path | None]:
    """Images, regions and table of a folder that holds them side by side, as `phantom` writes it."""
    if not (folder / "dicom").is_dir():
        return folder, roi, cases
    if roi is None and (folder / "roi").is_dir():
        roi = folder / "roi"
    if cases is None and (folder / "cases.csv").is_file():
        cases = folder / "cases.csv"
    if not quiet:
        given = [("images", folder / "dicom"), ("--roi", roi), ("--cases", cases)]
        typer.echo("taken: " + ", ".join(f"{name} {path}" for name, path in given if path is not None), err=True)
    return folder / "dicom", roi, cases


def _asked(names: Sequence[str]) -> tuple[dict[str, Recipe], tuple[Use, ...]]:
    """The recipes of the cards, and what each card needs."""
    from readerstudy.imaging.prepare import Use
    from readerstudy.inference.card import Card
    from readerstudy.problems import DataError, Problem

    cards = [Card.read(name) for name in names]
    recipes: dict[str, Recipe] = {}
    for card in cards:
        if recipes.setdefault(card.prepare.name, card.prepare) != card.prepare:
            message = f"two of the cards have a recipe {card.prepare.name}, and not the same one"
            raise DataError([Problem(code="RS870", message=message, help="give one of them another name")])
    references = {recipe.reference for recipe in recipes.values()}
    if len(references) > 1:
        message = f"the cards' regions of interest are drawn on {' and '.join(sorted(references))}"
        raise DataError([Problem(code="RS870", message=message, help="prepare a store for each")])
    return recipes, tuple(Use(card.name, card.prepare.name, tuple(card.input.sequences)) for card in cards)


@contextmanager
def _bar(label: str, steps: int) -> Iterator[Callable[[], None]]:
    with typer.progressbar(length=steps, label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _print(report: Report, out: Path, *, as_json: bool) -> None:
    assert report.store is not None
    content = {
        "store": str(out),
        "cases": len(report.store.cases),
        "written": report.written,
        "kept": report.kept,
        "skipped": len(report.skipped),
        "patients": report.patients,
        "phantom": report.store.phantom,
    }
    if as_json:
        typer.echo(json.dumps(content, indent=1))
        return
    parts = [f"{content['cases']} cases of {content['patients']} patients"]
    if report.kept:
        parts.append(f"{report.kept} were finished before")
    if report.skipped:
        parts.append(f"{len(report.skipped)} skipped, see {out / 'skipped.csv'}")
    typer.echo(f"{out}: {'; '.join(parts)}")
    if report.store.notice:
        typer.echo(report.store.notice)
