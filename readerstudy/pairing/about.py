"""What is known about the cases beside their truth: covariates, characteristics and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import tabular
from readerstudy.pairing.truth import agreed
from readerstudy.problems import DataError, Problem
from readerstudy.protocol import Protocol
from readerstudy.tabular import Table


def described(protocol: Protocol) -> tuple[str, ...]:
    """The columns of the table of characteristics."""
    split = () if protocol.by is None else (protocol.by,)
    return tuple(dict.fromkeys((*protocol.characteristics, *protocol.patient_characteristics, *split)))


def about_cases(
    tables: Mapping[str, Table], protocol: Protocol, ids: npt.NDArray[Any], problems: list[Problem], unread: bool
) -> dict[str, npt.NDArray[np.object_]]:
    """Columns about the cases that the protocol names, one text a case over all files."""
    found = {}
    weight = () if protocol.weight is None else (protocol.weight,)
    for name in dict.fromkeys((*protocol.subgroups, *described(protocol), *protocol.images, *weight)):
        values = agreed(tables, name, ids, problems, "RS219", "about the case")
        if values is not None:
            found[name] = np.array(["" if v.lower() in tabular.MISSING else v for v in values], dtype=object)
            if name in protocol.cut or name in weight:
                before, semicolons = len(problems), False
                for table in tables.values():
                    if name in table:
                        table.numbers(name, problems)
                        semicolons |= table.separator == ";"
                if semicolons:
                    found[name] = np.array([v.replace(",", ".") for v in found[name].tolist()], dtype=object)
                if len(problems) > before:
                    del found[name]
        elif not unread:
            last = list(tables.values())[-1]
            problems.append(tabular.missing_column(last, name, "named in the protocol, in any file"))
    return found


def weights_of(
    tables: Mapping[str, Table],
    column: str,
    values: npt.NDArray[np.object_],
    keep: npt.NDArray[np.bool_],
    problems: list[Problem],
) -> npt.NDArray[np.float64]:
    """Sampling weight of each case; that of every case that is kept must be above 0."""
    weights = np.array([float(value) if value != "" else np.nan for value in values.tolist()])
    outside = keep & ~((weights > 0) & np.isfinite(weights))
    if outside.any():
        holder = next(table for table in tables.values() if column in table)
        wrong = np.flatnonzero(~(holder.numbers(column, []) > 0))
        problems.append(
            Problem(
                code="RS223",
                message=f"column {holder.header_name(column)!r}: every case needs a sampling weight above 0",
                place=holder.place(int(wrong[0]), column) if len(wrong) else holder.place(),
                help="give the inverse of the chance that the case had of being in the sample",
                n=int(outside.sum()),
            )
        )
    return weights


def pictures(
    tables: Mapping[str, Table],
    column: str,
    names: npt.NDArray[np.object_],
    ids: npt.NDArray[Any],
    keep: npt.NDArray[np.bool_],
) -> dict[str, Path]:
    """File of the picture of each case that has one.

    Raises
    ------
    DataError
        If a file is not there or is no PNG.
    """
    holder = next(table for table in tables.values() if column in table)
    folder = Path(holder.name).parent if holder.lines is not None else Path()
    problems, found = [], {}
    for case, name in zip(ids[keep].tolist(), names[keep].tolist(), strict=True):
        path = folder / name
        if not name:
            continue
        if path.is_file() and path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n":
            found[case] = path
            continue
        row = int(np.argmax(holder.cells("case_id") == case))
        problems.append(
            Problem(
                code="RS222",
                message=f"{path} {'is no PNG picture' if path.is_file() else 'is not there'}",
                place=holder.place(row, column),
                help="name PNG files relative to the folder of the file that names them, or leave the cell empty",
            )
        )
    if problems:
        raise DataError(problems)
    return found
