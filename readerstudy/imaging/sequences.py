"""Which series is which sequence: decided by rules, with the reason; what they do not settle is refused."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence

from readerstudy.imaging.facts import Facts, facts, with_order
from readerstudy.imaging.recipe import SEQUENCES
from readerstudy.imaging.sequence_rules import NEAR, Override, Rule, Rules
from readerstudy.imaging.volume import Volume, elapsed
from readerstudy.problems import DataError, Problem

__all__ = ["SEQUENCES", "Choice", "Decision", "Refusal", "Rules", "recognise"]

_ORDER = ("T2", "DWI", "ADC", "T1", "LAP", "PVP", "DP", "IP", "OP")
"""T1 stands before the phases, whose time may be counted from it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
    """The volume of a sequence.

    Parameters
    ----------
    sequence
        Canonical name, such as ``"LAP"``.
    volume
        The volume.
    why
        The rule's name and the numbers that it looked at; no text of the files.
    """

    sequence: str
    volume: Volume
    why: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a sequence has no volume.

    Parameters
    ----------
    sequence
        Canonical name.
    kind
        ``"missing"``, ``"ambiguous"`` or ``"override"`` (one that names a series that the study does not hold).
    message, help
        What is wrong, by series numbers, and how to settle it.
    """

    sequence: str
    kind: str
    message: str
    help: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided for a study.

    Parameters
    ----------
    study
        The label given to `recognise`.
    chosen, refused
        By sequence; each sequence of the rules is in one of them.
    """

    study: str
    chosen: Mapping[str, Choice]
    refused: Mapping[str, Refusal]

    def problems(self, sequences: Iterable[str] = SEQUENCES) -> list[Problem]:
        """Those of `sequences` that were refused, as problems that name the study: RS823 missing, RS824 others."""
        return [
            Problem(
                code="RS823" if refusal.kind == "missing" else "RS824",
                message=f"{self.study}: {refusal.message}",
                help=refusal.help,
            )
            for name, refusal in self.refused.items()
            if name in set(sequences)
        ]


def recognise(volumes: Sequence[Volume], rules: Rules, study: str = "") -> Decision:
    """Decide which volume of a study is which sequence.

    Parameters
    ----------
    volumes
        Of one study of one patient.
    rules
        The rules and overrides.
    study
        What outputs call the study: its pseudonym. An override names this label or the StudyInstanceUID.

    Raises
    ------
    DataError
        RS822 if the volumes are of several studies.
    """
    uids = {volume.study for volume in volumes}
    if len(uids) > 1:
        message = f"{study}: {len(uids)} studies where one is expected"
        raise DataError([Problem(code="RS822", message=message, help="recognise each study by itself")])
    overrides = {item.sequence: item for item in rules.overrides if item.study in (study, *uids)}
    everything = facts(volumes, rules.timing)
    usable = [fact for fact in everything if not any(rule.fits(fact) for rule in rules.exclude)]
    chosen: dict[str, Choice] = {}
    refused: dict[str, Refusal] = {}
    for sequence in _ORDER:
        if sequence in overrides:
            outcome = _overridden(overrides[sequence], volumes)
        elif sequence in rules.sequences:
            outcome = _decide(sequence, usable, rules)
        else:
            continue
        if isinstance(outcome, Choice):
            chosen[sequence] = outcome
        else:
            refused[sequence] = outcome
        if sequence == "T1" and isinstance(outcome, Choice):
            usable = with_order(usable, outcome.volume, rules.timing)
    _refuse_shared(chosen, refused)
    return Decision(study=study, chosen=chosen, refused=refused)


def _decide(sequence: str, usable: Sequence[Facts], rules: Rules) -> Choice | Refusal:
    for rule in rules.sequences[sequence]:
        fitting = [fact for fact in usable if rule.fits(fact)]
        if not fitting:
            continue
        best = fitting
        for preference in rules.prefer[sequence]:
            scores = [_score(preference, fact, usable) for fact in best]
            best = [fact for fact, score in zip(best, scores, strict=True) if score == min(scores)]
        if len(best) == 1:
            rest = len(fitting) - 1
            others = f", preferred to {rest} other{'' if rest == 1 else 's'}" if rest else ""
            why = f"{rule.name}{_numbers(rule, rules.prefer[sequence], best[0])}{others}"
            return Choice(sequence=sequence, volume=best[0].volume, why=why)
        names = " and ".join(fact.volume.name for fact in best)
        message = f"{sequence} is ambiguous: {names} fit the rule {rule.name!r} equally well"
        return Refusal(sequence=sequence, kind="ambiguous", message=message, help=_settle(sequence, best[0].volume))
    near: dict[str, str] = {}
    for rule in rules.sequences[sequence]:
        for fact in usable:
            if "text" in rule.matches and rule.words_fit(fact):
                near.setdefault(fact.volume.name, f"the words of {rule.name!r}, but its {rule.miss(fact)}")
    close = "".join(f"; {name} fits {why}" for name, why in list(near.items())[:3])
    message = f"no series is {sequence}{close}"
    help_ = f"name its series in an override, or edit the rules ({len(usable)} volumes were looked at)"
    return Refusal(sequence=sequence, kind="missing", message=message, help=help_)


