import csv
import io
import json
import os
import re

import numpy as np
import pytest

from readerstudy.imaging.recipe import Recipe
from readerstudy.imaging.store import CaseArrays, Decision, Store, StoreWriter
from readerstudy.problems import DataError

FLAT = Recipe(name="flat", spacing=(1, 1, 5), margin_mm=(4, 4, 0))
CUBE = Recipe(name="cube", spacing=(1, 1, 1), margin_mm=(4, 4, 4))
RECIPES = {"flat": FLAT, "cube": CUBE}


def arrays(seed, n=3, shape=(4, 5, 6)):
    rng = np.random.default_rng(seed)
    images = rng.random((n, *shape), dtype=np.float32)
    return CaseArrays(images=images, masks=images > 0.5, spacing=(5.0, 1.0, 1.0), origin=(1.0, 2.0, 3.0))


def fill(path, numbers, **options):
    writer = StoreWriter(path, RECIPES, **options)
    for number in numbers:
        writer.add(
            f"p{number}-1", f"p{number}", {"flat": arrays(number), "cube": arrays(number + 50)},
            sequences=("T2", "DWI", "T1"), diameter_mm=12.5 + number, row={"truth": "HCC", "sex": "f"},
            decisions=[Decision("T2", "4", "echo time 90")], fingerprint=f"f{number}", picture=b"picture",
        )  # fmt: skip
    return writer


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_is_read(tmp_path):
    store = fill(tmp_path / "store", (2, 1), phantom=True, notice="PHANTOM").finish()
    assert [case.case_id for case in store.cases] == ["p1-1", "p2-1"]
    case = store.cases[0]
    assert (case.patient_id, case.sequences, case.diameter_mm) == ("p1", ("T2", "DWI", "T1"), 13.5)
    assert case.recipes == {"flat": FLAT.digest, "cube": CUBE.digest}
    assert (store.phantom, store.notice, dict(store.recipes)) == (True, "PHANTOM", RECIPES)
    loaded = store.load("p2-1", "flat", ("T1", "T2"))
    made = arrays(2)
    assert loaded.images.dtype == np.float32
    assert np.allclose(loaded.images, made.images[[2, 0]], atol=5e-4)
    assert (loaded.masks == made.masks[[2, 0]]).all()
    assert (loaded.spacing, loaded.origin, loaded.direction) == (made.spacing, made.origin, made.direction)
    assert np.array_equal(store.load("p2-1", "flat").images[0], loaded.images[1])
    assert store.table()["p1-1"] == {"patient_id": "p1", "truth": "HCC", "sex": "f"}
    assert (tmp_path / "store/decisions.csv").read_text().splitlines()[1] == "p1-1,T2,4,echo time 90"


