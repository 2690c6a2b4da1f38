"""What the rules may ask about a volume: its words in one spelling, its numbers, and its time since the injection."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

import numpy as np

from readerstudy.imaging.volume import Volume, elapsed

PLANES = ("sagittal", "coronal", "axial")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Timing:
    """How the seconds since the injection are found; expressions of the rules file.

    Parameters
    ----------
    dynamic, not_dynamic
        A volume may be a phase of the dynamic examination when its text has the first and not the second.
    post
        Text that says that contrast was given before.
    arterial
        Text of the phase that stands at `arterial_seconds` where the start of the injection is not recorded.
    arterial_seconds
        Seconds after the start of the injection.
    """

    dynamic: re.Pattern[str]
    not_dynamic: re.Pattern[str]
    post: re.Pattern[str]
    arterial: re.Pattern[str]
    arterial_seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """A volume as the rules see it.

    Parameters
    ----------
    volume
        The volume.
    texts
        By the name of the rule's key, text in small letters.
    numbers
        By the name of the rule's key; a number that is not known is left out.
    contrast, before_contrast
        Whether a contrast agent is named; whether all phases of the study after contrast were acquired later.
    basis
        How the seconds are known: from the recorded start of the injection (``"bolus"``), from the order of the phases
        (``"order"``), or not at all (empty).
    """

    volume: Volume
    texts: Mapping[str, str]
    numbers: Mapping[str, float]
    contrast: bool
    before_contrast: bool = False
    basis: str = ""


def plain(text: str) -> str:
    """Small letters, with one blank for every run of characters that are no letter, digit, +, = or *.

    >>> plain("eTHRIVE_late-Art (BH)")
    'ethrive late art bh'
    """
    return re.sub(r"(?:[^\w+=*]|_)+", " ", text.casefold()).strip()


def facts(volumes: Sequence[Volume], timing: Timing) -> list[Facts]:
    """The facts of a study's volumes, with the seconds since the injection where its start is recorded."""
    known = [_of(volume) for volume in volumes]
    starts = [volume.header.bolus_start for volume in volumes if volume.header.bolus_start is not None]
    for k, fact in enumerate(known):
        start = fact.volume.header.bolus_start
        since = elapsed(start if start is not None else next(iter(starts), None), fact.volume.acquired)
        if since is not None:
            known[k] = dataclasses.replace(fact, numbers={**fact.numbers, "seconds": since}, basis="bolus")
    after = [fact for fact in known if _is_dynamic(fact, timing) and _has_contrast(fact, known, timing)]
    for k, fact in enumerate(known):
        gaps = [elapsed(fact.volume.acquired, other.volume.acquired) for other in after]
        timed = [gap for gap in gaps if gap is not None]
        first = bool(timed) and min(timed) > 0
        known[k] = dataclasses.replace(fact, before_contrast=first)
    return known


def with_order(known: Sequence[Facts], pre: Volume, timing: Timing) -> list[Facts]:
    """The facts with seconds by the order of acquisition, where the start of the injection is not recorded.

    Of the volumes after the pre-contrast series, the one named arterial (else the first that may be a phase) stands at
    `arterial_seconds`; the others follow from the time between them.
    """
    if any(fact.basis == "bolus" for fact in known) or pre.acquired is None:
        return list(known)
    later = []
    for fact in known:
        since = elapsed(pre.acquired, fact.volume.acquired)
        if since is not None and since > 0 and _is_dynamic(fact, timing):
            later.append((since, fact))
    if not later:
        return list(known)
    later.sort(key=lambda pair: pair[0])
    named = [since for since, fact in later if timing.arterial.search(fact.texts["text"])]
    start = (named or [later[0][0]])[0] - timing.arterial_seconds
    timed = []
    for fact in known:
        since = elapsed(pre.acquired, fact.volume.acquired)
        if since is not None:
            fact = dataclasses.replace(fact, numbers={**fact.numbers, "seconds": since - start}, basis="order")
        timed.append(fact)
    return timed


def _is_dynamic(fact: Facts, timing: Timing) -> bool:
    text = fact.texts["text"]
    return bool(timing.dynamic.search(text)) and not timing.not_dynamic.search(text)


def _has_contrast(fact: Facts, known: Sequence[Facts], timing: Timing) -> bool:
    """By its name, by time, or by a contrast agent that other volumes of the study do not name."""
    if timing.post.search(fact.texts["text"]) or (fact.basis == "bolus" and fact.numbers["seconds"] > 0):
        return True
    others = [other.contrast for other in known if _is_dynamic(other, timing)]
    return fact.contrast and not all(others)


def _of(volume: Volume) -> Facts:
    header, frame = volume.header, volume.frames[0]
    text = plain(header.description or header.protocol)
    b_value = volume.b_value
    if b_value is None:
        named = re.findall(r"\bb ?=? ?(\d{1,4})\b", text)
        b_value = float(named[0]) if len(named) == 1 else None
    numbers = {
        "b_value": b_value,
        "echo_time": volume.echo_time,
        "repetition_time": header.repetition_time,
        "flip_angle": header.flip_angle,
        "field_strength": header.field_strength,
        "slices": len(volume.frames),
        "volume": volume.number,
        "volumes": volume.of,
    }
    texts = {
        "text": text,
        "protocol": plain(header.protocol),
        "image_type": "\\".join(frame.image_type).casefold(),
        "scanning_sequence": " ".join(header.scanning_sequence).casefold(),
        "manufacturer": plain(header.manufacturer),
        "modality": header.modality.casefold(),
        "plane": _plane(frame.orientation),
    }
    return Facts(
        volume=volume,
        texts=texts,
        numbers={key: float(value) for key, value in numbers.items() if value is not None},
        contrast=header.contrast_agent,
    )


def _plane(orientation: Sequence[float]) -> str:
    """The plane whose normal is nearest to that of the images; empty without an orientation."""
    if len(orientation) != 6:
        return ""
    return PLANES[int(np.abs(np.cross(orientation[:3], orientation[3:])).argmax())]
