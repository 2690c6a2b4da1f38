import csv
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

LIVER = Path(__file__).parents[2] / "examples" / "liver"
CLASS_COUNTS = {"cyst": 16, "FNH": 11, "haemangioma": 22, "abscess": 21, "HCC": 15, "ICC": 11, "metastasis": 17}
CORRECT = {"R1": 76, "R2": 78, "G1": 80, "G2": 88, "A1": 96, "A2": 98}
GROUPS = {"R": "residents", "G": "general radiologists", "A": "academic radiologists"}


def rows_of(name):
    with (LIVER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def preds():
    return rows_of("preds.csv")


@pytest.fixture(scope="module")
def reads():
    return rows_of("reads.csv")


def test_a_second_run_writes_the_committed_bytes(tmp_path):
    subprocess.run([sys.executable, LIVER / "simulate.py", tmp_path / "again"], check=True)
    written = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert written == {name: (LIVER / name).read_bytes() for name in ("preds.csv", "reads.csv")}


def test_lesions_and_patients_are_those_of_the_paper(preds):
    assert len(preds) == len({row["case_id"] for row in preds}) == 113
    assert Counter(row["truth"] for row in preds) == CLASS_COUNTS
    lesions = Counter(row["patient_id"] for row in preds)
    assert len(lesions) == 89
    assert max(lesions.values()) == 6
    assert len({(row["patient_id"], row["truth"]) for row in preds}) == 89, "one type of lesion in each patient"


def test_probabilities_sum_to_one_and_name_one_class(preds):
    for row in preds:
        probabilities = [Decimal(row[f"prob_{name}"]) for name in CLASS_COUNTS]
        assert all(0 <= p <= 1 and p.as_tuple().exponent == -4 for p in probabilities)
        assert sum(probabilities) == 1
        assert probabilities.count(max(probabilities)) == 1


def test_model_is_right_as_often_as_in_the_paper(preds):
    called = [max(CLASS_COUNTS, key=lambda name, row=row: Decimal(row[f"prob_{name}"])) for row in preds]
    assert sum(call == row["truth"] for call, row in zip(called, preds, strict=True)) == 90


def test_six_readers_read_every_lesion_once(preds, reads):
    assert Counter((row["case_id"], row["reader_id"]) for row in reads) == Counter(
        (row["case_id"], reader) for row in preds for reader in CORRECT
    )
    assert all(row["reader_group"] == GROUPS[row["reader_id"][0]] for row in reads)
    assert {row["label"] for row in reads} <= set(CLASS_COUNTS)


def test_readers_are_right_as_often_as_in_the_paper(preds, reads):
    truth = {row["case_id"]: row["truth"] for row in preds}
    assert Counter(row["reader_id"] for row in reads if row["label"] == truth[row["case_id"]]) == CORRECT
