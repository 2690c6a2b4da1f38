"""How many readers and cases a study takes, as a table, a figure and a sentence for the protocol: ``readerstudy size``.

Each plan turns what was asked into a `Plan`; `write` puts a plan into a folder.
"""

from readerstudy.sizing.cases import auc, paired, precision, proportion
from readerstudy.sizing.files import csv_text, pilot, table_text, write
from readerstudy.sizing.plan import Plan
from readerstudy.sizing.readers import mrmc, panel

__all__ = [
    "Plan",
    "auc",
    "csv_text",
    "mrmc",
    "paired",
    "panel",
    "pilot",
    "precision",
    "proportion",
    "table_text",
    "write",
]
