"""How often each 95 % interval holds the truth: a table, a text and a figure under docs/.

    python -m benchmarks.coverage [--quick] [--redraw] [--out docs] [--processes 2]

Writes coverage.csv (every cell), coverage.md (by interval and n, and where each under-covers) and coverage.svg. Seeded:
a second run writes the same bytes. In full it takes about fifteen minutes of one core; `--quick` is few replicates of
the smallest sizes, to see that it runs, and `--redraw` makes text and figure again from the table.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import multiprocessing
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.coverage.cell import FULL, QUICK, Cell, Plan
from benchmarks.coverage.drawn import figure
from benchmarks.coverage.families import FAMILIES, done, group, jobs
from benchmarks.coverage.words import read, rounded, summary, table

DOCS = Path(__file__).resolve().parents[2] / "docs"


def every_cell(plan: Plan, processes: int) -> Iterator[list[Cell]]:
    tasks = [(job, plan) for job in jobs(plan)]
    if processes == 1:
        found = map(done, tasks)
        yield from (_reported(*cells) for cells in found)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from (_reported(*cells) for cells in pool.imap(done, tasks, chunksize=1))


def _reported(cells: list[Cell], said: str) -> list[Cell]:
    print(said, flush=True)
    return cells


def ordered(cells: Iterable[Cell]) -> list[Cell]:
    """By family and n, the intervals in the order in which they came."""
    found = list(cells)
    place = [family.name for family in FAMILIES]
    first_of = {group(cell): i for i, cell in reversed(list(enumerate(found)))}
    return sorted(found, key=lambda cell: (place.index(cell.family), cell.n, first_of[group(cell)]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the intervals: table, text and figure.")
    parser.add_argument("--quick", action="store_true", help="few replicates of the smallest sizes")
    parser.add_argument("--redraw", action="store_true", help="text and figure from the table that is there")
    parser.add_argument("--out", type=Path, help="folder of the three files, by default docs (needed with --quick)")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    if given.quick and given.out is None:
        parser.error("--quick needs --out: its figures are not for docs")
    plan, out = QUICK if given.quick else FULL, given.out or DOCS
    start = time.perf_counter()
    if given.redraw:
        cells = read((out / "coverage.csv").read_text(encoding="utf-8"))
    else:
        cells = ordered(rounded(cell) for found in every_cell(plan, given.processes) for cell in found)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in (("csv", table(cells)), ("md", summary(cells, plan)), ("svg", figure(cells))):
        (out / f"coverage.{name}").write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(cells)} cells, {time.perf_counter() - start:.0f} s -> {out}")


if __name__ == "__main__":
    main()
