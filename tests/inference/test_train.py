"""Training: it learns what can be learnt and nothing else, is determined by its seed, and says what it did."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
import torch
import typer
from safetensors.torch import save_file
from tiny import tiny_store
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli_train import train as command
from readerstudy.imaging.store import Store
from readerstudy.inference.card import Card
from readerstudy.inference.predict import Files, predict
from readerstudy.inference.train import Machine, train
from readerstudy.problems import DataError

ZHEN = (
    "training.start=random", "training.folds=3", "training.epochs=6", "training.batch=6", "training.learning_rate=0.01",
    "training.step_epochs=4", "training.step_factor=0.2", "network.width=0.125", "network.hidden_dim=16",
    "network.dropout=0.0", "input.size=75", "input.margin_mm=4", "training.augmentation.scale=0",
    "training.augmentation.shift=0", "training.augmentation.shear=0",
)  # fmt: skip
WANG = (
    "training.folds=3", "training.epochs=6", "training.batch=4", "training.learning_rate=0.003",
    "training.step_epochs=4", "training.step_factor=0.3", "network.width=0.0625", "network.stem_stride=1",
    "input.size=16",
)  # fmt: skip
TINY = (
    "training.start=random", "training.folds=2", "training.epochs=1", "training.batch=8", "training.learning_rate=0.01",
    "network.width=0.03", "network.hidden_dim=8", "input.size=75",
)  # fmt: skip
CPU = Machine(device="cpu")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def two_classes(tmp_path_factory):
    """A store of a phantom that all tests of the manner share."""
    return tiny_store(
        tmp_path_factory.mktemp("train") / "store", n=6, classes=("cyst", "HCC"), recipe="zhen2020", phantom=True
    ).path


def held_out(outcome, fold="0"):
    record = dict(outcome.records)[fold]
    return record["history"][record["kept"] - 1]["tasks"]


def table(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("name", "recipe", "settings", "n"), [
    ("zhen2020-a", "zhen2020", ZHEN, 28), ("wang2021", "wang2021", WANG, 42),
])  # fmt: skip
def test_it_learns_what_can_be_learnt(tmp_path, name, recipe, settings, n):
    tiny_store(tmp_path / "store", n=n, recipe=recipe)
    card = Card.read(name).with_settings(settings)
    outcome = train(card, tmp_path / "store", tmp_path / "out", only=[0], machine=CPU)
    assert held_out(outcome)["seven-way"]["macro_auc"] > 0.9


def test_it_learns_nothing_from_shuffled_labels(tmp_path):
    tiny_store(tmp_path / "store", n=28, recipe="zhen2020")
    card = Card.read("zhen2020-a").with_settings(ZHEN)
    outcome = train(card, tmp_path / "store", tmp_path / "out", only=[0], shuffle_labels=True, machine=CPU)
    assert held_out(outcome)["seven-way"]["macro_auc"] < 0.75
    assert "SHUFFLED LABELS" in outcome.card.notice
    assert "SHUFFLED LABELS" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_the_seed_says_it_all_and_worker_processes_say_nothing(two_classes, tmp_path):
    card = Card.read("zhen2020-d").with_settings(TINY)
    for out, seed, workers in (("a", 0, 0), ("b", 0, 2), ("c", 1, 0)):
        machine = Machine(device="cpu", workers=workers)
        train(card, two_classes, tmp_path / out, only=[0], seed=seed, machine=machine)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    weights = {name: (tmp_path / name / "fold-0.safetensors").read_bytes() for name in "ac"}
    assert weights["a"] != weights["c"]


def test_the_folder_of_a_trained_card(two_classes, tmp_path):
    """Folds one by one, then all cases; the card predicts and its own predictions can be evaluated."""
    out = tmp_path / "out"
    card = Card.read("zhen2020-d").with_settings(TINY)
    first = train(card, two_classes, out, only=[0], machine=CPU)
    assert [weights.fold for weights in first.card.weights] == [0]
    with pytest.raises(DataError, match="all 2 folds choose"):
        train(card, two_classes, out, only=[0], final=True, machine=CPU)
    with pytest.raises(DataError, match="the card stands in the folder"):
        train(Card.read(out), two_classes, out, force=True, machine=CPU)
    outcome = train(card, two_classes, out, machine=CPU)
    assert {path.name for path in out.iterdir()} == {
        "model.toml", "README.md", "settings.json", "runs", "folds.csv", "skipped.csv", "metrics.csv", "curves.svg",
        "curves.png", "cv_predictions.csv", "cv_cases.csv", "cv_protocol.toml", "fold-0.safetensors",
        "fold-1.safetensors", "final.safetensors",
    }  # fmt: skip
    made = Card.read(out)
    assert made == outcome.card
    assert made.trained.phantom
    assert made.notice.startswith("DIGITAL PHANTOM")
    assert made.notice in (out / "README.md").read_text(encoding="utf-8")
    assert [weights.fold for weights in made.weights] == [0, 1, None]
    assert made.trained.store == Store.open(two_classes).digest
    assert not [path for path, content in contents(out).items() if str(tmp_path).encode() in content]

    runs = [(row["fold"], row["epoch"]) for row in table(out / "metrics.csv")]
    assert runs == [("0", "1"), ("1", "1"), ("final", "1")]
    assert {row["case_id"] for row in table(out / "folds.csv")} == {
        case.case_id for case in Store.open(two_classes).cases
    }

    # Each patient is judged once, by the network of the fold that did not see it.
    study = rs.Study.read(out / "cv_predictions.csv", None, out / "cv_cases.csv", out / "cv_protocol.toml")
    assert study.n_cases == 6
    assert study.protocol.notice.startswith("DIGITAL PHANTOM")
    record = dict(outcome.records)["0"]
    judged = tmp_path / "judged.csv"
    predict(made, Store.open(two_classes), Files(preds=judged), weights=[out / "fold-0.safetensors"])
    again = {row["case_id"]: float(row["prob_malignant"]) for row in table(judged)}
    (task,) = record["predictions"]
    ours = dict(zip(record["units"], np.array(record["predictions"][task])[:, 1], strict=True))
    assert {unit: again[unit] for unit in ours} == pytest.approx(ours, abs=2e-3)  # groups in half precision


def test_a_case_lost_between_two_calls_does_not_move_the_others_to_other_folds(two_classes, tmp_path):
    shutil.copytree(two_classes, tmp_path / "store")
    card, out = Card.read("zhen2020-d").with_settings(TINY), tmp_path / "out"
    train(card, tmp_path / "store", out, only=[0], machine=CPU)
    before = (out / "folds.csv").read_bytes()
    lost = tmp_path / "store" / Store.open(tmp_path / "store").cases[0].file
    content = lost.read_bytes()
    lost.unlink()
    with pytest.raises(DataError, match="RS926"):
        train(card, tmp_path / "store", out, only=[1], machine=CPU)
    assert (out / "folds.csv").read_bytes() == before
    lost.write_bytes(content)
    outcome = train(card, tmp_path / "store", out, only=[1], final=False, machine=CPU)
    assert not outcome.skipped
    assert len(outcome.card.weights) == 2


def test_weights_that_are_no_start_leave_no_folder(two_classes, tmp_path):
    card = Card.read("zhen2020-d").with_settings([*TINY, "training.start=imagenet"])
    save_file({"other": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(DataError, match="RS906"):
        train(card, two_classes, tmp_path / "out", weights=tmp_path / "other.safetensors", machine=CPU)
    assert not (tmp_path / "out").exists()


def test_too_few_cases_are_told_with_what_was_left_out(two_classes, tmp_path):
    text = (two_classes / "cases.csv").read_text().replace("HCC", "hepatoma")
    (tmp_path / "cases.csv").write_text(text)
    card = Card.read("zhen2020-d").with_settings(TINY)
    with pytest.raises(DataError, match="'hepatoma' is no class of the task"):
        train(card, two_classes, tmp_path / "out", cases=tmp_path / "cases.csv", machine=CPU)
    (tmp_path / "cases.csv").write_bytes(text.replace("hepatoma", "Häm").encode("latin-1"))
    with pytest.raises(DataError, match="is not UTF-8"):
        train(card, two_classes, tmp_path / "out", cases=tmp_path / "cases.csv", machine=CPU)


def test_other_settings_are_refused_in_a_folder_and_force_begins_anew(two_classes, tmp_path):
    out = tmp_path / "out"
    card = Card.read("zhen2020-d").with_settings(TINY)
    train(card, two_classes, out, only=[0], machine=CPU)
    with pytest.raises(DataError, match=r"other settings \(seed\)"):
        train(card, two_classes, out, only=[0], seed=1, machine=CPU)
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    train(card, two_classes, out, only=[1], seed=1, force=True, machine=CPU)
    assert not (out / "fold-0.safetensors").exists()
    assert (out / "mine.txt").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"mine\.txt"):
        train(card, two_classes, tmp_path / "full", force=True, machine=CPU)


def test_a_loss_that_is_no_number_stops_with_what_to_lower(two_classes, tmp_path):
    card = Card.read("zhen2020-d").with_settings([*TINY, "training.learning_rate=1e30"])
    with pytest.raises(DataError, match=r"fold 0, epoch 1.*no longer a number") as caught:
        train(card, two_classes, tmp_path / "out", machine=CPU)
    assert "--force" in str(caught.value)
    assert "training.learning_rate=1e+29" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "options", "word"),
    [
        (["training.start=imagenet"], {}, "--weights"),
        ([], {"weights": "some.safetensors"}, "begins with random weights"),
        ([], {"only": [2]}, "no fold 2"),
        ([], {"machine": Machine(device="cpu", precision="16")}, "bf16"),
        (["training.batch=1"], {}, "fewer than 2"),
        (["training.folds=4"], {}, "fewer than 4 folds"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_trained(two_classes, tmp_path, settings, options, word):
    card = Card.read("zhen2020-d").with_settings([*TINY, *settings])
    with pytest.raises(DataError, match=word):
        train(card, two_classes, tmp_path / "out", **{"machine": CPU, **options})
    assert not list(tmp_path.iterdir())


def test_the_command(two_classes, tmp_path):
    app = typer.Typer()
    app.command()(command)

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    settings = [part for setting in TINY for part in ("--set", setting)]
    out = tmp_path / "out"
    made = run(
        "zhen2020-d", "--store", two_classes, "--out", out, *settings, "--folds", "0", "--device", "cpu",
        "--workers", 0, "--json",
    )  # fmt: skip
    assert made.exit_code == 0, made.stderr
    said = json.loads(made.stdout)
    assert [entry["run"] for entry in said["runs"]] == ["0"]
    assert said["notice"].startswith("DIGITAL PHANTOM")
    assert "fold 0  epoch 1/1" in made.stderr
    refused = run("zhen2020-d", "--store", two_classes, "--out", tmp_path / "no")
    assert refused.exit_code == 1
    assert "--weights imagenet.safetensors" in refused.stderr
    assert run("zhen2020-d", "--store", two_classes, "--out", out, "--folds", "one").exit_code == 2
    assert run("zhen2020-d", "--store", two_classes, "--out", out, "--precision", "64").exit_code == 2
    assert not (tmp_path / "no").exists()
