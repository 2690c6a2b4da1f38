"""The DICOM series below a folder: found by their headers, split into volumes, loaded as images."""

from __future__ import annotations

import dataclasses
import filecmp
import itertools
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from readerstudy.imaging import headers
from readerstudy.imaging.loading import load
from readerstudy.imaging.volume import Frame, Header, Volume, elapsed

__all__ = ["Found", "Frame", "Header", "Unread", "Volume", "find", "load"]

_SAME_PLACE = 0.01
"""Positions that differ by less, in mm along the slice normal, are one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Unread:
    """A file that gives no image.

    Parameters
    ----------
    path
        The file: for the user's terminal at most, as it may carry a name.
    reason
        Why, without a value of the file.
    study
        StudyInstanceUID where it could be read.
    damaged
        Whether it is a DICOM file that is cut short or broken, rather than something else.
    """

    path: Path = dataclasses.field(repr=False)
    reason: str
    study: str = ""
    damaged: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """What lies below a folder.

    Parameters
    ----------
    volumes
        By study, series number and order in the series.
    unread
        Files that give no image, with the reason.
    segmentations
        Files that hold a DICOM SEG, which are masks and no series.
    """

    volumes: tuple[Volume, ...]
    unread: tuple[Unread, ...] = ()
    segmentations: tuple[Path, ...] = ()

    @property
    def studies(self) -> Mapping[str, tuple[Volume, ...]]:
        """The volumes of each study, by StudyInstanceUID."""
        found: dict[str, list[Volume]] = defaultdict(list)
        for volume in self.volumes:
            found[volume.study].append(volume)
        return {study: tuple(volumes) for study, volumes in found.items()}


def find(folder: str | os.PathLike[str], on_file: Callable[[], None] | None = None) -> Found:
    """Find the series below a folder, whatever its layout and the names of its files.

    Only headers are read. A series that holds several volumes - b-values, phases, echoes, in and out of phase - is
    split into them. A file that is cut short makes the volumes of its series impossible to load; if its header does not
    tell the series, it stands for the series that its folder holds, if that is one.

    Parameters
    ----------
    folder
        Searched with everything below it; links to folders are not followed.
    on_file
        Called after each file, for a progress bar.

    Raises
    ------
    NotADirectoryError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    series: dict[tuple[str, str], list[tuple[Header, Frame]]] = defaultdict(list)
    where: dict[Path, set[tuple[str, str]]] = defaultdict(set)
    unread: list[Unread] = []
    segmentations: list[Path] = []
    broken: list[tuple[Path, tuple[str, str], str]] = []
    for path in _files(folder):
        try:
            content = headers.read(path)
        except headers.UnreadableError as error:
            if error.why == headers.SEGMENTATION:
                segmentations.append(path)
            else:
                unread.append(Unread(path=path, reason=error.why, study=error.study, damaged=error.damaged))
            if error.damaged:
                broken.append((path, (error.study, error.series), error.why))
        except OSError:
            unread.append(Unread(path=path, reason="the system does not let it be read", damaged=True))
        else:
            if content is not None:
                header, frames = content
                key = header.study_uid, header.series_uid
                series[key] += [(header, frame) for frame in frames]
                where[path.parent].add(key)
        if on_file:
            on_file()
    damaged: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, key, why in broken:
        if key in series:
            damaged[key].append(f"a file of the series cannot be used: {why}")
        elif len(where[path.parent]) == 1:
            damaged[next(iter(where[path.parent]))].append(f"a file in the folder of the series cannot be used: {why}")
    volumes = [volume for key, images in series.items() for volume in _volumes(images, damaged[key])]
    volumes.sort(key=lambda volume: (volume.study, volume.series_number or 0, volume.header.series_uid, volume.number))
    return Found(volumes=tuple(volumes), unread=tuple(unread), segmentations=tuple(segmentations))


def _files(folder: Path) -> Iterable[Path]:
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(parent, name)
            if path.is_file():  # no dead link, no socket
                yield path


