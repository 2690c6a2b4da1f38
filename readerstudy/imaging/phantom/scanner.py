"""Simulated scanners: what each vendor calls its series, on which grid it acquires them, and the image it makes.

The vocabulary is that of three vendors' liver protocols; phases, b-values and times are close to the papers that
readerstudy builds on (Zhen 2020, https://doi.org/10.3389/fonc.2020.00680; Wang 2021,
https://doi.org/10.1186/s13244-021-01117-z).
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from readerstudy.imaging.geometry import Grid
from readerstudy.imaging.phantom.shapes import Array, Frame, Texture
from readerstudy.imaging.phantom.tissue import Weighting

Image = npt.NDArray[np.uint16]


@dataclasses.dataclass(frozen=True)
class Scanner:
    """A make of scanner.

    Parameters
    ----------
    vendor
        ``"GE"``, ``"Siemens"`` or ``"Philips"``.
    manufacturer, model
        As in the DICOM header.
    tesla
        Field strength.
    low_b
        The lower of the two b-values; the higher one is 800 s/mm2.
    descriptions
        Series description of each sequence.
    unit
        Stored value of a signal of 1.
    """

    vendor: str
    manufacturer: str
    model: str
    tesla: float
    low_b: int
    descriptions: dict[str, str]
    unit: float

    @property
    def name(self) -> str:
        """Vendor, model and field strength, as in the table of cases."""
        return f"{self.vendor} {self.model} {self.tesla:g} T"


_GE = {
    "localiser": "3-Plane Loc",
    "T2": "Ax T2 FRFSE FS RTr",
    "DWI": "Ax DWI b=50,800 RTr",
    "ADC": "Apparent Diffusion Coefficient (mm2/s)",
    "T1": "Ax LAVA Mask",
    "LAP": "Ax LAVA +C Arterial",
    "PVP": "Ax LAVA +C Portal Venous",
    "DP": "Ax LAVA +C Delay 3min",
    "IP": "Ax In Phase T1 BH",
    "OP": "Ax Out of Phase T1 BH",
}
_SIEMENS = {
    "localiser": "localizer",
    "T2": "t2_tse_fs_tra_trig",
    "DWI": "ep2d_diff_b50_800_tra_trig",
    "ADC": "ep2d_diff_b50_800_tra_trig_ADC",
    "T1": "t1_vibe_fs_tra_bh_pre",
    "LAP": "t1_vibe_fs_tra_bh_art",
    "PVP": "t1_vibe_fs_tra_bh_ven",
    "DP": "t1_vibe_fs_tra_bh_delay",
    "IP": "t1_fl2d_in-phase_tra_bh",
    "OP": "t1_fl2d_opp-phase_tra_bh",
}
_PHILIPS = {
    "localiser": "Survey",
    "T2": "T2W_TSE_SPAIR_RT",
    "DWI": "DWI_RT b0-800",
    "ADC": "dADC",
    "T1": "eTHRIVE_BH pre",
    "LAP": "eTHRIVE_BH art",
    "PVP": "eTHRIVE_BH portal",
    "DP": "eTHRIVE_BH delayed",
    "IP": "T1W_FFE_IP BH",
    "OP": "T1W_FFE_OOP BH",
}
# Some protocols name no phase: only the times tell them apart.
_GE_TIMED = _GE | {"LAP": "Ph1/Ax LAVA +C", "PVP": "Ph2/Ax LAVA +C", "DP": "Ph3/Ax LAVA +C"}
SCANNERS = (
    Scanner("GE", "GE MEDICAL SYSTEMS", "DISCOVERY MR750w", 3.0, 50, _GE, 2600.0),
    Scanner("Siemens", "SIEMENS", "Prisma", 3.0, 50, _SIEMENS, 900.0),
    Scanner("Philips", "Philips Medical Systems", "Ingenia", 1.5, 0, _PHILIPS, 1400.0),
    Scanner("GE", "GE MEDICAL SYSTEMS", "Signa HDxt", 1.5, 50, _GE_TIMED, 2000.0),
    Scanner("Siemens", "SIEMENS", "TrioTim", 3.0, 50, _SIEMENS, 700.0),
    Scanner("Philips", "Philips Medical Systems", "Ingenia", 3.0, 0, _PHILIPS, 1600.0),
)


@dataclasses.dataclass(frozen=True)
class Series:
    """One series of a study.

    Parameters
    ----------
    sequence
        ``"T2"``, ``"DWI"``, ``"ADC"``, ``"T1"``, ``"LAP"``, ``"PVP"``, ``"DP"``, ``"IP"``, ``"OP"`` or
        ``"localiser"``.
    number
        Series number.
    description
        In the vendor's words.
    grid
        Where its voxels are.
    thickness
        Of a slice, in mm; the grid's spacing has the gap as well.
    weightings
        One for each image of a slice: two b-values in a diffusion series. An ADC map has those it is made of.
    seconds
        From the start of the study.
    moved
        Where the body lay (LPS mm) against the T2 series: another breath.
    """

    sequence: str
    number: int
    description: str
    grid: Grid
    thickness: float
    weightings: tuple[Weighting, ...]
    seconds: float
    moved: tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Study:
    """One patient's examination.

    Parameters
    ----------
    scanner
        On which.
    series
        In the order of acquisition.
    injected
        Start of the contrast agent, seconds from the start of the study.
    """

    scanner: Scanner
    series: tuple[Series, ...]
    injected: float


def plan(scanner: Scanner, matrix: int, breathing: float, echoes: bool, rng: np.random.Generator) -> Study:
    """The series of a study, each group on its own grid.

    Parameters
    ----------
    scanner
        On which.
    matrix
        Columns of the T1 series; the others follow from it.
    breathing
        Standard deviation in mm of the body's position along z between series; a third of it along x and y.
    echoes
        Whether in- and opposed-phase series are acquired too.
    rng
        Random numbers.
    """
    injected = float(rng.integers(520, 600))
    after = {"LAP": rng.uniform(16, 22), "PVP": rng.uniform(60, 70), "DP": rng.uniform(180, 300)}
    field = float(rng.uniform(380, 405))
    t2 = _grid((0.9 * matrix, 0.9 * matrix, 25), (field, field), 7.0, 5.0, rng)
    dwi = _grid((0.7 * matrix, 0.56 * matrix, 26), (400, 320), 7.0, 1.0, rng)
    t1 = _grid((matrix, 0.8 * matrix, 38), (float(rng.uniform(385, 410)), 0.0), 5.0, 4.0, rng)
    low = dataclasses.replace(_DWI, b=float(scanner.low_b))
    high = dataclasses.replace(_DWI, b=800.0)
    moves = {name: _moved(breathing, rng) for name in ("DWI", "T1", "LAP", "PVP", "DP", "IP")}
    made: list[tuple[str, Grid, float, tuple[Weighting, ...], float, tuple[float, float, float]]] = [
        ("localiser", _coronal(matrix), 8.0, (_LOCALISER,), 0.0, (0.0, 0.0, 0.0)),
        ("T2", t2, 6.0, (_T2,), 60.0, (0.0, 0.0, 0.0)),
        ("DWI", dwi, 6.0, (low, high), 210.0, moves["DWI"]),
        ("ADC", dwi, 6.0, (low, high), 210.0, moves["DWI"]),
        ("T1", t1, 5.0, (_T1,), injected - 60, moves["T1"]),
    ]
    for phase, delay in after.items():
        weighting = dataclasses.replace(_T1, phase=phase)
        made.append((phase, t1, 5.0, (weighting,), injected + round(float(delay), 1), moves[phase]))
    if echoes:
        twice = {"IP": dataclasses.replace(_T1, fat="in"), "OP": dataclasses.replace(_T1, fat="opposed")}
        times = (2.3, 1.15) if scanner.tesla > 2 else (4.6, 2.3)
        for (name, weighting), echo in zip(twice.items(), times, strict=True):
            weighting = dataclasses.replace(weighting, echo=echo, repetition=150.0, flip=70.0)
            made.append((name, dwi, 6.0, (weighting,), 400.0, moves["IP"]))
    made.sort(key=lambda series: series[4])
    numbers = np.cumsum(rng.integers(1, 3, size=len(made))) + 1
    return Study(
        scanner,
        tuple(
            Series(name, int(number), scanner.descriptions[name], grid, thickness, weightings, seconds, moved)
            for number, (name, grid, thickness, weightings, seconds, moved) in zip(numbers, made, strict=True)
        ),
        injected,
    )


_T2 = Weighting("spin echo", 5000.0, 85.0)
_DWI = Weighting("spin echo", 5500.0, 62.0)
_LOCALISER = Weighting("spin echo", 1500.0, 80.0, fat="in")
_T1 = Weighting("gradient echo", 3.9, 1.8, flip=12.0)


def _moved(breathing: float, rng: np.random.Generator) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in np.round(rng.normal(size=3) * breathing * np.array([1 / 3, 1 / 3, 1]), 2))
    return (x, y, z)


def _coronal(matrix: int) -> Grid:
    """Three coronal slices through the liver."""
    n, along = matrix // 2, 450.0 / (matrix // 2)
    corner = -(n - 1) / 2 * along
    return Grid(
        size=(n, n, 3),
        spacing=(along, along, 20.0),
        origin=(corner, -25.0, -corner),
        direction=(1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0),
    )


def _grid(
    size: tuple[float, float, float], field: tuple[float, float], step: float, tilt: float, rng: np.random.Generator
) -> Grid:
    """A stack of axial slices about the liver, tilted by up to `tilt` degrees, its middle a little off.

    A field of view of 0 along y follows from the voxels being square.
    """
    nx, ny, nz = (max(8, int(v)) for v in size)
    along = field[0] / nx
    spacing = (along, field[1] / ny if field[1] else along, step)
    a, b, c = np.radians(rng.uniform(-1, 1, size=3) * np.array([tilt, tilt, tilt / 3]))
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    axes = about_x @ about_y @ about_z
    middle = rng.uniform(-1, 1, size=3) * np.array([6, 5, 2])
    x, y, z = (round(float(v), 4) for v in middle - axes @ ((np.array([nx, ny, nz]) - 1) / 2 * spacing))
    return Grid(
        size=(nx, ny, nz),
        spacing=(round(spacing[0], 6), round(spacing[1], 6), step),
        origin=(x, y, z),
        direction=tuple(float(v) for v in axes.ravel()),
    )


_NOISE = {"T2": 0.008, "DWI": 0.006, "T1": 0.0019, "IP": 0.012}
_GAIN = {"T2": 1.0, "DWI": 2.0, "T1": 7.0, "IP": 1.6}


def acquire(series: Series, scanner: Scanner, clean: Array, rng: np.random.Generator) -> tuple[Image, ...]:
    """What the scanner stores of images without noise, one for each weighting, shape (z, y, x) each.

    A smooth bias field, noise in both channels of the signal (so that magnitudes are Rician), and a gain that differs
    from scanner to scanner and from series to series.

    References
    ----------
    Gudbjartsson, Patz. The Rician distribution of noisy MRI data. Magn Reson Med 1995;34:910-914.
    https://doi.org/10.1002/mrm.1910340618
    """
    kind = {"localiser": "T2", "OP": "IP", "LAP": "T1", "PVP": "T1", "DP": "T1"}.get(series.sequence, series.sequence)
    frame = Frame.of(series.grid, np.zeros(3))
    whole = (slice(0, frame.size[2]), slice(0, frame.size[1]), slice(0, frame.size[0]))
    field = Texture.drawn(rng, 350, 900, n=4).at(frame, whole)
    bias = np.exp(np.float32(rng.uniform(0.05, 0.14)) * field)
    gain = scanner.unit * _GAIN[kind] * float(np.exp(rng.normal(scale=0.15)))
    noise = np.float32(_NOISE[kind] * (1.0 if scanner.tesla > 2 else 1.35))
    stored = []
    for image in clean:
        real = rng.standard_normal(image.shape, dtype=np.float32)
        real *= noise
        real += image * bias
        other = rng.standard_normal(image.shape, dtype=np.float32)
        other *= noise
        magnitude = np.sqrt(real * real + other * other)
        magnitude *= np.float32(gain)
        stored.append(np.clip(np.rint(magnitude), 0, 4095).astype(np.uint16))
    return tuple(stored)


def adc_map(low: Image, high: Image, low_b: float, high_b: float) -> Image:
    """The apparent diffusion coefficient in 1e-6 mm2/s from images at two b-values; 0 where there is no signal."""
    floor = 3 * np.median(low[:, :3, :3])
    ratio = np.maximum(low, 1).astype(np.float32) / np.maximum(high, 1)
    adc = np.log(ratio) * np.float32(1e6 / (high_b - low_b))
    return np.asarray(np.where(low > floor, np.clip(np.rint(adc), 0, 4095), 0), dtype=np.uint16)
