"""Cards: what the papers' models are, read, changed, checked and written."""

import json
import re
import tomllib

import pandas as pd
import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli_models import models_app
from readerstudy.imaging.recipe import Recipe
from readerstudy.inference import card as cards
from readerstudy.inference.card import Card, InceptionResNet, SevenStream
from readerstudy.problems import DataError

ZHEN = [f"zhen2020-{letter}" for letter in "abcdefg"]
SIX, THREE = ("T2", "DWI", "T1", "LAP", "PVP", "DP"), ("T2", "DWI", "T1")
SEVEN = ("T2", "DWI", "ADC", "T1", "LAP", "PVP", "DP")


def run(*arguments):
    return CliRunner().invoke(models_app, [str(argument) for argument in arguments])


def refused(setting, name="zhen2020-a"):
    with pytest.raises(DataError) as caught:
        Card.read(name).with_settings([setting])
    return caught.value


def test_shipped_cards_are_those_of_the_papers():
    assert cards.shipped() == ("wang2021", "wang2021-six", *ZHEN)
    found = [Card.read(name) for name in ZHEN]
    assert [card.input.sequences for card in found] == [SIX, THREE, SIX, THREE, SIX, SIX, THREE]
    assert [len(card.tasks[0].classes) for card in found] == [7, 7, 2, 2, 3, 3, 3]
    assert [card.clinical is not None for card in found] == [False] * 5 + [True] * 2
    assert {card.unit for card in found} == {"patient"}
    assert len({card.prepare.digest for card in found}) == 1, "one store serves all"


@pytest.mark.parametrize("name", cards.shipped())
def test_card_reads_back_equal_and_has_its_text(name):
    card = Card.read(name)
    assert Card.of(tomllib.loads(card.to_toml())) == card
    assert isinstance(card.prepare, Recipe)
    readme = card.path("README.md").read_text(encoding="utf-8")
    for part in ("Intended use", "none are shipped", "What the paper says", "What it leaves open", card.doi):
        assert part in readme
    assert not card.weights
    assert card.trained is None


def test_zhens_recipe_is_the_papers():
    card = Card.read("zhen2020-a")
    assert (card.prepare.spacing, card.prepare.reference, card.input.size) == ((0.7, 0.7, 7.0), "T2", 299)
    training = card.training
    assert (training.optimiser, training.learning_rate, training.momentum, training.batch) == ("sgd", 0.1, 0.9, 16)
    assert (training.step_epochs, training.step_factor, training.folds, training.final) == (20, 0.5, 5, "whole")
    assert (training.augmentation.rotation, training.augmentation.flip, training.start) == (40, 0.5, "imagenet")
    assert isinstance(card.network, InceptionResNet)
    assert card.network.hidden_dim == 2048


def test_wangs_heads_are_the_papers():
    card, six = Card.read("wang2021"), Card.read("wang2021-six")
    assert isinstance(card.network, SevenStream)
    assert (card.input.sequences, six.input.sequences) == (SEVEN, tuple(name for name in SEVEN if name != "ADC"))
    assert card.network.heads == {"malignancy": ("T2", "DWI", "ADC"), "seven-way": ("LAP", "PVP", "DP")}
    assert six.network.heads == {"malignancy": ("T2", "DWI"), "seven-way": ("LAP", "PVP", "DP")}
    assert (card.prepare.spacing, card.prepare.image_interpolation, card.input.size) == ((1, 1, 1), "nearest", 64)
    assert (card.unit, card.training.final, card.aggregate.folds) == ("lesion", "folds", "mean")


@pytest.mark.parametrize(
    ("name", "task", "truth", "expected"),
    [
        ("zhen2020-a", 0, "haemangioma", "haemangioma"),
        ("zhen2020-a", 0, "ICC", "other malignancy"),
        ("zhen2020-a", 0, "regenerative nodule", "benign nodule"),
        ("zhen2020-a", 0, "abscess", None),
        ("zhen2020-d", 0, "benign nodule", "benign"),
        ("zhen2020-d", 0, "ICC", "malignant"),
        ("zhen2020-d", 0, "abscess", None),
        ("zhen2020-g", 0, "cyst", None),
        ("zhen2020-g", 0, "metastasis", "metastasis"),
        ("wang2021", 0, "abscess", "benign"),
        ("wang2021", 0, "ICC", "malignant"),
        ("wang2021", 1, "ICC", "ICC"),
        ("wang2021", 1, "benign nodule", None),
    ],
)
def test_truths_become_the_papers_classes(name, task, truth, expected):
    found = Card.read(name).tasks[task]
    number = found.class_of(truth)
    assert (None if number is None else found.classes[number]) == expected


def test_every_class_of_the_malignancy_tasks_is_a_truth_of_the_seven():
    for name, seven in (("wang2021", Card.read("wang2021").tasks[1]), ("zhen2020-c", Card.read("zhen2020-a").tasks[0])):
        binary = Card.read(name).tasks[0]
        assert all(binary.class_of(truth) is not None for truth in seven.classes)
        assert [binary.classes[binary.class_of(truth)] for truth in seven.classes] == ["benign"] * 4 + ["malignant"] * 3


