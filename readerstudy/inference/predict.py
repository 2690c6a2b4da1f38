"""A card's networks over a case store: rows that `evaluate` reads, whatever happens on the way.

What is finished is kept in ``<out>.partial/``, so that a run that was killed goes on where it stopped and ends with the
same bytes. A case that cannot be used is left out and listed; the others go on.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from readerstudy.imaging.case_table import TRUTH
from readerstudy.imaging.store import Skipped, Store
from readerstudy.imaging.utf8 import text_of
from readerstudy.inference import engine, outputs
from readerstudy.inference.aggregate import Scored, joined, over_groups
from readerstudy.inference.card import Card
from readerstudy.inference.data import Unit, usable
from readerstudy.inference.engine import Chunk, Item, Setup
from readerstudy.inference.ensemble import files_of
from readerstudy.inference.journal import Journal, digest, opened
from readerstudy.inference.outputs import Files
from readerstudy.problems import DataError, Place, Problem

__all__ = ["Files", "Settings", "predict"]

_GROUPS_A_CASE = 10
"""About how many slices a lesion crosses."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How it is computed. Of these only `device`, `precision`, `batch` and `compiled` can touch the last digits.

    Parameters
    ----------
    device
        ``"cpu"``, ``"cuda"``, or ``"auto"``: CUDA where there is a device.
    precision
        ``"32"``, ``"bf16"`` or ``"16"``; None for bf16 on CUDA and 32 on a CPU.
    batch
        Image groups or volumes at once; None for as many as the device holds.
    compiled
        Whether torch.compile prepares the networks.
    engine
        ``"local"``, or ``"ray"``: Ray Data, one replica a device.
    devices
        Replicas of the engine ``"ray"``; None for one for each GPU of the cluster, or one.
    workers
        Threads that read cases ahead, of each replica; None for two on a CPU, and one a core for a CUDA device.
    """

    device: str = "auto"
    precision: str | None = None
    batch: int | None = None
    compiled: bool = False
    engine: str = "local"
    devices: int | None = None
    workers: int | None = None


def predict(
    card: Card,
    store: Store,
    files: Files,
    *,
    weights: Sequence[Path] = (),
    only: Path | None = None,
    settings: Settings = Settings(),
    force: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Predict every case of a store that a card can use, and write the tables.

    Parameters
    ----------
    card
        A trained card, or another with `weights`.
    store
        The prepared cases.
    files
        What is written where.
    weights
        Files of weights, or folders that hold them, instead of the card's own.
    only
        A CSV whose column `case_id` (or `patient_id`) names the cases or patients wanted.
    settings
        How it is computed.
    force
        Replace files that stand there, and begin anew where an unfinished run was of other inputs.
    say
        Takes lines that say how far it is.

    Returns
    -------
    Counts: `rows` (patients or lesions) and `cases`; what was `skipped`; `groups` and `files` as they were asked for.

    Raises
    ------
    DataError
        If the weights do not fit (see `weights`), no case can be used (RS931), there is no such device (RS932), the
        list `only` names what is not in the store (RS934), or an unfinished run is of other inputs (RS930).
    FileExistsError
        If a file stands in the way, without `force`, or an output would lie in the store or on another one.
    """
    files.refuse_places(store)
    units, skipped = _wanted(card, store, only)
    with _machine(settings) as settings:
        return _predicted(card, store, files, units, skipped, files_of(card, weights), settings, force=force, say=say)


def _predicted(
    card: Card,
    store: Store,
    files: Files,
    units: Sequence[Unit],
    skipped: Sequence[Skipped],
    weights: tuple[tuple[Path, str], ...],
    settings: Settings,
    *,
    force: bool,
    say: Callable[[str], None],
) -> dict[str, Any]:
    setup = Setup(
        card=card,
        store=store.path.resolve(),
        files=weights,
        device=settings.device,
        precision=settings.precision or "32",
        batch=settings.batch or 0,
        compiled=settings.compiled,
        threads=torch.get_num_threads(),
        workers=settings.workers or 2,
        features=files.features is not None,
    )
    inputs = _inputs(setup, store, units)
    with opened(files.preds, inputs, force=force) as journal:
        summary = journal.summary
        if summary is not None and summary["files"] == _named(files) and summary["groups"] == files.groups:
            journal.remove()  # killed after the last file was written
            return summary
        # What an earlier run said it would write is its own; another file may be somebody's table of cases.
        there = [path for path in files.all() if path.exists() and str(path.resolve()) not in journal.promised]
        if there and not force:
            raise FileExistsError(f"{there[0]} exists; name another file, or replace it with --force")
        journal.promise(files.all())
        if not units:
            raise _nothing(skipped)
        scored = _scored(setup, settings, journal, inputs, units, say)
        skipped = tuple(sorted({*skipped, *(Skipped(*entry) for entry in scored.skipped)}))
        if not len(scored.case_id):
            journal.remove()
            raise _nothing(skipped)
        if files.saliency is not None:
            _explain(setup, store, files, units, scored, force=force, say=say)
        return _write(card, store, files, journal, scored, skipped)


