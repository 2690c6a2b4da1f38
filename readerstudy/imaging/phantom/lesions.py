"""Focal liver lesions: what each diagnosis is made of, and so how it looks on every sequence.

A lesion is a few nested parts, each a tissue with its own relaxation, diffusion and uptake of contrast agent in three
phases. The signs are those that Wang et al. name in "Saliency map", and the usual ones of radiology; the diameters are
those of their Table 2. The size of benign nodules, which are not in that table, and the tissues' numbers are ours.

References
----------
Wang et al. Saliency-based 3D convolutional neural network for categorising common focal liver lesions on multisequence
MRI. Insights Imaging 2021;12:173. https://doi.org/10.1186/s13244-021-01117-z
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from readerstudy.imaging.phantom.shapes import Array, Ellipsoid, Local, Texture, harmonics, rotation
from readerstudy.imaging.phantom.tissue import Tissue

Share = Callable[[Local], Array]
Point = tuple[float, float, float]


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """A part of a lesion: which share of each voxel it fills, of which tissue, and how grainy it is (SD, relative)."""

    share: Share
    tissue: Tissue
    grain: float = 0.0


@dataclasses.dataclass(frozen=True, eq=False)
class Lesion:
    """One lesion.

    Parameters
    ----------
    truth
        Its diagnosis.
    diameter
        Mean diameter in mm.
    atypical
        Whether it lacks its leading sign.
    shape
        Its surface; its centre is that of the lesion.
    parts
        Painted in order.
    texture
        The grain of its parts.
    reach
        How far its parts extend, in radii: beyond 1 where the liver around it is altered.
    """

    truth: str
    diameter: float
    atypical: bool
    shape: Ellipsoid
    parts: tuple[Part, ...]
    texture: Texture
    reach: float = 1.0


CLASSES = ("cyst", "haemangioma", "FNH", "abscess", "benign nodule", "HCC", "ICC", "metastasis")
_QUARTILES = {
    "cyst": (8.65, 12.8, 22.5),
    "haemangioma": (15.3, 19.7, 32.6),
    "benign nodule": (11.0, 16.0, 22.0),
    "HCC": (23.2, 28.9, 45.9),
    "ICC": (30.72, 52.45, 69.45),
    "metastasis": (20.18, 28.55, 38.32),
}
_MEAN_AND_SD = {"FNH": (34.13, 12.89), "abscess": (62.98, 31.26)}
_UPPER_QUARTILE = 0.6745  # of the standard normal distribution


def diameter(truth: str, rng: np.random.Generator) -> float:
    """A diameter in mm: log-normal by quartiles or normal by mean and SD, to 0.1 mm, within 6 to 105 mm."""
    normal = rng.normal()
    if truth in _QUARTILES:
        low, median, high = _QUARTILES[truth]
        value = median * np.exp(normal * np.log(high / low) / (2 * _UPPER_QUARTILE))
    else:
        mean, spread = _MEAN_AND_SD[truth]
        value = mean + normal * spread
    return round(float(np.clip(value, 6, 105)), 1)


_DENTS = {"cyst": 0.02, "haemangioma": 0.06, "FNH": 0.05, "abscess": 0.08, "benign nodule": 0.03, "HCC": 0.06}
_DENTS |= {"ICC": 0.12, "metastasis": 0.05}


def draw(truth: str, centre: Point, size: float, atypical: bool, rng: np.random.Generator) -> Lesion:
    """A lesion of a diagnosis and of a mean diameter in mm: its shape and tissues vary from one to the next."""
    stretch = np.exp(rng.normal(scale=0.08, size=3))
    axes = size / 2 * stretch / np.prod(stretch) ** (1 / 3)
    shape = Ellipsoid(
        centre=centre,
        axes=(float(axes[0]), float(axes[1]), float(axes[2])),
        turn=rotation(rng),
        dents=harmonics(rng, _DENTS[truth] * float(rng.uniform(0.6, 1.4))),
    )
    texture = Texture.drawn(rng, max(3.0, size / 8), max(6.0, size / 2.5))
    parts = _MAKERS[truth](rng, size, atypical)
    reach = 1.3 if truth == "abscess" else 1.0
    return Lesion(truth, size, atypical, shape, tuple(parts), texture, reach)


def _varied(rng: np.random.Generator, tissue: Tissue, spread: float = 1.0) -> Tissue:
    """A tissue as this lesion has it."""
    t1, t2, adc, uptake = np.exp(rng.normal(size=4) * spread * np.array([0.10, 0.13, 0.10, 0.16]))
    return tissue.changed(t1=float(t1), t2=float(t2), adc=float(adc), uptake=float(uptake))


def _all(local: Local) -> Array:
    return local.inside()


def _shell(inner: float) -> Share:
    return lambda local: local.inside() - local.inside(inner)


def _uneven(rng: np.random.Generator, edge: float, swing: float, lobes: int) -> Share:
    """The inside of a surface whose radius swings by direction around `edge`, by chance in all directions."""
    axes = rng.normal(size=(6, 3))
    axes = (axes / np.linalg.norm(axes, axis=1, keepdims=True) * lobes).astype(np.float32)
    starts = rng.uniform(0, 2 * np.pi, size=6).astype(np.float32)

    def share(local: Local) -> Array:
        x, y, z = local.direction
        wave = sum(np.cos(a[0] * x + a[1] * y + a[2] * z + s) for a, s in zip(axes, starts, strict=True))
        radius = np.clip(np.float32(edge) + np.float32(swing / np.sqrt(3)) * wave, np.float32(0.6 * edge), 1)
        return local.inside(np.asarray(radius, dtype=np.float32))

    return share


def _cyst(rng: np.random.Generator, size: float, atypical: bool) -> list[Part]:
    """Bright on T2, dark on T1, no enhancement; atypical: bled into, bright on T1 and darker on T2."""
    fluid = Tissue(2800, 420, 2.7)
    if atypical:
        fluid = Tissue(520, 130, 1.9)
    return [Part(_all, _varied(rng, fluid), 0.01)]


def _haemangioma(rng: np.random.Generator, size: float, atypical: bool) -> list[Part]:
    """Bright on T2; nodules at the rim enhance like blood, and the enhancement fills the lesion towards its middle.

    Atypical: small ones fill at once, larger ones are sclerosed (darker on T2, slow to fill).
    """
    blood = Tissue(1450, 135, 1.75, uptake=(1.5, 1.6, 1.1))
    if atypical and size < 20:
        return [Part(_all, _varied(rng, blood), 0.03)]
    if atypical:
        blood = blood.changed(t2=0.55, adc=0.8, uptake=0.6)
    blood = _varied(rng, blood)
    first, second, third = blood.uptake
    shift = float(rng.normal(scale=0.06))
    scar = dataclasses.replace(blood, uptake=(0.02, 0.05, 0.1))
    late = dataclasses.replace(blood, uptake=(0.02, 0.06, third))
    middle = dataclasses.replace(blood, uptake=(0.03, second, third))
    scarred = 0.45 if atypical else max(0.0, min(0.3, (size - 25) / 100))
    return [
        Part(_all, dataclasses.replace(blood, uptake=(first, second, third)), 0.03),
        Part(_uneven(rng, 0.97 + shift, 0.28, 6), middle, 0.03),
        Part(_uneven(rng, 0.66 + shift, 0.22, 5), late, 0.03),
        Part(_uneven(rng, scarred, 0.06, 3), scar, 0.03),
    ]


def _fnh(rng: np.random.Generator, size: float, atypical: bool) -> list[Part]:
    """Intense in the arterial phase, near the liver afterwards; a central scar enhances slowly; atypical: no scar."""
    nodule = _varied(rng, Tissue(880, 37, 1.25, density=0.9, uptake=(1.15, 0.56, 0.42)), 0.8)
    parts = [Part(_all, nodule, 0.03)]
    if not atypical:
        scar = _varied(rng, Tissue(1300, 75, 1.6, uptake=(0.06, 0.22, 0.75)))
        parts.append(Part(_uneven(rng, float(rng.uniform(0.2, 0.32)), 0.16, 3), scar, 0.02))
    return parts


def _abscess(rng: np.random.Generator, size: float, atypical: bool) -> list[Part]:
    """Pus restricts diffusion; the wall enhances and keeps it, oedema around it is the second ring of the target.

    Atypical: not yet liquid, septate, with little restriction.
    """
    oedema = _varied(rng, Tissue(980, 45, 1.4, density=0.9, uptake=(0.3, 0.5, 0.42)))
    wall = _varied(rng, Tissue(1050, 48, 1.2, uptake=(0.55, 0.75, 0.7)))
    pus = _varied(rng, Tissue(1700, 110, 0.7, uptake=(0.01, 0.02, 0.04)))
    if atypical:
        pus = _varied(rng, Tissue(1250, 75, 1.25, uptake=(0.12, 0.25, 0.28)))
    thick = float(np.clip(rng.uniform(2.5, 5) / (size / 2), 0.08, 0.3))
    around = float(rng.uniform(1.12, 1.28))
    return [
        Part(lambda local: np.float32(0.75) * local.inside(around), oedema, 0.03),
        Part(_all, wall, 0.02),
        Part(_uneven(rng, 1 - thick, thick / 3, 3), pus, 0.08 if atypical else 0.04),
    ]


def _nodule(rng: np.random.Generator, size: float, atypical: bool) -> list[Part]:
    """Regenerative or dysplastic: bright or equal on T1, not bright on T2, enhances as the liver does.

    Atypical: a high-grade dysplastic nodule, with some arterial enhancement and T2 signal.
    """
    nodule = Tissue(float(rng.uniform(520, 760)), 30, 1.1, density=0.9, uptake=(0.10, 0.42, 0.34))
    if atypical:
        nodule = dataclasses.replace(nodule, t2=37.0, uptake=(0.35, 0.45, 0.32))
    return [Part(_all, _varied(rng, nodule, 0.6), 0.02)]


def _hcc(rng: np.random.Generator, size: float, atypical: bool) -> list[Part]:
    """Strong arterial enhancement, washout in the portal and delayed phases, a capsule in the delayed phase.

    Atypical: either poorly vascular or without washout and capsule.
    """
    tumour = Tissue(1020, 46, 0.98, density=0.92, uptake=(0.85, 0.36, 0.22))
    capsule = Tissue(1000, 36, 1.1, uptake=(0.12, 0.42, 0.70))
    seen = not atypical
    if atypical and rng.random() < 0.5:
        tumour = dataclasses.replace(tumour, uptake=(0.16, 0.30, 0.22))
        seen = True
    elif atypical:
        tumour = dataclasses.replace(tumour, uptake=(0.80, 0.50, 0.37))
    parts = [Part(_all, _varied(rng, tumour), float(rng.uniform(0.04, 0.1)))]
    if size > 40 and rng.random() < 0.5:
        necrosis = _varied(rng, Tissue(1500, 80, 1.7, uptake=(0.03, 0.06, 0.08)))
        parts.append(Part(_uneven(rng, 0.25, 0.25, 3), necrosis, 0.05))
    if seen:
        thick = float(np.clip(rng.uniform(1.2, 2.4) / (size / 2), 0.06, 0.2))
        parts.append(Part(_shell(1 - thick), _varied(rng, capsule), 0.0))
    return parts


def _icc(rng: np.random.Generator, size: float, atypical: bool) -> list[Part]:
    """A rim in the arterial phase, a fibrous middle that enhances late; atypical: arterial enhancement throughout."""
    rim = _varied(rng, Tissue(1080, 54, 0.98, density=0.95, uptake=(0.58, 0.50, 0.34)))
    middle = _varied(rng, Tissue(1250, 58, 1.3, density=0.95, uptake=(0.05, 0.24, 0.66)))
    if atypical:
        middle = dataclasses.replace(middle, uptake=(0.5, 0.5, 0.5))
    edge = float(rng.uniform(0.74, 0.84))
    return [Part(_all, rim, 0.06), Part(_uneven(rng, edge, 0.1, 4), middle, 0.09)]


def _metastasis(rng: np.random.Generator, size: float, atypical: bool) -> list[Part]:
    """Restricted diffusion, a rim that enhances early and washes out, little in the middle; atypical: vascular."""
    rim = _varied(rng, Tissue(1150, 58, 0.82, uptake=(0.55, 0.40, 0.24)))
    middle = _varied(rng, Tissue(1350, 66, 0.98, uptake=(0.05, 0.12, 0.17)))
    if atypical:
        middle = dataclasses.replace(rim, uptake=(0.7, 0.42, 0.27))
    edge = float(rng.uniform(0.72, 0.84))
    parts = [Part(_all, rim, 0.04), Part(_uneven(rng, edge, 0.06, 3), middle, 0.05)]
    if size > 30 and not atypical and rng.random() < 0.6:
        necrosis = _varied(rng, Tissue(1800, 130, 1.8, uptake=(0.01, 0.03, 0.05)))
        parts.append(Part(_uneven(rng, 0.3, 0.15, 3), necrosis, 0.03))
    return parts


_MAKERS: dict[str, Callable[[np.random.Generator, float, bool], list[Part]]] = {
    "cyst": _cyst,
    "haemangioma": _haemangioma,
    "FNH": _fnh,
    "abscess": _abscess,
    "benign nodule": _nodule,
    "HCC": _hcc,
    "ICC": _icc,
    "metastasis": _metastasis,
}
