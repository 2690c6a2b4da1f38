"""What a card takes from a store: cases that it can use, reasons for the others, folds by patient."""

import dataclasses

import numpy as np
import pytest
from tiny import ZHEN, tiny_store

from readerstudy.imaging.recipe import Recipe
from readerstudy.imaging.store import CaseArrays, Store, StoreWriter
from readerstudy.inference import data, folds, metrics
from readerstudy.inference.card import Card, Task
from readerstudy.inference.data import Unit
from readerstudy.inference.samples import gather
from readerstudy.problems import DataError


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tiny_store(tmp_path_factory.mktemp("data") / "store", n=14)


@pytest.fixture(scope="module")
def card():
    return Card.read("zhen2020-a").with_settings(["input.size=75"])


def test_units_of_patients_and_of_lesions(store, card):
    rows = store.table()
    units, skipped = data.usable(card, store, rows)
    assert not skipped
    assert [unit.unit_id for unit in units] == sorted({case.patient_id for case in store.cases})
    assert sorted(case for unit in units for case in unit.cases) == [case.case_id for case in store.cases]
    assert sum(len(unit.cases) == 2 for unit in units) == 3
    for unit in units:
        (truth,) = {rows[case]["truth"] for case in unit.cases}
        assert unit.labels == {"seven-way": card.tasks[0].class_of(truth)}
        assert unit.clinical == ()
    by_lesion, _ = data.usable(dataclasses.replace(card, unit="lesion"), store, rows)
    assert [unit.unit_id for unit in by_lesion] == [case.case_id for case in store.cases]


def test_the_input_is_groups_or_a_patch(store, card, tmp_path):
    case = store.cases[0].case_id
    groups = data.inputs(card, store, case)
    stored = store.load(case, "zhen2020", card.input.sequences)
    assert groups.shape == (stored.masks[0].any(axis=(1, 2)).sum(), 6, 75, 75)
    volumes = tiny_store(tmp_path / "wang", n=2, recipe="wang2021")
    patch = data.inputs(Card.read("wang2021"), volumes, volumes.cases[0].case_id)
    assert patch.shape == (1, 7, 2, 64, 64, 64)
    assert patch.dtype == groups.dtype == np.float32


def test_every_reason_is_said(store, card):
    rows = {case: dict(row) for case, row in store.table().items()}
    alone = [case.case_id for case in store.cases if case.case_id[:-2] + "-2" not in rows]
    first, second, third = alone[:3]
    twins = next(case.case_id for case in store.cases if case.case_id.endswith("-2"))
    rows[first]["truth"] = "abscess"
    rows[second]["truth"] = ""
    del rows[third]
    rows[twins]["truth"] = next(name for name in ZHEN if name != rows[twins]["truth"])
    units, skipped = data.usable(card, store, rows)
    reasons = {entry.case: entry.reason for entry in skipped}
    assert "'abscess'" in reasons[first]
    assert reasons[second] == "no truth"
    assert "no row" in reasons[third]
    assert "different truths" in reasons[twins]
    assert len(reasons) == 5  # both lesions of that patient
    assert {case for unit in units for case in unit.cases}.isdisjoint(reasons)
    # What is asked for a prediction needs no truth.
    assert not data.usable(card, store, {}, labelled=False)[1]


def test_a_case_of_another_recipe_or_without_a_sequence_is_left_out(tmp_path, card):
    old = Recipe(**{**card.prepare.to_dict(), "margin_mm": (1, 1, 1)})
    store = tiny_store(tmp_path / "old", n=2, recipe=old)
    _, skipped = data.usable(card, store, store.table())
    assert all("prepare again with --card zhen2020-a" in entry.reason for entry in skipped)
    store = tiny_store(tmp_path / "few", n=2, sequences=("T2", "DWI", "T1", "LAP", "PVP"))
    _, skipped = data.usable(card, store, store.table())
    assert {entry.reason for entry in skipped} == {"the sequence DP is missing"}
    three, none = data.usable(Card.read("zhen2020-b"), store, store.table())
    assert len(three) == 2
    assert not none


def test_a_damaged_case_is_left_out_and_the_others_go_on(tmp_path, card):
    made = tiny_store(tmp_path / "store", n=4)
    bad = made.cases[1]
    file = made.path / bad.file
    file.write_bytes(file.read_bytes()[:-100])
    store = Store.open(made.path)
    units, _ = data.usable(card, store, store.table())
    samples, skipped = gather(card, store, units, tmp_path / "cache", lambda line: None)
    assert [entry.case for entry in skipped] == [bad.case_id]
    assert bad.case_id not in {case for unit in samples.units for case in unit.cases}
    for place in (0, len(samples.index) - 1):
        sample = samples.index[place]
        expected = data.inputs(card, store, sample.case)[sample.group]
        assert np.abs(samples.read(place) - expected).max() < 5e-4  # kept in half precision


