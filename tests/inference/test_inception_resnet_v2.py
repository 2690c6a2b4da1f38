"""Inception-ResNet-V2: names, shapes, sizes and numbers, against timm's list, timm itself and a second computation."""

import numpy as np
import pytest
import torch

from readerstudy.inference.card import Card
from readerstudy.inference.networks import build
from readerstudy.inference.networks.inception_resnet_v2 import InceptionResNetV2

SMALL = ["network.width=0.125", "network.hidden_dim=32", "input.size=75"]


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.fixture(scope="module")
def full():
    """The plain network of three channels and a thousand classes, in evaluation."""
    torch.manual_seed(0)
    return InceptionResNetV2(n_channels=3, n_classes=1000).eval()


def with_statistics(network, seed=0):
    """Batch normalisation as after training: means and variances that are not 0 and 1."""
    generator = torch.Generator().manual_seed(seed)
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1, generator=generator)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5, generator=generator)
    return network


@pytest.mark.peers
def test_names_shapes_and_types_are_timms(full, shared):
    text = (shared / "reference" / "inception_resnet_v2_state_dict.txt").read_text(encoding="utf-8")
    expected = [tuple(line.split("\t")) for line in text.splitlines() if not line.startswith("#")]
    found = [
        (name, str(tuple(tensor.shape)), str(tensor.dtype).removeprefix("torch."))
        for name, tensor in full.state_dict().items()
    ]
    assert len(expected) == 1306
    assert found == expected


def test_parameters(full):
    assert count(full) == 55_843_464
    with torch.device("meta"):
        assert count(InceptionResNetV2(n_channels=6, n_classes=7)) == 54_318_087
        hidden = InceptionResNetV2(n_channels=6, n_classes=7, hidden_dim=2048)
        clinical = InceptionResNetV2(n_channels=6, n_classes=3, hidden_dim=2048, n_clinical=63)
    body = 54_318_087 - (1536 * 7 + 7)
    assert count(hidden) == body + (1536 * 2048 + 2048) + (2048 * 7 + 7)
    assert count(clinical) == body + ((1536 + 63) * 2048 + 2048) + (2048 * 3 + 3)


def test_grids_at_the_papers_size():
    """35, 17 and 8 pixels a side; narrow, as the grids do not depend on the width."""
    network = InceptionResNetV2(n_channels=6, n_classes=7, width=0.02).eval()
    sizes = {}
    for name in ("repeat", "repeat_1", "repeat_2", "conv2d_7b"):
        network.get_submodule(name).register_forward_hook(
            lambda module, given, made, name=name: sizes.update({name: tuple(made.shape[2:])})
        )
    with torch.no_grad():
        network(torch.rand(1, 6, 299, 299))
    assert sizes == {"repeat": (35, 35), "repeat_1": (17, 17), "repeat_2": (8, 8), "conv2d_7b": (8, 8)}


def test_full_width_ends_in_1536_maps(full):
    with torch.no_grad():
        assert full.maps(torch.rand(1, 3, 75, 75)).shape == (1, 1536, 1, 1)


# A second computation from the state dict alone, with numpy: one block of each kind, in double precision.


def convolve(x, weight, stride=1, padding=(0, 0)):
    """Sum over the kernel's places of shifted images; x (C, H, W), weight (O, C, h, w)."""
    (top, left), (rows, columns) = padding, weight.shape[2:]
    x = np.pad(x, ((0, 0), (top, top), (left, left)))
    height = (x.shape[1] - rows) // stride + 1
    width = (x.shape[2] - columns) // stride + 1
    out = np.zeros((weight.shape[0], height, width))
    for i in range(rows):
        for j in range(columns):
            window = x[:, i : i + stride * height : stride, j : j + stride * width : stride]
            out += np.einsum("oc,chw->ohw", weight[:, :, i, j], window)
    return out


