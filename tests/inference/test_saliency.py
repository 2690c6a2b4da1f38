"""Maps of where a network looks, held against what is known: formulas by hand, a network that sees one place only."""

from __future__ import annotations

import hashlib
import io
import json
import math
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from small_card import random_card
from tiny import tiny_store
from torch import nn

from readerstudy import saliency as folders
from readerstudy.imaging.store import Store
from readerstudy.inference.card import Card
from readerstudy.inference.data import inputs, usable
from readerstudy.inference.ensemble import files_of
from readerstudy.inference.networks import build
from readerstudy.inference.saliency import default_method, explain
from readerstudy.inference.saliency_folder import SaliencyWriter, partial_of, view, write_saliency
from readerstudy.inference.saliency_monai import occlusion
from readerstudy.inference.saliency_panels import Layout, panel
from readerstudy.inference.saliency_scores import largest_slice, scores
from readerstudy.problems import DataError

NOTICE = "DIGITAL PHANTOM. No patient stands behind these numbers."


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def slices():
    """A card of slices, a network and an image group."""
    card = Card.read("zhen2020-a").with_settings(["network.width=0.03", "network.hidden_dim=8", "input.size=75"])
    torch.manual_seed(1)
    return card, build(card).eval(), np.random.default_rng(0).random((1, 6, 75, 75), dtype=np.float32)


@pytest.fixture(scope="module")
def volumes():
    """A card of volumes, a network and a patch."""
    card = Card.read("wang2021").with_settings(["network.width=0.05", "input.size=16"])
    torch.manual_seed(1)
    return card, build(card).eval(), np.random.default_rng(0).random((1, 7, 2, 16, 16, 16), dtype=np.float32)


def test_the_default_is_that_of_the_paper(slices, volumes):
    assert default_method(slices[0]) == "gradient"
    assert default_method(volumes[0]) == "activation"


def test_the_gradient_is_that_of_the_cross_entropy(slices):
    card, net, images = slices
    x = torch.from_numpy(images).requires_grad_()
    torch.nn.functional.cross_entropy(net(x)["seven-way"], torch.tensor([3])).backward()
    expected = x.grad.abs().sum(dim=1).numpy()  # L1 norm over the channels
    found = explain(card, net, images, method="gradient", task="seven-way", target=3)
    np.testing.assert_allclose(found.maps, expected / expected.sum(), rtol=1e-3, atol=1e-9)
    assert found.target.tolist() == [3]


def test_where_the_answer_is_sure_the_gradient_of_the_loss_still_has_a_direction(slices):
    card, net, images = slices
    sure = _Scaled(net, 1e4)
    x = torch.from_numpy(images).requires_grad_()
    target = int(sure(x)["seven-way"].argmax())
    torch.nn.functional.cross_entropy(sure(x)["seven-way"], torch.tensor([target])).backward()
    assert float(x.grad.abs().sum()) == 0  # single precision has lost it
    found = explain(card, sure, images, method="gradient", task="seven-way")
    assert found.maps.sum() == pytest.approx(1, abs=1e-5)


class _Scaled(nn.Module):
    def __init__(self, net, factor):
        super().__init__()
        self.net, self.factor = net, factor

    def forward(self, images, clinical=None):
        return {task: self.factor * logits for task, logits in self.net(images, clinical).items()}


def test_weights_are_shares_of_feature_times_gradient(volumes):
    card, net, patch = volumes
    found = explain(card, net, patch, method="gradient", task="malignancy", target=1)
    features = net.stream_features(torch.from_numpy(patch)).detach()  # (1, S, n)
    n = features.shape[2]
    head = net.heads["malignancy"].weight[1].detach()
    own, fused = head[: 3 * n].reshape(3, n), head[3 * n :].reshape(7, n).clone()
    fused[:3] += own  # T2, DWI and ADC reach the head twice
    products = (features[0] * fused).abs().sum(dim=1)
    np.testing.assert_allclose(found.weights[0], (products / products.sum()).numpy(), rtol=1e-4)


