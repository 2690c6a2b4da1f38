"""What a method is called and told in a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from readerstudy.measures import METHOD_NAMES


class Method(NamedTuple):
    """One method: the measures it is told for, its sentence, and the keys of its references.

    A name that ends with a star stands for every name that begins so; ``{way}`` in its sentence is the published name
    of the method found. `versus_kind` is set where one name means another method in another comparison.
    """

    measures: tuple[str, ...]
    name: str
    sentence: str
    references: tuple[str, ...]
    versus_kind: str | None = None

    def names(self, method: str) -> bool:
        """Whether `method` is this one."""
        return method.startswith(self.name[:-1]) if self.name.endswith("*") else method == self.name

    def told(self, methods: Iterable[str]) -> str:
        """The sentence, for those of the methods that it is about; what their names begin with alike is said once."""
        ways = list(dict.fromkeys(METHOD_NAMES.get(method, method) for method in methods))
        family, comma, _ = ways[0].partition(", ")
        if comma and all(way.startswith(family + comma) for way in ways):
            ways = [ways[0], *(way.removeprefix(family + comma) for way in ways[1:])]
        return self.sentence.replace("{way}", " or ".join(ways))


def each(
    measures: tuple[str, ...],
    opening: str,
    ways: Mapping[str, tuple[str, tuple[str, ...]]],
    kinds: Iterable[str | None] = (None,),
) -> tuple[Method, ...]:
    """A method for each of several ways to do one thing: its name, the end of its sentence and its references."""
    return tuple(
        Method(measures, name, f"{opening} {way}", references, kind)
        for kind in kinds
        for name, (way, references) in ways.items()
    )
