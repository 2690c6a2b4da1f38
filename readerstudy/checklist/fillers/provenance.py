"""What files and programs the numbers were made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from readerstudy.checklist.facts import Facts
from readerstudy.checklist.model import Answer, Line, Piece, count, label, labels, line, section, table
from readerstudy.report import saliency

_PROVENANCE = section("Provenance")
_METHODS = section("Statistical methods")
_SAID_OF_FILES = {"preds": "predictions", "reads": "reads", "cases": "cases", "mark_reads": "reads of the marks"}


def software(facts: Facts) -> Answer:
    """The program of the analysis; that of the model the author knows."""
    lines = _program(facts)
    return Answer(status="confirm" if lines else "author", lines=lines, places=(_METHODS,))


def analysis_code(facts: Facts) -> Answer:
    """The same, as the code of the analysis."""
    lines = _program(facts)
    return Answer(status="confirm" if lines else "author", lines=lines, places=(_METHODS, _PROVENANCE))


def _program(facts: Facts) -> tuple[Line, ...]:
    made: Mapping[str, Any] = facts.results.provenance
    if "readerstudy" not in made:
        return ()
    parts: list[str | Piece] = ["The statistical analysis was made with readerstudy "]
    parts.append(count(made["readerstudy"], "provenance", "readerstudy"))
    if "python" in made:
        parts += [", Python ", count(made["python"], "provenance", "python")]
    for name, version in made.get("packages", {}).items():
        parts += [f", {name} ", count(version, "provenance", "packages", name)]
    if made.get("seed") is not None:
        parts += [", and the seed ", count(made["seed"], "provenance", "seed")]
    return (line(*parts, "."),)


def data_files(facts: Facts) -> Answer:
    """The files that were read."""
    lines = _files(facts, checksums=False)
    return Answer(status="confirm" if lines else "author", lines=lines, places=(table("inputs"), _PROVENANCE))


def availability(facts: Facts) -> Answer:
    """What there is to be shared of the analysis."""
    lines = _files(facts, checksums=False)
    if not lines:
        return Answer(status="author")
    shared = "Every number is in results.json, which holds no patient's name and can be deposited with the paper once "
    shared += "its labels are seen to be free of identities."
    return Answer(status="confirm", lines=(*lines, line(shared)), places=(table("inputs"), _PROVENANCE))


def audit(facts: Facts) -> Answer:
    """By what it can be proved which outputs were analysed."""
    lines = _files(facts, checksums=True)
    return Answer(status="confirm" if lines else "author", lines=lines, places=(table("inputs"), _PROVENANCE))


def _files(facts: Facts, *, checksums: bool) -> tuple[Line, ...]:
    inputs: list[Mapping[str, Any]] = list(facts.results.provenance.get("inputs", []))
    lines = []
    for i, entry in enumerate(inputs):
        if entry["role"] == "protocol":
            continue
        place = ("provenance", "inputs", i)
        parts: list[str | Piece] = [f"File of {_SAID_OF_FILES.get(entry['role'], entry['role'])}: "]
        parts.append(label(entry["name"]))
        if entry.get("rows") is not None:
            parts += [", ", count(entry["rows"], *place, "rows"), " rows"]
        if checksums:
            parts += [", SHA-256 ", count(entry["sha256"], *place, "sha256")]
        lines.append(line(*parts, "."))
    return tuple(lines)


def folds(facts: Facts) -> Answer:
    """The folds of a cross-validation, where the predictions have any."""
    n = _n_folds(facts)
    if not n:
        return Answer(status="author")
    told = line(f"The predictions that were analysed are of {n} folds of a cross-validation.")
    return Answer(status="confirm", lines=(told,), places=(table("folds"), section("Study")))


def ensemble(facts: Facts) -> Answer:
    """That several folds are averaged."""
    if not _n_folds(facts):
        return Answer(status="author")
    told = line("Where several folds predicted a case, their mean probabilities are the model's.")
    return Answer(status="confirm", lines=(told,), places=(section("Study"),))


def _n_folds(facts: Facts) -> int:
    return len({row["fold"] for row in facts.rows("cross_validation") if row["fold"] is not None})


def predictions_made(facts: Facts) -> Answer:
    """Whose predictions were analysed."""
    told = line("Predictions were analysed as they stand in the files, of ", labels(facts.models), ".")
    return Answer(status="confirm", lines=(told,), places=(_PROVENANCE,))


def explainability(facts: Facts) -> Answer:
    """The saliency methods of the results."""
    methods = list(dict.fromkeys(str(entry["method"]) for entry in saliency.entries(facts.results)))
    if not methods:
        return Answer(status="author")
    told = line(
        "Saliency maps: ", "; ".join(saliency.MADE[name][0] if name in saliency.MADE else name for name in methods), "."
    )
    return Answer(
        status="confirm",
        lines=(told,),
        write="Say what the maps were used for, and what their scores mean for their validity.",
    )
