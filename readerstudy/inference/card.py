"""A card: all that makes one model of a paper, as data. ``models/<name>/model.toml`` is read, checked and written here.

A card says what goes in (sequences, size, preparation), what comes out (tasks and their classes), which network stands
between them and how it is trained. A trained card also names its weights, with their SHA-256, and what they come from.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from readerstudy import _choice, _shipped
from readerstudy.imaging.recipe import Recipe
from readerstudy.inference.card_fields import Problems, choice, key, part, plain, section, text, toml
from readerstudy.inference.card_sections import (
    Aggregate,
    Augmentation,
    ClinicalInput,
    InceptionResNet,
    SevenStream,
    SliceInput,
    Task,
    Trained,
    Training,
    VolumeInput,
    Weights,
)
from readerstudy.problems import DataError, Place, Problem

__all__ = [
    "FILE", "SCHEMA", "Aggregate", "Augmentation", "Card", "ClinicalInput", "InceptionResNet", "SevenStream",
    "SliceInput", "Task", "Trained", "Training", "VolumeInput", "Weights", "shipped",
]  # fmt: skip

SCHEMA = "readerstudy-card/1"
FILE = "model.toml"


def _name(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", value):
        raise ValueError("a name of lower-case letters, digits, hyphens and dots")
    return value


def _recipe(value: Any) -> Recipe:
    if not isinstance(value, Mapping):
        raise ValueError("a section")
    return Recipe.from_dict(value)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Card:
    """One model, as data.

    `Card.read` reads a shipped card by its name, or a folder or file; `to_toml` writes it so that it reads back equal.

    Parameters
    ----------
    name, title
        As users call it, and a line that says what it is.
    paper, doi
        Citation and DOI of the paper.
    notice
        A warning that every output repeats, such as that the model was trained on a phantom.
    unit
        What one row of preds.csv is: ``"patient"`` or ``"lesion"``.
    tasks, input, prepare, network, clinical, training, aggregate, weights, trained
        The sections of the file.
    folder
        Where the card was read from; weights and coding table stand there.
    """

    name: str = key(_name)
    title: str = key(text)
    paper: str = key(text)
    doi: str = key(text)
    notice: str | None = key(text, None)
    unit: str = key(choice("patient", "lesion"))
    tasks: tuple[Task, ...] = dataclasses.field(metadata=part(Task, many=True))
    input: SliceInput | VolumeInput = dataclasses.field(metadata=part(SliceInput, VolumeInput))
    prepare: Recipe = dataclasses.field(metadata={"read": _recipe})
    network: InceptionResNet | SevenStream = dataclasses.field(metadata=part(InceptionResNet, SevenStream))
    clinical: ClinicalInput | None = dataclasses.field(default=None, metadata=part(ClinicalInput))
    training: Training = dataclasses.field(metadata=part(Training))
    aggregate: Aggregate = dataclasses.field(default_factory=Aggregate, metadata=part(Aggregate))
    weights: tuple[Weights, ...] = dataclasses.field(default=(), metadata=part(Weights, many=True))
    trained: Trained | None = dataclasses.field(default=None, metadata=part(Trained))
    folder: Path | None = dataclasses.field(default=None, compare=False)

    @classmethod
    def read(cls, name_or_path: str | os.PathLike[str]) -> Card:
        """Read a card.

        Parameters
        ----------
        name_or_path
            Name of a shipped card (see `shipped`), a folder with a model.toml, or such a file.

        Raises
        ------
        DataError
            RS901 if there is no such card, RS902 with everything that is wrong with it.
        """
        path = _find(name_or_path)
        try:
            source = path.read_bytes().decode("utf-8-sig")
            content = tomllib.loads(source)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            place, help_ = Place(file=os.fspath(path)), "text stands in double quotes, and each key once"
            message = f"the card is not valid TOML: {error}"
            raise DataError([Problem(code="RS902", message=message, place=place, help=help_)]) from None
        return dataclasses.replace(cls.of(content, os.fspath(path), source), folder=path.parent)

    @classmethod
    def of(cls, content: Mapping[str, Any], file: str = FILE, source: str = "") -> Card:
        """The card of a mapping that has the shape of the file; `source` is searched for the lines of problems."""
        problems, card = Problems("RS902", file, source), None
        if content.get("schema") != SCHEMA:
            help_ = f'write schema = "{SCHEMA}" at the top; a newer schema needs a newer readerstudy'
            problems.add("", "schema", f"this is no card of the schema {SCHEMA}", help_)
        else:
            card = section(cls, {name: value for name, value in content.items() if name != "schema"}, "", problems)
        if card is not None:
            _agreement(card, problems)
        if problems or card is None:
            raise DataError(problems)
        return card

    def with_settings(self, settings: Iterable[str]) -> Card:
        """A copy with other values: each setting is ``section.key=value``, such as ``"network.width=0.125"``.

        The value is TOML; text may stand without quotes.

        Raises
        ------
        DataError
            RS903 for what is no setting, RS902 for a key or value that the card cannot have.
        """
        content = self.to_dict()
        for setting in settings:
            path, equals, value = setting.partition("=")
            parts = path.strip().split(".")
            if not equals or len(parts) < 2:
                raise _no_setting(setting, "write section.key=value, such as network.width=0.5")
            table = content
            for depth, name in enumerate(parts[:-1], 1):
                inner = table.get(name)
                if not isinstance(inner, dict):
                    known = [name for name, there in table.items() if isinstance(there, dict)]
                    help_ = _choice.did_you_mean(name, known) if known else "it has keys only"
                    raise _no_setting(setting, f"there is no section [{'.'.join(parts[:depth])}]: {help_}")
                table = inner
            table[parts[-1]] = _toml_value(value.strip())
        return dataclasses.replace(Card.of(content, f"card {self.name} with its settings"), folder=self.folder)

    def to_dict(self) -> dict[str, Any]:
        """The card in the shape of its file, with every default written out."""
        return {"schema": SCHEMA, **plain(self)}

    def to_toml(self) -> str:
        """The card as canonical TOML."""
        return "\n".join(toml(self.to_dict())) + "\n"

    def path(self, file: str) -> Path:
        """A file beside the card, such as its weights or its coding table.

        Raises
        ------
        FileNotFoundError
            If it is not there, or the card was read from no folder.
        """
        if self.folder is None or not (self.folder / file).is_file():
            raise FileNotFoundError(f"the card {self.name} names the file {file}, which does not stand beside it")
        return self.folder / file


def shipped() -> tuple[str, ...]:
    """Names of the shipped cards."""
    return tuple(sorted(path.parent.name for path in _shipped.path("models").glob(f"*/{FILE}")))


def _find(name_or_path: str | os.PathLike[str]) -> Path:
    """The file of a card that is named, or whose folder or file is given."""
    path, name = Path(name_or_path), os.fspath(name_or_path)
    if name in shipped():
        return _shipped.path("models", name, FILE)
    for candidate in (path / FILE, path):
        if candidate.is_file():
            return candidate
    help_ = f"{_choice.did_you_mean(name, shipped())} (a folder with a {FILE} can be given, too)"
    raise DataError([Problem(code="RS901", message=f"there is no card {name!r}", help=help_)])


def _toml_value(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _no_setting(setting: str, help_: str) -> DataError:
    return DataError([Problem(code="RS903", message=f"{setting!r} is no setting of a card", help=help_)])


def _agreement(card: Card, problems: Problems) -> None:
    """What must hold between the sections of a card."""
    names = [task.name for task in card.tasks]
    if len(set(names)) < len(names):
        problems.add("tasks", "name", "two tasks have one name", "give each task its own name")
    for task in card.tasks:
        for word, name in task.map.items():
            if name not in task.classes:
                hint = _choice.did_you_mean(name, task.classes)
                problems.add("tasks.map", word, f"the task {task.name} maps {word!r} to no class: {name!r}", hint)
            if word in task.classes and word != name:
                problems.add("tasks.map", word, f"the class {word!r} is mapped to another", "leave it out of map")
    for task_name in card.training.loss_weights:
        if task_name not in names:
            hint = _choice.did_you_mean(task_name, names)
            problems.add("training.loss_weights", task_name, f"there is no task {task_name!r}", hint)
    network = card.network
    slices = isinstance(card.input, SliceInput)
    if slices != isinstance(network, InceptionResNet):
        message = f"a network of the kind {network.kind!r} cannot read an input of the kind {card.input.kind!r}"
        problems.add(
            "network", "kind", message, "slices go with inception-resnet-v2, volume with seven-stream-resnet18"
        )
    if isinstance(network, InceptionResNet) and len(names) != 1:
        problems.add("tasks", "name", f"{network.kind} answers one task, and the card has {len(names)}", "keep one")
    if isinstance(network, SevenStream):
        for head, sequences in network.heads.items():
            for sequence in set(sequences) - set(card.input.sequences):
                message = f"the head {head} takes {sequence}, which is not among the input's sequences"
                problems.add("network.heads", head, message, "add it to sequences of [input]")
        if set(network.heads) != set(names):
            problems.add("network", "heads", "the heads are not those of the tasks", f"name {' and '.join(names)}")
        if card.clinical is not None:
            problems.add("clinical", "table", f"{network.kind} takes no clinical data", "leave [clinical] out")
    folds = [weights.fold for weights in card.weights]
    if len(set(folds)) < len(folds):
        problems.add("weights", "fold", "two files of weights are of one fold", "name each fold once")