def test_a_stream_without_influence_has_neither_weight_nor_map(volumes):
    card, _, patch = volumes
    torch.manual_seed(1)
    net = build(card).eval()
    n = net.n_features
    with torch.no_grad():
        net.heads["seven-way"].weight[:, :n] = 0  # LAP beside the fused features
        net.heads["seven-way"].weight[:, (3 + 4) * n : (3 + 5) * n] = 0  # LAP among them
    for method in ("gradient", "activation"):
        found = explain(card, net, patch, method=method, task="seven-way")
        assert found.weights[0, 4] == 0
        assert not found.maps[0, 4].any()
        assert found.weights[0].sum() == pytest.approx(1, abs=1e-5)
        assert found.maps.sum() == pytest.approx(1, abs=1e-4)
        assert found.maps.shape == (1, 7, 16, 16, 16)


def test_activation_and_grad_cam_by_hand(slices):
    card, net, images = slices
    kept = {}

    def by_hand(stage):
        hook = getattr(net, stage).register_forward_hook(lambda _m, _i, output: kept.update({stage: output}))
        logits = net(torch.from_numpy(images))["seven-way"]
        hook.remove()
        (gradient,) = torch.autograd.grad(logits[0, 2], kept[stage])
        return kept[stage].detach(), gradient

    def large(small):
        return nn.functional.interpolate(small, size=(75, 75), mode="bilinear")[0, 0].numpy()

    # At 75 pixels no stage has eight cells a side, so that the finest is taken.
    value, gradient = by_hand("repeat")
    expected = large((gradient.relu() * value).sum(dim=1, keepdim=True).relu())
    found = explain(card, net, images, method="activation", task="seven-way", target=2).maps[0]
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-3, atol=1e-9)
    value, gradient = by_hand("conv2d_7b")
    cam = (gradient.mean(dim=(2, 3), keepdim=True) * value).sum(dim=1, keepdim=True).relu()
    found = explain(card, net, images, method="grad-cam", task="seven-way", target=2).maps[0]
    if float(cam.sum()) == 0:
        assert not found.any()
    else:
        np.testing.assert_allclose(found, large(cam) / large(cam).sum(), rtol=1e-3, atol=1e-9)
    assert not net.conv2d_7b._forward_hooks
    assert not net.conv2d_7b._backward_hooks


def test_grad_cam_of_streams_is_that_of_their_last_stage(volumes):
    card, net, patch = volumes
    found = explain(card, net, patch, method="grad-cam", task="malignancy", target=0).maps[0]
    values = [
        nn.Sequential(*list(backbone.children())[:-1])(torch.from_numpy(patch[:, s])).shape
        for s, backbone in enumerate(net.backbones.values())
    ]
    assert len(values) == 7
    assert found.shape == (7, 16, 16, 16)
    assert (found >= 0).all()
    assert not net.training
    assert not any(module.training for module in net.modules())


class _OnePlace(nn.Module):
    """Looks at one pixel of one channel (or voxel of one stream), and at nothing else."""

    def __init__(self, task, place):
        super().__init__()
        self.task, self.place = task, place
        self.slope = nn.Parameter(torch.tensor(5.0))

    def forward(self, x, clinical=None):
        seen = self.slope * x[:, *self.place]
        return {self.task: torch.stack([seen] + [torch.zeros_like(seen)] * 6, dim=1)}


@pytest.mark.parametrize("method", ["gradient", "occlusion"])
def test_a_network_that_sees_one_place_is_found_out(slices, volumes, method):
    card, _, images = slices
    net = _OnePlace("seven-way", (2, 40, 12))
    images = images.copy()
    images[0, 2, 40, 12] = 1
    found = explain(card, net, images, method=method, task="seven-way", target=0)
    y, x = np.unravel_index(found.maps[0].argmax(), (75, 75))
    assert math.hypot(y - 40, x - 12) <= (0 if method == "gradient" else 75 / 8)
    assert found.weights[0].tolist() == [0, 0, 1, 0, 0, 0]
    mask = np.zeros((75, 75), dtype=bool)
    mask[30:51, 2:23] = True
    held = scores(found.maps[0], mask)
    assert held.pointing
    assert held.share_inside == pytest.approx(1, abs=1e-5)


