"""A small synthetic case store from which the networks can learn: a helper of the tests.

Each class has its own pattern of bright and dark lesions over the seven sequences, so that three sequences are enough
to tell seven classes apart. Every fourth patient has two lesions of the same class.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from readerstudy.imaging.crops import lesion_diameter_mm
from readerstudy.imaging.recipe import Recipe
from readerstudy.imaging.store import CaseArrays, Store, StoreWriter

SEQUENCES = ("T2", "DWI", "ADC", "T1", "LAP", "PVP", "DP")
CLASSES = ("cyst", "hemangioma", "FNH", "abscess", "HCC", "ICC", "metastasis")
"""Words of the truth that Wang's cards know."""
ZHEN = ("cyst", "hemangioma", "FNH", "cirrhotic nodule", "HCC", "ICC", "metastasis")
"""Words of the truth that Zhen's cards know; the paper has no abscesses."""
CLINICAL = {
    "age": lambda k, rng: str(int(rng.integers(25, 85))),
    "gender": lambda k, rng: str(rng.choice(["male", "female"])),
    "afp": lambda k, rng: f"{rng.lognormal(2 + 2 * (k == 4), 1):.1f}",
    "cea": lambda k, rng: f"{rng.lognormal(1 + 2 * (k == 6), 0.5):.1f}",
    "albumin": lambda k, rng: "" if rng.random() < 0.1 else f"{rng.normal(40, 4):.1f}",
}
"""Column of cases.csv -> its text for a case of class k, some cells empty."""


def tiny_store(
    path: Path,
    *,
    n: int = 28,
    classes: Sequence[str] | None = None,
    recipe: str | Recipe | Sequence[str | Recipe] = "zhen2020",
    seed: int = 0,
    sequences: Sequence[str] = SEQUENCES,
    noise: float = 0.05,
    phantom: bool = False,
    notice: str | None = None,
) -> Store:
    """Write a store of `n` patients, the classes in turn, and open it.

    Parameters
    ----------
    path
        Where the store goes.
    classes
        Words of the truth, at most seven; without them `ZHEN` for a recipe of that name, else `CLASSES`.
    recipe
        Recipe or recipes; ``"zhen2020"`` and ``"wang2021"`` are those of the shipped cards.
    seed
        Of the images, the clinical columns and the pseudonyms.
    noise
        Standard deviation of the noise; a lesion differs from its surroundings by 0.3.
    """
    recipes = [_recipe(one) for one in ([recipe] if isinstance(recipe, (str, Recipe)) else recipe)]
    if classes is None:
        classes = ZHEN if recipes[0].name == "zhen2020" else CLASSES
    rng = np.random.default_rng(seed)
    writer = StoreWriter(path, {one.name: one for one in recipes}, phantom=phantom, notice=notice)
    for patient in range(n):
        k = patient % len(classes)
        patient_id = f"p{int(rng.integers(2**48)):012x}"
        about = {name: make(k, rng) for name, make in CLINICAL.items()}
        for lesion in range(2 if patient % 4 == 3 else 1):
            radius = float(rng.uniform(4.5, 7.0))
            arrays = {one.name: _case(k, radius, one.spacing, sequences, noise, rng) for one in recipes}
            made = arrays[recipes[0].name]
            writer.add(
                f"{patient_id}-{lesion + 1}",
                patient_id,
                arrays,
                sequences=sequences,
                diameter_mm=lesion_diameter_mm(made.masks[0], made.spacing),
                row={"truth": classes[k], **about},
            )
    return writer.finish()


def _recipe(recipe: str | Recipe) -> Recipe:
    if isinstance(recipe, Recipe):
        return recipe
    from readerstudy.inference.card import Card

    return Card.read({"zhen2020": "zhen2020-a", "wang2021": "wang2021"}[recipe]).prepare


def pattern(k: int) -> dict[str, float]:
    """How bright a lesion of class k is on each sequence; its surroundings are 0.4."""
    a, b, c = ((k + 1) >> bit & 1 for bit in range(3))
    bright = {"T2": a, "DWI": b, "ADC": 1 - b, "T1": c, "LAP": a ^ b, "PVP": b ^ c, "DP": a ^ c}
    return {name: 0.7 if value else 0.1 for name, value in bright.items()}


def _case(
    k: int,
    radius: float,
    spacing: tuple[float, float, float],
    sequences: Sequence[str],
    noise: float,
    rng: np.random.Generator,
) -> CaseArrays:
    """A ball in the middle of a volume 24 mm wide; of thick slices, those that it crosses and one on each side."""
    steps = np.array(spacing[::-1])
    shape = np.ceil(np.where(steps > 3, 2 * radius + 2 * steps, 24) / steps).astype(int)
    axes = [(np.arange(length) - (length - 1) / 2) * step for length, step in zip(shape, steps, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    mask = np.sqrt(x**2 + y**2 + z**2) <= max(radius, float(steps.max()) / 2)
    levels = pattern(k)
    images = np.stack([np.where(mask, levels[name], 0.4) for name in sequences])
    images = np.clip(images + rng.normal(0, noise, images.shape), 0, 1).astype(np.float32)
    masks = np.broadcast_to(mask, images.shape).copy()
    return CaseArrays(images=images, masks=masks, spacing=(float(steps[0]), float(steps[1]), float(steps[2])))