def _volumes(images: Sequence[tuple[Header, Frame]], damaged: Sequence[str]) -> list[Volume]:
    """The volumes of one series, in the order of acquisition."""
    problems = list(damaged)
    header = images[0][0]
    frames, clash = _without_copies([frame for _, frame in images])
    if clash:
        problems.append("two different files have the same SOPInstanceUID")
    if len({other.patient_id for other, _ in images}) > 1:
        problems.append("its files name several patients")
    parts = [part for group in _grouped(frames, _b_value) for part in _split(group)]
    start = min((frame.acquired for frame in frames if frame.acquired is not None), default=None)
    parts.sort(key=lambda part: _order(part, start))
    return [
        Volume(
            header=header,
            frames=tuple(sorted(part, key=lambda frame: (_along(frame), frame.instance_uid, frame.number or 0))),
            number=number,
            of=len(parts),
            damaged=tuple(dict.fromkeys(problems)),
        )
        for number, part in enumerate(parts, 1)
    ]


def _without_copies(frames: Sequence[Frame]) -> tuple[list[Frame], bool]:
    """Each image once; and whether two that claim to be one differ."""
    kept: dict[tuple[str, int | None], Frame] = {}
    clash = False
    for frame in frames:
        first = kept.setdefault((frame.instance_uid, frame.number), frame)
        if first is not frame and not filecmp.cmp(first.path, frame.path, shallow=False):
            clash = True
    return list(kept.values()), clash


def _b_value(frame: Frame) -> object:
    return frame.b_value


_KEYS: tuple[Callable[[Frame], object], ...] = (
    lambda frame: frame.temporal_position,
    lambda frame: frame.image_type,
    lambda frame: frame.echo_time,
    lambda frame: frame.acquisition_number,
    lambda frame: frame.trigger_time,
    lambda frame: frame.direction,
    lambda frame: frame.acquired,
)
"""What may tell the volumes of a series apart, the surest first. Each may as well vary within a volume (a series in
several breath-holds has several acquisition numbers), so that none is used unless a position is there twice."""


def _split(frames: Sequence[Frame]) -> list[list[Frame]]:
    """The volumes among images that share a b-value: as many as images stand at one position.

    One key is tried after the other, then two and three together. What they do not tell apart stays together, and
    `load` refuses it.
    """
    volumes = _most_at_a_place(frames)
    if volumes > 1 and all(len(frame.position) == 3 for frame in frames):
        for n_keys in (1, 2, 3):
            for keys in itertools.combinations(_KEYS, n_keys):
                parts = _grouped(frames, _together(keys))
                if len(parts) == volumes and all(_most_at_a_place(part) == 1 for part in parts):
                    return _timed(parts)
    return [list(frames)]


def _together(keys: Sequence[Callable[[Frame], object]]) -> Callable[[Frame], object]:
    return lambda frame: tuple(key(frame) for key in keys)


def _timed(parts: list[list[Frame]]) -> list[list[Frame]]:
    """Volumes with one time of acquisition, that of the series (GE), get theirs from the trigger time, in ms since."""
    if len(parts) > 1 and len({frame.acquired for part in parts for frame in part}) == 1:
        return [
            [
                frame
                if frame.acquired is None or frame.trigger_time is None
                else dataclasses.replace(frame, acquired=frame.acquired + frame.trigger_time / 1000)
                for frame in part
            ]
            for part in parts
        ]
    return parts


def _most_at_a_place(frames: Sequence[Frame]) -> int:
    return max(Counter((frame.orientation, round(_along(frame) / _SAME_PLACE)) for frame in frames).values())


def _grouped(frames: Sequence[Frame], key: Callable[[Frame], object]) -> list[list[Frame]]:
    groups: dict[object, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[key(frame)].append(frame)
    return list(groups.values())


def _order(frames: Sequence[Frame], start: float | None) -> tuple[float, float, int, float, str]:
    """Volumes in the order of time, then of b-value, temporal position and echo."""
    first = frames[0]
    after = min(elapsed(start, frame.acquired) or 0.0 for frame in frames)
    return (
        after,
        first.b_value or 0.0,
        first.temporal_position or 0,
        first.echo_time or 0.0,
        "\\".join(first.image_type),
    )


def _along(frame: Frame) -> float:
    """Position along the slice normal in mm; 0 without a position, which `load` refuses."""
    if len(frame.position) != 3 or len(frame.orientation) != 6:
        return 0.0
    x, y = np.array(frame.orientation[:3]), np.array(frame.orientation[3:])
    return float(np.cross(x, y) @ np.array(frame.position))
