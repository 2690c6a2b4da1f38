"""Studies as DICOM files in whatever folders: patients by PatientID, sequences by the rules, regions by SEG."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from readerstudy.imaging import deidentify, headers, regions, series
from readerstudy.imaging.inputs import Found, words_of
from readerstudy.imaging.pseudonyms import Pseudonyms
from readerstudy.imaging.sequence_rules import Rules
from readerstudy.imaging.sequences import recognise
from readerstudy.imaging.store import Decision
from readerstudy.imaging.volume import Volume

if TYPE_CHECKING:
    import SimpleITK

    from readerstudy.imaging import sequences as recognition


@dataclasses.dataclass(frozen=True)
class DicomStudy:
    """One study of a patient.

    Parameters
    ----------
    patient
        PatientID.
    volumes
        Sequence -> volume.
    decisions
        Which volume is which sequence, and why.
    rois
        Sequence -> files of the regions drawn on it.
    root
        The input.
    all_files
        Every image file of the study, those of no sequence too.
    """

    patient: str
    volumes: Mapping[str, Volume]
    decisions: tuple[Decision, ...]
    rois: Mapping[str, tuple[Path, ...]]
    root: Path
    all_files: tuple[Path, ...]

    @property
    def words(self) -> frozenset[str]:
        """Names of files and folders."""
        return words_of(self.all_files, self.root)

    @property
    def files(self) -> tuple[Path, ...]:
        """Images of the sequences, and regions."""
        images = (frame.path for volume in self.volumes.values() for frame in volume.frames)
        return tuple(dict.fromkeys([*images, *(path for paths in self.rois.values() for path in paths)]))

    @property
    def settings(self) -> str:
        """Which volume of its series each sequence is, and whether a file of the series is cut short."""
        return repr([(name, volume.number, volume.damaged) for name, volume in self.volumes.items()])

    @property
    def sequences(self) -> tuple[str, ...]:
        """Those that the rules found."""
        return tuple(self.volumes)

    @property
    def placed(self) -> bool:
        """The headers say where the patient lay."""
        return True

    def image(self, sequence: str, lesion: int) -> SimpleITK.Image:
        """A sequence, with rescale slope and intercept applied."""
        return series.load(self.volumes[sequence])

    def masks(self, sequence: str, image: SimpleITK.Image) -> dict[int, SimpleITK.Image]:
        """The lesions of the regions drawn on the sequence; `DataError` if two files have the same lesion."""
        files = self.rois.get(sequence)
        frame_of_reference = self.volumes[sequence].header.frame_of_reference or None
        return regions.read(files, sequence, image, frame_of_reference) if files else {}

    def copy(self, out: Path, pseudonyms: Pseudonyms) -> None:
        """Write the images of the sequences without what identifies the patient; series that are cut short stay out."""
        whole = {name: volume for name, volume in self.volumes.items() if not volume.damaged}
        deidentify.deidentify_files(whole, out, pseudonyms)


def find(
    folder: Path,
    rules: Rules,
    label: Callable[[str], str],
    needs: Sequence[Sequence[str]],
    reference: str,
    on_file: Callable[[], None] | None = None,
) -> Found:
    """The patients below a folder.

    Parameters
    ----------
    folder
        Any layout.
    rules
        Which series is which sequence.
    label
        Pseudonym of a PatientID, by which overrides and messages name the study.
    needs
        The sequences of each card. Of several studies of a patient, the only one is taken in which a card finds all
        that it needs, or of those the only one with a SEG; a patient with several such is refused.
    reference
        Sequence on which a region of no named sequence was drawn.
    on_file
        Called after each file.
    """
    found = series.find(folder, on_file)
    segmentations = regions.of_segmentations(found.segmentations)
    patients: dict[str, list[DicomStudy]] = {}
    refusals: dict[str, str] = {}
    for uid, volumes in found.studies.items():
        patient, *others = {volume.patient_id: None for volume in volumes}
        if others:
            mixed = "a study names several patients: send it again from the archive"
            refusals |= dict.fromkeys([patient, *others], mixed)
            continue
        decision = recognise(volumes, rules, label(patient))
        chosen = {name: choice.volume for name, choice in decision.chosen.items()}
        uids = {name: volume.header.series_uid for name, volume in chosen.items()}
        study = DicomStudy(
            patient=patient,
            volumes=chosen,
            decisions=_decisions(decision, {name for need in needs for name in need}),
            rois=regions.by_sequence(segmentations, uid, uids, reference),
            root=folder,
            all_files=tuple(dict.fromkeys(frame.path for volume in volumes for frame in volume.frames)),
        )
        patients.setdefault(patient, []).append(study)
    studies = []
    for patient, theirs in sorted(patients.items()):
        if patient in refusals:
            continue
        usable = [study for study in theirs if any(set(need) <= set(study.volumes) for need in needs)] or theirs
        drawn = [study for study in usable if study.rois] or usable
        if len(drawn) == 1:
            studies.append(drawn[0])
        else:
            refusals[patient] = f"{len(drawn)} of its {len(theirs)} studies could be used: leave the one that is meant"
    other = sum(not unread.damaged for unread in found.unread)
    broken = len(found.unread) - other
    notes = [f"{other} files are no DICOM images and were left out"] if other else []
    if broken:
        notes.append(f"{broken} DICOM files are cut short or damaged: their series cannot be used")
    for study in studies:
        for name, volume in study.volumes.items():
            why = deidentify.burned_in(volume)
            if why:
                notes.append(f"{label(study.patient)}: the pictures of {name} may show a name: {why}")
        elsewhere = ", ".join(_elsewhere(study.volumes, reference))
        if elsewhere:
            notes.append(
                f"{label(study.patient)}: {elsewhere} may not lie where {reference} says (another frame of reference): "
                "look at the picture of the case"
            )
    return Found(
        studies=tuple(studies),
        refused=refusals,
        notes=tuple(notes),
        phantom=any(_is_phantom(study.all_files[0]) for study in studies),
    )


def _elsewhere(volumes: Mapping[str, Volume], reference: str) -> list[str]:
    """The sequences whose positions are of another frame of reference than those of the reference."""
    frames = {name: volume.header.frame_of_reference for name, volume in volumes.items()}
    return [name for name, uid in frames.items() if uid and frames.get(reference) and uid != frames[reference]]


def _decisions(decision: recognition.Decision, needed: Container[str]) -> tuple[Decision, ...]:
    """In the order of the sequences: number of the series and why, or why none was taken for one that is needed."""
    made = []
    for name, choice in decision.chosen.items():
        number = choice.volume.series_number
        text = "" if number is None else str(number)
        text += "" if choice.volume.of == 1 else f" volume {choice.volume.number}"
        burned = deidentify.burned_in(choice.volume)
        why = f"{choice.why}; the pictures may show a name: {burned}" if burned else choice.why
        made.append(Decision(name, text.strip() or "without number", why))
    for name, refusal in decision.refused.items():
        if name in needed:
            made.append(Decision(name, "", refusal.message))
    return tuple(made)


def _is_phantom(path: Path) -> bool:
    from pydicom import dcmread

    from readerstudy.imaging.phantom.dicom import is_phantom

    with headers.quiet():
        return is_phantom(dcmread(path, stop_before_pixels=True, force=True))
