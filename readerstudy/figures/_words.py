"""The sentences of captions and alternative texts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import METHOD_NAMES

_TESTS = {
    "mcnemar-exact": "exact McNemar test",
    "mcnemar-mid-p": "mid-P McNemar test",
    "mcnemar-chi2": "McNemar test",
    "mcnemar-chi2-cc": "McNemar test with continuity correction",
}


_NAMED = 4


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + " and " + items[-1]


def counted(n: int, noun: str) -> str:
    """``1 reader``, ``3 readers``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def cases(estimates: Iterable[Estimate]) -> str:
    """``113 cases``, or the range where not everybody's number rests on the same cases."""
    found = {e.n_cases for e in estimates if e.n_cases is not None}
    if not found:
        return ""
    if len(found) == 1:
        return counted(found.pop(), "case")
    return f"{min(found)} to {max(found)} cases"


def intervals(estimates: Iterable[Estimate]) -> str:
    """``95% CIs (Wilson score)``; nothing where no number has an interval."""
    levels: dict[str, None] = {}
    methods: dict[str, None] = {}
    for e in estimates:
        if math.isfinite(e.conf_level) and math.isfinite(e.conf_low):
            levels[level(e)] = None
            methods[METHOD_NAMES.get(e.method or "", e.method or "")] = None
    if not levels:
        return ""
    return f"{listed(list(levels))} CIs ({listed(list(methods))})"


def level(e: Estimate) -> str:
    """``95%``."""
    return text.fixed(e.conf_level * 100, 4).rstrip("0").rstrip(".") + "%"


def tests(estimates: Iterable[Estimate]) -> str:
    """``exact McNemar test``: the tests behind the P-values."""
    used = dict.fromkeys(e.test_method or e.method or "" for e in estimates if math.isfinite(e.p_value))
    return listed([_TESTS.get(name, name) for name in used if name])


def notes(estimates: Iterable[tuple[str, Estimate]]) -> str:
    """The notes of the records, each once with whom it concerns; `estimates` pairs a label with its record.

    Of many it concerns the first are named and the others counted: the tables name them all.
    """
    concerned: dict[str, dict[str, None]] = {}
    for label, e in estimates:
        if e.note:
            concerned.setdefault(e.note, {})[label] = None
    sentences = []
    for note, labels in concerned.items():
        named = list(labels)
        others = f"; and {len(named) - _NAMED} more" if len(named) > _NAMED + 1 else ""
        sentences.append(f"{'; '.join(named[:_NAMED] if others else named)}{others}: {note.rstrip('.')}.")
    return " ".join(sentences)


def spread(estimates: Sequence[Estimate]) -> str:
    """``61.0% (61/100; ...) to 80.0% (80/100; ...)``: least and greatest of many numbers."""
    known = [e for e in estimates if math.isfinite(e.estimate)]
    if not known:
        return text.UNDEFINED
    least = min(known, key=lambda e: e.estimate)
    most = max(known, key=lambda e: e.estimate)
    return f"{text.full(least)} to {text.full(most)}"


def value_range(estimates: Sequence[Estimate]) -> str:
    """``0.84 to 0.90``: least and greatest of many numbers, without their intervals."""
    known = [e for e in estimates if math.isfinite(e.estimate)]
    if not known:
        return text.UNDEFINED
    least = min(known, key=lambda e: e.estimate)
    most = max(known, key=lambda e: e.estimate)
    return f"{text.value(least)} to {text.value(most)}"


def join(*sentences: str) -> str:
    """The sentences that are not empty, with a space between."""
    return " ".join(sentence for sentence in sentences if sentence)