def _wanted(card: Card, store: Store, only: Path | None) -> tuple[tuple[Unit, ...], tuple[Skipped, ...]]:
    """What can be predicted, and what cannot of what is wanted."""
    # The truth is none of prediction's business: lesions of a patient may differ in it.
    rows = {case: {**row, TRUTH: ""} for case, row in store.table().items()}
    units, skipped = usable(card, store, rows, labelled=False)
    if only is None:
        return units, skipped
    wanted = _ids(only)
    names = {case.case_id: {case.case_id, case.patient_id} for case in store.cases}
    unknown = wanted - set().union(*names.values()) - {entry.case for entry in store.skipped}
    if unknown:
        help_ = "cases.csv of the store lists its cases and patients"
        found = f"{len(unknown)} of {len(wanted)}"
        message = f"the store has no case or patient {sorted(unknown)[0]}"
        raise DataError([Problem(code="RS934", message=message, place=Place(file=str(only)), found=found, help=help_)])
    chosen = {case for case, ids in names.items() if ids & wanted}
    kept = (dataclasses.replace(unit, cases=tuple(case for case in unit.cases if case in chosen)) for unit in units)
    return tuple(unit for unit in kept if unit.cases), tuple(entry for entry in skipped if entry.case in chosen)


def _ids(path: Path) -> set[str]:
    with io.StringIO(text_of(path), newline="") as file:
        reader = csv.DictReader(file)
        column = next((name for name in ("case_id", "patient_id") if name in (reader.fieldnames or ())), None)
        if column is None:
            help_ = "name the cases in a column case_id, or the patients in a column patient_id"
            message = "no column case_id"
            raise DataError([Problem(code="RS934", message=message, place=Place(file=str(path)), help=help_)])
        wanted = {row[column].strip() for row in reader if row[column]}
    if not wanted:
        help_ = "list the cases or patients wanted"
        raise DataError([Problem(code="RS934", message="it names no case", place=Place(file=str(path)), help=help_)])
    return wanted


@contextmanager
def _machine(settings: Settings) -> Iterator[Settings]:
    """The settings with what depends on the machine; with Ray, on those of the cluster, which is joined meanwhile."""
    if settings.engine == "ray":
        from readerstudy.inference import engine_ray

        with engine_ray.cluster(settings.devices) as gpus:
            yield _resolved(settings, gpus)
    else:
        yield _resolved(settings, torch.cuda.device_count())


def _resolved(settings: Settings, gpus: int) -> Settings:
    if settings.device == "cuda" and not gpus:
        message = "there is no CUDA device here that this installation of torch can use"
        raise DataError([Problem(code="RS932", message=message, help="--device cpu, or --device auto")])
    device = settings.device if settings.device != "auto" else "cuda" if gpus else "cpu"
    if device == "cpu" and settings.precision == "16":
        message = "half precision is for CUDA devices"
        raise DataError([Problem(code="RS932", message=message, help="--precision 32, or bf16")])
    return dataclasses.replace(
        settings,
        device=device,
        precision=settings.precision or ("bf16" if device == "cuda" else "32"),
        devices=settings.devices or (gpus if device == "cuda" else 1),
        workers=settings.workers or (os.cpu_count() or 8 if device == "cuda" else 2),
    )


def _inputs(setup: Setup, store: Store, units: Sequence[Unit]) -> dict[str, Any]:
    """All that the numbers depend on, for telling whether an unfinished run is of the same."""
    items = [[unit.unit_id, unit.cases, unit.clinical] for unit in units]
    return {
        "card": hashlib.sha256(setup.card.to_toml().encode("utf-8")).hexdigest(),
        "weights": [sha256 for _, sha256 in setup.files],
        "store": store.digest,
        "cases": digest({"units": items}),
        "device": setup.device,
        "precision": setup.precision,
        "batch": setup.batch,
        "compile": setup.compiled,
        "features": setup.features,
        "torch": str(torch.__version__),
    }


