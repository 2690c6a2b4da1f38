"""How much a report prints. A study of many readers, classes or tasks has more tables than anybody reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from readerstudy.report.document import Block, Drawn, paragraph
from readerstudy.report.performance import without_readers
from readerstudy.report.tables import Column, Row, Table, text_cell

CLASS_ROWS = 400
"""Most rows that the tables of single classes may have together to be printed."""
TABLE_ROWS = 100
"""Most rows of a table that is printed."""
MOST_ROWS = {
    "missing-others": 0,
    "missing-comparisons": 30,
    "missing-comparisons-others": 0,
    "variance-components-models": 8,
}
"""The same for tables that are seldom read."""
WHOLE_TASKS = 6
"""Most tasks that are printed with all their tables and figures."""
TRIANGLE = 20
"""Most readers whose agreement in pairs is printed as numbers; more are shown by the heat map alone."""
SUBGROUP_TABLES = 3
"""Most tables of subgroups for one task."""
_FIRST_FIGURES = ("roc", "froc", "accuracy", "confusion")


@dataclasses.dataclass
class Extent:
    """What is printed and what is written as a file only; `annex` collects the latter."""

    classes: bool
    whole: bool
    annex: list[Table] = dataclasses.field(default_factory=list)

    @classmethod
    def of(cls, tasks: Sequence[str], class_tables: Iterable[Table]) -> Extent:
        """The extent of a study."""
        rows = sum(len(table.rows) for table in class_tables)
        return cls(classes=rows <= CLASS_ROWS, whole=len(tasks) <= WHOLE_TASKS)

    def printed(self, tables: Iterable[Table | None], *, when: bool = True) -> list[Table]:
        """Those of the tables that are printed; the others go to the annex."""
        kept = []
        for table in tables:
            if table is None:
                continue
            if when and len(table.rows) <= MOST_ROWS.get(table.name, TABLE_ROWS):
                kept.append(table)
                continue
            self.annex.append(dataclasses.replace(table, annex=True))
            if when and table.name == "performance":
                # The models and the means are what the report is about.
                kept.append(without_readers(table))
        return kept

    def figures(self, drawn: Sequence[Drawn]) -> list[Drawn]:
        """The figures of a task that are printed."""
        if self.whole:
            return list(drawn)
        for kind in _FIRST_FIGURES:
            of_kind = [figure for figure in drawn if figure.kind == kind]
            if of_kind:
                return of_kind[:1]
        return list(drawn[:1])

    def account(self, n_figures: int) -> list[Block]:
        """What is not printed, why, and the files that hold it."""
        blocks: list[Block] = []
        if self.annex:
            blocks.append(paragraph(" ".join(self._rules(n_figures))))
            blocks.append(
                Table(
                    name="files",
                    caption="Tables that are files of the folder tables, and are not printed",
                    columns=(Column(header="File", kind="text"), Column(header="Content", kind="text")),
                    rows=tuple(
                        Row(cells=(text_cell(table.file_name, code=True), text_cell(table.caption)))
                        for table in self.annex
                    ),
                )
            )
        elif n_figures:
            blocks.append(paragraph(" ".join(self._rules(n_figures))))
        return blocks

    def _rules(self, n_figures: int) -> list[str]:
        rules = [
            f"The report prints no table of more than {TABLE_ROWS} rows, agreement in pairs of at most {TRIANGLE} "
            f"readers, at most {SUBGROUP_TABLES} tables of subgroups for a task, subgroups against single readers "
            "where there is no mean of readers, comparisons by every rule for missing reads of at most "
            f"{MOST_ROWS['missing-comparisons']} rows, variance components of models against readers of at most "
            f"{MOST_ROWS['variance-components-models']}, and single classes where their tables have {CLASS_ROWS} rows "
            "or fewer together. A longer table of performance is cut into one for each modality, or keeps only its "
            "models, consensus and means."
        ]
        if not self.classes:
            rules.append("Here the single classes have more; overviews by class stand in their place.")
        if not self.whole:
            rules.append(
                f"A study of more than {WHOLE_TASKS} tasks is printed as overviews by task, and for each task its "
                "performance and one figure."
            )
        if n_figures:
            rules.append(f"{n_figures} further figures are files of the folder figures.")
        rules.append("Every number is in results.json.")
        return rules
