"""The case store: one compressed file a lesion, ready for the networks, without anything that names a patient.

Reading it needs numpy only. `readerstudy.imaging.prepare` fills it.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from readerstudy._version import __version__
from readerstudy.imaging.atomic import remove_leftovers, write_text
from readerstudy.imaging.case_file import (
    CaseArrays,
    Decision,
    StoredCase,
    arrays_of,
    entry,
    read_case,
    stored,
    write_case,
)
from readerstudy.imaging.csv_text import csv_text
from readerstudy.imaging.lock import LOCK
from readerstudy.imaging.recipe import Recipe
from readerstudy.imaging.utf8 import text_of
from readerstudy.problems import DataError, Place, Problem

__all__ = ["CaseArrays", "Decision", "Skipped", "Store", "StoreWriter", "StoredCase"]

SCHEMA = "readerstudy-store/1"
MANIFEST = "store.json"
UNFINISHED = "unfinished.json"
"""Stands in the store from the first case to the last; a store that has it is refused by the reader."""


@dataclasses.dataclass(frozen=True, order=True)
class Skipped:
    """What is not in the store and why; `case` is a pseudonym of a patient or of a lesion."""

    case: str
    reason: str


class Store:
    """A prepared store, to read."""

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        self.path = path
        self.cases = tuple(stored(fields) for fields in content["cases"])
        self.skipped = tuple(Skipped(entry["case"], entry["reason"]) for entry in content["skipped"])
        self.recipes: Mapping[str, Recipe] = MappingProxyType(
            {name: _recipe(fields) for name, fields in content["recipes"].items()}
        )
        self.phantom = bool(content["phantom"])
        self.notice: str | None = content["notice"]
        self.rules_sha256 = str(content["rules_sha256"])
        together = "\n".join(f"{case.case_id} {case.sha256}" for case in self.cases)
        self.digest = hashlib.sha256(together.encode("ascii")).hexdigest()
        self._by_id = {case.case_id: case for case in self.cases}

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open a store.

        Raises
        ------
        DataError
            If there is none, its schema is unknown, or it was not prepared to the end.
        """
        path = Path(path)
        if (path / UNFINISHED).exists():
            raise _refused("RS851", f"{path} is not complete", mend="run prepare again to complete it")
        try:
            content = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            message = f"{path} is no case store: it has no {MANIFEST}"
            raise _refused("RS850", message, mend="readerstudy prepare INPUT --out STORE writes one") from None
        except ValueError:
            raise _refused("RS850", f"{path / MANIFEST} cannot be read", mend="run prepare again") from None
        schema = content.get("schema") if isinstance(content, dict) else None
        if schema != SCHEMA:
            message = f"{path / MANIFEST} has the schema {schema!r}"
            raise _refused("RS852", message, found=f"this version reads {SCHEMA}", mend="prepare the store anew")
        try:
            return cls(path, content)
        except (KeyError, TypeError, ValueError, AttributeError):
            message = f"{path / MANIFEST} does not hold what {SCHEMA} asks for"
            raise _refused("RS850", message, mend="run prepare again") from None

    def case(self, case_id: str) -> StoredCase:
        """One case by its pseudonym; `DataError` when there is none."""
        try:
            return self._by_id[case_id]
        except KeyError:
            raise _refused("RS853", f"the store has no case {case_id}", mend="store.json lists the cases") from None

    def load(self, case_id: str, recipe: str, sequences: Sequence[str] | None = None) -> CaseArrays:
        """A case's arrays.

        Parameters
        ----------
        case_id
            The case.
        recipe
            Name of the recipe.
        sequences
            Names in the order wanted; all of the case, as stored, without it.

        Raises
        ------
        DataError
            If the case has no such recipe or sequence, or its file is not the one that was prepared.
        """
        case = self.case(case_id)
        wanted = case.sequences if sequences is None else tuple(sequences)
        missing = [name for name in wanted if name not in case.sequences]
        if missing:
            message = f"case {case_id} has no {', '.join(missing)}"
            raise _refused("RS854", message, found=f"it has {', '.join(case.sequences)}")
        if recipe not in case.recipes:
            message = f"case {case_id} was not prepared by the recipe {recipe}"
            found = f"it has {', '.join(case.recipes)}"
            raise _refused("RS855", message, found=found, mend="name the card to prepare with --card")
        place = Place(file=str(self.path / case.file))
        try:
            content = (self.path / case.file).read_bytes()
        except OSError:
            raise _refused("RS856", f"the file of case {case_id} is missing", place=place, mend=_REDO) from None
        if hashlib.sha256(content).hexdigest() != case.sha256:
            message = f"the file of case {case_id} is not the one that was prepared (its SHA-256 differs)"
            raise _refused("RS857", message, place=place, mend=_REDO)
        order = [case.sequences.index(name) for name in wanted]
        return arrays_of(content, recipe, order)

    def table(self) -> dict[str, dict[str, str]]:
        """cases.csv: case -> column -> text, patient_id among them; `DataError` when it is not the one of the store."""
        path = self.path / "cases.csv"
        with io.StringIO(text_of(path), newline="") as file:
            reader = csv.DictReader(file, restval="")
            if "case_id" not in (reader.fieldnames or ()):
                raise _refused("RS850", f"{path} has no column case_id", mend="run prepare again to write it anew")
            return {row.pop("case_id"): row for row in reader}


