"""The rules file of the sequences: every key is known and checked; and the overrides that settle single studies."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from readerstudy._choice import did_you_mean
from readerstudy.imaging.facts import PLANES, Facts, Timing
from readerstudy.imaging.recipe import SEQUENCES
from readerstudy.problems import DataError, Place, Problem

SCHEMA = "readerstudy-sequences/1"
SHIPPED = Path(__file__).with_name("sequences.toml")
TEXTS = ("text", "protocol", "image_type", "scanning_sequence", "manufacturer", "modality")
RANGES = (
    "b_value", "echo_time", "repetition_time", "flip_angle", "field_strength", "slices", "volume", "volumes", "seconds",
)  # fmt: skip
FLAGS = ("contrast", "before_contrast")
KEYS = ("name", *TEXTS, *(f"not_{key}" for key in TEXTS), "plane", *RANGES, *FLAGS, "if_known")
PREFER = ("original", "as after contrast", "latest", "earliest", "most slices")
NEAR = {"b_value": 50.0, "seconds": 5.0, "echo_time": 5.0, "repetition_time": 50.0, "flip_angle": 2.0}
"""Keys for ``"... near N"``, and the steps in which nearness counts: less is no difference."""
_BY_ORDER = 120.0
"""Seconds by order may be off by this much where a name decides: where the first phase stands is only probable."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """Conditions that must all hold.

    Parameters
    ----------
    name
        As decisions quote it.
    matches, matches_not
        By key, an expression that must (must not) be found in the text.
    plane
        Of the images; empty for any.
    ranges
        By key, the lowest and highest number; a number that is not known fails.
    if_known
        As `ranges`, but a number that is not known passes, and seconds by order may be off by two minutes.
    flags
        By key, what must be so.
    """

    name: str
    matches: Mapping[str, re.Pattern[str]]
    matches_not: Mapping[str, re.Pattern[str]]
    plane: str
    ranges: Mapping[str, tuple[float, float]]
    if_known: Mapping[str, tuple[float, float]]
    flags: Mapping[str, bool]

    def words_fit(self, fact: Facts) -> bool:
        """Whether the text of a volume fits."""
        return (
            all(pattern.search(fact.texts[key]) for key, pattern in self.matches.items())
            and not any(pattern.search(fact.texts[key]) for key, pattern in self.matches_not.items())
            and all(getattr(fact, key) == wanted for key, wanted in self.flags.items())
        )

    def miss(self, fact: Facts) -> str:
        """The first number of a volume that does not fit, or its plane; empty if all do."""
        if self.plane and fact.texts["plane"] != self.plane:
            return f"plane is {fact.texts['plane'] or 'unknown'}, not {self.plane}"
        for required, ranges in ((True, self.ranges), (False, self.if_known)):
            for key, (low, high) in ranges.items():
                value = fact.numbers.get(key)
                if not required and value is None:
                    continue
                slack = _BY_ORDER if not required and key == "seconds" and fact.basis == "order" else 0.0
                if value is None or not low - slack <= value <= high + slack:
                    found = "unknown" if value is None else f"{value:g}"
                    return f"{key} is {found}, not {low:g} to {high:g}"
        return ""

    def fits(self, fact: Facts) -> bool:
        """Whether all conditions hold."""
        return self.words_fit(fact) and not self.miss(fact)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Override:
    """What the user decided for one study: the series of a sequence, and which of its volumes."""

    study: str
    sequence: str
    series_number: int
    volume: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules of all sequences.

    Parameters
    ----------
    exclude
        Rules of volumes that are never taken.
    sequences, prefer
        By sequence, its rules in order, and what chooses among the volumes that fit one.
    timing
        How the seconds since the injection are found.
    overrides
        Decisions of the user.
    sha256
        Over the rules file and the overrides file.
    """

    exclude: tuple[Rule, ...]
    sequences: Mapping[str, tuple[Rule, ...]]
    prefer: Mapping[str, tuple[str, ...]]
    timing: Timing
    overrides: tuple[Override, ...] = ()
    sha256: str = ""

    @classmethod
    def read(cls, path: str | os.PathLike[str] | None = None, overrides: str | os.PathLike[str] | None = None) -> Rules:
        """Read a rules file, by default the shipped one, and a file of overrides (TOML or CSV).

        Raises
        ------
        DataError
            RS820 with all that is wrong with the rules, RS821 with all that is wrong with the overrides.
        """
        path = Path(SHIPPED if path is None else path)
        data = path.read_bytes()
        reader = _Reader(os.fspath(path), data)
        rules = reader.rules()
        digest = hashlib.sha256(data)
        if overrides is not None:
            content = Path(overrides).read_bytes()
            digest.update(b"\0" + content)
            rules = dataclasses.replace(rules, overrides=_overrides(Path(overrides), content))
        return dataclasses.replace(rules, sha256=digest.hexdigest())


