"""Simulate the liver example: seven lesion classes on MRI, one model and six readers.

    python simulate.py [FOLDER]

writes ``preds.csv`` and ``reads.csv`` into FOLDER (by default the folder of this script). The design is that of
the test set of Wang et al., Insights into Imaging (2021) 12:173: 113 lesions in 89 patients, at most six lesions
per patient and all of one type, read by two residents, two general and two academic radiologists. Every number
below the design is simulated: no patient, reader or trained model stands behind it.

How a call comes about
----------------------
Each observer (a reader or the model) has an evidence value for every lesion and class,

    evidence = -DISTANCE[truth, class] + TASTE + noise - difficulty * [class is truth] + skill * [class is truth]

and calls the class with the highest one; the model's probabilities are the softmax of ``SHARPNESS * evidence``.

- ``DISTANCE`` says which classes look alike: HCC, ICC and metastasis, abscess and metastasis, and so on.
- ``difficulty`` is one number per lesion, the same for all observers, so that errors fall on the same lesions.
- ``noise`` is what this lesion happens to look like. Part of it is common to all observers, part to the readers of
  one group (who were trained alike) and part is the observer's own. The parts of the lesion (difficulty and common
  noise) are half the patient's, so that the lesions of one patient resemble each other.
- ``TASTE`` leans the model towards HCC and away from metastasis, which are its best and its worst class in the paper.

How the accuracies are met
--------------------------
A higher ``skill`` never loses a right call, so the number of right calls rises with it one lesion at a time. Each
observer's skill is set where that number is the one in the paper (``CORRECT``). Which lesions are right, and what the
wrong ones are called, follows from the draws. The kappas and AUCs are not set. The standard deviations were tuned by
hand and ``SEED`` was picked from 2021 to 2120, so that they fall near the paper's: the example is made to look like
its paper, and that it does is no finding.

The draws are uniform numbers of PCG64, made normal by the inverse of the distribution function, and every number is
written with a fixed number of decimals: a second run writes the same bytes.
"""

import csv
import math
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SEED = 2068
CLASSES = ("cyst", "FNH", "haemangioma", "abscess", "HCC", "ICC", "metastasis")

# Lesions of each patient. The class totals are those of the paper; it does not print how patients share them.
LESIONS_OF_PATIENTS = {
    "cyst": [1] * 8 + [2, 3, 3],
    "FNH": [1] * 9 + [2],
    "haemangioma": [1] * 13 + [2, 3, 4],
    "abscess": [1] * 16 + [2, 3],
    "HCC": [1] * 12 + [3],
    "ICC": [1] * 9 + [2],
    "metastasis": [1] * 9 + [2, 6],
}

MODEL = "model"
GROUPS = {
    "residents": ("R1", "R2"),
    "general radiologists": ("G1", "G2"),
    "academic radiologists": ("A1", "A2"),
}
# Lesions called right, of 113.
CORRECT = {MODEL: 90, "R1": 76, "R2": 78, "G1": 80, "G2": 88, "A1": 96, "A2": 98}

# How unlike two classes look; a pair that does not stand here is FAR apart.
FAR = 2.6
DISTANCE = {
    ("HCC", "ICC"): 0.6,
    ("HCC", "metastasis"): 0.6,
    ("ICC", "metastasis"): 0.2,
    ("abscess", "metastasis"): 0.1,
    ("abscess", "ICC"): 0.8,
    ("haemangioma", "FNH"): 0.5,
    ("FNH", "HCC"): 0.6,
    ("haemangioma", "metastasis"): 1.0,
    ("haemangioma", "cyst"): 1.2,
    ("cyst", "abscess"): 1.8,
}
TASTE = {"HCC": 1.0, "metastasis": -0.6}

# Standard deviations of the parts of the evidence.
DIFFICULTY = 0.9
COMMON_NOISE = 0.7
GROUP_NOISE = {"residents": 0.75, "general radiologists": 0.75, "academic radiologists": 0.6}
OWN_NOISE = {"residents": 0.2, "general radiologists": 0.4, "academic radiologists": 0.9}
MODEL_NOISE = 0.5
SHARPNESS = 1.8
UNITS = 10_000  # probabilities are written in ten-thousandths


def normals(rng: np.random.Generator, *shape: int) -> Floats:
    """Draw standard normal numbers from uniform ones, whose stream NumPy keeps from release to release."""
    quantile = NormalDist().inv_cdf
    return np.array([quantile(uniform) for uniform in rng.random(shape).flat]).reshape(shape)


def random_order(rng: np.random.Generator, n: int) -> Ints:
    return np.argsort(rng.random(n), kind="stable")


