"""Error rates and coverage of the analyses of many readers and many cases: a table, a text and a figure under docs/.

    python -m benchmarks.mrmc_dossier [--quick] [--redraw] [--out docs] [--processes 2]

Writes mrmc_coverage.csv (every cell), mrmc_coverage.md (by question, method, design and size, and where each is not at
its level) and mrmc_coverage.svg. Seeded: a second run writes the same bytes. In full it takes about forty minutes of
one core; `--quick` is few replicates of the smallest size, to see that it runs, and `--redraw` makes text and figure
again from the table.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import multiprocessing
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.mrmc_dossier.cell import FULL, QUESTIONS, QUICK, Cell, Plan
from benchmarks.mrmc_dossier.drawn import figure
from benchmarks.mrmc_dossier.studies import DESIGNS, MEASURES, METHODS, SIZES, done, jobs
from benchmarks.mrmc_dossier.table import read, rounded, table
from benchmarks.mrmc_dossier.words import summary
from readerstudy.simulate import STRUCTURES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def every_cell(plan: Plan, processes: int) -> Iterator[list[Cell]]:
    tasks = [(job, plan) for job in jobs(plan)]
    if processes == 1:
        yield from (_reported(*found) for found in map(done, tasks))
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from (_reported(*found) for found in pool.imap(done, tasks, chunksize=1))


def _reported(cells: list[Cell], said: str) -> list[Cell]:
    print(said, flush=True)
    return cells


def ordered(cells: Iterable[Cell]) -> list[Cell]:
    """By question, measure, method, design, level and size."""

    def place(cell: Cell) -> tuple[float, ...]:
        named = zip(
            (QUESTIONS, MEASURES, METHODS, DESIGNS),
            (cell.question, cell.measure, cell.method, cell.design),
            strict=True,
        )
        size, structure = SIZES.index((cell.readers, cell.cases)), STRUCTURES.index(cell.structure)
        return *(list(names).index(name) for names, name in named), cell.level, size, structure

    return sorted(cells, key=place)


def main() -> None:
    parser = argparse.ArgumentParser(description="Error rates and coverage of MRMC analyses: table, text and figure.")
    parser.add_argument("--quick", action="store_true", help="few replicates of the smallest size")
    parser.add_argument("--redraw", action="store_true", help="text and figure from the table that is there")
    parser.add_argument("--out", type=Path, help="folder of the three files, by default docs (needed with --quick)")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    if given.quick and given.out is None:
        parser.error("--quick needs --out: its figures are not for docs")
    plan, out = QUICK if given.quick else FULL, given.out or DOCS
    start = time.perf_counter()
    if given.redraw:
        cells = read((out / "mrmc_coverage.csv").read_text(encoding="utf-8"))
    else:
        cells = ordered(rounded(cell) for found in every_cell(plan, given.processes) for cell in found)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in (("csv", table(cells)), ("md", summary(cells, plan)), ("svg", figure(cells))):
        (out / f"mrmc_coverage.{name}").write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(cells)} cells, {time.perf_counter() - start:.0f} s -> {out}")


if __name__ == "__main__":
    main()
