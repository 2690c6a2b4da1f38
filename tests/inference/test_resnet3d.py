"""The seven-stream network of Wang 2021: its parts, what reaches each head, and all streams at once."""

import copy

import pytest
import torch

from readerstudy.inference.card import Card
from readerstudy.inference.networks import build
from readerstudy.inference.networks.resnet3d import SevenStreamResNet, backbone

SMALL = ["network.width=0.03125", "input.size=16"]


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def small(name="wang2021", seed=0):
    torch.manual_seed(seed)
    return build(Card.read(name).with_settings(SMALL))


def resnet18(planes, n_in=2):
    """Parameters of a 3D ResNet-18 without its last layer, by arithmetic: 1 x 1 x 1 shortcuts have a bias."""
    total = n_in * planes[0] * 7**3 + 2 * planes[0]
    before = planes[0]
    for stage, width in enumerate(planes):
        for block in range(2):
            first = before if block == 0 else width
            total += 27 * first * width + 27 * width * width + 4 * width
            if block == 0 and stage > 0:
                total += before * width + width + 2 * width
        before = width
    return total


@pytest.mark.parametrize(("name", "n", "first"), [("wang2021", 7, 3), ("wang2021-six", 6, 2)])
def test_parameters(name, n, first):
    with torch.device("meta"):
        network = build(Card.read(name))
    one = resnet18((64, 128, 256, 512))
    assert count(network.backbones["T2"]) == one == 33_182_848
    heads = ((first + n) * 512 * 2 + 2) + ((3 + n) * 512 * 7 + 7)
    assert count(network) == n * one + heads
    narrow = resnet18((4, 4, 8, 16))
    assert count(small(name)) == n * narrow + ((first + n) * 16 * 2 + 2) + ((3 + n) * 16 * 7 + 7)


def test_stem_stride_changes_the_grid_but_not_the_weights():
    sizes = {}
    for stride in (1, 2):
        net = backbone(width=0.0625, stem_stride=stride).eval()
        net.layer4.register_forward_hook(lambda module, given, made, s=stride: sizes.update({s: made.shape[2:]}))
        with torch.no_grad():
            net(torch.rand(1, 2, 64, 64, 64))
        sizes[f"{stride} weights"] = [tuple(tensor.shape) for tensor in net.state_dict().values()]
    assert (sizes[1], sizes[2]) == ((4, 4, 4), (2, 2, 2))
    assert sizes["1 weights"] == sizes["2 weights"]


def test_outputs_and_features():
    network = small().eval()
    volumes = torch.rand(2, 7, 2, 16, 16, 16)
    with torch.no_grad():
        found = network(volumes)
        assert {task: logits.shape for task, logits in found.items()} == {"malignancy": (2, 2), "seven-way": (2, 7)}
        features = network.stream_features(volumes)
        assert features.shape == (2, 7, 16)
        torch.testing.assert_close(network.features(volumes), features.flatten(1))
        torch.testing.assert_close(features[:, 4], network.backbones["LAP"](volumes[:, 4]))
        with pytest.raises(ValueError, match="takes 7 sequences, not 6"):
            network(volumes[:, :6])


@pytest.mark.parametrize("task", ["malignancy", "seven-way"])
def test_gradient_reaches_every_stream_and_layer(task):
    network = small()
    volumes = torch.rand(4, 7, 2, 16, 16, 16, requires_grad=True)
    torch.nn.functional.cross_entropy(network(volumes)[task], torch.tensor([0, 1, 1, 0])).backward()
    for name, net in network.backbones.items():
        for layer, parameter in net.named_parameters():
            assert parameter.grad is not None, (name, layer)
            assert parameter.grad.abs().max() > 0 or layer.endswith("bias"), (name, layer)
    assert (volumes.grad.abs().amax(dim=(0, 2, 3, 4, 5)) > 0).all()
    # Image and mask both count.
    assert (volumes.grad.abs().amax(dim=(0, 3, 4, 5)) > 0).all()


@pytest.mark.parametrize(
    ("name", "task", "expected"),
    [
        ("wang2021", "malignancy", {"T2", "DWI", "ADC"}),
        ("wang2021", "seven-way", {"LAP", "PVP", "DP"}),
        ("wang2021-six", "malignancy", {"T2", "DWI"}),
        ("wang2021-six", "seven-way", {"LAP", "PVP", "DP"}),
    ],
)
def test_beside_the_fused_feature_a_head_receives_its_sequences(name, task, expected):
    """With the weights of the fused part at zero, only the head's own sequences change its output."""
    network = small(name).eval()
    n, d = len(network.sequences), network.n_features
    head = network.heads[task]
    own = head.in_features - n * d
    assert own == len(expected) * d
    whole = copy.deepcopy(head)
    with torch.no_grad():
        head.weight[:, own:] = 0
        volumes = torch.rand(1, n, 2, 16, 16, 16)
        before = network(volumes)[task]
        changed = set()
        for stream, sequence in enumerate(network.sequences):
            other = volumes.clone()
            other[:, stream] += torch.rand(2, 16, 16, 16)
            if not torch.equal(network(other)[task], before):
                changed.add(sequence)
        assert changed == expected
        # The rest of the head's input is the fused feature of all sequences, each once.
        head.load_state_dict(whole.state_dict())
        head.weight[:, :own] = 0
        for stream in range(n):
            other = volumes.clone()
            other[:, stream] += torch.rand(2, 16, 16, 16)
            assert not torch.equal(network(other)[task], network(volumes)[task])
        features = network.stream_features(volumes)
        torch.testing.assert_close(network.head_input(features, task)[:, own:], features.flatten(1))


def test_all_streams_at_once_give_the_same_numbers():
    network = small().eval()
    for name, buffer in network.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    volumes = torch.rand(2, 7, 2, 16, 16, 16)
    with torch.no_grad():
        one_by_one = network.stream_features(volumes)
        at_once = network.run_streams("vmap").stream_features(volumes)
        torch.testing.assert_close(at_once, one_by_one, rtol=2e-6, atol=2e-6)
        # Weights that change after they were stacked are stacked anew.
        other = small(seed=1).eval()
        network.load_state_dict(other.state_dict())
        torch.testing.assert_close(network.features(volumes), other.features(volumes), rtol=2e-6, atol=2e-6)
        network.double()
        assert network.features(volumes.double()).dtype == torch.float64
    # In training they run one after the other, whatever was chosen, and learn.
    network.float().train()
    network(volumes)["malignancy"].sum().backward()
    assert all(net.conv1.weight.grad is not None for net in network.backbones.values())
    with pytest.raises(ValueError, match="'loop' or 'vmap'"):
        network.run_streams("both")


def test_saliency_can_be_taken_with_all_streams_at_once():
    network = small().eval().run_streams("vmap")
    volumes = torch.rand(1, 7, 2, 16, 16, 16, requires_grad=True)
    network(volumes)["seven-way"].max().backward()
    assert (volumes.grad.abs().amax(dim=(0, 2, 3, 4, 5)) > 0).all()


def test_the_same_seed_makes_the_same_network():
    one, other, third = small(seed=5), small(seed=5), small(seed=6)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))
    assert not torch.equal(one.backbones["T2"].conv1.weight, third.backbones["T2"].conv1.weight)
    assert isinstance(one, SevenStreamResNet)