_REDO = "delete it and run prepare again"


class StoreWriter:
    """Fills a store case by case, so that a killed run can be taken up where it stopped.

    A case's file is written whole or not at all and holds all that the store says of the case. What is said of all
    cases is written by `finish`, in the order of the pseudonyms: the bytes depend neither on the order of the calls nor
    on where an earlier run was killed. One writer at a time.

    Parameters
    ----------
    path
        The store, new or of an earlier run.
    recipes
        Name -> recipe.
    phantom
        Whether the images are a digital phantom's.
    notice
        A sentence that must stand with everything made from the store.
    rules_sha256
        Of the rules that told the sequences apart.
    force
        Begin anew when the earlier run had other recipes.

    Raises
    ------
    DataError
        If the folder is no store, or one that was begun with other recipes or another notice and not `force`.
    """

    def __init__(
        self,
        path: str | Path,
        recipes: Mapping[str, Recipe],
        *,
        phantom: bool = False,
        notice: str | None = None,
        rules_sha256: str = "",
        force: bool = False,
    ) -> None:
        self.path = Path(path)
        self._head = {
            "schema": SCHEMA,
            "readerstudy": __version__,
            "recipes": {name: {**recipe.to_dict(), "digest": recipe.digest} for name, recipe in recipes.items()},
            "rules_sha256": rules_sha256,
            "phantom": phantom,
            "notice": notice,
        }
        self._digests = {name: recipe.digest for name, recipe in recipes.items()}
        self._cases: dict[str, StoredCase] = {}
        self._rows: dict[str, dict[str, str]] = {}
        self._decisions: dict[str, tuple[Decision, ...]] = {}
        self._skipped: dict[str, str] = {}
        self.path.mkdir(parents=True, exist_ok=True)
        remove_leftovers(self.path)
        self._take_up(force=force)
        for name in ("cases", "qc"):
            (self.path / name).mkdir(exist_ok=True)
            remove_leftovers(self.path / name)

    def _take_up(self, *, force: bool) -> None:
        """Refuse what is no store and a store of other recipes; mark this one as not finished."""
        known = [name for name in (UNFINISHED, MANIFEST) if (self.path / name).exists()]
        if not known and any(path.name != LOCK for path in self.path.iterdir()):
            raise _refused("RS859", f"{self.path} holds other things than a case store", mend="give another --out")
        changed: list[str] = []
        for name in known[:1]:  # what was begun last says what the files are of, not what was finished before
            try:
                earlier = dict(json.loads((self.path / name).read_text(encoding="utf-8")))
            except (ValueError, TypeError):
                message = f"{self.path / name} cannot be read"
                raise _refused("RS850", message, mend="delete the store and prepare it anew") from None
            fields = ("schema", "recipes", "phantom", "notice")
            changed = [field for field in fields if earlier.get(field) != self._head[field]]
            if changed and not force:
                message = f"{self.path} was prepared with other {' and '.join(changed)}"
                raise _refused("RS858", message, mend="give another --out, or begin anew with --force")
        text = json.dumps(self._head, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        # Before anything is removed: a kill in between must not leave what looks like a whole store.
        write_text(self.path / UNFINISHED, text)
        if changed:
            self._remove(self._files())

    def add(
        self,
        case_id: str,
        patient_id: str,
        arrays: Mapping[str, CaseArrays],
        *,
        sequences: Sequence[str],
        diameter_mm: float,
        row: Mapping[str, str] | None = None,
        decisions: Iterable[Decision] = (),
        fingerprint: str = "",
        lesions: Sequence[int] = (),
        picture: bytes | None = None,
    ) -> None:
        """Write a case.

        Parameters
        ----------
        case_id, patient_id
            Pseudonyms.
        arrays
            Recipe's name -> the case as that recipe prepared it.
        sequences
            Names in the order of the arrays' first axis.
        diameter_mm
            Longest diameter of the lesion.
        row
            What cases.csv says of it: column -> text, without the two pseudonyms.
        decisions
            Which series was taken for which sequence.
        fingerprint
            Of all that the case was made from.
        lesions
            Numbers of all lesions of the patient, so that a later run knows them without reading the masks.
        picture
            PNG to look at, written as ``qc/<case_id>.png``.
        """
        case = write_case(
            self.path, self._digests, case_id, patient_id, arrays,
            sequences=sequences, diameter_mm=diameter_mm, decisions=decisions, fingerprint=fingerprint,
            lesions=lesions, phantom=bool(self._head["phantom"]), picture=picture,
        )  # fmt: skip
        self.register(case, tuple(decisions), row)

    def register(self, case: StoredCase, decisions: tuple[Decision, ...], row: Mapping[str, str] | None) -> None:
        """Take in a case whose file `write_case` has written, in this process or another."""
        self._cases[case.case_id] = case
        self._decisions[case.case_id] = decisions
        self._rows[case.case_id] = dict(row or {})

    def skip(self, case: str, reason: str, decisions: Iterable[Decision] = ()) -> None:
        """Record that a patient or a lesion (its pseudonym) is not in the store, and why."""
        self._skipped[case] = reason
        self._decisions[case] = tuple(decisions)

    def is_done(self, case_id: str, fingerprint: str, row: Mapping[str, str] | None = None) -> bool:
        """True when an earlier run finished this case from the same input; it then stays, with this `row`."""
        if case_id in self._cases:
            return True
        done = read_case(self.path, case_id)
        if done is None or done.fingerprint != fingerprint or dict(done.case.recipes).items() - self._digests.items():
            return False
        self.register(done.case, done.decisions, row)
        return True

    def finish(self) -> Store:
        """Write what is said of all cases, remove cases of earlier runs that this one did not meet, and open it."""
        for case_id in self._cases:
            self._skipped.pop(case_id, None)
        kept = {self.path / case.file for case in self._cases.values()}
        kept |= {self.path / "qc" / f"{case_id}.png" for case_id in self._cases}
        self._remove(path for path in self._files() if path not in kept)
        cases = [self._cases[case_id] for case_id in sorted(self._cases)]
        write_text(self.path / "cases.csv", _cases_table(cases, self._rows))
        rows = [
            (name, made.sequence, made.series, made.why)
            for name in sorted(self._decisions)
            for made in self._decisions[name]
        ]
        write_text(self.path / "decisions.csv", csv_text(("case", "sequence", "series", "why"), rows))
        skipped = sorted(self._skipped.items())
        write_text(self.path / "skipped.csv", csv_text(("case", "reason"), skipped))
        content = {
            **self._head,
            "cases": [entry(case) for case in cases],
            "skipped": [{"case": case, "reason": reason} for case, reason in skipped],
        }
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        write_text(self.path / MANIFEST, text)
        (self.path / UNFINISHED).unlink(missing_ok=True)
        return Store.open(self.path)

    def _files(self) -> list[Path]:
        """The cases' files and pictures in the store, of this run and of earlier ones."""
        return [*(self.path / "cases").glob("*.npz"), *(self.path / "qc").glob("*.png")]

    @staticmethod
    def _remove(files: Iterable[Path]) -> None:
        for path in files:
            path.unlink(missing_ok=True)


def _recipe(fields: Mapping[str, Any]) -> Recipe:
    return Recipe.from_dict({key: value for key, value in fields.items() if key != "digest"})


def _cases_table(cases: Sequence[StoredCase], rows: Mapping[str, Mapping[str, str]]) -> str:
    """cases.csv: the columns in the order in which the cases have them."""
    columns = list(dict.fromkeys(column for case in cases for column in rows[case.case_id]))
    lines = [
        (case.case_id, case.patient_id, *(rows[case.case_id].get(column, "") for column in columns)) for case in cases
    ]
    return csv_text(("case_id", "patient_id", *columns), lines)


def _refused(code: str, message: str, *, place: Place | None = None, found: str = "", mend: str = "") -> DataError:
    return DataError([Problem(code=code, message=message, place=place, found=found, help=mend)])
