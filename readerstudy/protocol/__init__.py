"""protocol.toml: the analysis plan. Every key is known and checked; what is not said has a printed default."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from readerstudy.problems import DataError, Place, Problem
from readerstudy.protocol import lock as locks
from readerstudy.protocol.check import Checker
from readerstudy.protocol.choices import MARK_FILES, METHODS, MISSING, ROLES, THRESHOLDS
from readerstudy.protocol.endpoints import MULTIPLICITY, EndpointPlan
from readerstudy.protocol.marks import MarksPlan
from readerstudy.protocol.tasks import TaskPlan

__all__ = ["MARK_FILES", "METHODS", "ROLES", "EndpointPlan", "MarksPlan", "Protocol", "TaskPlan"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is to be analysed and how.

    `Protocol.read` reads a file, `Protocol.of` a mapping of the same shape; `Protocol()` is the default plan.

    Parameters
    ----------
    title, notice, registration
        Words for the report; `notice` stands on its first page.
    conf_level, alpha, significant, seed
        Level of the intervals; a P-value is significant if it is below `alpha` (``"<"``) or at most it (``"<="``).
    columns
        For each file, our name of a column and the file's.
    tasks
        The tasks; none means one, whose classes come from the data.
    groups, threshold, exclude
        Readers by group; rating from which a read is positive; readers left out.
    consensus, ties
        ``"majority"`` of the readers with a rule for ties, or the name of the reader whose rows are the consensus.
    truth_from, incorporation
        Readers whose votes made the truth, and what is done about it: each of them held against the majority of the
        others (``"leave-one-out"``), or a warning.
    duplicates
        ``"error"``, or which of two reads of one case by one reader counts; ``"repeat"``: the first, and the reader's
        agreement with themselves is given.
    methods, bootstrap
        Method by name of the choice, see `METHODS`; replicates.
    endpoints, multiplicity
        What the study is to show, in order, and how their P-values are adjusted.
    missing, also
        What a case that a reader did not read counts as, and the other rules that are shown beside it.
    reference
        The modality that others are compared with; by default each is compared with those after it.
    clusters
        Column that names the patient, where patients are what was sampled; None to take cases as independent.
    thresholds
        Probabilities at which the net benefit is given.
    weight
        Column of the cases with their sampling weight, the inverse of the chance of being in the sample; None if every
        case had the same.
    verification
        Correction for cases that were called but have no truth; None to leave them out.
    subgroups, cut
        Columns of the cases whose levels get an accuracy of their own; limits at which numbers become levels.
    characteristics, patient_characteristics, categorical, by
        Columns that the table of characteristics describes, once a case and once a patient; those of them whose
        numbers are codes; and the column that splits the table (development and test set).
    embedding
        `perplexity`, `iterations` and `engine` of t-SNE where they are not 50, 10,000 and scikit-learn, and `images`, a
        column as in `errors`, for insets.
    errors
        None, or that the models' errors are to be listed by case id: `images`, a column with the file of a PNG picture
        beside the cases file, and `most`, how many are listed of each kind.
    as_published
        Analyses that do not fit their design, done on request as a paper did them, each with a warning.
    marks
        What is asked of marks on lesions, where the study has them.
    file, sha256
        The file that was read.
    lock
        What the lock beside the file says of the plan, see `readerstudy.protocol.lock`; None without one. Endpoints
        that it does not hold are exploratory.
    """

    title: str = "Diagnostic reader study"
    notice: str | None = None
    registration: str | None = None
    conf_level: float = 0.95
    alpha: float = 0.05
    significant: str = "<"
    seed: int = 0
    columns: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    tasks: tuple[TaskPlan, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    threshold: float | None = None
    exclude: tuple[str, ...] = ()
    consensus: str | None = None
    ties: str | None = None
    truth_from: tuple[str, ...] = ()
    incorporation: str = "warn"
    duplicates: str = "error"
    methods: Mapping[str, str] = dataclasses.field(
        default_factory=lambda: {name: choices[0] for name, choices in METHODS.items()}
    )
    bootstrap: int = 2000
    endpoints: tuple[EndpointPlan, ...] = ()
    multiplicity: str = MULTIPLICITY[0]
    missing: str = MISSING[0]
    also: tuple[str, ...] = ()
    reference: str | None = None
    clusters: str | None = None
    thresholds: tuple[float, ...] = THRESHOLDS
    weight: str | None = None
    verification: str | None = None
    subgroups: tuple[str, ...] = ()
    cut: Mapping[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    characteristics: tuple[str, ...] = ()
    patient_characteristics: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    by: str | None = None
    embedding: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    errors: Mapping[str, Any] | None = None
    as_published: Mapping[str, str] = dataclasses.field(default_factory=dict)
    marks: MarksPlan = dataclasses.field(default_factory=MarksPlan)
    file: str | None = None
    sha256: str | None = None
    lock: locks.Lock | None = None

    @classmethod
    def read(cls, path: str | os.PathLike[str], *, locked: bool = True) -> Protocol:
        """Read a protocol file and, if `locked`, the lock beside it where there is one.

        Raises
        ------
        DataError
            With every problem of the file: syntax, unknown keys, wrong values; or if the lock is none.
        """
        name, data = os.fspath(path), Path(path).read_bytes()
        try:
            text = data.decode("utf-8-sig")
            content = tomllib.loads(text)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            line, column = (int(found[1]), int(found[2])) if found else (None, None)
            lines = data.decode("utf-8", errors="replace").splitlines()
            source = lines[line - 1] if line and line <= len(lines) else ""
            raise DataError(
                [
                    Problem(
                        code="RS301",
                        message="the protocol is not valid TOML",
                        place=Place(file=name, line=line, column=column, source=source),
                        found=str(error).split(" (at ")[0],
                        help='text stands in double quotes, lists in [ ], and each key once: title = "My study"',
                    )
                ]
            ) from None
        plan = dataclasses.replace(cls.of(content, name, text), sha256=hashlib.sha256(data).hexdigest())
        return plan.held_against(locks.beside(path)) if locked else plan

    def held_against(self, path: Path) -> Protocol:
        """The plan as its lock allows it: endpoints that the lock does not hold are exploratory."""
        if not path.is_file():
            return self
        found = locks.read(path, dataclasses.asdict(self), dataclasses.asdict(Protocol()))
        endpoints = tuple(
            dataclasses.replace(one, role="exploratory") if one.name in found.demoted else one for one in self.endpoints
        )
        return dataclasses.replace(self, endpoints=endpoints, lock=found)

    @classmethod
    def of(cls, content: Mapping[str, Any], file: str = "protocol", text: str = "") -> Protocol:
        """The plan of a mapping that has the shape of the file; `text` is searched for the lines of problems."""
        checked = Checker(file, text)
        fields = checked.protocol(content)
        if checked.problems:
            raise DataError(checked.problems)
        return cls(**fields, file=file)

    @property
    def images(self) -> tuple[str, ...]:
        """The columns that name pictures of the cases."""
        columns = ((self.errors or {}).get("images"), self.embedding.get("images"))
        return tuple(dict.fromkeys(column for column in columns if column is not None))

    def to_dict(self) -> dict[str, Any]:
        """The resolved plan without the tasks, which the data complete."""
        return {
            "study": {
                "title": self.title,
                "notice": self.notice,
                "registration": self.registration,
                "conf_level": self.conf_level,
                "alpha": self.alpha,
                "significant": self.significant,
                "seed": self.seed,
            },
            "columns": {role: dict(columns) for role, columns in self.columns.items()},
            "readers": {
                "groups": {group: list(readers) for group, readers in self.groups.items()},
                "threshold": self.threshold,
                "exclude": list(self.exclude),
                "consensus": self.consensus,
                "ties": self.ties,
                "truth_from": list(self.truth_from),
                "incorporation": self.incorporation,
                "duplicates": self.duplicates,
                "reference": self.reference,
            },
            "methods": {**self.methods, "bootstrap": self.bootstrap},
            "endpoints": [endpoint.to_dict() for endpoint in self.endpoints],
            "multiplicity": {"method": self.multiplicity},
            "missing": {"reads": self.missing, "also": list(self.also)},
            "decision": {"thresholds": list(self.thresholds)},
            "clusters": {"patient": self.clusters},
            "sampling": {"weight": self.weight},
            "verification": {"correct": self.verification},
            "subgroups": {
                "columns": list(self.subgroups),
                "cut": {column: list(limits) for column, limits in self.cut.items()},
            },
            "characteristics": {
                "columns": list(self.characteristics),
                "patient_columns": list(self.patient_characteristics),
                "categorical": list(self.categorical),
                "by": self.by,
            },
            "embedding": {
                "perplexity": 50,
                "iterations": 10000,
                "engine": "scikit-learn",
                "images": None,
                **self.embedding,
            },
            "errors": None if self.errors is None else {"images": None, "most": 24, **self.errors},
            "as_published": dict(self.as_published),
            "lock": None if self.lock is None else self.lock.to_dict(),
        }
