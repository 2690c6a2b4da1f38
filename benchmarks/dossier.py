"""The command of a coverage dossier: a table of simulated cells, and the text and figure that are made from it."""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).parents[1] / "docs"


class Dossier(NamedTuple):
    """What a dossier is made of."""

    name: str
    """Of its three files, without the ending."""
    description: str
    quick: Any
    full: Any
    """The plans: with few replicates of the smallest sizes, and the one of the committed files."""
    jobs: Callable[[Any], Iterable[Any]]
    """The independent parts of a plan."""
    done: Callable[[tuple[Any, Any]], tuple[list[Any], str]]
    """The cells of a job of a plan, and what is printed when they are there."""
    ordered: Callable[[Iterable[Any]], list[Any]]
    """Cells in the order of the table."""
    read: Callable[[str], Sequence[Any]]
    table: Callable[[Sequence[Any]], str]
    summary: Callable[[Sequence[Any], Any], str]
    figure: Callable[[Sequence[Any]], str]


def _every_cell(dossier: Dossier, plan: Any, processes: int) -> Iterator[Any]:
    tasks = [(job, plan) for job in dossier.jobs(plan)]
    if processes == 1:
        yield from _reported(map(dossier.done, tasks))
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from _reported(pool.imap(dossier.done, tasks, chunksize=1))


def _reported(found: Iterable[tuple[list[Any], str]]) -> Iterator[Any]:
    for cells, said in found:
        print(said, flush=True)
        yield from cells


def run(dossier: Dossier) -> None:
    """Read the command line, and write table, text and figure."""
    parser = argparse.ArgumentParser(description=dossier.description)
    parser.add_argument("--quick", action="store_true", help="few replicates of the smallest sizes")
    parser.add_argument("--redraw", action="store_true", help="text and figure from the table that is there")
    parser.add_argument("--out", type=Path, help="folder of the three files, by default docs (needed with --quick)")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    if given.quick and given.out is None:
        parser.error("--quick needs --out: its figures are not for docs")
    plan, out = dossier.quick if given.quick else dossier.full, given.out or DOCS
    start = time.perf_counter()
    if given.redraw:
        cells = dossier.read((out / f"{dossier.name}.csv").read_text(encoding="utf-8"))
    else:
        cells = dossier.ordered(_every_cell(dossier, plan, given.processes))
    out.mkdir(parents=True, exist_ok=True)
    texts = {"csv": dossier.table(cells), "md": dossier.summary(cells, plan), "svg": dossier.figure(cells)}
    for ending, text in texts.items():
        (out / f"{dossier.name}.{ending}").write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(cells)} cells, {time.perf_counter() - start:.0f} s -> {out}")
