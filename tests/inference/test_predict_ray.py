"""Ray Data's replicas write the same bytes as one process without Ray."""

import os
import subprocess
import sys

import pytest
import torch
from small_card import random_card
from tiny import tiny_store

from readerstudy.inference.outputs import Files
from readerstudy.inference.predict import Settings, predict
from readerstudy.problems import DataError

COMMAND = "import typer; from readerstudy.cli_predict import predict; typer.run(predict)"


def test_the_same_bytes_from_two_replicas(tmp_path):
    torch.set_num_threads(1)
    card = random_card(tmp_path / "card", "zhen2020-a", folds=1)
    store = tiny_store(tmp_path / "store", n=18, recipe="zhen2020")
    truncated = tmp_path / "store" / store.cases[0].file
    truncated.write_bytes(truncated.read_bytes()[:-10])
    predict(card, store, Files(preds=tmp_path / "local.csv", features=tmp_path / "local.npz"))
    arguments = [
        str(tmp_path / "card"), "--store", str(tmp_path / "store"), "--out", str(tmp_path / "ray.csv"),
        "--features", str(tmp_path / "ray.npz"), "--engine", "ray", "--devices", "2",
    ]  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    for name in ("csv", "skipped.csv", "npz"):
        assert (tmp_path / f"ray.{name}").read_bytes() == (tmp_path / f"local.{name}").read_bytes()
    assert ran.stdout.split() == [str(tmp_path / f"ray.{name}") for name in ("csv", "skipped.csv", "npz")]
    for noise in ("INFO", "WARNING", "Dashboard", "usage stats"):
        assert noise not in ran.stderr
    assert not (tmp_path / "ray.csv.partial").exists()


def test_without_ray_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    card = random_card(tmp_path / "card", "zhen2020-a", folds=1)
    store = tiny_store(tmp_path / "store", n=1, recipe="zhen2020")
    with pytest.raises(DataError, match=r"readerstudy\[cluster\]"):
        predict(card, store, Files(preds=tmp_path / "p.csv"), settings=Settings(engine="ray"))