class _Linear(nn.Module):
    """Answers by a sum over the pixels."""

    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(0)) / 20)

    def forward(self, x, clinical=None):
        seen = (self.weight * x).sum(dim=(1, 2, 3))
        return {"seven-way": torch.stack([torch.zeros_like(seen), seen] + [torch.zeros_like(seen)] * 5, dim=1)}


def test_occlusion_is_what_covering_window_by_window_gives(slices):
    card, _, images = slices
    net = _Linear(images.shape[1:])  # an untrained network hardly changes its mind
    found = explain(card, net, images, method="occlusion", task="seven-way", target=1).maps[0]
    x = torch.from_numpy(images)
    size, step = 75 // 8, (75 // 8) // 2
    starts = sorted({*range(0, 75 - size, step), 75 - size})
    total, times = np.zeros((75, 75)), np.zeros((75, 75))
    with torch.no_grad():
        whole = net(x)["seven-way"].softmax(dim=1)[0, 1].item()
        covered = x.repeat(len(starts) ** 2, 1, 1, 1)
        windows = [(a, b) for a in starts for b in starts]
        for i, (a, b) in enumerate(windows):
            covered[i, :, a : a + size, b : b + size] = x.mean()
        chances = torch.cat([net(part)["seven-way"].softmax(dim=1)[:, 1] for part in covered.split(64)]).numpy()
    for (a, b), chance in zip(windows, chances, strict=True):
        total[a : a + size, b : b + size] += chance
        times[a : a + size, b : b + size] += 1
    fall = np.clip(whole - total / times, 0, None)
    np.testing.assert_allclose(found, fall / fall.sum(), rtol=0.02, atol=2e-5)


def test_occlusion_of_volumes_covers_images_and_not_masks(volumes):
    patch = torch.from_numpy(volumes[2].copy())[0]
    patch[3, :, 8, 8, 8] = 1

    def seeing(channel):
        net = _OnePlace("t", (3, channel, 8, 8, 8)).eval()
        return occlusion(_Logits(net), patch, 0, slices=False)

    assert not seeing(1).any()
    assert np.ptp(np.unravel_index(int(seeing(0).argmax()), (16, 16, 16))) <= 4