def test_class_names_survive_as_columns(tmp_path):
    task = Card.read("zhen2020-a").tasks[0]
    rows = [[0.94 if a == b else 0.01 for b in range(7)] for a in range(7)] * 2
    preds = pd.DataFrame(rows, columns=[f"prob_{name}" for name in task.classes])
    preds.insert(0, "case_id", [f"p{number}" for number in range(14)])
    cases = pd.DataFrame({"case_id": preds["case_id"], "truth": list(task.classes) * 2})
    preds.to_csv(tmp_path / "preds.csv", index=False)
    (found,) = rs.Study.read(tmp_path / "preds.csv", None, cases).tasks.values()
    assert set(found.classes) == set(task.classes)


def test_settings_change_a_copy():
    card = Card.read("zhen2020-a")
    small = card.with_settings(
        ["network.width=0.125", "input.size=75", "training.optimiser=adamw", 'training.start="random"',
         "training.augmentation.rotation = 0", "prepare.margin_mm=[10, 10, 0]"]
    )  # fmt: skip
    assert (small.network.width, small.input.size, small.training.optimiser) == (0.125, 75, "adamw")
    assert (small.training.start, small.training.augmentation.rotation) == ("random", 0)
    assert small.prepare.margin_mm == (10, 10, 0)
    assert card == Card.read("zhen2020-a")
    assert small.path("README.md").is_file()
    assert Card.of(tomllib.loads(small.to_toml())) == small


@pytest.mark.parametrize(
    ("setting", "code", "words"),
    [
        ("network.widht=0.5", "RS902", "did you mean 'width'"),
        ("netwrk.width=0.5", "RS903", "did you mean 'network'"),
        ("width=0.5", "RS903", "section.key=value"),
        ("network.width", "RS903", "section.key=value"),
        ("network.width=0", "RS902", "above 0"),
        ("network.width=wide", "RS902", "a number"),
        ("network.hidden_dim=1.5", "RS902", "a whole number"),
        ("network.stem_stride=2", "RS902", "has no key 'stem_stride'"),
        ("input.size=32", "RS902", "75"),
        ("input.sequences=['T2', 'T3']", "RS902", "different sequences"),
        ("training.augmentation.flip=2", "RS902", "from 0 to 1"),
        ("training.loss_weights.sixway=1", "RS902", "there is no task"),
        ("prepare.spacnig=[1, 1, 1]", "RS902", "did you mean 'spacing'"),
        ("tasks.map.x='y'", "RS903", "no section [tasks]"),
    ],
)
def test_what_a_card_cannot_have_is_refused(setting, code, words):
    error = refused(setting)
    assert {problem.code for problem in error.problems} == {code}
    assert words in str(error)


def test_a_head_of_a_sequence_that_is_not_there_is_refused():
    error = refused('input.sequences=["T2", "DWI", "T1", "LAP", "PVP", "DP"]', "wang2021")
    assert "the head malignancy takes ADC" in str(error)


def test_problems_name_the_line(tmp_path):
    text = Card.read("wang2021").to_toml().replace("blur_sigma = 2.0", "blur_sigma = -1.0\nblur = 3")
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Card.read(tmp_path)
    assert [problem.place.source for problem in caught.value.problems] == ["blur = 3", "blur_sigma = -1.0"]
    (tmp_path / "model.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(DataError, match="not valid TOML"):
        Card.read(tmp_path / "model.toml")
    (tmp_path / "model.toml").write_text('schema = "readerstudy-card/9"', encoding="utf-8")
    with pytest.raises(DataError, match="readerstudy-card/1"):
        Card.read(tmp_path)


def test_weights_and_their_source_are_kept(tmp_path):
    content = Card.read("wang2021").to_dict()
    content["weights"] = [
        {"file": f"fold{fold}.safetensors", "sha256": f"{fold}" * 64, "fold": fold} for fold in (0, 1)
    ]
    content["notice"] = 'DIGITAL PHANTOM: "no patient"\nstands behind this'
    content["trained"] = {
        "store": "a" * 64, "data": "b" * 64, "cases": 40, "patients": 36, "seed": 3, "phantom": True,
        "epochs": [5, 7], "versions": {"torch": "2.13.0", "lightning-fabric": "2.6"},
    }  # fmt: skip
    card = Card.of(content)
    assert [weights.fold for weights in card.weights] == [0, 1]
    assert card.trained.phantom
    assert Card.of(tomllib.loads(card.to_toml())) == card
    content["weights"][1]["fold"] = 0
    with pytest.raises(DataError, match="of one fold"):
        Card.of(content)
    content["weights"][1] |= {"fold": 1, "file": "../elsewhere.safetensors"}
    with pytest.raises(DataError, match="without a folder"):
        Card.of(content)


def test_command_lists_and_shows():
    listed = run("list")
    assert listed.exit_code == 0, listed.stderr
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["card", *cards.shipped()]
    rows = json.loads(run("list", "--json").stdout)
    assert rows[0]["tasks"]["malignancy"] == ["benign", "malignant"]
    shown = run("show", "zhen2020-f", "--set", "network.width=0.5")
    assert Card.of(tomllib.loads(shown.stdout)).network.width == 0.5
    inputs = re.findall(r"^#   (.*)", shown.stdout, re.MULTILINE)
    assert json.loads(run("show", "zhen2020-f", "--json").stdout)["clinical_inputs"] == inputs
    wrong = run("show", "zhen2021-a")
    assert (wrong.exit_code, "did you mean 'zhen2020-a'" in wrong.stderr) == (1, True)
