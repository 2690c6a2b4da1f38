"""From images to a report in one command, on a digital phantom.

    python run.py [--card wang2021] [--cases 160] [--out phantom-out]

phantom -> prepare -> train (a small network) -> predict -> simulated readers -> evaluate. Each command is printed as it
would be typed. Nothing of it says anything about patients.
"""

import argparse
import csv
import hashlib
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SMALL = {
    "wang2021": [
        "network.width=0.125", "input.size=32", "training.epochs=22", "training.batch=16",
        "training.learning_rate=0.002",
    ],
    "zhen2020-a": [
        "training.start=random", "network.width=0.25", "network.hidden_dim=64", "input.size=75", "training.epochs=40",
        "training.batch=8", "training.learning_rate=0.02",
    ],
}  # fmt: skip
"""Settings that make the cards small enough for two processors."""
CLASSES = {
    "wang2021": "cyst,haemangioma,FNH,abscess,HCC,ICC,metastasis",
    "zhen2020-a": "cyst,haemangioma,FNH,benign nodule,HCC,ICC,metastasis",
}
"""What each card knows: Wang has no benign nodules, Zhen no abscesses."""


def run(*command):
    print("$", shlex.join(str(part) for part in command).replace(sys.executable + " -m readerstudy", "readerstudy"))
    status = subprocess.run([str(part) for part in command]).returncode
    if status != 0:
        sys.exit(status)


def readerstudy(*arguments):
    run(sys.executable, "-m", "readerstudy", *arguments)


def split(store, out):
    """Every fifth patient of each class is kept for the test: by the pseudonym's hash, so that it is stable."""
    with open(store / "cases.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    order = sorted(rows, key=lambda row: hashlib.sha256(row["patient_id"].encode()).hexdigest())
    seen, test = {}, {}
    for row in order:
        if row["patient_id"] not in test:
            n = seen[row["truth"]] = seen.get(row["truth"], -1) + 1
            test[row["patient_id"]] = n % 5 == 0
    for name, wanted in (("development", False), ("test", True)):
        with open(out / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in rows if test[row["patient_id"]] == wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--card", default="wang2021", choices=sorted(SMALL))
    parser.add_argument("--cases", type=int, default=160)
    parser.add_argument("--matrix", type=int, default=96, help="pixels of a slice's side")
    parser.add_argument("--set", action="append", default=[], help="a setting of the card over those of this example")
    parser.add_argument("--out", type=Path, default=Path("phantom-out"))
    given = parser.parse_args()
    out, card = given.out, given.card
    out.mkdir(parents=True)
    settings = [part for setting in [*SMALL[card], *given.set] for part in ("--set", setting)]
    # No patient is behind these images, so that their key may be known, and every run has the same pseudonyms.
    key = out / "store.key"
    key.touch(0o600)
    key.write_text("0" * 64, encoding="ascii")
    readerstudy(
        "phantom", "--cases", given.cases, "--matrix", given.matrix, "--classes", CLASSES[card],
        "--out", out / "phantom",
    )  # fmt: skip
    readerstudy(
        "prepare", out / "phantom" / "dicom", "--roi", out / "phantom" / "roi",
        "--cases", out / "phantom" / "cases.csv",
        "--card", card, "--key", key, "--workers", 2, "--out", out / "store",
    )  # fmt: skip
    split(out / "store", out)
    readerstudy(
        "train", card, "--store", out / "store", "--cases", out / "development.csv", "--out", out / "model", *settings
    )
    readerstudy(
        "predict", out / "model", "--store", out / "store", "--only", out / "test.csv", "--out", out / "preds.csv",
        "--cases", out / "cases.csv", "--protocol", out / "protocol.toml", "--features", out / "features.npz",
        "--saliency", out / "saliency",
    )  # fmt: skip
    run(sys.executable, HERE / "readers.py", out / "cases.csv", out / "preds.csv", out / "reads.csv")
    readerstudy(
        "evaluate", out / "preds.csv", out / "reads.csv", "--cases", out / "cases.csv", "--protocol",
        out / "protocol.toml", "--features", out / "features.npz", "--saliency", out / "saliency", "--out",
        out / "report",
    )  # fmt: skip


if __name__ == "__main__":
    main()
