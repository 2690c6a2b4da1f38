"""From the networks' outputs to rows: softmax, mean over folds, sum over image groups (NumPy only)."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def softmax(logits: npt.NDArray[np.floating]) -> Floats:
    """Probabilities of the classes, shape (row, class), in double precision.

    Near certainty single precision would round different cases to the same probability, and a tie that no network made
    changes the area under a ROC curve.
    """
    shifted = logits.astype(np.float64)
    with np.errstate(invalid="ignore"):  # an infinite logit becomes nan, which `finite` finds
        shifted -= shifted.max(axis=1, keepdims=True)
    exp = np.exp(shifted)
    probabilities: Floats = exp / exp.sum(axis=1, keepdims=True)
    return probabilities


def over_folds(logits: Sequence[npt.NDArray[np.floating]]) -> Floats:
    """Mean of the networks' probabilities, shape (row, class).

    Both papers' ensembles are of this kind: doi:10.1186/s13244-021-01117-z takes the mean of five models' outputs, and
    a single network is its own mean.
    """
    total = softmax(logits[0])
    for of_fold in logits[1:]:
        total += softmax(of_fold)
    return total / len(logits)


def over_groups(probabilities: Floats, unit: npt.NDArray[np.str_]) -> tuple[npt.NDArray[np.str_], Floats]:
    """Sum over the image groups of a unit, divided by its total: doi:10.3389/fonc.2020.00680.

    Parameters
    ----------
    probabilities
        Shape (group, class).
    unit
        The patient or lesion of each group.

    Returns
    -------
    The units, sorted, and their probabilities, shape (unit, class).
    """
    units, at = np.unique(unit, return_inverse=True)
    total = np.zeros((len(units), probabilities.shape[1]))
    np.add.at(total, at, probabilities)
    return units, total / total.sum(axis=1, keepdims=True)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """What the networks said of some image groups (or volumes).

    Parameters
    ----------
    case_id, group_id
        Of each row: the case of the store, and which of its groups; shape (row,).
    probabilities
        Task -> mean over the networks, shape (row, class).
    features
        Last hidden layer of the first network, shape (row, feature); None where nobody asked for it.
    skipped
        Cases that could not be read, with the reason.
    """

    case_id: npt.NDArray[np.str_]
    group_id: npt.NDArray[np.str_]
    probabilities: Mapping[str, Floats]
    features: npt.NDArray[np.float32] | None
    skipped: tuple[tuple[str, str], ...]

    def to_bytes(self) -> bytes:
        """A NumPy archive of plain arrays."""
        arrays = {f"task/{name}": values for name, values in self.probabilities.items()}
        if self.features is not None:
            arrays["features"] = self.features  # type: ignore[assignment]
        skipped = np.frombuffer(json.dumps(self.skipped).encode("ascii"), dtype=np.uint8)
        out = io.BytesIO()
        np.savez(out, case_id=self.case_id, group_id=self.group_id, skipped=skipped, **arrays)  # type: ignore[arg-type]
        return out.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Scored:
        """The reverse of `to_bytes`."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(
                case_id=arrays["case_id"],
                group_id=arrays["group_id"],
                probabilities={
                    name.removeprefix("task/"): arrays[name] for name in arrays.files if name.startswith("task/")
                },
                features=arrays.get("features"),
                skipped=tuple((case, reason) for case, reason in json.loads(arrays["skipped"].tobytes())),
            )


def finite(scored: Scored) -> Scored:
    """Without the cases of which a network made no number, as half precision can; they are skipped with that reason."""
    good = np.ones(len(scored.case_id), dtype=bool)
    for values in (*scored.probabilities.values(), *(() if scored.features is None else (scored.features,))):
        good &= np.isfinite(values).all(axis=1)
    if good.all():
        return scored
    bad = dict.fromkeys(scored.case_id[~good].tolist())
    kept = ~np.isin(scored.case_id, list(bad))
    return Scored(
        case_id=scored.case_id[kept],
        group_id=scored.group_id[kept],
        probabilities={task: values[kept] for task, values in scored.probabilities.items()},
        features=None if scored.features is None else scored.features[kept],
        skipped=(*scored.skipped, *((case, "a network's answer is not a finite number") for case in bad)),
    )


def joined(parts: Iterable[Scored]) -> Scored:
    """All rows in the order of cases and of the groups of a case."""
    parts = list(parts)
    full = [part for part in parts if len(part.case_id)]
    skipped = tuple(sorted(entry for part in parts for entry in part.skipped))
    if not full:
        empty = np.empty(0, dtype=np.str_)
        return Scored(case_id=empty, group_id=empty, probabilities={}, features=None, skipped=skipped)
    case_id = np.concatenate([part.case_id for part in full])
    order = np.argsort(case_id, kind="stable")
    features = [part.features for part in full if part.features is not None]
    return Scored(
        case_id=case_id[order],
        group_id=np.concatenate([part.group_id for part in full])[order],
        probabilities={
            task: np.concatenate([part.probabilities[task] for part in full])[order] for task in full[0].probabilities
        },
        features=np.concatenate(features)[order] if features else None,
        skipped=skipped,
    )