def unit(state, name, x, stride=1, padding=(0, 0)):
    """Convolution, batch normalisation with eps 1e-3, ReLU."""
    y = convolve(x, state[f"{name}.conv.weight"], stride, padding)
    mean, var, weight, bias = (
        state[f"{name}.bn.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return np.maximum((y - mean) / np.sqrt(var + 1e-3) * weight + bias, 0)


def residual(state, name, x, branches, scale, last=False):
    mixed = np.concatenate(branches)
    added = convolve(mixed, state[f"{name}.conv2d.weight"]) + state[f"{name}.conv2d.bias"][:, None, None]
    out = x + scale * added
    return out if last else np.maximum(out, 0)


def pool_max(x):
    height, width = ((n - 3) // 2 + 1 for n in x.shape[1:])
    shifted = [x[:, i : i + 2 * height : 2, j : j + 2 * width : 2] for i in range(3) for j in range(3)]
    return np.max(shifted, axis=0)


def pool_mean(x):
    """3 x 3 means of the pixels that are there."""
    padded, ones = (np.pad(a, ((0, 0), (1, 1), (1, 1))) for a in (x, np.ones_like(x)))
    (_, height, width) = x.shape
    total, n = (sum(a[:, i : i + height, j : j + width] for i in range(3) for j in range(3)) for a in (padded, ones))
    return total / n


def chain(state, name, x, *paddings, last_stride=1):
    for k, padding in enumerate(paddings):
        x = unit(state, f"{name}.{k}", x, last_stride if k == len(paddings) - 1 else 1, padding)
    return x


def blocks(state, name, x):
    def u(part, stride=1, padding=(0, 0)):
        return unit(state, f"{name}.{part}", x, stride, padding)

    def c(part, *paddings, last_stride=1):
        return chain(state, f"{name}.{part}", x, *paddings, last_stride=last_stride)

    none, one = (0, 0), (1, 1)
    kind = name.partition(".")[0]
    if kind == "mixed_5b":
        pooled = unit(state, f"{name}.branch3.1", pool_mean(x))
        return np.concatenate([u("branch0"), c("branch1", none, (2, 2)), c("branch2", none, one, one), pooled])
    if kind == "mixed_6a":
        return np.concatenate([u("branch0", 2), c("branch1", none, one, none, last_stride=2), pool_max(x)])
    if kind == "mixed_7a":
        reduced = [c("branch0", none, none, last_stride=2), c("branch1", none, none, last_stride=2)]
        return np.concatenate([*reduced, c("branch2", none, one, none, last_stride=2), pool_max(x)])
    if kind == "repeat":
        return residual(state, name, x, [u("branch0"), c("branch1", none, one), c("branch2", none, one, one)], 0.17)
    if kind == "repeat_1":
        return residual(state, name, x, [u("branch0"), c("branch1", none, (0, 3), (3, 0))], 0.10)
    branches = [u("branch0"), c("branch1", none, (0, 1), (1, 0))]
    return residual(state, name, x, branches, 1.0 if kind == "block8" else 0.20, last=kind == "block8")


@pytest.mark.parametrize(
    "name", ["mixed_5b", "repeat.9", "mixed_6a", "repeat_1.3", "mixed_7a", "repeat_2.0", "repeat_2.8", "block8"]
)
def test_blocks_against_a_second_computation(full, name):
    with_statistics(full)
    block = full.get_submodule(name)
    state = {key: value.double().numpy() for key, value in full.state_dict().items() if key.startswith(name)}
    channels = {"mixed_5b": 192, "repeat": 320, "mixed_6a": 320, "repeat_1": 1088, "mixed_7a": 1088}
    n = channels.get(name.partition(".")[0], 2080)
    x = np.random.default_rng(3).normal(size=(n, 7, 7))
    with torch.no_grad():
        found = block(torch.tensor(x, dtype=torch.float32)[None])[0].numpy()
    expected = blocks(state, name, x)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    if hasattr(block, "scale"):
        assert (expected.min() < 0) == (name == "block8"), "the last block has no ReLU"


def test_the_parts_in_order(full):
    """The stem by the second computation, and the order of all parts, in a narrow network."""
    network = with_statistics(InceptionResNetV2(n_channels=2, n_classes=3, width=0.01).eval())
    state = {key: value.double().numpy() for key, value in network.state_dict().items()}
    x = image = np.random.default_rng(4).uniform(size=(2, 75, 75))
    x = unit(state, "conv2d_2b", unit(state, "conv2d_2a", unit(state, "conv2d_1a", x, 2)), padding=(1, 1))
    x = unit(state, "conv2d_4a", unit(state, "conv2d_3b", pool_max(x)))
    x = blocks(state, "mixed_5b", pool_max(x))
    for part, n in (("repeat", 10), ("mixed_6a", 0), ("repeat_1", 20), ("mixed_7a", 0), ("repeat_2", 9)):
        for name in [f"{part}.{k}" for k in range(n)] or [part]:
            x = blocks(state, name, x)
    x = unit(state, "conv2d_7b", blocks(state, "block8", x)).mean(axis=(1, 2))
    expected = state["classif.weight"] @ x + state["classif.bias"]
    with torch.no_grad():
        found = network(torch.tensor(image, dtype=torch.float32)[None])["class"][0].numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_width_makes_every_layer_narrow():
    small = build(Card.read("zhen2020-a").with_settings(SMALL))
    assert count(small) < 900_000
    convolutions = [module for module in small.modules() if isinstance(module, torch.nn.Conv2d)]
    assert all(module.out_channels % 4 == 0 for module in convolutions)
    assert small.classif.in_features == 32
    assert small(torch.rand(2, 6, 75, 75))["seven-way"].shape == (2, 7)


def test_hidden_layer_sees_image_and_clinical_data():
    """Both are joined before the last hidden layer, which is what `features` gives."""
    torch.manual_seed(0)
    network = build(Card.read("zhen2020-g").with_settings(SMALL), n_clinical=63).eval()
    images = torch.rand(2, 3, 75, 75)
    one, other = torch.zeros(2, 63), torch.ones(2, 63)
    with torch.no_grad():
        first, second = (network.features(images, clinical) for clinical in (one, other))
        assert first.shape == (2, 32)
        assert (first >= 0).all()
        assert not torch.allclose(first, second)
        logits = network(images, one)["malignancy-type"]
        torch.testing.assert_close(logits, network.classif(first))
        pooled = network.maps(images).mean(dim=(2, 3))
        joined = torch.cat((pooled, one), dim=1)
        torch.testing.assert_close(first, torch.relu(joined @ network.hidden[0].weight.T + network.hidden[0].bias))
    for wrong in (None, torch.zeros(2, 62)):
        with pytest.raises(ValueError, match="63 clinical inputs"):
            network(images, wrong)


def test_without_hidden_layer_the_pooled_features_are_the_last():
    network = build(Card.read("zhen2020-e").with_settings([*SMALL[::2], "network.hidden_dim=0"])).eval()
    images = torch.rand(2, 6, 75, 75)
    with torch.no_grad():
        torch.testing.assert_close(network.features(images), network.maps(images).mean(dim=(2, 3)))


def test_clinical_data_go_with_their_card():
    with pytest.raises(ValueError, match="has no clinical data"):
        build(Card.read("zhen2020-a"), n_clinical=3)
    with pytest.raises(ValueError, match="needs clinical data"):
        build(Card.read("zhen2020-f"))


@pytest.mark.gpu
def test_outputs_are_timms():
    timm = pytest.importorskip("timm", reason="timm is not installed")
    theirs = with_statistics(timm.create_model("inception_resnet_v2", pretrained=False, num_classes=1000).eval())
    ours = InceptionResNetV2(n_channels=3, n_classes=1000).eval()
    ours.load_state_dict(theirs.state_dict())
    images = torch.rand(2, 3, 299, 299)
    with torch.no_grad():
        torch.testing.assert_close(ours(images)["class"], theirs(images), rtol=0, atol=1e-5)
        torch.testing.assert_close(ours.maps(images), theirs.forward_features(images), rtol=1e-5, atol=1e-5)