@pytest.mark.parametrize("edge", [12, 40])
def test_a_volume_is_the_same_from_the_file_as_from_the_store(tmp_path, edge):
    """The file has no more than the widest box of a large lesion reads, and its numbers are the store's."""
    card = Card.read("wang2021").with_settings(["input.size=16"])
    rng = np.random.default_rng(0)
    shape = (7, 90, 60, 75)
    masks = np.zeros(shape, dtype=bool)
    masks[:, 10 : 10 + edge, 5 : 5 + edge, 25 : 25 + edge] = True  # a wide box reaches beyond the volume
    arrays = CaseArrays(images=rng.random(shape, dtype=np.float32), masks=masks, spacing=(1.0, 1.0, 1.0))
    writer = StoreWriter(tmp_path / "store", {"wang2021": card.prepare})
    writer.add(
        "p000000000001-1", "p000000000001", {"wang2021": arrays},
        sequences=card.input.sequences, diameter_mm=float(edge), row={"truth": "HCC"},
    )  # fmt: skip
    store = writer.finish()
    units, _ = data.usable(card, store, store.table())
    samples, _ = gather(card, store, units, tmp_path / "cache", lambda line: None)
    assert samples.kept["p000000000001-1"].size < masks.size * 2
    for seed in (None, 1, 2):
        drawn = [None if seed is None else np.random.default_rng(seed) for _ in range(2)]
        expected = data.inputs(card, store, "p000000000001-1", rng=drawn[0])[0]
        assert np.array_equal(samples.read(0, drawn[1]), expected)


def test_clinical_data_are_encoded_for_the_patient(tmp_path):
    card = Card.read("zhen2020-g")
    from readerstudy.inference.clinical import Clinical

    table = Clinical.of(card)
    store = tiny_store(tmp_path / "store", n=4, classes=("HCC", "metastasis"))
    empty = {column.name: "" for column in table.columns}
    rows = {case: {**empty, **row} for case, row in store.table().items()}
    units, skipped = data.usable(card, store, rows)
    assert not skipped
    assert {len(unit.clinical) for unit in units} == {len(table.names)}
    one = units[0]
    assert one.clinical == table.vector(rows[one.cases[0]])


def test_a_table_of_cases(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text("case_id,truth\na-1,cyst\nb-1,HCC\n", encoding="utf-8")
    assert data.read_rows(path) == {"a-1": {"truth": "cyst"}, "b-1": {"truth": "HCC"}}
    path.write_text("case_id,truth\na-1,cyst\na-1,HCC\n", encoding="utf-8")
    with pytest.raises(DataError, match="stands twice"):
        data.read_rows(path)
    path.write_text("id,truth\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column case_id"):
        data.read_rows(path)


TASKS = (Task(name="two", classes=("b", "m")), Task(name="three", classes=("x", "y", "z")))


def some_units(n_patients=60, seed=0):
    rng = np.random.default_rng(seed)
    units = []
    for patient in range(n_patients):
        for lesion in range(int(rng.integers(1, 4))):
            k = int(rng.choice(3, p=[0.6, 0.25, 0.15]))
            labels = {"two": int(k > 0), "three": k}
            case = f"p{patient:03d}-{lesion + 1}"
            units.append(Unit(unit_id=case, patient_id=f"p{patient:03d}", cases=(case,), labels=labels))
    return units


@pytest.mark.parametrize("seed", range(5))
def test_folds_keep_patients_together_and_classes_apart_evenly(seed):
    units = some_units(seed=seed)
    found = folds.assign(units, TASKS, n_folds=5, seed=seed)
    assert set(found) == {unit.patient_id for unit in units}
    assert found == folds.assign(units[::-1], TASKS, n_folds=5, seed=seed)
    assert found != folds.assign(units, TASKS, n_folds=5, seed=seed + 1)
    counts = np.zeros((5, 3))
    for unit in units:
        counts[found[unit.patient_id], unit.labels["three"]] += 1
    assert (np.ptp(counts, axis=0) <= np.array([5, 4, 4])).all()


def test_folds_that_cannot_be_are_refused_with_a_reason():
    units = some_units(30)
    with pytest.raises(DataError, match="fewer than 40 folds"):
        folds.assign(units, TASKS, n_folds=40, seed=0)
    rare = [unit for unit in units if unit.labels["three"] < 2]
    with pytest.raises(DataError, match="'z' has 0 patients"):
        folds.assign(rare, TASKS, n_folds=5, seed=0)
    one = [unit for unit in units if unit.labels["three"] == 0]
    with pytest.raises(DataError, match="every case is of the class 'b'"):
        folds.assign(one, TASKS, n_folds=2, seed=0)


def test_auc_by_ranks_is_the_share_of_pairs():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 50)
    scores = rng.integers(0, 6, (50, 3)) / 5
    areas = []
    for k in range(3):
        pairs = [(a > b) + (a == b) / 2 for a in scores[labels == k, k] for b in scores[labels != k, k]]
        areas.append(np.mean(pairs))
        assert metrics.auc(labels == k, scores[:, k]) == pytest.approx(areas[-1], abs=1e-12)
    assert metrics.macro_auc(labels, scores) == pytest.approx(np.mean(areas))
    assert np.isnan(metrics.macro_auc(np.zeros(4, dtype=int), np.ones((4, 3))))
    # A class that nobody has leaves the mean over the others.
    few = labels < 2
    assert metrics.macro_auc(labels[few], scores[few]) == pytest.approx(
        np.mean([metrics.auc(labels[few] == k, scores[few][:, k]) for k in range(2)])
    )
