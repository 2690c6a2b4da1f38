"""Weights: written and read back equal, refused where they are not what they should be, adapted from ImageNet."""

import hashlib

import pytest
import torch
from safetensors.torch import save_file

from readerstudy.inference import weights
from readerstudy.inference.card import Card
from readerstudy.inference.networks import build
from readerstudy.inference.networks.inception_resnet_v2 import InceptionResNetV2
from readerstudy.problems import DataError

SMALL = ["network.width=0.02", "network.hidden_dim=8", "input.size=75"]


def small(name="zhen2020-a"):
    return Card.read(name).with_settings(SMALL)


@pytest.fixture
def saved(tmp_path):
    """A small card, its network, and its weights in a file."""
    torch.manual_seed(0)
    card = small()
    network = build(card)
    path = tmp_path / "fold0.safetensors"
    return card, network, path, weights.save(network, path, card)


def refusal(*arguments, **named):
    with pytest.raises(DataError) as caught:
        weights.load(*arguments, **named)
    (problem,) = caught.value.problems
    return problem


def test_weights_read_back_equal_and_the_same_bytes(saved, tmp_path):
    card, network, path, sha256 = saved
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256 == weights.sha256_of(path)
    assert weights.save(network, tmp_path / "again.safetensors", card) == sha256
    found = weights.load(card, path, sha256).state_dict()
    for name, tensor in network.state_dict().items():
        assert torch.equal(found[name], tensor), name


def test_a_network_with_clinical_data_is_built_for_them(tmp_path):
    card = small("zhen2020-g")
    network = build(card, n_clinical=63)
    sha256 = weights.save(network, tmp_path / "w.safetensors", card)
    assert weights.load(card, tmp_path / "w.safetensors", sha256).n_clinical == 63


def test_another_hash_is_refused(saved):
    card, _, path, sha256 = saved
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    problem = refusal(card, path, sha256)
    assert problem.code == "RS905"
    assert sha256 in problem.message
    assert problem.place.file == "fold0.safetensors"


def test_weights_of_another_card_are_refused_by_name_and_difference(saved):
    card, _, path, _ = saved
    problem = refusal(small("zhen2020-c"), path)
    assert (problem.code, "card zhen2020-a, not to zhen2020-c" in problem.message) == ("RS906", True)
    wider = card.with_settings(["network.width=0.05"])
    problem = refusal(wider, path)
    assert problem.code == "RS906"
    assert "conv2d_4a.conv.weight is float32 (4, 4, 3, 3) instead of float32 (8, 4, 3, 3)" in problem.message
    plain = card.with_settings(["network.hidden_dim=0"])
    problem = refusal(plain, path)
    assert "hidden.0.bias, hidden.0.weight unknown" in problem.message


def test_weights_of_another_network_without_a_name_are_refused(tmp_path):
    save_file({"fc.weight": torch.zeros(2, 2)}, tmp_path / "w.safetensors")
    problem = refusal(small(), tmp_path / "w.safetensors")
    assert "conv2d_1a.conv.weight, conv2d_1a.bn.weight, conv2d_1a.bn.bias and" in problem.message
    assert "fc.weight unknown" in problem.message


def test_pickles_and_damaged_files_are_refused(saved, tmp_path):
    card, network, path, _ = saved
    torch.save(network.state_dict(), tmp_path / "w.pth")
    problem = refusal(card, tmp_path / "w.pth")
    assert (problem.code, "weights_only=True" in problem.help) == ("RS904", True)
    (tmp_path / "w.pth").rename(tmp_path / "pickle.safetensors")
    assert refusal(card, tmp_path / "pickle.safetensors").code == "RS904"
    path.write_bytes(path.read_bytes()[:5000])
    assert refusal(card, path).code == "RS904"
    with pytest.raises(FileNotFoundError):
        weights.load(card, tmp_path / "nowhere.safetensors")


# A start with ImageNet weights, of a narrow network in place of the public file.


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory):
    torch.manual_seed(1)
    network = InceptionResNetV2(n_channels=3, n_classes=1000, width=0.02).eval()
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.2)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    path = tmp_path_factory.mktemp("imagenet") / "model.safetensors"
    save_file(network.state_dict(), path)
    return network, path


@pytest.mark.parametrize("n", [3, 6])
def test_start_gives_the_features_of_the_public_network(imagenet, n):
    """Colours from 0 to 1, repeated over the sequences, give what the network makes of them from -1 to 1."""
    network, path = imagenet
    started = InceptionResNetV2(n_channels=n, n_classes=7, hidden_dim=8, width=0.02).eval()
    report = weights.start_from_imagenet(started, path)
    colours = torch.rand(2, 3, 75, 75)
    with torch.no_grad():
        expected = network.maps(2 * colours - 1)
        torch.testing.assert_close(started.maps(colours.repeat(1, n // 3, 1, 1)), expected, rtol=1e-4, atol=1e-5)
    assert set(report.random) == {"hidden.0.weight", "hidden.0.bias", "classif.weight", "classif.bias"}
    assert set(report.unused) == {"classif.weight", "classif.bias"}
    assert set(report.adapted) == {"conv2d_1a.conv.weight", "conv2d_1a.bn.running_mean"}
    assert len(report.used) + 2 + len(report.random) == len(started.state_dict())
    assert report.sha256 == weights.sha256_of(path)


def test_start_repeats_the_stem_scaled_by_3_over_n(imagenet):
    """The scale, against the rule written out for each channel."""
    network, path = imagenet
    started = InceptionResNetV2(n_channels=5, n_classes=2, width=0.02)
    before = started.classif.weight.clone()
    weights.start_from_imagenet(started, path)
    theirs, ours = (net.state_dict()["conv2d_1a.conv.weight"] for net in (network, started))
    for channel in range(5):
        torch.testing.assert_close(ours[:, channel], 2 * theirs[:, channel % 3] * 3 / 5)
    assert torch.equal(started.classif.weight, before)


def test_a_start_of_another_network_is_refused(imagenet, tmp_path):
    _, path = imagenet
    with pytest.raises(DataError, match="no start for Inception-ResNet-V2") as caught:
        weights.start_from_imagenet(InceptionResNetV2(n_channels=6, n_classes=7, width=0.2), path)
    assert "network.width = 1" in caught.value.problems[0].help
    with pytest.raises(DataError, match="SHA-256"):
        weights.start_from_imagenet(InceptionResNetV2(n_channels=6, n_classes=7, width=0.02), path, sha256="0" * 64)
