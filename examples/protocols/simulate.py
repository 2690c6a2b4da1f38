"""Simulate what the two protocols need: python simulate.py FOLDER writes FOLDER/wang2021 and FOLDER/zhen2020.

- ``wang2021/cases.csv``: patients, scanner, liver and diameter of the lesions of ``../liver``, and a development set
  that nobody reads. The predictions and the reads are those of ``../liver``.
- ``zhen2020/``: ``cases.csv``, ``preds.csv``, ``reads.csv``, ``features.npz`` and pictures, of 60 patients with two
  groups of images each, seven models, three readers and their consensus.

Every value is drawn at random: no patient, reader or trained model stands behind it, and it is tuned to nothing.
"""

import csv
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

LIVER = Path(__file__).resolve().parents[1] / "liver"
LESIONS = {"cyst": 16, "FNH": 11, "haemangioma": 22, "abscess": 21, "HCC": 15, "ICC": 11, "metastasis": 17}
SCANNERS = ("GE Signa", "GE Discovery MR750w", "Philips Ingenia", "Siemens Prisma", "Siemens TrioTim")
TUMOURS = {"cyst": 8, "hemangioma": 8, "FNH": 6, "nodules": 6, "HCC": 14, "metastatic": 10, "primary": 8}
MALIGNANT = ("HCC", "metastatic", "primary")
# Task of each model and how well it knows the classes.
MODELS = {
    "Model A": ("seven-way", 2.0), "Model B": ("seven-way", 1.7),
    "Model C": ("malignant", 2.6), "Model D": ("malignant", 2.4),
    "Model E": ("malignancy-type", 1.2), "Model F": ("malignancy-type", 2.4), "Model G": ("malignancy-type", 2.6),
}  # fmt: skip
SKILL = {"R1": 0.75, "R2": 0.8, "R3": 0.85, "consensus": 0.88}
N_FEATURES = 16


def write(path: Path, rows: list[dict[str, object]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def wang(folder: Path, rng: np.random.Generator) -> None:
    with (LIVER / "preds.csv").open(encoding="utf-8", newline="") as file:
        lesions = [(row["case_id"], row["patient_id"], row["truth"], "test") for row in csv.DictReader(file)]
    types = [name for name, n in LESIONS.items() for _ in range(4 * n)]
    lesions += [(f"D{i:03d}", f"D{i // 2:03d}", name, "development") for i, name in enumerate(types)]
    patients: dict[str, dict[str, object]] = {}
    rows = []
    for case, patient, truth, part in lesions:
        about = patients.setdefault(
            patient,
            {
                "age": int(rng.normal(57, 11)),
                "sex": str(rng.choice(["male", "female"])),
                "scanner": str(rng.choice(SCANNERS)),
                "cirrhosis": str(rng.choice(["yes", "no"], p=[0.12, 0.88])),
                "fatty_liver": str(rng.choice(["yes", "no"], p=[0.2, 0.8])),
            },
        )
        diameter = round(float(rng.lognormal(3.2, 0.6)), 1)
        rows.append({"case_id": case, "patient_id": patient, "truth": truth, "set": part} | about)
        rows[-1]["diameter_mm"] = diameter
    write(folder / "cases.csv", rows)


def softmax(evidence: np.ndarray) -> list[float]:
    """Probabilities of four decimals that sum to exactly 1."""
    shares = np.exp(evidence - evidence.max())
    units = np.floor(1e4 * shares / shares.sum()).astype(int)
    units[np.argmax(units)] += 10_000 - units.sum()
    return [round(int(unit) / 1e4, 4) for unit in units]


def picture(rng: np.random.Generator) -> bytes:
    """A grey PNG of 24 x 24 pixels."""
    grey = (80 + 100 * rng.random((24, 24))).astype(np.uint8)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 24, 24, 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in grey))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def zhen(folder: Path, rng: np.random.Generator) -> None:
    classes = list(TUMOURS)
    truths = [name for name, n in TUMOURS.items() for _ in range(n)]
    cases, preds, reads, ids, features = [], [], [], [], []
    place = rng.normal(0, 2, (len(classes), N_FEATURES))  # where the network puts each class
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    for i, truth in enumerate([*truths, *rng.permutation(truths)]):
        part = "validation" if i < len(truths) else "training"
        case = f"{part[0].upper()}{i + 1:03d}"
        about = {"age": int(rng.normal(56, 12)), "sex": str(rng.choice(["male", "female"]))}
        about["cirrhosis"] = str(rng.choice(["yes", "no"], p=[0.3, 0.7]))
        cases.append({"case_id": case, "truth": str(truth), "set": part} | about)
        if part == "training":
            continue
        cases[-1]["picture"] = f"pictures/{case}.png"
        (folder / "pictures" / f"{case}.png").write_bytes(picture(rng))
        known = np.array([name == truth for name in classes])
        for model, (task, skill) in MODELS.items():
            names, right = classes, known
            if task == "malignant":
                names, right = ["benign", "malignant"], np.array([truth not in MALIGNANT, truth in MALIGNANT])
            elif task == "malignancy-type":
                names, right = list(MALIGNANT), known[[classes.index(name) for name in MALIGNANT]]
                if not right.any():
                    continue
            for group in ("g1", "g2"):
                shares = softmax(skill * right + rng.normal(0, 1, len(names)))
                columns = {f"prob_{name}": share for name, share in zip(names, shares, strict=True)}
                preds.append({"case_id": case, "model": model, "task": task, "group_id": group} | columns)
        for reader, skill in SKILL.items():
            label = truth if rng.random() < skill else str(rng.choice(classes))
            reads.append({"case_id": case, "reader_id": reader, "label": label})
            if reader != "consensus":
                reads[-1]["time_s"] = round(float(rng.lognormal(5, 0.4)))
        for _ in range(2):
            ids.append(case)
            features.append(place[classes.index(truth)] + rng.normal(0, 1, N_FEATURES))
    for name, rows in (("cases", cases), ("preds", preds), ("reads", reads)):
        write(folder / f"{name}.csv", rows)
    np.savez(folder / "features.npz", case_id=np.array(ids), features=np.round(features, 4))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wang(Path(sys.argv[1]) / "wang2021", np.random.default_rng(2021))
    zhen(Path(sys.argv[1]) / "zhen2020", np.random.default_rng(2020))