class _Reader:
    """Walks a rules file, collecting every problem."""

    def __init__(self, file: str, data: bytes) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.content = _toml(file, data, "RS820")
        self.lines = data.decode("utf-8-sig").splitlines()
        self.words: dict[str, str] = {}
        self.start = 0  # lines before the section that is being read: a problem's key is looked for after them

    def problem(self, key: str, message: str, help_: str = "") -> None:
        lines = enumerate(self.lines[self.start :], self.start + 1)
        line = next((k for k, text in lines if re.match(rf"\s*{re.escape(key)}\s*=", text)), None)
        where = Place(file=self.file, line=line, source=self.lines[line - 1] if line else "")
        self.problems.append(Problem(code="RS820", message=message, place=where, help=help_))

    def begin(self, heading: str) -> None:
        """Look for the keys of problems from the line that begins with the expression `heading`."""
        self.start = next((k for k, text in enumerate(self.lines) if re.match(heading, text)), 0)

    def known(self, content: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
        for key in content:
            if key not in keys:
                self.problem(key, f"{where} has no {key!r}", did_you_mean(key, keys))

    def table(self, value: object, where: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self.problem(where, f"{where} is no section", f"write [{where}]")
        return {}

    def items(self, value: object, where: str) -> list[Mapping[str, Any]]:
        if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
            return value
        self.problem(where, f"{where} is no list of sections", f"write [[{where}]] before each")
        return []

    def rules(self) -> Rules:
        content = self.content
        self.known(content, ("schema", "words", "timing", "exclude", "sequences"), "the file")
        if content.get("schema") != SCHEMA:
            self.problem("schema", f"schema is {content.get('schema')!r}", f"write schema = {SCHEMA!r}")
        for name, expression in self.table(content.get("words", {}), "words").items():
            if isinstance(expression, str):
                self.words[name] = self.filled(expression, name)
            else:
                self.problem(name, f"{name} is {expression!r}, no expression", "write text in quotes")
        timing = self.timing(self.table(content.get("timing", {}), "timing"))
        exclude = [self.rule(rule, "exclude") for rule in self.items(content.get("exclude", []), "exclude")]
        sequences, prefer = {}, {}
        for name, section in self.table(content.get("sequences", {}), "sequences").items():
            where = f"sequences.{name}"
            if name not in SEQUENCES:
                self.problem(name, f"there is no sequence {name!r}", did_you_mean(name, SEQUENCES))
                continue
            self.begin(re.escape(f"[{where}]"))
            section = self.table(section, where)
            self.known(section, ("prefer", "rules"), where)
            prefer[name] = self.preferences(section.get("prefer", []), where)
            rules = self.items(section.get("rules", []), f"{where}.rules")
            sequences[name] = tuple(self.rule(rule, where) for rule in rules)
        if self.problems:
            raise DataError(self.problems)
        assert timing is not None
        return Rules(exclude=tuple(exclude), sequences=sequences, prefer=prefer, timing=timing)

    def timing(self, section: Mapping[str, Any]) -> Timing | None:
        keys = [field.name for field in dataclasses.fields(Timing)]
        self.known(section, keys, "timing")
        seconds = section.get("arterial_seconds")
        if not _is_number(seconds):
            self.problem("arterial_seconds", f"arterial_seconds is {seconds!r}, no number", "arterial_seconds = 20")
        patterns = {key: self.pattern(key, section.get(key), "timing") for key in keys if key != "arterial_seconds"}
        if not _is_number(seconds) or None in patterns.values():
            return None
        return Timing(arterial_seconds=float(seconds), **patterns)  # type: ignore[arg-type]

    def preferences(self, value: object, where: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            self.problem("prefer", f"prefer of {where} is no list", 'write prefer = ["original"]')
            return ()
        known = [*PREFER, *(f"{key} near 100" for key in NEAR)]
        for item in value:
            near = re.fullmatch(r"(\w+) near (\d+(?:\.\d+)?)", str(item))
            if item not in PREFER and not (near and near[1] in NEAR):
                self.problem("prefer", f"{where} cannot prefer {item!r}", did_you_mean(str(item), known))
        return tuple(map(str, value))

    def rule(self, section: Mapping[str, Any], where: str) -> Rule:
        name = section.get("name")
        if not (isinstance(name, str) and name):
            self.problem("name", f"a rule of {where} has no name", 'write name = "what it finds"; decisions quote it')
        called = f"rule {name!r} of {where}"
        self.begin(rf"""\s*name\s*=\s*["']{re.escape(str(name))}["']""")
        self.known(section, KEYS, called)
        plane = section.get("plane", "")
        if plane not in ("", *PLANES):
            self.problem("plane", f"plane of {called} is {plane!r}", did_you_mean(str(plane), PLANES))
        flags = {key: section[key] for key in FLAGS if key in section}
        for key, value in flags.items():
            if not isinstance(value, bool):
                self.problem(key, f"{key} of {called} is {value!r}", "write true or false")
        if_known = self.table(section.get("if_known", {}), "if_known")
        self.known(if_known, RANGES, f"if_known of {called}")
        return Rule(
            name=str(name),
            matches=self.patterns({key: section[key] for key in TEXTS if key in section}, called),
            matches_not=self.patterns({key: section[f"not_{key}"] for key in TEXTS if f"not_{key}" in section}, called),
            plane=str(plane),
            ranges=self.ranges(section, called),
            if_known=self.ranges(if_known, called),
            flags=flags,
        )

    def patterns(self, expressions: Mapping[str, object], where: str) -> dict[str, re.Pattern[str]]:
        found = {key: self.pattern(key, expression, where) for key, expression in expressions.items()}
        return {key: pattern for key, pattern in found.items() if pattern is not None}

    def pattern(self, key: str, expression: object, where: str) -> re.Pattern[str] | None:
        if not isinstance(expression, str):
            self.problem(key, f"{key} of {where} is {expression!r}, no expression", "write text in quotes")
            return None
        try:
            return re.compile(self.filled(expression, key))
        except re.error as error:
            self.problem(key, f"{key} of {where} is no regular expression: {error}", "see Python's re module")
            return None

    def filled(self, expression: str, key: str) -> str:
        """The expression with the words that it names."""

        def word(found: re.Match[str]) -> str:
            if found[1] not in self.words:
                self.problem(key, f"there is no word {found[1]!r} above it", did_you_mean(found[1], self.words))
            return f"(?:{self.words.get(found[1], '')})"

        return re.sub(r"\{([a-z]\w*)\}", word, expression)

    def ranges(self, section: Mapping[str, Any], where: str) -> dict[str, tuple[float, float]]:
        found = {}
        for key in RANGES:
            if key not in section:
                continue
            value = section[key]
            if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] <= value[1]:
                found[key] = float(value[0]), float(value[1])
            else:
                self.problem(key, f"{key} of {where} is {value!r}, no range", f"write {key} = [lowest, highest]")
        return found


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _toml(file: str, data: bytes, code: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        help_ = "expressions stand in three single quotes: text = '''\\bart\\b'''"
        problem = Problem(code=code, message="the file is not valid TOML", place=Place(file=file), found=str(error))
        raise DataError([dataclasses.replace(problem, help=help_)]) from None


def _overrides(path: Path, data: bytes) -> tuple[Override, ...]:
    """Overrides of a CSV, one a row, or of a TOML file, a section [[override]] each."""
    keys = ("study", "sequence", "series_number", "volume")
    rows: list[tuple[int | None, Mapping[str, Any]]]
    if path.suffix.lower() == ".toml":
        content = _toml(os.fspath(path), data, "RS821")
        rows = [(None, row) for row in content.get("override", [])]
        unknown = [key for key in content if key != "override"]
        example = '[[override]] with study = "p0123456789ab", sequence = "LAP", series_number = 12'
    else:
        reader = csv.DictReader(data.decode("utf-8-sig", errors="replace").splitlines(), skipinitialspace=True)
        rows = [(reader.line_num, {key: value for key, value in row.items() if value}) for row in reader]
        unknown = [key for key in reader.fieldnames or () if key not in keys]
        example = "the columns study,sequence,series_number and, for a series of several volumes, volume"
    problems = []

    def problem(line: int | None, message: str, help_: str) -> None:
        problems.append(
            Problem(code="RS821", message=message, place=Place(file=os.fspath(path), line=line), help=help_)
        )

    for key in unknown:
        problem(None, f"overrides have no {key!r}", f"write {example}")
    found: dict[tuple[str, str], Override] = {}
    for line, row in rows:
        for key in row:
            if key not in keys and key not in unknown:
                problem(line, f"an override has no {key!r}", did_you_mean(str(key), keys))
        study, sequence = str(row.get("study", "")).strip(), str(row.get("sequence", "")).strip()
        try:
            series = int(row["series_number"])
            volume = int(row["volume"]) if "volume" in row else None
        except (KeyError, ValueError, TypeError):
            problem(line, "series_number and volume of an override must be whole numbers", f"write {example}")
            continue
        if not study or sequence not in SEQUENCES:
            problem(line, f"an override needs a study and a sequence, not {sequence!r}", f"write {example}")
        elif (study, sequence) in found:
            problem(line, f"a second override for {sequence} of one study", "leave one of them")
        found[study, sequence] = Override(study=study, sequence=sequence, series_number=series, volume=volume)
    if problems:
        raise DataError(problems)
    return tuple(found.values())