def _settle(sequence: str, volume: Volume) -> str:
    row = f"STUDY,{sequence},{'NUMBER' if volume.series_number is None else volume.series_number}"
    head = "study,sequence,series_number"
    if volume.of > 1:
        head, row = f"{head},volume", f"{row},{volume.number}"
    return f"write an override, a CSV with the line {head} and, to take {volume.name}, the line {row}"


def _score(preference: str, fact: Facts, usable: Sequence[Facts]) -> float:
    """How far a volume is from what is preferred; 0 is best."""
    near = re.fullmatch(r"(\w+) near (\S+)", preference)
    if near:
        value = fact.numbers.get(near[1])
        return float("inf") if value is None else round(abs(value - float(near[2])) / NEAR[near[1]])
    if preference == "original":
        return 0.0 if fact.texts["image_type"].startswith("original") else 1.0
    if preference == "most slices":
        return -fact.numbers["slices"]
    if preference == "as after contrast":
        return 0.0 if any(_alike(fact, other) for other in usable) else 1.0
    first = next((other.volume.acquired for other in usable if other.volume.acquired is not None), None)
    since = elapsed(first, fact.volume.acquired)
    if since is None:
        return float("inf")
    return since if preference == "earliest" else -since


def _alike(fact: Facts, other: Facts) -> bool:
    """Whether `other` was acquired later with the same parameters: a phase of the same dynamic examination."""
    since = elapsed(fact.volume.acquired, other.volume.acquired)
    keys = ("echo_time", "repetition_time", "flip_angle")
    if since is None or since <= 0 or any(key not in fact.numbers or key not in other.numbers for key in keys):
        return False
    return all(abs(fact.numbers[key] - other.numbers[key]) <= 0.05 * fact.numbers[key] for key in keys)


def _numbers(rule: Rule, prefer: Sequence[str], fact: Facts) -> str:
    """The numbers of a volume that decided, as `: b_value 800, seconds 24 after the injection`."""
    asked = [*rule.ranges, *rule.if_known, *(item.split(" near ")[0] for item in prefer if " near " in item)]
    shown = []
    for key in dict.fromkeys(asked):
        if key in fact.numbers:
            how = {"bolus": " (injection recorded)", "order": " (by order of acquisition)"}.get(fact.basis, "")
            shown.append(f"{key} {fact.numbers[key]:.4g}{how if key == 'seconds' else ''}")
    return f": {', '.join(shown)}" if shown else ""


def _overridden(override: Override, volumes: Sequence[Volume]) -> Choice | Refusal:
    found = [
        volume
        for volume in volumes
        if volume.series_number == override.series_number and override.volume in (None, volume.number)
    ]
    if len(found) == 1:
        return Choice(sequence=override.sequence, volume=found[0], why="override")
    named = f"series {override.series_number}"
    named += "" if override.volume is None else f" volume {override.volume}"
    if not found:
        there = ", ".join(dict.fromkeys(volume.name for volume in volumes))
        message, help_ = f"{override.sequence}: the override names {named}", f"the study holds {there}"
    else:
        message = f"{override.sequence}: the override names {named}, of which there are {len(found)} volumes"
        help_ = f"add the column volume, with a number from 1 to {len(found)}"
    return Refusal(sequence=override.sequence, kind="override", message=message, help=help_)


def _refuse_shared(chosen: dict[str, Choice], refused: dict[str, Refusal]) -> None:
    """One volume cannot be two sequences."""
    for choice in list(chosen.values()):
        sharing = [name for name, other in chosen.items() if other.volume is choice.volume]
        if len(sharing) > 1:
            message = f"{choice.volume.name} fits {' and '.join(sharing)}"
            for name in sharing:
                refused[name] = Refusal(
                    sequence=name, kind="ambiguous", message=message, help=_settle(name, choice.volume)
                )
                del chosen[name]
