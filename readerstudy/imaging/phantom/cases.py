"""One patient of the phantom: who it is, what it has, and the images that its scanner makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from readerstudy.imaging.phantom import anatomy, clinical, lesions, scanner
from readerstudy.imaging.phantom.anatomy import Body
from readerstudy.imaging.phantom.clinical import Clinic
from readerstudy.imaging.phantom.dicom import Patient
from readerstudy.imaging.phantom.lesions import CLASSES, Lesion
from readerstudy.imaging.phantom.scanner import SCANNERS, Image, Series, Study
from readerstudy.imaging.phantom.shapes import Frame


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What the phantom is like.

    Parameters
    ----------
    seed
        Of all random numbers. With the same settings a patient is the same however many are made.
    classes
        Diagnoses that occur, in equal numbers.
    matrix
        Columns of the T1 series, at least 32; the other series follow from it.
    lesions
        Most lesions of a patient; they share the diagnosis.
    atypical
        Share of lesions that lack their leading sign, 0 to 1.
    breathing
        Standard deviation in mm of the body's position between series.
    """

    seed: int = 0
    classes: tuple[str, ...] = CLASSES
    matrix: int = 160
    lesions: int = 1
    atypical: float = 0.12
    breathing: float = 1.5

    def __post_init__(self) -> None:
        unknown = [name for name in self.classes if name not in CLASSES]
        if unknown or not self.classes or len(set(self.classes)) < len(self.classes):
            raise ValueError(f"classes are different ones of {', '.join(CLASSES)}, not {', '.join(self.classes)}")
        if self.seed < 0:
            raise ValueError(f"a seed is 0 or more, not {self.seed}")
        if self.matrix < 32:
            raise ValueError(f"a matrix has 32 columns or more, not {self.matrix}")
        if self.lesions < 1:
            raise ValueError(f"a patient has 1 lesion or more, not {self.lesions}")
        if not 0 <= self.atypical <= 1:
            raise ValueError(f"the atypical are a share from 0 to 1, not {self.atypical}")
        if self.breathing < 0:
            raise ValueError(f"breathing is 0 mm or more, not {self.breathing}")


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """A patient of the phantom.

    Parameters
    ----------
    patient
        Whom the headers name.
    truth
        The diagnosis.
    clinic
        Clinical data.
    body, lesions
        What there is to see.
    study
        How it is acquired.
    seed
        For the noise.
    """

    patient: Patient
    truth: str
    clinic: Clinic
    body: Body
    lesions: tuple[Lesion, ...]
    study: Study
    seed: tuple[int, ...]

    def images(self) -> Iterator[tuple[Series, tuple[Image, ...]]]:
        """Every series with what the scanner stores: one array (z, y, x) for each b-value, one for all else."""
        diffusion: tuple[Image, ...] = ()
        for series in self.study.series:
            if series.sequence == "ADC":
                low, high = series.weightings
                yield series, (scanner.adc_map(diffusion[0], diffusion[1], low.b, high.b),)
                continue
            frame = Frame.of(series.grid, np.array(series.moved))
            tesla = self.study.scanner.tesla
            clean = anatomy.paint(self.body, self.lesions, frame, series.weightings, tesla)
            rng = np.random.default_rng([*self.seed, series.number])
            stored = scanner.acquire(series, self.study.scanner, clean, rng)
            diffusion = stored if series.sequence == "DWI" else diffusion
            yield series, stored

    def mask(self) -> tuple[Series, npt.NDArray[np.uint8]]:
        """The T2 series and its labels (z, y, x): k where lesion k fills at least half of a voxel, else 0.

        A lesion too small for that has the voxel in which its centre lies.
        """
        series = next(series for series in self.study.series if series.sequence == "T2")
        frame = Frame.of(series.grid, np.array(series.moved))
        labels = np.zeros(frame.size[::-1], dtype=np.uint8)
        for k, lesion in enumerate(self.lesions, start=1):
            local = lesion.shape.local(frame)
            if local is not None:
                labels[local.box][local.inside() >= 0.5] = k
            if not (labels == k).any():
                x, y, z = np.rint(frame.index(lesion.shape.centre)).astype(int)
                labels[z, y, x] = k
        return series, labels


def case(settings: Settings, number: int) -> Case:
    """Patient `number`, counted from 1.

    The diagnoses come in blocks in which each occurs once, in an order of its own; scanners take turns.
    """
    block, place = divmod(number - 1, len(settings.classes))
    order = np.random.default_rng([settings.seed, 1, block]).permutation(len(settings.classes))
    truth = settings.classes[int(order[place])]
    rng = np.random.default_rng([settings.seed, 2, number])
    clinic = clinical.draw(truth, rng)
    body = anatomy.draw(rng, cirrhosis=clinic.cirrhosis, fatty=clinic.fatty, ascites=clinic.ascites)
    made: list[Lesion] = []
    for _ in range(int(rng.integers(1, settings.lesions + 1))):
        diameter = lesions.diameter(truth, rng)
        atypical = bool(rng.random() < settings.atypical)
        centre = body.place(diameter, made, rng)
        if centre is not None:
            made.append(lesions.draw(truth, centre, diameter, atypical, rng))
    study = scanner.plan(
        SCANNERS[(number - 1) % len(SCANNERS)], settings.matrix, settings.breathing, number % 4 == 1, rng
    )
    name = f"PHANTOM-{number:04d}"
    key = f"{settings}/{number}"
    patient = Patient(name, f"PHANTOM^{number:04d}", clinic.sex, clinic.age, key)
    return Case(patient, truth, clinic, body, tuple(made), study, (settings.seed, 3, number))
