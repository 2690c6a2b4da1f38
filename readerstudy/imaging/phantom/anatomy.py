"""The upper abdomen: a schematic body of ellipsoids and vessels, drawn anew for each patient, and how it is painted.

LPS millimetres about the middle of the liver's height: x to the patient's left, y to the back, z to the head.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from readerstudy.imaging.phantom import tissue as t
from readerstudy.imaging.phantom.lesions import Lesion, Point
from readerstudy.imaging.phantom.shapes import Array, Box, Ellipsoid, Frame, Texture, Tube, Vector, rotation
from readerstudy.imaging.phantom.tissue import Tissue, Weighting, signal

Lines = tuple[tuple[tuple[Point, ...], tuple[float, float]], ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Layer:
    """An organ or a piece of one, painted over what was there before.

    Parameters
    ----------
    shape
        Where.
    tissue
        Of what.
    texture, grain
        A field that the signal follows, and its standard deviation relative to the signal.
    wobble
        By how much of its radius the surface follows the same field: the nodular surface of a cirrhotic liver.
    walled
        Whether it ends at the abdominal wall.
    """

    shape: Ellipsoid | Tube
    tissue: Tissue
    texture: Texture | None = None
    grain: float = 0.0
    wobble: float = 0.0
    walled: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Body:
    """A patient's upper abdomen without lesions.

    Parameters
    ----------
    layers
        Painted in order.
    cavity
        The inside of the abdominal wall.
    lobes
        The right and the left lobe of the liver.
    liver
        Its tissue.
    """

    layers: tuple[Layer, ...]
    cavity: Ellipsoid
    lobes: tuple[Ellipsoid, Ellipsoid]
    liver: Tissue

    def place(self, diameter: float, others: Sequence[Lesion], rng: np.random.Generator) -> Point | None:
        """A centre in the liver for a lesion, clear of `others`; None when there is no room."""
        radius = diameter / 2
        for _ in range(200):
            lobe = self.lobes[0] if rng.random() < 0.75 or diameter > 45 else self.lobes[1]
            direction = rng.normal(size=3)
            direction *= rng.random() ** (1 / 3) / np.linalg.norm(direction)
            room = np.maximum(np.asarray(lobe.axes) - radius * np.array([0.85, 0.85, 1.05]), 3.0)
            offset = direction * room
            x, y, z = (
                float(v) for v in np.asarray(lobe.centre) + (offset if lobe.turn is None else lobe.turn @ offset)
            )
            clear = (
                np.linalg.norm(np.subtract((x, y, z), other.shape.centre)) > 1.3 * (radius + other.diameter / 2) + 2
                for other in others
            )
            if all(clear):
                return (round(x, 1), round(y, 1), round(z, 1))
        return None


def draw(rng: np.random.Generator, *, cirrhosis: bool, fatty: bool, ascites: bool) -> Body:
    """A body: its measures and tissues vary around those of an adult."""
    scale = float(rng.uniform(0.94, 1.05))
    wide = scale * np.array([float(rng.uniform(158, 176)), float(rng.uniform(104, 116)), 1e4])
    skin = float(rng.uniform(12, 26))
    vary = np.exp(rng.normal(scale=0.06, size=4))
    liver = t.LIVER.changed(t1=vary[0], t2=vary[1], adc=vary[2], uptake=vary[3])
    if cirrhosis:
        liver = liver.changed(t1=1.08, adc=0.92, uptake=0.9)
    if fatty:
        liver = dataclasses.replace(liver, fat=float(rng.uniform(0.08, 0.25)))
    texture = Texture.drawn(rng, 6, 16) if cirrhosis else Texture.drawn(rng, 6, 30)
    grain = float(rng.uniform(0.06, 0.11)) if cirrhosis else float(rng.uniform(0.01, 0.03))
    right, left = (0.90, 1.18) if cirrhosis else (1.0, 1.0)
    flow = float(np.exp(rng.normal(scale=0.12)))
    artery, portal, hepatic = (v.changed(uptake=flow) for v in (t.ARTERY, t.PORTAL_VEIN, t.HEPATIC_VEIN))

    def at(*point: float, jitter: float = 4.0) -> Point:
        x, y, z = (float(v) for v in scale * np.asarray(point) + rng.normal(scale=jitter / 2, size=3))
        return (x, y, z)

    def round_(centre: Point, axes: tuple[float, float, float], turn: Vector | None = None) -> Ellipsoid:
        a, b, c = (float(v) for v in scale * np.asarray(axes) * np.exp(rng.normal(scale=0.04, size=3)))
        return Ellipsoid(centre, (a, b, c), turn)

    def whole(inset: float) -> Ellipsoid:
        return Ellipsoid((0.0, 0.0, 0.0), (float(wide[0] - inset), float(wide[1] - inset), 1e4))

    cavity = whole(skin + 12)
    lobes = (
        round_(at(-68, -4, 0), (72 * right, 74 * right, 73), rotation(rng, 8)),
        round_(at(8, -42, 16), (74, 33 * left, 42), rotation(rng, 12)),
    )
    big = 1.25 if cirrhosis else 1.0
    layers = [
        Layer(whole(0), t.FAT),
        Layer(whole(skin), t.MUSCLE),
        Layer(cavity, t.MESENTERY, Texture.drawn(rng, 15, 50), 0.12),
    ]
    for centre in ((-45, -55, -70), (0, -60, -75), (45, -60, -60), (75, -30, -70), (20, -30, -80)):
        layers.append(Layer(round_(at(*centre, jitter=20), (26, 17, 20), rotation(rng)), t.BOWEL, walled=True))
    layers += [
        Layer(round_(at(-74, 0, 152), (80, 88, 106)), t.LUNG, walled=True),
        Layer(round_(at(78, 4, 142), (78, 88, 106)), t.LUNG, walled=True),
        Layer(round_(at(18, -44, 104), (48, 38, 44)), hepatic.changed(uptake=0.8), walled=True),
        Layer(stomach := round_(at(72, -30, 16), (36, 40, 44), rotation(rng, 20)), t.BOWEL, walled=True),
        Layer(stomach.scaled(0.86), t.CONTENT, walled=True),
        Layer(round_(at(104, 34, 8), (30 * big, 46 * big, 46 * big), rotation(rng, 15)), t.SPLEEN, walled=True),
    ]
    for side in (-62, 62):
        kidney = round_(at(side, 50, -66 + (side > 0) * 12), (27, 27, 52))
        layers += [Layer(kidney, t.CORTEX), Layer(kidney.scaled(0.66), t.MEDULLA)]
    if ascites:
        layers += [Layer(lobe.scaled(1, 9), t.FLUID, walled=True) for lobe in lobes]
    wobble = 0.012 if cirrhosis else 0.0
    layers += [Layer(lobe, liver, texture, grain, wobble, walled=True) for lobe in lobes]
    layers += [
        Layer(round_(at(-42, -58, -36), (14, 15, 27), rotation(rng, 20)), t.BILE),
        Layer(round_(at(0, 64, 0, jitter=2), (22, 17, 1e4)), t.BONE),
        Layer(round_(at(0, 88, 0, jitter=1), (9, 8, 1e4)), t.FLUID),
        Layer(round_(at(-33, 84, 0, jitter=2), (24, 16, 1e4)), t.MUSCLE),
        Layer(round_(at(33, 84, 0, jitter=2), (24, 16, 1e4)), t.MUSCLE),
        Layer(round_(at(13, 38, 0, jitter=2), (10, 10, 1e4)), artery),
        Layer(round_(at(-26, 34, 0, jitter=3), (11, 9, 1e4)), hepatic),
    ]
    layers += [Layer(tube, portal) for tube in _tree(lambda point: at(*point, jitter=8.0), _PORTAL)]
    layers += [Layer(tube, hepatic) for tube in _tree(lambda point: at(*point, jitter=8.0), _HEPATIC)]
    return Body(tuple(layers), cavity, lobes, liver)


# Vessels: the points they pass through and the radius in mm at the first and the last.
_PORTAL: Lines = (
    (((10, 24, -40), (-20, 2, -8), (-55, 5, 4), (-92, -24, 20)), (7.0, 2.5)),
    (((-55, 5, 4), (-98, 32, -8)), (5.0, 2.5)),
    (((-20, 2, -8), (2, -36, 14), (36, -46, 20)), (6.0, 2.0)),
)
_HEPATIC: Lines = (
    (((-25, 28, 58), (-70, 22, 36), (-104, 12, 4)), (5.5, 2.0)),
    (((-25, 24, 58), (-46, -14, 34), (-56, -42, 6)), (5.0, 2.0)),
    (((-22, 22, 58), (0, -26, 40), (28, -44, 28)), (4.5, 2.0)),
)


def _tree(at: Callable[[Point], Point], lines: Lines) -> list[Tube]:
    """The pieces of some vessels; points with the same nominal place get the same drawn one."""
    drawn: dict[Point, Point] = {}
    tubes = []
    for points, (first, last) in lines:
        places = [drawn[point] if point in drawn else drawn.setdefault(point, at(point)) for point in points]
        radii = np.linspace(first, last, len(points))
        for k in range(len(points) - 1):
            tubes.append(Tube(places[k], places[k + 1], (float(radii[k]), float(radii[k + 1]))))
    return tubes


def paint(body: Body, lesions: Sequence[Lesion], frame: Frame, weightings: Sequence[Weighting], tesla: float) -> Array:
    """Images without noise, shape (weightings, z, y, x): each layer over those before it, edges by partial volume."""
    images = np.zeros((len(weightings), *frame.size[::-1]), dtype=np.float32)
    cavity = body.cavity.local(frame)
    wall = np.zeros(images.shape[1:], dtype=np.float32)
    liver = np.zeros_like(wall)
    if cavity is not None:
        wall[cavity.box] = cavity.inside()

    def put(box: Box, share: Array, made: Tissue, field: Array | None, grain: float) -> None:
        for image, weighting in zip(images, weightings, strict=True):
            value = np.float32(signal(made, weighting, tesla))
            # What is darker on T2 is brighter on T1: nodules of the liver, fibrous strands.
            sign = np.float32(grain if weighting.kind == "gradient echo" else -grain)
            target = value if field is None else value * (1 + sign * field)
            part = image[box]
            part += share * (target - part)

    for layer in body.layers:
        if isinstance(layer.shape, Tube):
            covered = layer.shape.cover(frame)
            if covered is not None:
                put(*covered, layer.tissue, None, 0.0)
            continue
        local = cavity if layer.shape is body.cavity else layer.shape.local(frame)
        if local is None:
            continue
        field = None if layer.texture is None else layer.texture.at(frame, local.box)
        share = local.inside(1.0 if field is None or not layer.wobble else 1 + np.float32(layer.wobble) * field)
        if layer.walled:
            share = share * wall[local.box]
        if any(layer.shape is lobe for lobe in body.lobes):
            liver[local.box] = np.maximum(liver[local.box], share)
        put(local.box, share, layer.tissue, field, layer.grain)
    for lesion in lesions:
        local = lesion.shape.local(frame, lesion.reach)
        if local is not None:
            field = lesion.texture.at(frame, local.box)
            # A lesion may bulge out of the liver; what it does around itself stays within.
            held = np.where(local.rho > 1, liver[local.box], np.float32(1)) if lesion.reach > 1 else np.float32(1)
            for part in lesion.parts:
                put(local.box, part.share(local) * held, part.tissue, field if part.grain else None, part.grain)
    return images
