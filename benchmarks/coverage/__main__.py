"""How often each 95 % interval holds the truth: a table, a text and a figure under docs/.

    python -m benchmarks.coverage [--quick] [--redraw] [--out docs] [--processes 2]

Writes coverage.csv (every cell), coverage.md (by interval and n, and where each under-covers) and coverage.svg. Seeded:
a second run writes the same bytes. In full it takes about fifteen minutes of one core; `--quick` is few replicates of
the smallest sizes, to see that it runs, and `--redraw` makes text and figure again from the table.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterable

from benchmarks.coverage.cell import FULL, QUICK, Cell
from benchmarks.coverage.drawn import figure
from benchmarks.coverage.families import FAMILIES, done, group, jobs
from benchmarks.coverage.words import read, rounded, summary, table
from benchmarks.dossier import Dossier, run


def ordered(cells: Iterable[Cell]) -> list[Cell]:
    """By family and n, rounded as the table has them, the intervals in the order in which they came."""
    found = [rounded(cell) for cell in cells]
    place = [family.name for family in FAMILIES]
    first_of = {group(cell): i for i, cell in reversed(list(enumerate(found)))}
    return sorted(found, key=lambda cell: (place.index(cell.family), cell.n, first_of[group(cell)]))


DOSSIER = Dossier(
    "coverage",
    "Coverage of the intervals: table, text and figure.",
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
