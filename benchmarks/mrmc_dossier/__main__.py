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

from collections.abc import Iterable

from benchmarks.dossier import Dossier, run
from benchmarks.mrmc_dossier.cell import FULL, QUESTIONS, QUICK, Cell
from benchmarks.mrmc_dossier.drawn import figure
from benchmarks.mrmc_dossier.studies import DESIGNS, MEASURES, METHODS, SIZES, done, jobs
from benchmarks.mrmc_dossier.table import read, rounded, table
from benchmarks.mrmc_dossier.words import summary
from readerstudy.simulate import STRUCTURES


def ordered(cells: Iterable[Cell]) -> list[Cell]:
    """By question, measure, method, design, level and size, rounded as the table has them."""

    def place(cell: Cell) -> tuple[float, ...]:
        named = zip(
            (QUESTIONS, MEASURES, METHODS, DESIGNS),
            (cell.question, cell.measure, cell.method, cell.design),
            strict=True,
        )
        size, structure = SIZES.index((cell.readers, cell.cases)), STRUCTURES.index(cell.structure)
        return *(list(names).index(name) for names, name in named), cell.level, size, structure

    return sorted(map(rounded, cells), key=place)


DOSSIER = Dossier(
    "mrmc_coverage",
    "Error rates and coverage of MRMC analyses: table, text and figure.",
    QUICK,
    FULL,
    jobs,
    done,
    ordered,
    read,
    table,
    summary,
    figure,
)


if __name__ == "__main__":
    run(DOSSIER)
