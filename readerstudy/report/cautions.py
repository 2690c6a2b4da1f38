"""The warnings of the analysis; many that differ only in names are told as one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from readerstudy.report.document import Listing, paragraph
from readerstudy.results import Results

# So many warnings of one kind are printed one by one; of more, so many are named.
_ALONE, _NAMED = 6, 3


def cautions(results: Results) -> Listing | None:
    """The warnings, each kind where its first stands."""
    pattern = _names(results)
    kinds: dict[str, list[str]] = {}
    for warning in results.warnings:
        kind = pattern.sub("\0", warning) if pattern else warning
        kinds.setdefault(kind, []).append(warning)
    items = tuple(paragraph(line) for found in kinds.values() for line in _told(found, pattern))
    return Listing(items=items, kind="warnings") if items else None


def _names(results: Results) -> re.Pattern[str] | None:
    """Every name of the study as one pattern, longer names before those that they contain."""
    names: set[str] = set()
    for e in results.estimates:
        names |= {name for name in (e.task, e.target, e.reader, e.reader_group, e.modality) if name}
    if not names:
        return None
    ordered = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)")


def _told(found: Sequence[str], pattern: re.Pattern[str] | None) -> Iterator[str]:
    """The warnings of one kind: each, or of many the first and whom the others are about."""
    if pattern is None or len(found) <= _ALONE:
        yield from found
        return
    named = [pattern.findall(warning) for warning in found]
    differing = [i for i in range(len(named[0])) if len({names[i] for names in named}) > 1]
    others = [" ".join(names[i] for i in differing) for names in named[1:_NAMED]]
    left = len(found) - _NAMED
    yield f"{len(found)} warnings of one kind. {found[0]} The same of {'; '.join(others)}; and {left} more."