def _scored(
    setup: Setup,
    settings: Settings,
    journal: Journal,
    inputs: dict[str, Any],
    units: Sequence[Unit],
    say: Callable[[str], None],
) -> Scored:
    """All cases, those that an earlier run finished from its journal."""
    if journal.is_begun:
        setup = dataclasses.replace(setup, batch=journal.shape[0])
        chunks = _chunks(units, journal.shape[1])
        if all(journal.has(number) for number, _ in chunks):
            return joined(journal.get(number) for number, _ in chunks)
    say(f"{len(setup.files)} network{'s' if len(setup.files) > 1 else ''} on {setup.device}")
    replica = None
    if settings.engine == "ray":
        from readerstudy.inference import engine_ray

        setup = dataclasses.replace(setup, batch=setup.batch or engine_ray.rows_that_fit(setup))
    else:
        replica = engine.Replica(setup)
        setup = dataclasses.replace(setup, batch=replica.batch)
    if not journal.is_begun:
        a_case = _GROUPS_A_CASE if setup.card.input.kind == "slices" else 1
        journal.begin(inputs, setup.batch, max(8, 4 * setup.batch // a_case))
        chunks = _chunks(units, journal.shape[1])
    left = [(number, items) for number, items in chunks if not journal.has(number)]
    n_cases = sum(len(items) for _, items in chunks)
    done = n_cases - sum(len(items) for _, items in left)
    if done:
        say(f"{done} of {n_cases} cases were finished by an earlier run")
    sizes = {number: len(items) for number, items in left}
    for number, content in _run(setup, settings, replica, left):
        journal.put(number, content)
        done += sizes[number]
        say(f"{done} of {n_cases} cases")
    return joined(journal.get(number) for number, _ in chunks)


def _run(
    setup: Setup, settings: Settings, replica: engine.Replica | None, chunks: Sequence[Chunk]
) -> Iterator[tuple[int, bytes]]:
    if replica is not None:
        return engine.run(replica, chunks)
    from readerstudy.inference import engine_ray

    return engine_ray.run(setup, chunks, devices=settings.devices or 1)


def _chunks(units: Sequence[Unit], size: int) -> list[Chunk]:
    """Units `size` at a time, as the cases of the store that they consist of."""
    return [
        (
            number,
            tuple(Item(case, unit.clinical) for unit in units[first : first + size] for case in unit.cases),
        )
        for number, first in enumerate(range(0, len(units), size))
    ]


def _explain(
    setup: Setup,
    store: Store,
    files: Files,
    units: Sequence[Unit],
    scored: Scored,
    *,
    force: bool,
    say: Callable[[str], None],
) -> None:
    """Write the folder of saliency of everything that was predicted."""
    from readerstudy.inference.saliency_folder import write_saliency

    assert files.saliency is not None
    read = set(scored.case_id.tolist())
    kept = (dataclasses.replace(unit, cases=tuple(case for case in unit.cases if case in read)) for unit in units)
    of_rows = np.array(outputs.units_of(setup.card, store, scored))
    answers = {}
    for task, values in scored.probabilities.items():
        names, summed = over_groups(values, of_rows)
        answers[task] = dict(zip(names.tolist(), summed.tolist(), strict=True))
    write_saliency(
        setup.card,
        store,
        files.saliency,
        [unit for unit in kept if unit.cases],
        setup.files,
        answers,
        method=files.method,
        notice=outputs.notice(setup.card, store),
        device=setup.device if torch.cuda.is_available() else "cpu",
        force=force,
        say=say,
    )


def _write(
    card: Card, store: Store, files: Files, journal: Journal, scored: Scored, skipped: Sequence[Skipped]
) -> dict[str, Any]:
    """All files, the predictions last; then the journal goes."""
    contents = {files.skipped: outputs.table(("case", "reason"), [(entry.case, entry.reason) for entry in skipped])}
    if files.features is not None:
        contents[files.features] = outputs.features(card, store, scored)
    if files.cases is not None:
        contents[files.cases] = outputs.cases(card, store, scored)
    if files.protocol is not None:
        contents[files.protocol] = outputs.protocol(card, store)
    contents[files.preds] = outputs.predictions(card, store, scored, groups=files.groups)
    for path, content in contents.items():
        outputs.write_whole(path, content)
    summary = {
        "model": outputs.model_name(card, store),
        "unit": card.unit,
        "rows": len(set(outputs.units_of(card, store, scored))),
        "cases": len(set(scored.case_id.tolist())),
        "skipped": [{"case": entry.case, "reason": entry.reason} for entry in skipped],
        "groups": files.groups,
        "files": _named(files),
    }
    journal.finish(summary)
    return summary


def _named(files: Files) -> list[str]:
    return [str(path) for path in files.all()]


def _nothing(skipped: Sequence[Skipped]) -> DataError:
    """Every reason once, with the first case that it keeps out."""
    first: dict[str, str] = {}
    for entry in skipped:
        first.setdefault(entry.reason, entry.case)
    numbers = Counter(entry.reason for entry in skipped)
    return DataError(
        Problem(code="RS931", message=f"no case can be used: {reason}", found=case, n=max(numbers[reason], 1))
        for reason, case in (first or {"there is none in the store": ""}).items()
    )
