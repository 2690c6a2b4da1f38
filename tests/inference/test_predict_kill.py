"""Prediction that is killed ends, when it is run again, with the same bytes, and computes nothing twice.

It is killed at five points; with the environment variable READERSTUDY_KILL=all at every move of a file to its place.
"""

import dataclasses
import os
import signal

import pytest
import torch
from small_card import random_card
from tiny import tiny_store

from readerstudy.imaging.lock import alone
from readerstudy.imaging.store import Store
from readerstudy.inference import engine
from readerstudy.inference.card import Card
from readerstudy.inference.journal import Journal
from readerstudy.inference.outputs import Files
from readerstudy.inference.predict import Settings, predict
from readerstudy.problems import DataError

N_CHUNKS = 3
FIRST_OUTPUT = 1 + N_CHUNKS + 1  # after the header and the chunks
LAST = FIRST_OUTPUT + 5  # five outputs, then the header that says they stand

POINTS = range(1, LAST + 1) if os.environ.get("READERSTUDY_KILL") == "all" else (1, 3, FIRST_OUTPUT, LAST - 1, LAST)


def files_in(folder):
    return Files(
        preds=folder / "preds.csv", features=folder / "features.npz",
        protocol=folder / "protocol.toml", cases=folder / "cases.csv",
    )  # fmt: skip


def work(root, folder, **options):
    return predict(Card.read(root / "card"), Store.open(root / "store"), files_in(folder), **options)


def killed_at(n, root, folder):
    """Predict until the `n`-th move of a file to its place."""
    torch.set_num_threads(1)
    replace, count = os.replace, 0

    def counting(source, target):
        nonlocal count
        count += 1
        if count == n:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    os.replace = counting
    work(root, folder)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("kill")
    tiny_store(root / "store", n=20, recipe="zhen2020")
    random_card(root / "card", "zhen2020-a", folds=1)
    (root / "whole").mkdir()
    work(root, root / "whole")
    return root


@pytest.fixture
def computed(monkeypatch):
    """Cases that this process scored."""
    found = []
    score = engine.Replica.score

    def counting(replica, cases):
        scored = score(replica, cases)
        found.extend(dict.fromkeys(scored.case_id.tolist()))
        return scored

    monkeypatch.setattr(engine.Replica, "score", counting)
    return found


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def kill(doomed, root, folder, n):
    child = doomed.Process(target=killed_at, args=(n, root, folder))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("n", POINTS)
def test_killed_and_run_again(doomed, root, tmp_path, computed, n):
    kill(doomed, root, tmp_path, n)
    finished = min(max(n - 2, 0), N_CHUNKS)
    assert len(list((tmp_path / "preds.csv.partial").glob("*.npz"))) == finished
    assert (tmp_path / "preds.csv").exists() == (n == LAST)
    work(root, tmp_path)
    assert contents(tmp_path) == contents(root / "whole")
    assert len(computed) == len(set(computed))
    patients = sorted({case.patient_id for case in Store.open(root / "store").cases})[8 * finished :]
    assert sorted({case.rpartition("-")[0] for case in computed}) == patients


def test_killed_after_the_last_file_was_written(root, tmp_path, computed, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "remove", lambda journal: None)  # as if killed before it
        summary = work(root, tmp_path)
    assert (tmp_path / "preds.csv.partial" / "run.json").is_file()
    del computed[:]
    assert work(root, tmp_path) == summary
    assert not computed
    assert contents(tmp_path) == contents(root / "whole")


def test_a_file_that_an_unfinished_run_did_not_name_is_left_alone(doomed, root, tmp_path):
    kill(doomed, root, tmp_path, LAST - 1)  # all but the predictions stand
    (tmp_path / "mine.csv").write_text("case_id,truth\n")
    others = dataclasses.replace(files_in(tmp_path), cases=tmp_path / "mine.csv")
    card, store = Card.read(root / "card"), Store.open(root / "store")
    with pytest.raises(FileExistsError, match=r"mine\.csv exists"):
        predict(card, store, others)
    assert (tmp_path / "mine.csv").read_text() == "case_id,truth\n"
    predict(card, store, dataclasses.replace(others, cases=tmp_path / "more.csv"))
    assert (tmp_path / "more.csv").read_bytes() == (root / "whole" / "cases.csv").read_bytes()


def test_an_unfinished_run_of_other_inputs_is_not_taken_up(doomed, root, tmp_path):
    kill(doomed, root, tmp_path, 3)
    with pytest.raises(DataError, match=r"unfinished run of other inputs \(precision\)"):
        work(root, tmp_path, settings=Settings(precision="bf16"))
    assert len(list((tmp_path / "preds.csv.partial").glob("*.npz"))) == 1
    work(root, tmp_path, settings=Settings(precision="bf16"), force=True)
    work(root, tmp_path, force=True)
    assert contents(tmp_path) == contents(root / "whole")


def test_two_processes_do_not_write_the_same_table(root, tmp_path):
    with alone(tmp_path / "preds.csv.partial"), pytest.raises(BlockingIOError, match="another readerstudy"):
        work(root, tmp_path)
