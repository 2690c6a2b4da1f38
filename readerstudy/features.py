"""features.npz: what a network made of each case, as `evaluate --features` reads it."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from readerstudy.problems import DataError, Place, Problem


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """One row of numbers for each image group (or case).

    Parameters
    ----------
    case_id
        Case of each row, as text.
    values
        Shape (n_rows, n_features).
    name, sha256
        Of the file.
    """

    case_id: npt.NDArray[np.str_]
    values: npt.NDArray[np.float64]
    name: str
    sha256: str


def read(path: str | os.PathLike[str]) -> Features:
    """Read a NumPy archive with `case_id` (n,) and `features` (n, d); `group_id` may stand beside them.

    Raises
    ------
    DataError
        If an array is missing, of the wrong shape, of pickled objects, or not finite.
    """
    name = os.fspath(path)
    data = Path(path).read_bytes()

    def refuse(message: str, help_: str) -> DataError:
        return DataError([Problem(code="RS401", message=message, place=Place(file=name), help=help_)])

    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in ("case_id", "features") if key in archive}
    except (ValueError, OSError, EOFError) as error:
        how = "write it with numpy.savez(path, case_id=..., features=...), ids as text"
        raise refuse(f"this is no NumPy archive of plain arrays: {error}", how) from None
    for key in ("case_id", "features"):
        if key not in arrays:
            raise refuse(f"no array {key!r}", "write it with numpy.savez(path, case_id=..., features=...)")
    ids, values = arrays["case_id"], arrays["features"]
    if values.ndim != 2 or ids.shape != (len(values),):
        raise refuse(
            f"case_id has shape {ids.shape} and features {values.shape}", "give shapes (n,) and (n, number of features)"
        )
    if not np.isfinite(values).all():
        row = int(np.argmax(~np.isfinite(values).all(axis=1)))
        raise refuse(f"features of case {ids[row]} (row {row}) are not finite", "leave the row out")
    return Features(
        case_id=ids.astype(str),
        values=values.astype(np.float64),
        name=name.replace("\\", "/").rsplit("/", 1)[-1],
        sha256=hashlib.sha256(data).hexdigest(),
    )