class _Logits(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net
        self.eval()

    def forward(self, x):
        return self.net(x)["t"]


def test_clinical_data_go_in_with_the_images():
    card = Card.read("zhen2020-f").with_settings(["network.width=0.03", "network.hidden_dim=8", "input.size=75"])
    torch.manual_seed(1)
    net = build(card, 3).eval()
    images = np.random.default_rng(0).random((2, 6, 75, 75), dtype=np.float32)
    task = card.tasks[0].name
    one, other = (
        explain(card, net, images, method="gradient", task=task, target=[0, 1], clinical=vector)
        for vector in ((1, 0, 0), (0, 0, 1))
    )
    assert one.maps.shape == (2, 75, 75)
    assert (one.maps != other.maps).any()


def test_the_ensemble_is_the_mean_of_normal_maps(slices):
    card, net, images = slices
    torch.manual_seed(2)
    other = build(card).eval()
    both = explain(card, [net, other], images, method="gradient", task="seven-way", target=1)
    one, two = (explain(card, each, images, method="gradient", task="seven-way", target=1) for each in (net, other))
    np.testing.assert_allclose(both.maps, (one.maps + two.maps) / 2, rtol=1e-4)
    np.testing.assert_allclose(both.weights, (one.weights + two.weights) / 2, rtol=1e-4)
    predicted = explain(card, [net, other], images, method="gradient", task="seven-way").target
    with torch.no_grad():
        x = torch.from_numpy(images)
        mean = sum(each(x)["seven-way"].softmax(dim=1) for each in (net, other))
    assert predicted.tolist() == mean.argmax(dim=1).tolist()


def test_what_is_unknown_is_refused(slices):
    card, net, images = slices
    for wrong in ({"method": "magic"}, {"task": "eight-way"}, {"target": 7}):
        with pytest.raises(ValueError, match=r"magic|eight-way|0 to 6"):
            explain(card, net, images, **{"method": "gradient", "task": "seven-way", **wrong})


def test_scores_by_hand():
    saliency = np.array([[0, 1], [2, 5]], dtype=np.float32)
    mask = np.array([[False, False], [True, True]])
    held = scores(saliency, mask)
    assert (held.share_inside, held.mask_share, held.pointing) == (7 / 8, 0.5, True)
    line = np.array([[9, 0, 0, 1]], dtype=np.float32)
    lesion = np.array([[False, False, False, True]])
    assert scores(line, lesion).share_inside == 0.1
    assert [scores(line, lesion, tolerance=t).pointing for t in (0, 2.9, 3)] == [False, False, True]
    assert scores(np.array([[1, 0], [1, 0]], dtype=np.float32), mask).pointing  # half of the equal maxima
    assert not scores(np.ones((1, 4), dtype=np.float32), lesion).pointing  # a map without preference
    nothing = scores(np.zeros((2, 2), dtype=np.float32), mask)
    assert (nothing.share_inside, nothing.pointing, nothing.mask_share) == (None, None, 0.5)


def test_a_maximum_counts_in_its_own_sequence():
    maps = np.zeros((2, 3, 3, 3), dtype=np.float32)
    maps[1, 1, 1, 1] = 1
    masks = np.zeros((2, 3, 3, 3), dtype=bool)
    masks[0, 1, 1, 1] = True
    assert not scores(maps, masks).pointing
    assert not scores(maps, masks, tolerance=5).pointing
    masks[1, 0, 1, 1] = True
    assert scores(maps, masks, tolerance=1).pointing
    assert largest_slice(np.array([[[1, 0]], [[1, 1]], [[1, 1]]], dtype=bool)) == 1


@pytest.mark.parametrize(
    ("saliency", "mask", "said"),
    [
        (np.ones((2, 2)), np.ones((2, 3), dtype=bool), "shape"),
        (np.ones((2, 2)), np.zeros((2, 2), dtype=bool), "empty"),
        (-np.ones((2, 2)), np.ones((2, 2), dtype=bool), "negative"),
    ],
)
def test_scores_refuse(saliency, mask, said):
    with pytest.raises(ValueError, match=said):
        scores(saliency, mask)


def test_a_panel_of_slices_is_laid_out_as_in_the_paper(slices):
    card, _, images = slices
    layout = Layout.of(card)
    assert layout.columns == ("T2", "T2, DWI, T1", "LAP, PVP, DP", "saliency")
    assert Layout.of(Card.read("zhen2020-b")).columns == ("T2", "T2, DWI, T1", "saliency")
    saliency = np.zeros((75, 75), dtype=np.float32)
    saliency[30:40, 30:40] = 1
    mask = np.zeros((75, 75), dtype=bool)
    mask[20:50, 20:50] = True
    data = panel(card, images[0], saliency, mask, weights=[1 / 6] * 6, said="predicted HCC", notice=NOTICE)
    pixels = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
    assert pixels.shape[1::-1] == layout.size(1)
    first, plain, _, dark = (pixels[t.top : t.top + t.height, t.left : t.left + t.width] for t in layout.shown)
    np.testing.assert_array_equal(first[::2, ::2, 0], np.round(images[0, 0] * 255))
    np.testing.assert_array_equal(plain[::2, ::2, 1], np.round(images[0, 1] * 255))
    assert (dark[70, 70] == 0).all()
    assert (dark[10, 10] == 255).all()
    assert tuple(dark[40, 60]) == (0, 170, 190)  # the outline of the mask
    assert data == panel(card, images[0], saliency, mask, weights=[1 / 6] * 6, said="predicted HCC", notice=NOTICE)


def test_a_panel_of_volumes_is_red_where_the_map_is(volumes):
    card, _, patch = volumes
    layout = Layout.of(card)
    assert layout.columns == card.input.sequences
    maps, masks = np.zeros((7, 16, 16), dtype=np.float32), np.zeros((7, 16, 16), dtype=bool)
    maps[4, 3, 3] = 1
    masks[:, 8, 8] = True
    pixels = np.array(
        Image.open(io.BytesIO(panel(card, patch[0, :, 0, 8], maps, masks, weights=[1 / 7] * 7, said="x")))
    )
    arterial, other = (pixels[t.top : t.top + t.height, t.left : t.left + t.width] for t in layout.shown[4:6])
    step = layout.side // 16
    assert arterial[3 * step, 3 * step, 0] > 150
    assert arterial[3 * step, 3 * step, 1] < 70
    assert len(set(other[3 * step, 3 * step, :3].tolist())) == 1


# The folder


@pytest.fixture(scope="module", params=["zhen2020-a", "wang2021"])
def made(request, tmp_path_factory):
    """A folder of every unit of a small store, and all it was made from."""
    base = tmp_path_factory.mktemp("saliency")
    card = random_card(base / "card", request.param)
    store = tiny_store(base / "store", n=4, recipe=card.prepare.name, phantom=True, notice=NOTICE)
    units, _ = usable(card, store, store.table(), labelled=False)
    answers = _answers(card, units)
    files = files_of(card, ())
    counts = write_saliency(card, store, base / "maps", units, files, answers, notice=NOTICE)
    return base / "maps", card, store, units, files, answers, counts


def _answers(card, units):
    rng = np.random.default_rng(5)
    return {
        task.name: {u.unit_id: rng.dirichlet(np.ones(len(task.classes))).tolist() for u in units} for task in card.tasks
    }


def _content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_is_what_evaluate_reads(made):
    folder, card, _, units, _, answers, counts = made
    read = folders.read(folder)
    assert counts == {"explained": len(units), "skipped": 0}
    assert (read.model, read.method, read.notice) == (f"{card.name} (phantom)", default_method(card), NOTICE)
    assert [case.case_id for case in read.cases if case.task == card.tasks[0].name] == [unit.unit_id for unit in units]
    for case in read.cases:
        chances = answers[case.task][case.case_id]
        assert case.predicted == read.tasks[case.task][int(np.argmax(chances))]
        assert sum(case.weights) == pytest.approx(1, abs=1e-4)
        assert 0 <= case.share_inside <= 1
        assert 0 < case.mask_share < 1
        assert read.picture(case) is not None
    index = json.loads((folder / "saliency.json").read_text())
    assert index["phantom"] is True
    assert not partial_of(folder).exists()
    lines = (folder / "saliency.csv").read_text().splitlines()
    assert len(lines) == len(read.cases) + 1
    assert lines[0].startswith("case_id,task,predicted,truth,share_inside,mask_share,pointing,weight_T2")


def test_pictures_have_no_metadata_and_truths_are_the_stores(made):
    folder, _, store, units, *_ = made
    index = json.loads((folder / "saliency.json").read_text())
    for entry in index["cases"]:
        with Image.open(folder / entry["panel"]) as picture:
            assert set(picture.info) <= {"dpi"}
        assert hashlib.sha256((folder / entry["panel"]).read_bytes()).hexdigest() == entry["sha256"]
    if len(index["tasks"]) == 2:
        of_unit = {unit.unit_id: unit.cases[0] for unit in units}
        for entry in index["cases"]:
            if entry["task"] == "malignancy":
                word = store.table()[of_unit[entry["case_id"]]]["truth"]
                assert entry["truth"] == ("malignant" if word in ("HCC", "ICC", "metastasis") else "benign")


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(made, tmp_path, monkeypatch):
    folder, card, store, units, files, answers, _ = made
    expected = _content(folder)
    out = tmp_path / "maps"
    drawn = []

    def run():
        return write_saliency(card, store, out, units, files, answers, notice=NOTICE)

    real = SaliencyWriter.add

    def killed(self, unit, *rest):
        if len(drawn) == 2:
            raise KeyboardInterrupt
        drawn.append(unit.unit_id)
        real(self, unit, *rest)

    monkeypatch.setattr(SaliencyWriter, "add", killed)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert not out.exists()
    again = []
    monkeypatch.setattr(
        SaliencyWriter, "add", lambda self, unit, *rest: (again.append(unit.unit_id), real(self, unit, *rest))
    )
    real_move = SaliencyWriter._move

    def killed_at_the_end(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(SaliencyWriter, "_move", killed_at_the_end)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert [*drawn, *again] == [unit.unit_id for unit in units]  # nothing twice
    monkeypatch.setattr(SaliencyWriter, "_move", real_move)
    again.clear()
    run()
    assert not again
    assert _content(out) == expected
    assert not partial_of(out).exists()
    run()  # it stands: nothing is done
    assert not again


def test_a_corrected_truth_is_told(made, tmp_path, monkeypatch):
    folder, card, store, units, files, answers, _ = made
    shutil.copytree(folder, tmp_path / "maps")
    changed = {case: {**row, "truth": "cyst"} for case, row in store.table().items()}
    monkeypatch.setattr(Store, "table", lambda store: changed)
    with pytest.raises(FileExistsError, match="exists"):
        write_saliency(card, store, tmp_path / "maps", units, files, answers, notice=NOTICE)
    write_saliency(card, store, tmp_path / "maps", units, files, answers, notice=NOTICE, force=True)
    task = card.tasks[0]
    index = json.loads((tmp_path / "maps" / "saliency.json").read_text())
    told = {entry["truth"] for entry in index["cases"] if entry["task"] == task.name}
    assert told == {task.classes[task.class_of("cyst")]}


def test_other_inputs_and_other_folders_are_refused(made, tmp_path):
    folder, card, store, units, files, answers, _ = made
    other = [(path, "0" * 64) for path, _ in files]
    with pytest.raises(FileExistsError, match="exists"):
        write_saliency(card, store, folder, units, other, answers)
    (tmp_path / "mine").mkdir()
    with pytest.raises(FileExistsError, match="exists"):
        write_saliency(card, store, tmp_path / "mine", units, files, answers, force=True)
    out = tmp_path / "maps"
    shas = [sha256 for _, sha256 in files]
    SaliencyWriter(out, card, store, shas, units)
    with pytest.raises(DataError, match="RS940"):
        SaliencyWriter(out, card, store, shas, units, tolerance=3)
    SaliencyWriter(out, card, store, shas, units, tolerance=3, force=True)
    assert json.loads((partial_of(out) / "run.json").read_text())["made_of"]["tolerance"] == 3


def test_a_damaged_case_is_skipped_and_the_others_go_on(made, tmp_path):
    _, card, store, units, files, answers, _ = made
    shutil.copytree(store.path, tmp_path / "store")
    broken = units[1]
    for case in broken.cases:
        (tmp_path / "store" / "cases" / f"{case}.npz").write_bytes(b"cut off")
    counts = write_saliency(card, Store.open(tmp_path / "store"), tmp_path / "maps", units[:3], files, answers)
    assert counts == {"explained": 2, "skipped": 1}
    index = json.loads((tmp_path / "maps" / "saliency.json").read_text())
    assert index["skipped"][0]["case"] == broken.unit_id
    assert index["skipped"][0]["reason"]
    assert len(folders.read(tmp_path / "maps").cases) == 2 * len(card.tasks)


def test_a_patient_is_explained_where_the_lesion_is_largest(made):
    _, card, store, units, *_ = made
    unit = max(units, key=lambda unit: len(unit.cases))
    seen = view(card, store, unit)
    if card.input.kind == "slices":
        assert len(unit.cases) == 2
        assert seen.inputs.shape == (1, 6, 75, 75)
        areas = {
            case: store.load(case, card.prepare.name, ["T2"]).masks[0].sum(axis=(1, 2)).max() for case in unit.cases
        }
        largest = max(areas, key=areas.get)
        expected = inputs(card, store, largest)
        assert any((seen.inputs[0] == group).all() for group in expected)
        assert seen.mask.any()
    else:
        assert seen.inputs.shape == (1, 7, 2, 16, 16, 16)
        assert seen.mask.dtype == bool
        assert seen.at == largest_slice(seen.mask[0])
