"""Clinical data as numbers for a network: a coding table (TOML) says which category a value is in, one-hot.

Zhen 2020 (doi:10.3389/fonc.2020.00680) codes medical history and laboratory tests so, by a table that is not printed;
the table beside our cards is documented there and can be edited.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import math
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from readerstudy import _choice
from readerstudy.inference.card_fields import (
    Problems,
    choice,
    increasing,
    key,
    list_of,
    number,
    part,
    section,
    table_of,
    text,
)
from readerstudy.problems import DataError, Place, Problem

if TYPE_CHECKING:
    from readerstudy.inference.card import Card

SCHEMA = "readerstudy-clinical/1"
MISSING = ("", "na", "n/a", "nan", "missing", "unknown", "not done")
"""Words for a value that is not known, in any case of letters."""

_missing = choice("category", "zeros", "refuse")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NumberColumn:
    """A measurement, cut into categories.

    Parameters
    ----------
    name
        Column of the cases.
    unit
        In which the values must be.
    cut
        Thresholds; a value on a threshold belongs to the category above it.
    plausible
        Lowest and highest value that can be meant: beyond them the unit is probably another.
    normal
        What is normal, in words.
    missing
        What a value that is not known becomes: a category of its own (``"category"``), zeros in all categories
        (``"zeros"``), or a refusal of the case (``"refuse"``), as the paper left such patients out.
    """

    kind: ClassVar[str] = "number"
    name: str = key(text)
    unit: str = key(text)
    cut: tuple[float, ...] = key(increasing(number(), "numbers, each above the one before", strictly=True))
    plausible: tuple[float, float] = key(increasing(number(), "two numbers, the lower first", length=2, strictly=True))
    normal: str = key(text)
    missing: str = key(_missing, "category")

    @property
    def labels(self) -> tuple[str, ...]:
        """The categories of known values, from the lowest."""
        limits = [f"{limit:g}" for limit in self.cut]
        between = [f"{low} to <{high}" for low, high in itertools.pairwise(limits)]
        return tuple(f"{label} {self.unit}" for label in (f"<{limits[0]}", *between, f">={limits[-1]}"))

    def category(self, value: str) -> int:
        """Number of the category of a value that is known; ValueError says what it should be."""
        # Laboratories report "<0.5" or ">1000" beyond what they can measure.
        found = re.fullmatch(r"(<|>|)\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)", value)
        try:
            amount = float(found[2]) if found else math.nan
        except ValueError:
            amount = math.nan
        if found is None or not math.isfinite(amount):
            raise ValueError(f"a number in {self.unit}, with a decimal point")
        low, high = self.plausible
        if not low <= amount <= high:
            raise ValueError(f"from {low:g} to {high:g} {self.unit} (is it in another unit?)")
        if found[1] == "<" and amount > self.cut[0]:
            raise ValueError(f"a number: below {amount:g} are several categories")
        if found[1] == ">" and amount < self.cut[-1]:
            raise ValueError(f"a number: above {amount:g} are several categories")
        return 0 if found[1] == "<" else bisect.bisect_right(self.cut, amount)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextColumn:
    """A finding in words.

    Parameters
    ----------
    name, missing
        As of a `NumberColumn`.
    categories
        In the order of the encoding.
    words
        For other words, the category that they mean; the case of letters does not matter.
    """

    kind: ClassVar[str] = "text"
    name: str = key(text)
    categories: tuple[str, ...] = key(list_of(text, "a list of different names", distinct=True))
    words: Mapping[str, str] = key(table_of(text, 'a table of texts, such as {"F" = "female"}'), {})
    missing: str = key(_missing, "category")

    @property
    def labels(self) -> tuple[str, ...]:
        """The categories."""
        return self.categories

    def category(self, value: str) -> int:
        """Number of the category of a value that is known; ValueError says what it should be."""
        known = {name.casefold(): name for name in self.categories}
        known |= {word.casefold(): name for word, name in self.words.items()}
        if value.casefold() not in known:
            raise ValueError(f"one of {', '.join(map(repr, self.categories))}")
        return self.categories.index(known[value.casefold()])


Column = NumberColumn | TextColumn


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clinical:
    """A coding table.

    `Clinical.of` reads that of a card, `Clinical.read` a file.

    Parameters
    ----------
    source
        Where the table comes from, in words.
    columns
        In the order of the encoding.
    """

    source: str = key(text)
    columns: tuple[Column, ...] = dataclasses.field(metadata=part(NumberColumn, TextColumn, many=True))

    @classmethod
    def of(cls, card: Card) -> Clinical | None:
        """The coding table of a card, None if the card takes no clinical data; raises as `read`."""
        return None if card.clinical is None else cls.read(card.path(card.clinical.table))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Clinical:
        """Read a coding table.

        Raises
        ------
        DataError
            RS907 with everything that is wrong with it.
        """
        name = os.fspath(path)
        try:
            source = Path(path).read_bytes().decode("utf-8-sig")
            content = tomllib.loads(source)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            place, help_ = Place(file=name), "text stands in double quotes, and each key once"
            message = f"the coding table is not valid TOML: {error}"
            raise DataError([Problem(code="RS907", message=message, place=place, help=help_)]) from None
        problems, table = Problems("RS907", name, source), None
        if content.pop("schema", None) != SCHEMA:
            problems.add("", "schema", f"this is no coding table of the schema {SCHEMA}", f'write schema = "{SCHEMA}"')
        else:
            table = section(cls, content, "", problems)
        if table is not None:
            table._check(problems)
        if problems or table is None:
            raise DataError(problems)
        return table

    def _check(self, problems: Problems) -> None:
        names = [column.name for column in self.columns]
        for name in sorted({name for name in names if names.count(name) > 1}):
            problems.add("columns", "name", f"two columns are called {name!r}", "keep one of them")
        for column in self.columns:
            if isinstance(column, TextColumn):
                for word in sorted(set(column.words.values()) - set(column.categories)):
                    hint = _choice.did_you_mean(word, column.categories)
                    problems.add("columns.words", word, f"{column.name} has no category {word!r}", hint)

    @property
    def names(self) -> tuple[str, ...]:
        """What each number of the encoding stands for, such as ``"afp: 20 to <400 ng/mL"``."""
        return tuple(
            f"{column.name}: {label}"
            for column in self.columns
            for label in (*column.labels, *(("missing",) if column.missing == "category" else ()))
        )

    def vector(self, row: Mapping[str, str]) -> tuple[float, ...]:
        """The encoding of a case, zeros and ones, as long as `names`.

        Parameters
        ----------
        row
            Columns of the case, as text. Others than those of the table are not looked at.

        Raises
        ------
        DataError
            RS908 with every column that the row lacks, or whose value has no category. The messages say the column,
            but not the value.
        """
        problems: list[Problem] = []
        encoded: list[float] = []
        for column in self.columns:
            try:
                encoded += _one_hot(column, row)
            except ValueError as error:
                help_ = "mend the cell, leave it empty where the value is not known, or edit the coding table"
                message = f"the clinical column {column.name!r} must be {error}"
                problems.append(Problem(code="RS908", message=message, help=help_))
            except KeyError:
                near = _choice.nearest(column.name, row)
                help_ = f"did you mean {near!r}?" if near else "add it; its cells may be empty"
                message = f"the table of cases has no column {column.name!r}"
                problems.append(Problem(code="RS908", message=message, help=help_))
        if problems:
            raise DataError(problems)
        return tuple(encoded)


def _one_hot(column: Column, row: Mapping[str, str]) -> list[float]:
    value, n = row[column.name].strip(), len(column.labels)
    if value.casefold() not in MISSING:
        at, length = column.category(value), n + (column.missing == "category")
    elif column.missing == "refuse":
        raise ValueError("known")
    else:
        at, length = (n, n + 1) if column.missing == "category" else (-1, n)
    return [float(place == at) for place in range(length)]
