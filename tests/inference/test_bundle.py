"""A card as a MONAI bundle: MONAI verifies its metadata without a network and builds its network."""

import json
import tomllib

import pytest
import torch
from typer.testing import CliRunner

from readerstudy.cli_models import models_app
from readerstudy.inference import bundle, weights
from readerstudy.inference.card import Card
from readerstudy.inference.networks import build
from readerstudy.problems import DataError

SMALL = ["network.width=0.02", "input.size=75"]


def run(*arguments):
    return CliRunner().invoke(models_app, ["export-bundle", *(str(argument) for argument in arguments)])


@pytest.fixture(scope="module")
def monai_bundle():
    return pytest.importorskip("monai.bundle", reason="monai is not installed")


@pytest.mark.parametrize("name", ["zhen2020-a", "zhen2020-g", "wang2021", "wang2021-six"])
def test_monai_verifies_the_metadata_without_a_network(tmp_path, monai_bundle, name, monkeypatch):
    bundle.export(Card.read(name), tmp_path)
    monkeypatch.setattr("monai.bundle.scripts.download_url", _exists_already)
    schema, metadata = tmp_path / "configs" / "schema.json", tmp_path / "configs" / "metadata.json"
    monai_bundle.verify_metadata(meta_file=str(metadata), filepath=str(schema))
    content = json.loads(metadata.read_text(encoding="utf-8"))
    card = Card.read(name)
    assert content["network_data_format"]["outputs"].keys() == {task.name for task in card.tasks}
    assert card.doi in content["references"][0]
    assert (tmp_path / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("Apache License")
    assert "Intended use" in (tmp_path / "docs" / "README.md").read_text(encoding="utf-8")
    content.pop("task")
    metadata.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match="Failed validating"):
        monai_bundle.verify_metadata(meta_file=str(metadata), filepath=str(schema))


def _exists_already(url, filepath, **_):
    assert filepath.endswith("schema.json")


def test_monai_builds_the_network_with_its_weights(tmp_path, monai_bundle):
    torch.manual_seed(0)
    card = Card.read("zhen2020-g").with_settings(SMALL)
    network = build(card, n_clinical=63).eval()
    file = tmp_path / "trained.safetensors"
    sha256 = weights.save(network, file, card)
    options = [part for setting in SMALL for part in ("--set", setting)]
    made = run("zhen2020-g", "--out", tmp_path / "bundle", "--weights", file, *options, "--json")
    assert made.exit_code == 0, made.stderr
    assert "models/final.safetensors" in json.loads(made.stdout)["files"]
    inside = Card.read(tmp_path / "bundle" / "models")
    assert [(entry.sha256, entry.fold) for entry in inside.weights] == [(sha256, None)]
    assert inside.path("clinical.toml").is_file()

    parser = monai_bundle.ConfigParser()
    parser.read_config(str(tmp_path / "bundle" / "configs" / "inference.json"))
    parser["bundle_root"] = str(tmp_path / "bundle")
    found = parser.get_parsed_content("network_def").eval()
    images, clinical = torch.rand(1, 3, 75, 75), torch.zeros(1, 63)
    with torch.no_grad():
        expected = network(images, clinical)["malignancy-type"]
        assert torch.equal(found(images, clinical)["malignancy-type"], expected)


def test_a_bundle_is_the_same_each_time(tmp_path):
    card = Card.read("wang2021")
    for name in ("a", "b"):
        bundle.export(card, tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert [path.as_posix() for path in files] == [
        "LICENSE", "configs/inference.json", "configs/metadata.json", "configs/schema.json", "docs/README.md",
        "models/model.toml",
    ]  # fmt: skip
    for path in files:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()
    assert Card.of(tomllib.loads((tmp_path / "a" / "models" / "model.toml").read_text(encoding="utf-8"))) == card


def test_the_notice_of_a_phantom_stands_everywhere(tmp_path):
    content = Card.read("wang2021").to_dict() | {"notice": "DIGITAL PHANTOM: no patient stands behind this model."}
    bundle.export(Card.of(content), tmp_path)
    for name in ("configs/metadata.json", "docs/README.md", "models/model.toml"):
        assert "DIGITAL PHANTOM" in (tmp_path / name).read_text(encoding="utf-8")


def test_weights_that_do_not_fit_leave_nothing(tmp_path):
    card = Card.read("zhen2020-a").with_settings(SMALL)
    file = tmp_path / "w.safetensors"
    weights.save(build(card), file, card)
    made = run("zhen2020-c", "--out", tmp_path / "bundle", "--weights", file, "--set", SMALL[0])
    assert made.exit_code == 1
    assert "belong to the card zhen2020-a" in made.stderr
    assert not (tmp_path / "bundle").exists()
    with pytest.raises(DataError):
        bundle.export(Card.read("zhen2020-c"), tmp_path / "direct", [file])
