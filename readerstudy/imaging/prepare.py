"""From a folder of images to a case store: patients found, worked on side by side, and what is said of all written."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from readerstudy.imaging import case_table, prepare_case, regions
from readerstudy.imaging.atomic import write_text
from readerstudy.imaging.case_table import CaseTable
from readerstudy.imaging.csv_text import csv_text
from readerstudy.imaging.inputs import Found, Study
from readerstudy.imaging.lock import alone
from readerstudy.imaging.prepare_case import Outcome, Settings, Use
from readerstudy.imaging.pseudonyms import Pseudonyms
from readerstudy.imaging.recipe import Recipe
from readerstudy.imaging.sequence_rules import Rules
from readerstudy.imaging.store import Skipped, Store, StoreWriter
from readerstudy.problems import DataError, Problem

__all__ = ["LAYOUTS", "Report", "Request", "Use", "prepare"]

LAYOUTS = ("auto", "dicom", "nifti", "lld-mmri")
PHANTOM_NOTICE = "DIGITAL PHANTOM. These images are computed; no patient stands behind them. No clinical evidence."
Bar = Callable[[str, int], AbstractContextManager[Callable[[], None]]]
"""Label and number of steps -> what is called after each step, for a progress bar."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be prepared and how.

    Parameters
    ----------
    folder
        The images.
    out
        The store, new or to be completed.
    recipes, uses
        Recipes by name, and what each card asks for.
    layout
        One of `LAYOUTS`; ``"auto"`` looks at the folder.
    roi
        Folder of regions of interest, named by patient (`regions.of_patients`).
    cases, keep
        cases.csv, and the columns to carry over (`case_table.read`).
    rules, override
        Which series is which sequence; the shipped rules without it.
    flips
        List of what is upside down in LLD-MMRI2023 (`lld_mmri.read_flips`).
    key
        File of the secret key, ``<out>.key`` without it.
    link
        Where to write pseudonym and name of each patient; not written without it.
    dicom_out
        Folder for de-identified copies of the images; none are made without it.
    workers
        Processes.
    force
        Begin anew when the store was begun with other recipes, and remove cases of patients that the input no longer
        has.
    """

    folder: Path
    out: Path
    recipes: Mapping[str, Recipe]
    uses: tuple[Use, ...]
    layout: str = "auto"
    roi: Path | None = None
    cases: Path | None = None
    keep: tuple[str, ...] = ()
    rules: Path | None = None
    override: Path | None = None
    flips: Path | None = None
    key: Path | None = None
    link: Path | None = None
    dicom_out: Path | None = None
    workers: int = 1
    force: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """What was done.

    Parameters
    ----------
    store
        The store, None when no case could be prepared.
    patients
        Number of patients in the input.
    written, kept
        Number of cases made in this run, and finished by earlier ones.
    skipped
        What is not in the store and why.
    notes
        What the user should know, without anyone's name.
    """

    store: Store | None
    patients: int
    written: int
    kept: int
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


def prepare(request: Request, bar: Bar | None = None) -> Report:
    """Prepare all cases that an earlier run did not.

    A patient or lesion that cannot be prepared is skipped and listed; the others go on.

    Raises
    ------
    DataError
        If a file that concerns all cases cannot be used, or the store was prepared otherwise.
    OSError
        If a file or folder cannot be read or written, or another process fills the store.
    """
    bar = bar or _no_bar
    _refuse_places(request)
    folders = [request.out, *([request.dicom_out] if request.dicom_out else [])]
    key = request.key or request.out.with_name(f"{request.out.name}.key")
    # Before the images, which take long to read.
    given = case_table.read(request.cases, request.keep) if request.cases else None
    pseudonyms = Pseudonyms.open(key, outside=folders)
    rules = Rules.read(request.rules, request.override)
    found = _with_regions(_find(request, rules, pseudonyms, bar), request)
    names = {study.patient: pseudonyms.patient(study.patient) for study in found.studies}
    names |= {patient: pseudonyms.patient(patient) for patient in found.refused}
    if not names:
        message = "no images were found"
        raise DataError([Problem(code="RS860", message=message, help="check the folder, or name its --layout")])
    with alone(request.out):
        return _fill(request, found, found.table if given is None else given, names, rules, pseudonyms, bar)


def _fill(
    request: Request,
    found: Found,
    table: CaseTable,
    names: Mapping[str, str],
    rules: Rules,
    pseudonyms: Pseudonyms,
    bar: Bar,
) -> Report:
    """The cases of what was found, into the store."""
    if not request.force:
        _refuse_losses(request.out, set(names.values()))
    writer = StoreWriter(
        request.out, request.recipes, phantom=found.phantom, notice=PHANTOM_NOTICE if found.phantom else None,
        rules_sha256=rules.sha256, force=request.force,
    )  # fmt: skip
    if request.link:
        _write_link(request.link, names)
    settings = Settings(
        store=request.out,
        recipes=dict(request.recipes),
        uses=request.uses,
        # A secret of its own, derived from the key.
        key=pseudonyms.uid("readerstudy prepare").encode(),
        phantom=found.phantom,
    )
    notes = [*found.notes, *_table_notes(table, request, names)]
    for patient, why in found.refused.items():
        writer.skip(names[patient], why)
    work = [(study, names[study.patient]) for study in found.studies]
    n_written = n_kept = without = 0
    skipped = {names[patient]: why for patient, why in found.refused.items()}
    with bar("patients", len(work)) as step:
        for study, outcome in _outcomes(work, settings, request, pseudonyms):
            without += _take_in(writer, outcome, study.patient, table)
            skipped |= outcome.skipped
            notes += outcome.notes
            n_written, n_kept = n_written + len(outcome.written), n_kept + len(outcome.kept)
            step()
    if request.cases and without:
        notes.append(f"{without} cases have no row in {request.cases.name}")
    store = writer.finish() if n_written + n_kept else None
    return Report(
        store=store, patients=len(names), written=n_written, kept=n_kept,
        skipped=tuple(Skipped(*pair) for pair in sorted(skipped.items())), notes=tuple(sorted(notes)),
    )  # fmt: skip


def _no_bar(label: str, steps: int) -> AbstractContextManager[Callable[[], None]]:
    return nullcontext(lambda: None)


def _refuse_places(request: Request) -> None:
    """Outputs lie outside the input, and what names patients lies outside what is passed on."""
    if not request.folder.is_dir():
        raise NotADirectoryError(f"{request.folder} is no folder")
    source, problems = request.folder.resolve(), []
    for option, path in (("--out", request.out), ("--dicom-out", request.dicom_out)):
        if path and path.resolve().is_relative_to(source):
            message = f"{option} lies in the folder of the images"
            problems.append(Problem(code="RS865", message=message, help="name a folder elsewhere"))
        if path and request.link and request.link.resolve().is_relative_to(path.resolve()):
            message = f"--link, which names the patients, lies in {option}"
            problems.append(Problem(code="RS865", message=message, help="name a file elsewhere"))
    if problems:
        raise DataError(problems)


def _refuse_losses(store: Path, patients: set[str]) -> None:
    """Refuse to remove cases because the folder, or the key, is another one than that of the earlier run."""
    there = {path.stem.rpartition("-")[0] for path in (store / "cases").glob("p*.npz")}
    gone = len(there - patients)
    if gone:
        message = f"the store holds {gone} of {len(there)} patients whom the input does not have"
        help_ = "give the same folder and --key as before, another --out, or --force to remove them"
        raise DataError([Problem(code="RS868", message=message, help=help_)])


def _find(request: Request, rules: Rules, pseudonyms: Pseudonyms, bar: Bar) -> Found:
    """The studies, by the layout."""
    from readerstudy.imaging import dicom_study, lld_mmri, nifti

    layout = _layout(request.folder) if request.layout == "auto" else request.layout
    unfit = {"--roi": request.roi} if layout == "lld-mmri" else {"--flip": request.flips}
    if layout != "dicom":
        unfit |= {"--dicom-out": request.dicom_out, "--rules": request.rules, "--override": request.override}
    for option, value in unfit.items():
        if value:
            message = f"{option} means nothing for the layout {layout}"
            raise DataError([Problem(code="RS869", message=message, help="leave it out, or name another --layout")])
    if layout == "lld-mmri":
        return lld_mmri.find(request.folder, request.flips)
    reference = next(iter(request.recipes.values())).reference
    if layout == "nifti":
        return nifti.find(request.folder, reference)
    n_files = sum(len(files) for _, _, files in os.walk(request.folder))
    needs = [use.sequences for use in request.uses]
    with bar("files", n_files) as step:
        return dicom_study.find(request.folder, rules, pseudonyms.patient, needs, reference, step)


def _layout(folder: Path) -> str:
    """Which layout a folder has."""
    from readerstudy.imaging import nifti

    if any(folder.glob("labels/*nnotation*.json")):
        return "lld-mmri"
    files = [path for path in folder.glob("*/*.nii*") if path.is_file()]
    if any(nifti.sequence_of(path) for path in files):
        return "nifti"
    # Masks beside a folder of DICOM are no NIfTI study; where there is nothing else, the names may be at fault.
    others = (path for path in folder.rglob("*") if path.is_file() and ".nii" not in path.name)
    return "nifti" if files and next(others, None) is None else "dicom"


def _with_regions(found: Found, request: Request) -> Found:
    """The studies with the regions of --roi in place of those that lie with the images."""
    if not request.roi:
        return found
    reference = next(iter(request.recipes.values())).reference
    theirs = regions.of_patients(request.roi, [study.patient for study in found.studies], reference)
    studies: list[Study] = []
    for study in found.studies:
        given = {sequence: (path,) for sequence, path in theirs.get(study.patient, {}).items()}
        # Layouts that take --roi are those whose studies have `rois`.
        changed: Any = dataclasses.replace(study, rois=given) if given else study  # type: ignore[type-var]
        studies.append(changed)
    notes = (*found.notes, *([] if theirs else [f"no file in {request.roi.name} is named by a patient"]))
    return dataclasses.replace(found, studies=tuple(studies), notes=notes)


def _outcomes(
    work: list[tuple[Study, str]], settings: Settings, request: Request, pseudonyms: Pseudonyms
) -> Iterator[tuple[Study, Outcome]]:
    """What becomes of each patient, in whatever order."""
    copies = prepare_case.Copies(request.dicom_out, pseudonyms) if request.dicom_out else None
    if request.workers == 1:
        for study, patient_id in work:
            yield study, prepare_case.prepare_study(study, patient_id, settings, copies)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    # A fork of a process in which a toolkit has started threads may hang.
    start = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(start)
    if start == "forkserver":
        context.set_forkserver_preload(["readerstudy.imaging.prepare_case", *prepare_case.TOOLKITS])
    with ProcessPoolExecutor(request.workers, mp_context=context, initializer=prepare_case.start_worker) as pool:
        tasks = {
            pool.submit(prepare_case.prepare_study, study, patient_id, settings, copies): study
            for study, patient_id in work
        }
        try:
            for task in as_completed(tasks):
                yield tasks[task], task.result()
        except BrokenProcessPool:
            message = "a process was killed, perhaps for want of memory; run again, with fewer --workers"
            raise OSError(message) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _take_in(writer: StoreWriter, outcome: Outcome, patient: str, table: CaseTable) -> int:
    """Enter a patient's cases in the store; the number of those that the table does not have."""
    without = 0
    for lesion, case in {**outcome.written, **outcome.kept}.items():
        row = table.row(patient, lesion)
        without += row is None
        blank = dict.fromkeys(table.columns, "")
        writer.register(case, outcome.decisions[case.case_id], {**blank, **(row or {})})
    for case_id, why in outcome.skipped.items():
        writer.skip(case_id, why, outcome.decisions.get(case_id, ()))
    return without


def _table_notes(table: CaseTable, request: Request, names: Mapping[str, str]) -> Iterable[str]:
    """What of cases.csv was not carried over."""
    if request.cases is None:
        return
    for column, why in table.left_out.items():
        yield f"the column {column} of {request.cases.name} was not carried over: {why}"
    others = len([patient for patient in table.patients if patient not in names])
    if others:
        yield f"{others} patients of {request.cases.name} have no images"


def _write_link(path: Path, names: Mapping[str, str]) -> None:
    """Write the table of pseudonyms, readable by its owner only."""
    rows = sorted((pseudonym, patient) for patient, pseudonym in names.items())
    write_text(path, csv_text(("pseudonym", "patient_id"), rows), private=True)