def test_the_bytes_do_not_depend_on_the_order_or_on_interruptions(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    whole = fill(one, (1, 2, 3))
    whole.skip("p9", "no T2")
    digest = whole.finish().digest
    fill(two, (3,))
    (two / "cases" / ".part-abc").write_bytes(b"half")
    fill(two, (7,))  # a case that the last run does not meet
    again = fill(two, (2,))
    assert again.is_done("p3-1", "f3", {"truth": "HCC", "sex": "f"})
    assert not again.is_done("p1-1", "f1")
    again.skip("p9", "no T2")
    again.add(
        "p1-1", "p1", {"flat": arrays(1), "cube": arrays(51)}, sequences=("T2", "DWI", "T1"), diameter_mm=13.5,
        row={"truth": "HCC", "sex": "f"}, decisions=[Decision("T2", "4", "echo time 90")], fingerprint="f1",
        picture=b"picture",
    )  # fmt: skip
    assert again.finish().digest == digest
    assert content(one) == content(two)


def test_another_input_or_recipe_is_not_done(tmp_path):
    fill(tmp_path, (1,)).finish()
    writer = StoreWriter(tmp_path, RECIPES)
    assert not writer.is_done("p1-1", "changed")
    assert writer.is_done("p1-1", "f1")
    with pytest.raises(DataError, match="RS858"):
        StoreWriter(tmp_path, {"flat": FLAT})
    anew = StoreWriter(tmp_path, {"flat": FLAT}, force=True)
    assert not anew.is_done("p1-1", "f1")
    assert anew.finish().cases == ()
    assert not list((tmp_path / "qc").iterdir())


def test_a_store_begun_anew_goes_on_after_a_kill(tmp_path):
    fill(tmp_path, (1,)).finish()
    anew = StoreWriter(tmp_path, {"flat": FLAT}, force=True)
    anew.add(
        "p1-1", "p1", {"flat": arrays(1)}, sequences=("T2", "DWI", "T1"), diameter_mm=13.5, fingerprint="f1"
    )  # and killed
    for force in (False, True):
        again = StoreWriter(tmp_path, {"flat": FLAT}, force=force)
        assert again.is_done("p1-1", "f1")
    with pytest.raises(DataError, match="RS858"):
        StoreWriter(tmp_path, RECIPES)


def test_a_kill_while_a_store_is_begun_anew_leaves_no_whole_one(tmp_path, monkeypatch):
    fill(tmp_path, (1,)).finish()

    def killed(files):
        next(iter(files)).unlink()
        raise SystemExit

    monkeypatch.setattr(StoreWriter, "_remove", staticmethod(killed))
    with pytest.raises(SystemExit):
        StoreWriter(tmp_path, {"flat": FLAT}, force=True)
    with pytest.raises(DataError, match="RS851"):
        Store.open(tmp_path)


def test_an_unfinished_store_is_refused(tmp_path):
    writer = fill(tmp_path, (1,))
    with pytest.raises(DataError, match="run prepare again to complete it"):
        Store.open(tmp_path)
    writer.finish()
    assert len(Store.open(tmp_path).cases) == 1
    StoreWriter(tmp_path, RECIPES)  # a second run that was killed at once
    with pytest.raises(DataError, match="RS851"):
        Store.open(tmp_path)


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda path: (path / "store.json").unlink(), "RS850"),
        (lambda path: (path / "store.json").write_text("{"), "RS850"),
        (lambda path: (path / "store.json").write_text('{"schema": "other/9"}'), "RS852"),
        (lambda path: (path / "cases/p1-1.npz").unlink(), "RS856"),
        (lambda path: os.truncate(path / "cases/p1-1.npz", 700), "RS857"),
    ],
)
def test_what_is_broken_is_named(tmp_path, break_it, code):
    fill(tmp_path, (1,)).finish()
    break_it(tmp_path)
    with pytest.raises(DataError, match=code):
        Store.open(tmp_path).load("p1-1", "flat", ("T2",))


@pytest.mark.parametrize(
    ("case_id", "recipe", "sequences", "message"),
    [
        ("p9-1", "flat", ("T2",), "no case p9-1"),
        ("p1-1", "flat", ("T2", "ADC"), "case p1-1 has no ADC"),
        ("p1-1", "fine", ("T2",), "case p1-1 was not prepared by the recipe fine"),
    ],
)
def test_what_is_missing_is_named(tmp_path, case_id, recipe, sequences, message):
    store = fill(tmp_path, (1,)).finish()
    with pytest.raises(DataError, match=message):
        store.load(case_id, recipe, sequences)


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DataError, match="RS859"):
        StoreWriter(tmp_path, RECIPES)
    assert content(tmp_path) == {"thesis.txt": b"mine"}


def test_arrays_that_cannot_be_are_refused(tmp_path):
    writer = StoreWriter(tmp_path, RECIPES)
    with pytest.raises(ValueError, match="2 sequences"):
        writer.add("p1-1", "p1", {"flat": arrays(1)}, sequences=("T2", "T1"), diameter_mm=1)
    bad = arrays(1)
    bad.images[0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        writer.add("p1-1", "p1", {"flat": bad}, sequences=("T2", "DWI", "T1"), diameter_mm=1)


def test_the_tables_are_plain(tmp_path):
    writer = fill(tmp_path, (1, 2))
    writer.skip("p3", "no T2, no DWI")
    writer.finish()
    text = (tmp_path / "skipped.csv").read_text()
    assert list(csv.DictReader(io.StringIO(text))) == [{"case": "p3", "reason": "no T2, no DWI"}]
    manifest = json.loads((tmp_path / "store.json").read_text())
    assert manifest["skipped"] == [{"case": "p3", "reason": "no T2, no DWI"}]
    assert manifest["cases"][0]["file"] == "cases/p1-1.npz"
    assert not re.search(r"/tmp|20\d\d-\d\d-\d\d", (tmp_path / "store.json").read_text())