def draw_lesions(rng: np.random.Generator) -> tuple[list[str], list[str], Ints, Ints]:
    """Return case ids, patient ids, the true class (as an index) and the patient (as an index) of every lesion."""
    patients = [(k, n) for k, name in enumerate(CLASSES) for n in LESIONS_OF_PATIENTS[name]]
    case_ids, patient_ids, truth, patient = [], [], [], []
    # Patients are numbered in random order, so that an id does not give the class away.
    for number, at in enumerate(random_order(rng, len(patients))):
        k, n_lesions = patients[at]
        for lesion in range(1, n_lesions + 1):
            case_ids.append(f"{number + 1:03d}-{lesion}")
            patient_ids.append(f"{number + 1:03d}")
            truth.append(k)
            patient.append(number)
    return case_ids, patient_ids, np.array(truth), np.array(patient)


def draw_by_patient(rng: np.random.Generator, patient: Ints, width: int) -> Floats:
    """Draw numbers of variance 1 per lesion, half of whose variance the lesions of one patient share."""
    of_patient = normals(rng, patient.max() + 1, width)[patient]
    of_lesion = normals(rng, len(patient), width)
    return (of_patient + of_lesion) / math.sqrt(2.0)


def distance_matrix() -> Floats:
    distance = np.full((len(CLASSES), len(CLASSES)), FAR)
    np.fill_diagonal(distance, 0.0)
    for (one, other), value in DISTANCE.items():
        i, j = CLASSES.index(one), CLASSES.index(other)
        distance[i, j] = distance[j, i] = value
    return distance


def with_skill(evidence: Floats, truth: Ints, n_correct: int) -> Floats:
    """Add to the true class's evidence the amount with which ``n_correct`` lesions are called right."""
    rows = np.arange(len(truth))
    others = evidence.copy()
    others[rows, truth] = -np.inf
    needed = np.sort(others.max(axis=1) - evidence[rows, truth])  # the skill that each lesion asks for
    skilled = evidence.copy()
    skilled[rows, truth] += needed[n_correct - 1 : n_correct + 1].mean()
    return skilled


def in_units(probability: Floats) -> list[int]:
    """Round to whole units that sum to ``UNITS``: the largest remainders are rounded up."""
    exact = probability * UNITS
    units = np.floor(exact).astype(int)
    missing = UNITS - int(units.sum())
    units[np.argsort(units - exact, kind="stable")[:missing]] += 1
    return [int(unit) for unit in units]


def write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def simulate(folder: Path, seed: int = SEED) -> None:
    """Draw the study and write its two files."""
    rng = np.random.Generator(np.random.PCG64(seed))
    case_ids, patient_ids, truth, patient = draw_lesions(rng)
    n_cases, n_classes = len(truth), len(CLASSES)

    common = COMMON_NOISE * draw_by_patient(rng, patient, n_classes) - distance_matrix()[truth]
    common[np.arange(n_cases), truth] -= DIFFICULTY * draw_by_patient(rng, patient, 1)[:, 0]

    taste = np.array([TASTE.get(name, 0.0) for name in CLASSES])
    evidence = common + taste + MODEL_NOISE * normals(rng, n_cases, n_classes)
    weight = np.exp(SHARPNESS * with_skill(evidence, truth, CORRECT[MODEL]))
    preds = []
    for i, probability in enumerate(weight / weight.sum(axis=1, keepdims=True)):
        decimals = [f"{unit / UNITS:.4f}" for unit in in_units(probability)]
        preds.append([case_ids[i], patient_ids[i], CLASSES[truth[i]], MODEL, *decimals])

    reads = []
    for group, readers in GROUPS.items():
        evidence_of_group = common + GROUP_NOISE[group] * normals(rng, n_cases, n_classes)
        for reader in readers:
            evidence = evidence_of_group + OWN_NOISE[group] * normals(rng, n_cases, n_classes)
            calls = with_skill(evidence, truth, CORRECT[reader]).argmax(axis=1)
            # Every reader went through the lesions in an order of their own.
            reads += [[case_ids[i], reader, group, CLASSES[calls[i]]] for i in random_order(rng, n_cases)]

    folder.mkdir(parents=True, exist_ok=True)
    probabilities = [f"prob_{name}" for name in CLASSES]
    write_csv(folder / "preds.csv", ["case_id", "patient_id", "truth", "model", *probabilities], preds)
    write_csv(folder / "reads.csv", ["case_id", "reader_id", "reader_group", "label"], reads)


if __name__ == "__main__":
    simulate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
