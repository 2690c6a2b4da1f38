"""Simulated readers of the phantom's test set: labels, unaided and with the model's answer in view.

    python readers.py cases.csv preds.csv reads.csv

Nobody read these images. A reader knows each truth with a certain probability and otherwise takes one of the classes
that look alike; aided, a reader may change to what the model says.
"""

import csv
import sys

import numpy as np

ALIKE = {
    "cyst": ["haemangioma", "metastasis"],
    "haemangioma": ["FNH", "cyst"],
    "FNH": ["haemangioma", "HCC"],
    "abscess": ["metastasis", "ICC"],
    "benign nodule": ["HCC", "FNH"],
    "HCC": ["FNH", "metastasis"],
    "other malignancy": ["metastasis", "HCC"],
    "ICC": ["metastasis", "abscess"],
    "metastasis": ["ICC", "abscess"],
}
READERS = {"R1": ("residents", 0.62), "R2": ("residents", 0.68), "A1": ("attendings", 0.78), "A2": ("attendings", 0.84)}
MALIGNANT = {"HCC", "ICC", "metastasis", "other malignancy"}
FOLLOWS = 0.5
"""Chance that an aided reader whose own answer differs takes the model's."""


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answers(preds):
    """The model's most probable class of each case, in the task with the most classes."""
    found = {}
    for row in preds:
        probabilities = {name[5:]: float(value) for name, value in row.items() if name.startswith("prob_") and value}
        if len(probabilities) > 2:
            found[row["case_id"]] = max(probabilities, key=probabilities.get)
    return found


def main(cases, preds, out):
    rng = np.random.default_rng(0)
    predicted = rows_of(preds)
    model = answers(predicted)
    tasks = list(dict.fromkeys(row["task"] for row in predicted)) if "task" in predicted[0] else [""]
    rows = []
    for case in sorted(rows_of(cases), key=lambda row: row["case_id"]):
        truth = case["truth"] if "truth" in case else case["truth_seven-way"]
        for reader, (group, skill) in READERS.items():
            right, other, follows = rng.random(), rng.integers(2), rng.random()
            own = truth if right < skill else ALIKE[truth][other]
            aided = model[case["case_id"]] if follows < FOLLOWS else own
            for modality, label in (("unaided", own), ("aided", aided)):
                for task in tasks:
                    side = "malignant" if label in MALIGNANT else "benign"
                    said = side if task == "malignancy" else label
                    rows.append((case["case_id"], reader, group, modality, task, said))
    header = ("case_id", "reader_id", "reader_group", "modality", "task", "label")
    kept = [k for k, name in enumerate(header) if name != "task" or len(tasks) > 1]
    with open(out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([row[k] for k in kept] for row in (header, *rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
