"""Training that is killed anywhere ends, when it is run again, with the same bytes and no fold trained twice."""

import os
import signal
from pathlib import Path

import pytest
import torch
from tiny import tiny_store

from readerstudy.imaging.lock import alone
from readerstudy.inference.card import Card
from readerstudy.inference.train import Machine, train

SETTINGS = (
    "training.start=random", "training.folds=2", "training.epochs=2", "training.batch=8", "training.learning_rate=0.01",
    "network.width=0.03", "network.hidden_dim=8", "input.size=75",
)  # fmt: skip
POINTS = (
    ("cache/index.json", 1, "before"),  # image groups written, but not said to be whole
    ("runs/0/checkpoint.safetensors", 1, "before"),  # weights of an epoch kept that no checkpoint names
    ("runs/0/checkpoint.safetensors", 2, "before"),  # in the second epoch, of this process or of the one before
    ("metrics.csv", 1, "before"),  # checkpoint written, table not
    ("runs/0.json", 1, "before"),  # weights in their place, fold not said to be finished
    ("runs/0.json", 1, "after"),  # finished, its checkpoint still there
    ("fold-1.safetensors", 1, "before"),
    ("runs/final/checkpoint.safetensors", 1, "after"),
    ("model.toml", 1, "before"),  # all but the card written
)


def trained(root, out):
    """Train in this process; what was said goes to a file beside the folder."""
    torch.set_num_threads(1)
    card = Card.read("zhen2020-d").with_settings(SETTINGS)
    with out.with_suffix(".log").open("a", encoding="utf-8", buffering=1) as log:
        return train(card, root / "store", out, machine=Machine(device="cpu"), log=lambda line: log.write(line + "\n"))


def killed_at(point, root, out):
    """Train until a file (or, without a name, any) is moved to its place for the n-th time; die before or after."""
    name, n, when = point
    replace, count = os.replace, 0

    def counting(source, target):
        nonlocal count
        hit = name is None or Path(target) == out / name
        count += hit
        if hit and count == n and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
        if hit and count == n:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = counting
    trained(root, out)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("kill")
    tiny_store(root / "store", n=6, classes=("cyst", "HCC"), recipe="zhen2020")
    trained(root, root / "whole")
    return root


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_killed_again_and_again_it_ends_with_the_same_bytes(root, doomed):
    """One training, killed at each point in turn and taken up each time."""
    out = root / "killed"
    for point in POINTS:
        child = doomed.Process(target=killed_at, args=(point, root, out))
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL, point
        with alone(out):  # the killed process left no lock
            pass
    trained(root, out)
    assert contents(out) == contents(root / "whole")
    said = out.with_suffix(".log").read_text(encoding="utf-8").splitlines()
    finished = said.index("fold 0 was finished by an earlier run")
    assert not [line for line in said[finished:] if line.startswith("fold 0  epoch")]
    # An epoch is lost only by a kill within it.
    assert sum(line.startswith("fold 0  epoch 1/2") for line in said) <= 2
    assert sum(line.startswith("fold 1  epoch") for line in said) == 2


def killed_at_every_move_of_a_file(root, doomed, tmp_path, when):
    """A training killed at its n-th move and taken up, for every n until there is none."""
    for n in range(1, 1000):
        out = tmp_path / str(n)
        child = doomed.Process(target=killed_at, args=((None, n, when), root, out))
        child.start()
        child.join()
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        trained(root, out)
        assert contents(out) == contents(root / "whole"), n
    assert n > len(POINTS)


if os.environ.get("READERSTUDY_KILL") == "all":  # minutes, so that only a command asks for it
    test_killed_at_every_move = pytest.mark.parametrize("when", ["before", "after"])(killed_at_every_move_of_a_file)


def test_a_finished_training_is_not_done_again(root):
    before = contents(root / "whole")
    log = root / "whole.log"
    log.unlink()
    outcome = trained(root, root / "whole")
    assert contents(root / "whole") == before
    assert "epoch" not in log.read_text(encoding="utf-8")
    assert [name for name, _ in outcome.records] == ["0", "1", "final"]


def test_two_at_a_time_are_refused(root):
    with alone(root / "whole"), pytest.raises(BlockingIOError, match="another readerstudy"):
        trained(root, root / "whole")
